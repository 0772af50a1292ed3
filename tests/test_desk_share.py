"""A share's users: who is in the group may rename in review/ and nowhere else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from daemon.web import pages
from tests.deskhelp import Bench, bench

GROUP, MEMBER, STRANGER = 54321, 54322, 54323

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")


def as_user(uid: int, gid: int, act: Callable[[], None]) -> str:
    """Does something as another user, in a child; returns "" or the name of what was raised."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        said = "never ran"
        try:
            os.setgroups([])
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            os.umask(0o022)
            act()
            said = ""
        except BaseException as error:
            said = type(error).__name__
        finally:
            os.write(write, said.encode())
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as told:
        found = told.read().decode()
    os.waitpid(child, 0)
    return found


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A root whose people's folders belong to a group, and whose own folders are private."""
    import tempfile

    root = Path(tempfile.mkdtemp(prefix="dropreel-share-"))
    root.chmod(0o755)
    # Settings name a group; a number without a name stands for one that exists on this machine.
    real = shutil.chown
    monkeypatch.setattr(shutil, "chown", lambda path, group=None: real(path, group=GROUP if group == "film" else group))
    table = bench(root, group="film")
    table.settings.stages.chmod(0o700)
    table.settings.requests.mkdir(mode=0o700)
    os.chown(table.settings.review, 0, GROUP)
    table.settings.review.chmod(0o2775)
    table.lay()
    yield table
    shutil.rmtree(root)


def test_a_member_of_the_group_does_everything_in_review(shared: Bench) -> None:
    desk = shared.folder

    def work() -> None:
        os.rename(desk / "01a.png", desk / "01a.ok.png")
        os.unlink(desk / "02a.png")
        shutil.copyfile(desk / "03a.png", desk / "03c.png")
        (desk / "APPROVED").touch()
        os.rename(desk, desk.with_name(desk.name + " approved"))

    assert as_user(MEMBER, GROUP, work) == ""
    said = {one.picture: (one.verdict, one.by) for one in shared.settled()}
    assert said["01a"] == ("ok", "")
    assert said["02a"] == ("no", "")
    assert said["03c"] == ("ok", str(MEMBER))
    assert shared.decisions.whole == "approved"


def test_what_a_member_put_there_can_be_read_and_taken_away_again(shared: Bench) -> None:
    desk = shared.folder

    def work() -> None:
        os.umask(0o077)
        (desk / "APPROVED").mkdir()
        shutil.copyfile(desk / "03a.png", desk / "03c.png")

    assert as_user(MEMBER, GROUP, work) == ""
    shared.settled()
    from daemon.approvals import desk as desks

    assert desks.remove(shared.settings, "a1b2c3", shared.decisions.desk) == []


@pytest.mark.parametrize("place", ["stages", "requests"])
def test_a_member_can_touch_nothing_of_the_daemons_own(shared: Bench, place: str) -> None:
    folder = getattr(shared.settings, place)
    assert as_user(MEMBER, GROUP, lambda: os.listdir(folder)) == "PermissionError"
    assert as_user(MEMBER, GROUP, lambda: (folder / "x").touch()) == "PermissionError"
    assert as_user(MEMBER, GROUP, lambda: os.rename(folder, folder.with_name("gone"))) == "PermissionError"
    assert as_user(MEMBER, GROUP, lambda: os.rename(shared.settings.review, folder.with_name("g"))) == "PermissionError"


def test_a_stranger_may_look_and_not_touch(shared: Bench) -> None:
    desk = shared.folder
    assert as_user(STRANGER, STRANGER, lambda: (desk / "README.txt").read_bytes()) == ""
    assert as_user(STRANGER, STRANGER, lambda: os.rename(desk / "01a.png", desk / "01a.ok.png")) == "PermissionError"
    assert as_user(STRANGER, STRANGER, lambda: (desk / "APPROVED").touch()) == "PermissionError"


def test_a_page_can_be_read_by_the_group_and_replaced_whoever_wrote_it(shared: Bench) -> None:
    snapshot = {"at": "", "jobs": [], "inboxes": [], "problems": []}
    page = shared.settings.review / "_STATUS.html"
    pages.write(shared.settings, snapshot, "review")
    assert page.stat().st_gid == GROUP
    assert as_user(MEMBER, GROUP, lambda: (page.read_bytes(), page.unlink(), page.write_text("mine"))) == ""
    assert pages.write(shared.settings, snapshot, "review")
    assert b"dropreel" in page.read_bytes()
