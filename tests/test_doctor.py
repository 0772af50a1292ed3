"""`doctor`: each finding says what was found and what to do; a broken check hides no other."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon import cli
from daemon.commands import checks, doctor, init, service_checks, table
from daemon.commands.folder_checks import Finding
from daemon.settings import Settings, load


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in [key for key in os.environ if key.startswith("DROPREEL_")]:
        monkeypatch.delenv(key)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    init.make(tmp_path)
    return tmp_path


def found(root: Path, what: str) -> list[Finding]:
    return [finding for finding in doctor.examine(root) if finding.what == what]


def test_a_new_root_is_well(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["--root", str(root), "doctor"])
    shown = capsys.readouterr().out
    assert code == 0, shown
    assert [line for line in shown.splitlines() if line.startswith("FAIL")] == []
    for text in ("with libx264 and aac", "cartoon", "private, on a local file system", "songs/cartoon", "GB free"):
        assert text in shown


def test_doctor_as_json_is_for_scripts(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["--root", str(root), "doctor", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert {"level", "what", "said", "remedy"} == set(told[0])


def test_everything_that_is_wrong_says_what_to_do(tmp_path: Path) -> None:
    bad = [finding for finding in doctor.examine(tmp_path / "nothing") if finding.level == "FAIL"]
    assert bad
    assert [finding.what for finding in bad if not finding.remedy] == []


def test_a_wrong_rule_is_a_failure_with_file_and_line(root: Path) -> None:
    (root / "rules" / "broken.yaml").write_text("name: broken\nedit:\n  zoooom: 1\n")
    finding = found(root, "rules")[0]
    assert finding.level == "FAIL"
    assert "broken.yaml" in finding.said
    assert "3" in finding.said
    assert cli.main(["--root", str(root), "doctor"]) == cli.FAILED


def test_wrong_settings_do_not_end_the_examination(root: Path) -> None:
    (root / "dropreel.yaml").write_text("settle: soon\n")
    findings = doctor.examine(root)
    assert "line 1" in next(f for f in findings if f.what == "settings").said
    assert any(f.what == "ffmpeg" for f in findings)


def test_a_program_that_is_no_ffmpeg_is_found_out(root: Path) -> None:
    fake = root / "ffmpeg"
    fake.write_text("#!/bin/sh\necho ffmpeg version 1.0\n")
    fake.chmod(0o755)
    (root / "dropreel.yaml").write_text(f"ffmpeg: {fake}\n")
    finding = found(root, "ffmpeg")[0]
    assert (finding.level, "lacks libx264, aac" in finding.said) == ("FAIL", True)
    (root / "dropreel.yaml").write_text(f"ffmpeg: {root}/nowhere\n")
    assert found(root, "ffmpeg")[0].level == "FAIL"


def test_stages_that_others_may_look_into_are_a_warning(root: Path) -> None:
    (root / "stages").chmod(0o755)
    assert found(root, "stages")[0] == Finding(
        "WARN", "stages", "others may look into it", f"`chmod 700 {root / 'stages'}`"
    )


def test_a_review_folder_that_the_group_may_not_write_is_a_failure(root: Path) -> None:
    (root / "review").chmod(0o755)
    finding = found(root, "share")[0]
    assert finding.level == "FAIL"
    assert "review can't be written by group" in finding.said
    assert "dropreel init" in finding.remedy


def test_an_inbox_that_is_gone_is_a_warning(root: Path) -> None:
    (root / "inbox" / "songs" / "deity").rmdir()
    assert any("songs/deity: not there" in finding.said for finding in found(root, "inbox"))


def test_the_inboxes_say_how_they_are_watched_and_leave_nothing_behind(root: Path) -> None:
    before = sorted(str(path) for path in root.rglob("*"))
    said = found(root, "inbox")[0].said
    assert "inotify" in said or "a look every" in said
    assert "moved" in said
    assert sorted(str(path) for path in root.rglob("*")) == before
    (root / "dropreel.yaml").write_text("watch: poll\npoll: 7\n")
    assert "a look every 7 s" in found(root, "inbox")[0].said


def test_too_little_room_is_a_failure(root: Path) -> None:
    (root / "dropreel.yaml").write_text("room_mb: 900000000\n")
    assert found(root, "room")[0].level == "FAIL"


def test_a_service_that_does_not_answer_is_a_warning_and_one_that_does_is_well(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (root / "dropreel.yaml").write_text(f"notify: {{ntfy: 'http://127.0.0.1:{port}/films'}}\n")
        assert found(root, "ntfy") == [Finding("OK", "ntfy", f"127.0.0.1:{port} answers")]
    finding = found(root, "ntfy")[0]
    assert finding.level == "WARN"
    assert finding.remedy


def test_a_mail_server_is_looked_for_at_its_usual_port() -> None:
    settings = Settings.model_validate({"root": "/x", "notify": {"smtp": "mail.example", "email_to": "a@b.example"}})
    (one,) = service_checks.configured(settings)
    assert (one.name, one.host, one.port) == ("smtp", "mail.example", 587)


def test_a_check_that_breaks_hides_no_other(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Settings) -> Iterator[Finding]:
        raise ValueError("oh")
        yield

    monkeypatch.setattr(checks, "ALL", (broken, *checks.ALL))
    findings = doctor.examine(root)
    assert any(f.said == "ValueError: oh" and f.level == "FAIL" for f in findings)
    assert any(f.what == "clock" for f in findings)


def test_every_setting_is_listed_with_its_meaning(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "dropreel.yaml").write_text("settle: 9\nnotify: {ntfy_token: geheim}\n")
    assert cli.main(["--root", str(root), "doctor", "--settings"]) == 0
    shown = capsys.readouterr().out
    assert "* settle" in shown
    assert "9 (default 4)" in shown
    assert "geheim" not in shown
    assert [row.name for row in table.rows() if not row.meaning] == []


def test_a_setting_goes_by_the_variable_that_is_named_for_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = next(row for row in table.rows() if row.name == "limits.tries")
    monkeypatch.setenv(row.variable, "3")
    assert load(root).limits.tries == 3


def test_the_settings_in_the_readme_are_those_of_the_program() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    assert table.markdown() in readme
