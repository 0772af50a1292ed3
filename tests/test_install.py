"""`init` and `install`: folders with the right modes, rules that are kept, and a unit that systemd accepts."""

from __future__ import annotations

import configparser
import grp
import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from daemon import cli, rulebook
from daemon.commands import init, install, table
from daemon.settings import Settings, load

USER = next(u.pw_name for u in pwd.getpwall() if 0 < u.pw_uid < 60000 and u.pw_name not in ("nobody", "dropreel"))


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in [key for key in os.environ if key.startswith("DROPREEL_")]:
        monkeypatch.delenv(key)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_init_makes_a_root_that_people_can_use_and_nobody_can_look_into(tmp_path: Path) -> None:
    root = tmp_path / "a new" / "root"
    old = os.umask(0o077)
    try:
        assert cli.main(["init", "--no-compile", str(root)]) == 0
    finally:
        os.umask(old)
    for look in ("cartoon", "deity", "anime"):
        assert mode(root / "inbox" / "songs" / look) == 0o2775
    assert mode(root / "review") == mode(root / "outbox") == 0o2775
    assert mode(root / "stages") == mode(root / "requests") == mode(root / "stages" / "queued") == 0o700
    assert mode(root / "inbox" / "README.txt") == 0o664
    assert "03b.ok.png" in (root / "inbox" / "README.txt").read_text()
    shipped = sorted(path.name for path in rulebook.shipped().glob("*.yaml"))
    assert sorted(path.name for path in (root / "rules").glob("*.yaml")) == shipped != []


def test_init_done_twice_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init.make(tmp_path / "root")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "root").rglob("*")}
    assert cli.main(["init", "--no-compile", str(tmp_path / "root")]) == 0
    assert "all is there already" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "root").rglob("*")} == before


def test_a_rule_that_was_changed_is_kept_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init.make(tmp_path)
    rule = tmp_path / "rules" / "cartoon.yaml"
    rule.write_text("mine: 1\n")
    init.make(tmp_path)
    assert rule.read_text() == "mine: 1\n"
    assert "rules/cartoon.yaml was changed here and is kept" in capsys.readouterr().err


def test_a_rule_that_was_not_changed_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = tmp_path / "shipped"
    shutil.copytree(rulebook.shipped(), shipped)
    monkeypatch.setattr(rulebook, "shipped", lambda: shipped)
    root = tmp_path / "root"
    init.make(root)
    (shipped / "cartoon.yaml").write_text("newer: 1\n")
    assert init.make(root) == ["rules/cartoon.yaml"]
    assert (root / "rules" / "cartoon.yaml").read_text() == "newer: 1\n"


def test_settings_that_are_there_are_left_alone_and_obeyed(tmp_path: Path) -> None:
    (tmp_path / "dropreel.yaml").write_text("share: {dir_mode: '770'}\n")
    init.make(tmp_path)
    assert (tmp_path / "dropreel.yaml").read_text() == "share: {dir_mode: '770'}\n"
    assert mode(tmp_path / "review") == 0o770


def test_the_folders_get_the_group_that_was_asked_for(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root may give folders to any group")
    group = next(g for g in grp.getgrall() if g.gr_gid not in (0, os.getgid()))
    init.make(tmp_path, group=group.gr_name)
    assert (tmp_path / "review").stat().st_gid == group.gr_gid
    assert (tmp_path / "stages").stat().st_gid != group.gr_gid
    assert load(tmp_path).share.group == group.gr_name


def test_a_group_that_is_not_there_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["init", "--no-compile", str(tmp_path / "x"), "--group", "no-such-group"]) == cli.USAGE
    assert "groupadd" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_a_link_in_the_place_of_a_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "review").symlink_to("elsewhere")
    assert cli.main(["init", "--no-compile", str(tmp_path)]) == cli.USAGE
    assert "review can't be used as a folder" in capsys.readouterr().err
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_planted_readme_diverts_nothing(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "target").write_text("precious")
    (tmp_path / "inbox" / "README.txt").symlink_to("../target")
    init.make(tmp_path)
    assert (tmp_path / "target").read_text() == "precious"


def test_the_commented_settings_file_is_valid_and_so_is_each_of_its_lines(tmp_path: Path) -> None:
    text = table.commented({})
    assert yaml.safe_load(text) is None
    opened = re.sub(r"^# (?=\s*[a-z_]+:)", "", text, flags=re.MULTILINE)
    (tmp_path / "dropreel.yaml").write_text(opened)
    assert load(tmp_path) == Settings(root=tmp_path)
    data = load(tmp_path).model_dump(exclude_unset=True, exclude={"root"})
    assert {row.name for row in table.rows()} == {
        f"{key}.{name}" if name else key
        for key, value in data.items()
        for name in (value if isinstance(value, dict) else [""])
    }


def a_unit(root: str = "/srv/dropreel", of_login: bool = False) -> str:
    place = install.Place(Path(root), USER, "users", ("/opt/drop reel/bin/dropreel",))
    return install.unit(install.template().read_text(), place, of_login)


def test_the_unit_holds_the_real_paths_and_nothing_is_left_to_fill_in() -> None:
    text = a_unit()
    assert not re.search(r"@[A-Z_]+@", text)
    assert 'ExecStart="/opt/drop reel/bin/dropreel" "run"' in text
    assert "WorkingDirectory=/srv/dropreel" in text
    # One entry: with several, a rename from one to another fails with EXDEV.
    assert [line for line in text.splitlines() if line.startswith("ReadWritePaths=")] == [
        'ReadWritePaths="/srv/dropreel"'
    ]


def test_odd_characters_of_a_root_are_written_as_systemd_reads_them() -> None:
    text = a_unit('/srv/50% of "it"')
    assert 'ReadWritePaths="/srv/50%% of \\"it\\""' in text
    assert 'WorkingDirectory=/srv/50%% of "it"' in text


def test_a_root_under_home_stays_reachable() -> None:
    assert "ProtectHome=read-only" in a_unit("/home/eve/films")
    assert "ProtectHome=yes" in a_unit()


def test_every_relaxed_protection_has_its_reason() -> None:
    text = install.template().read_text()
    for name in re.findall(r"^(\w+)=(?:no|all)$", text, re.MULTILINE):
        assert re.search(rf"^# - {name}=", text, re.MULTILINE), name


def systemd_analyze(*argv: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    if not program:
        pytest.skip("systemd-analyze isn't installed")
    return subprocess.run([program, *argv], capture_output=True, text=True, timeout=60, check=False)


def test_systemd_accepts_the_unit_and_finds_it_well_protected(tmp_path: Path) -> None:
    unit = tmp_path / "dropreel.service"
    # verify wants to find the program, so this one is started by a program that is there.
    unit.write_text(a_unit().replace('"/opt/drop reel/bin/dropreel"', shutil.which("true") or "/bin/true"))
    checked = systemd_analyze("verify", "--man=no", str(unit))
    ours = [line for line in checked.stderr.splitlines() if "dropreel.service" in line]
    assert ours == [], checked.stderr
    judged = systemd_analyze("security", "--offline=true", "--no-pager", str(unit))
    if "unrecognized option" in judged.stderr:
        pytest.skip("this systemd-analyze can't judge a unit offline")
    exposure = re.search(r"Overall exposure level for dropreel.service: ([\d.]+)", judged.stdout)
    assert exposure, judged.stdout + judged.stderr
    assert float(exposure[1]) <= 2.0


def test_a_unit_of_ones_own_login_asks_for_nothing_that_needs_root() -> None:
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read_string(a_unit(of_login=True))
    assert "User" not in parsed["Service"]
    assert not [name for name in parsed["Service"] if name.startswith(("Protect", "Private"))]
    assert parsed["Service"]["Type"] == "notify"
    assert parsed["Install"]["WantedBy"] == "default.target"


def test_install_writes_the_unit_and_keeps_the_earlier_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, units = tmp_path / "root", tmp_path / "units"
    init.make(root)
    units.mkdir()
    (units / "dropreel.service").write_text("mine\n")
    argv = ["--root", str(root), "install", "--write", "--as", USER, "--unit-dir", str(units)]
    assert cli.main(argv) == 0
    assert f"User={USER}\n" in (units / "dropreel.service").read_text()
    assert (units / "dropreel.service.old").read_text() == "mine\n"
    assert "systemctl enable --now dropreel" in capsys.readouterr().out
    assert cli.main(argv) == 0
    assert "Unchanged" in capsys.readouterr().out


def test_install_shows_the_unit_alone_on_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init.make(tmp_path)
    capsys.readouterr()
    assert cli.main(["--root", str(tmp_path), "install"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("# dropreel as a service")
    assert f'"DROPREEL_ROOT={tmp_path}"' in shown.out
    assert "daemon-reload" in shown.err
