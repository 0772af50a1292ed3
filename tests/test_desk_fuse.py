"""The desk on a FUSE mount, where people's changes come from the other side."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.approvals import desk
from daemon.errors import Held
from tests.deskhelp import Bench, bench, picture

pytestmark = pytest.mark.skipif(
    shutil.which("bindfs") is None or not os.access("/dev/fuse", os.W_OK), reason="bindfs and /dev/fuse are needed"
)


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[tuple[Bench, Path]]:
    """A bench whose review/ is a mount, and the folder behind it."""
    table, behind = bench(tmp_path), tmp_path / "behind"
    behind.mkdir()
    done = subprocess.run(["bindfs", behind, table.settings.review], capture_output=True, text=True, timeout=20)
    if done.returncode:
        pytest.skip(f"bindfs can't mount here: {done.stderr.strip()}")
    try:
        yield table, behind
    finally:
        subprocess.run(["fusermount", "-u", "-z", table.settings.review], capture_output=True, timeout=20)
        subprocess.run(["umount", "-l", table.settings.review], capture_output=True, timeout=20)


def test_a_desk_on_a_mount_is_laid_out_decided_and_taken_away(mounted: tuple[Bench, Path]) -> None:
    table, behind = mounted
    table.lay()
    theirs = behind / "My Song [a1b2c3]"
    assert (theirs / "01a.png").is_file()
    (theirs / "01a.png").rename(theirs / "01a.ok.png")
    (theirs / "02a.png").unlink()
    picture(theirs / "03c.jpg", (200, 10, 10), (300, 200))
    table.settled()
    assert table.verdicts() == {"01a": "ok", "02a": "no", "03c": "ok"}
    assert desk.tell(table.settings, table.job, table.renders, table.decisions, table.gate(), table.look())
    theirs.rename(behind / "My Song [a1b2c3] approved")
    table.look()
    assert table.decisions.whole == "approved"
    assert desk.remove(table.settings, "a1b2c3", table.decisions.desk) == []
    assert os.listdir(behind) == []


def test_a_mount_that_goes_away_is_not_an_empty_desk(mounted: tuple[Bench, Path]) -> None:
    table, behind = mounted
    table.lay()
    subprocess.run(["umount", "-l", table.settings.review], capture_output=True, timeout=20)
    for _ in range(3):
        seen = table.look(60)
        assert seen.absent == "review/ is not mounted"
        assert (seen.damaged, seen.decisions) == ((), ())
    with pytest.raises(Held):
        table.lay()
    assert os.listdir(table.settings.review) == []
    assert (behind / "My Song [a1b2c3]" / "01a.png").exists()
