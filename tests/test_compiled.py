"""Compiled code: where it is kept, when it counts as there, and that set-up compiles all of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from daemon import cli, compiled
from daemon.commands import compile
from daemon.settings import Settings


@pytest.fixture(autouse=True)
def no_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of three files, so that what this checkout has compiled plays no part."""
    package = tmp_path / "program" / "daemon"
    for name in ("audio", "film"):
        (package / name).mkdir(parents=True)
        (package / name / "kernels.py").write_text("from numba import njit\n")
    monkeypatch.setattr(compiled, "_PACKAGE", package)
    return package


def test_what_was_stamped_is_ready_until_a_source_changes(tmp_path: Path, no_checkout: Path) -> None:
    cache = tmp_path / "cache"
    assert not compiled.ready(cache)
    assert compiled.folder(cache) == cache / "numba"
    compiled.stamp(cache)
    assert compiled.ready(cache)
    os.utime(no_checkout / "film" / "kernels.py", (5, 5))
    assert not compiled.ready(cache)


def test_a_new_root_takes_over_what_set_up_compiled(tmp_path: Path, no_checkout: Path) -> None:
    ours = no_checkout.parent / "library" / "cache"
    assert compiled.folder(ours)
    (ours / "numba" / "code.nbc").write_bytes(b"code")
    assert not compiled.ready(tmp_path / "cache")
    compiled.stamp(ours)
    assert compiled.ready(tmp_path / "cache")
    assert (tmp_path / "cache" / "numba" / "code.nbc").read_bytes() == b"code"


def test_a_cache_that_cannot_be_written_is_none_and_never_ready(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert compiled.folder(tmp_path / "cache") is None
    assert not compiled.ready(tmp_path / "cache")


def test_where_nothing_can_be_kept_it_is_said_and_a_folder_of_the_process_is_used(tmp_path: Path) -> None:
    (tmp_path / "library").write_text("a file where the folder should be")
    code = (
        "from pathlib import Path; from daemon import audio; from daemon.settings import Settings;"
        f"audio.prepare(Settings(root=Path({str(tmp_path)!r})));"
        "import numpy as np; from daemon.audio import kernels; kernels.survey(np.zeros((4, 1), np.float32), 2);"
        "import os; print(os.environ['NUMBA_CACHE_DIR'])"
    )
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    environment["TMPDIR"] = str(tmp_path)
    done = subprocess.run([sys.executable, "-c", code], check=True, env=environment, capture_output=True, text=True)
    folder = Path(done.stdout.splitlines()[-1])
    assert folder.parent == tmp_path and not folder.exists()
    assert "can't be kept" in done.stdout + done.stderr


def test_the_command_compiles_once_and_then_says_that_all_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    calls: list[Settings] = []
    monkeypatch.setattr(compile, "everything", calls.append)
    assert cli.main(["--root", str(tmp_path), "compile"]) == 0
    assert "kept in" in capsys.readouterr().out
    assert cli.main(["--root", str(tmp_path), "compile"]) == 0
    assert "already" in capsys.readouterr().out and len(calls) == 1


def test_the_command_fails_with_a_sentence_where_it_cannot_be_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "library").write_text("a file where the folder should be")
    assert cli.main(["--root", str(tmp_path), "compile"]) == cli.FAILED
    assert "can't be written" in capsys.readouterr().err


def test_a_daemon_that_starts_compiles_beside_unless_all_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[list[str]] = []

    class Child:
        pid = 1

        def __init__(self, argv: list[str], **_: Any) -> None:
            begun.append(argv)

        def wait(self) -> int:
            return 0

    monkeypatch.setattr(compile.subprocess, "Popen", Child)
    settings = Settings(root=tmp_path)
    compile.start(settings)
    assert begun == [[sys.executable, "-m", "daemon", "--root", str(tmp_path), "compile"]]
    compiled.stamp(settings.cache)
    compile.start(settings)
    assert len(begun) == 1


def test_set_up_compiles_every_inner_loop(tmp_path: Path) -> None:
    from numba.core.dispatcher import Dispatcher

    compile.everything(Settings(root=tmp_path))
    loops = {
        f"{name}.{key}": value
        for name, module in list(sys.modules.items())
        if name.startswith(("daemon.audio", "daemon.film"))
        for key, value in vars(module).items()
        if isinstance(value, Dispatcher) and not key.startswith("_")  # those are parts of others
    }
    assert len(loops) >= 8
    assert [name for name, loop in loops.items() if not loop.signatures] == []
