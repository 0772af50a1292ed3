"""Secrets: where they are looked for, which files are refused, and that nothing we say or write holds one."""

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from daemon import log, redact, secret, settings, sidecars
from daemon.commands import doctor
from daemon.errors import FinalFault, UsageError
from daemon.queue import leash

TOKEN = "123456789:AAF-not_a_real_token_x"
KEY = "sk-nothing-but-a-test"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in secret.NAMES:
        monkeypatch.delenv(name, raising=False)
    redact.forget()
    yield
    redact.forget()


def private(path: Path, text: str, mode: int = 0o600) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_secret_that_is_nowhere_is_empty(tmp_path: Path) -> None:
    assert secret.find(tmp_path, "OPENAI_API_KEY") == ""
    assert secret.find(tmp_path / "gone", "OPENAI_API_KEY") == ""


def test_the_environment_goes_before_the_file_and_the_file_before_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private(tmp_path / "secrets" / "OPENAI_API_KEY", "from-the-folder\n")
    assert secret.find(tmp_path, "OPENAI_API_KEY") == "from-the-folder"
    private(tmp_path / ".env", "OPENAI_API_KEY=from-the-file\n")
    assert secret.find(tmp_path, "OPENAI_API_KEY") == "from-the-file"
    monkeypatch.setenv("OPENAI_API_KEY", "from-the-environment")
    assert secret.find(tmp_path, "OPENAI_API_KEY") == "from-the-environment"


def test_either_of_two_names_will_do(tmp_path: Path) -> None:
    private(tmp_path / ".env", "GEMINI_API_KEY=the-gemini-key\n")
    assert secret.find(tmp_path, "GOOGLE_API_KEY", "GEMINI_API_KEY") == "the-gemini-key"


def test_a_dotenv_is_read_as_shells_write_it(tmp_path: Path) -> None:
    private(
        tmp_path / ".env",
        "\ufeff# a comment\nexport OPENAI_API_KEY=\"quoted #1\"\nGEMINI_API_KEY = 'one-word'  # why\n\nno line\n=x\n"
        "QDRANT_API_KEY=plain # comment\r\nTELEGRAM_BOT_TOKEN=",
    )
    assert secret.find(tmp_path, "GEMINI_API_KEY") == "one-word"
    assert secret.find(tmp_path, "QDRANT_API_KEY") == "plain"
    assert secret.find(tmp_path, "TELEGRAM_BOT_TOKEN") == ""
    with pytest.raises(UsageError, match="no single word"):
        secret.find(tmp_path, "OPENAI_API_KEY")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o602])
def test_a_file_that_others_may_read_or_write_is_refused_with_its_remedy(tmp_path: Path, mode: int) -> None:
    path = private(tmp_path / ".env", f"OPENAI_API_KEY={KEY}\n", mode)
    with pytest.raises(UsageError) as caught:
        secret.find(tmp_path, "OPENAI_API_KEY")
    assert caught.value.remedy == f"`chmod 600 {path}`"
    assert KEY not in str(caught.value)
    private(tmp_path / ".env", "")
    private(tmp_path / "secrets" / "OPENAI_API_KEY", KEY, mode)
    with pytest.raises(UsageError):
        secret.find(tmp_path, "OPENAI_API_KEY")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    path = private(tmp_path / ".env", f"OPENAI_API_KEY={KEY}\n")
    os.chown(path, 12345, -1)
    with pytest.raises(UsageError, match="isn't ours"):
        secret.find(tmp_path, "OPENAI_API_KEY")


def test_what_is_no_file_or_no_text_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".env", 0o600)
    with pytest.raises(UsageError, match="no file"):
        secret.find(tmp_path, "OPENAI_API_KEY")
    (tmp_path / ".env").unlink()
    for data in (b"OPENAI_API_KEY=\xff\xfe", b"x" * 70_000):
        (tmp_path / ".env").write_bytes(data)
        (tmp_path / ".env").chmod(0o600)
        with pytest.raises(UsageError, match="no short text"):
            secret.find(tmp_path, "OPENAI_API_KEY")


@pytest.mark.parametrize("value", ["two\nlines", "a b", "sk-\x00", "naïve-key"])
def test_a_value_that_could_break_a_header_is_refused_and_not_said(tmp_path: Path, value: str) -> None:
    private(tmp_path / "secrets" / "OPENAI_API_KEY", value)
    with pytest.raises(UsageError) as caught:
        secret.find(tmp_path, "OPENAI_API_KEY")
    assert value not in str(caught.value)


# --- nothing says it ---------------------------------------------------------------------------------


def test_a_fault_never_holds_a_secret_however_it_was_written(tmp_path: Path) -> None:
    private(tmp_path / ".env", f"TELEGRAM_BOT_TOKEN={TOKEN}\n")
    secret.find(tmp_path, "TELEGRAM_BOT_TOKEN")
    fault = FinalFault(
        f"asking {TOKEN}", f"https://api/bot{TOKEN.replace(':', '%3A')}/x", f"try {TOKEN}", {"url": ["u", {"k": TOKEN}]}
    )
    assert "AAF" not in fault.sentence() + repr(fault.facts)
    assert "[TELEGRAM_BOT_TOKEN]" in fault.what


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_log_line_never_holds_a_secret_not_even_in_a_traceback(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    private(tmp_path / ".env", f"OPENAI_API_KEY={KEY}\nTELEGRAM_CHAT_ID=-1001234567890\n")
    secret.learn(tmp_path)
    before = structlog.get_config()
    log.configure(form)
    try:
        try:
            raise ValueError(f"401 for {KEY}")
        except ValueError as error:
            log.get(key=KEY).error(f"with {KEY}", chat=-1001234567890, why=error, deep={"a": [KEY]}, exc_info=error)
    finally:
        structlog.configure(**before)
        logging.captureWarnings(False)
    said = capsys.readouterr().err
    assert "401 for" in said
    assert KEY not in said
    assert "1001234567890" not in said
    log.note(tmp_path, f"the key {KEY}")
    assert KEY not in (tmp_path / "job.log").read_text()


def test_what_a_worker_leaves_holds_no_secret_whether_it_went_well_or_not(tmp_path: Path) -> None:
    private(tmp_path / ".env", f"OPENAI_API_KEY={KEY}\n")
    job = tmp_path / "20260101-000000-x-abcdef"
    job.mkdir()
    for verb in ("well", "badly"):
        call = leash.Call(
            str(job), verb, 1, settings.Settings(root=tmp_path), "", str(tmp_path / verb), "tests.test_secret:toy", ()
        )
        leash.run(call)
        left = (tmp_path / verb).read_text()
        assert KEY not in left
        assert "[OPENAI_API_KEY]" in left


def toy(verb: str) -> object:
    def work(_job: object, _tools: object) -> sidecars.Sidecar:
        if verb == "badly":
            raise ValueError(f"no good: {KEY}")
        return sidecars.Prompts(notes=[f"asked with {KEY}"], seconds=float("nan"))

    return work


def test_secrets_that_stand_in_the_settings_are_kept_out_too(tmp_path: Path) -> None:
    (tmp_path / "dropreel.yaml").write_text("notify:\n  ntfy_token: tk_hidden_enough\n  smtp_password: pa55word\n")
    settings.load(tmp_path)
    assert redact.text("tk_hidden_enough and pa55word") == "[notify.ntfy_token] and [notify.smtp_password]"


def test_doctor_names_the_secrets_and_says_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    private(tmp_path / ".env", f"OPENAI_API_KEY={KEY}\n")
    found = [finding for finding in doctor.examine(tmp_path) if finding.what == "secrets"]
    assert [(f.level, f.said) for f in found] == [("OK", "OPENAI_API_KEY")]
    (tmp_path / ".env").chmod(0o644)
    redact.forget()
    (refused,) = [finding for finding in doctor.examine(tmp_path) if finding.what == "secrets"]
    assert refused.level == "FAIL"
    assert "chmod 600" in refused.remedy
    assert KEY not in capsys.readouterr().out


def test_a_number_is_only_hidden_whole_and_a_host_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_CHAT_ID", "12345678")
    monkeypatch.setenv("QDRANT_HOST", "localhost")
    secret.learn(tmp_path)
    assert redact.text("chat 12345678, frame 912345678, 123456789, 0.12345678") == (
        "chat [TELEGRAM_CHAT_ID], frame 912345678, 123456789, 0.12345678"
    )
    assert redact.text("localhost") == "localhost"


@given(
    st.text(min_size=8, max_size=40).filter(lambda text: text.strip() == text),
    st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=6),
)
def test_whatever_a_secret_is_made_of_no_data_keeps_it(found: str, data: object) -> None:
    redact.forget()
    redact.learn("NAME", found)
    hidden = json.dumps(redact.value([data, f"before {found} after", {"key": found}]), ensure_ascii=False)
    assert f"before {json.dumps(found, ensure_ascii=False)[1:-1]} after" not in hidden
    assert found not in redact.value(found)
    redact.forget()
