"""The command line: what is asked becomes a call, what goes wrong becomes a sentence and an exit code.

Exit codes: 0 done; 1 it failed, or the daemon refused; 2 the command can't be carried out as given
(a job that isn't there, a wrong setting); 3 the daemon isn't running; 130 interrupted; 141 the reader
of the output went away. Each command's module is imported only when it is called.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TextIO, cast

from daemon import __version__, redact
from daemon.errors import Fault, UsageError
from daemon.places import environment

DONE, FAILED, USAGE, NOT_RUNNING, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 3, 130, 141

Parser = argparse.ArgumentParser


@dataclass(frozen=True)
class Command:
    """A command: `module.function(options) -> exit code`, imported when it is called."""

    name: str
    help: str
    module: str
    arguments: Callable[[Parser], None]
    epilog: str = ""


def _nothing(_: Parser) -> None:
    """No arguments of its own."""


def _job(parser: Parser) -> None:
    parser.add_argument("job", metavar="JOB", help="its id, the start of it, its folder or its title")


def _asks(parser: Parser) -> None:
    _job(parser)
    _waits(parser)


def _waits(parser: Parser) -> None:
    parser.add_argument(
        "--wait", type=_seconds, default=10.0, metavar="SECONDS", help="how long to wait for the daemon's answer (10)"
    )


def _pictures(parser: Parser) -> None:
    _job(parser)
    parser.add_argument("pictures", metavar="PICTURE", nargs="*", help="03b, 04a, ...; none: the whole job")
    parser.add_argument("--note", default="", metavar="TEXT", help="a word about why, kept with the decision")
    _waits(parser)


def _redo(parser: Parser) -> None:
    _job(parser)
    parser.add_argument("pictures", metavar="PICTURE", nargs="+", help="03b, ...: painted again under a new name")
    parser.add_argument("--note", default="", metavar="TEXT", help='what to change: "darker sky"')
    _waits(parser)


def _status(parser: Parser) -> None:
    parser.add_argument("-w", "--watch", action="store_true", help="follow, until Ctrl-C")
    parser.add_argument("--json", action="store_true", help="for scripts")
    parser.add_argument("-a", "--all", action="store_true", help="finished jobs too, however many")
    parser.add_argument("--every", type=_seconds, default=1.0, metavar="SECONDS", help="how often --watch looks (1)")


def _show(parser: Parser) -> None:
    _job(parser)
    parser.add_argument("--json", action="store_true", help="every sidecar of the job as one JSON value")


def _init(parser: Parser) -> None:
    parser.add_argument("dir", metavar="DIR", nargs="?", help="where; the current folder if not given")
    parser.add_argument("--group", default="", metavar="GROUP", help="the group whose members drop, decide and collect")
    parser.add_argument("--no-compile", dest="compile", action="store_false", help="leave that to the first start")


def _doctor(parser: Parser) -> None:
    parser.add_argument("--settings", action="store_true", help="list every setting: default, current value, meaning")
    parser.add_argument("--markdown", action="store_true", help="with --settings: the table as the README has it")
    parser.add_argument("--json", action="store_true", help="the findings for scripts")


def _install(parser: Parser) -> None:
    parser.add_argument("--write", action="store_true", help="write the unit, instead of showing it")
    parser.add_argument("--user", action="store_true", help="a unit of your own login, without root's rights")
    parser.add_argument("--as", dest="run_as", default="", metavar="USER", help="whom the daemon runs as")
    parser.add_argument("--group", default="", metavar="GROUP", help="the daemon's group")
    parser.add_argument("--unit-dir", default="", metavar="DIR", help=argparse.SUPPRESS)


def _analyze(parser: Parser) -> None:
    parser.add_argument("file", metavar="FILE", help="a song, or anything with sound in it")
    parser.add_argument("--json", action="store_true", help="all that was heard, as analysis.json has it")
    parser.add_argument("--fps", default="30", help="film frames a second, for the envelopes (30)")
    parser.add_argument("--plot", metavar="PNG", help="draw what was heard")
    parser.add_argument("--click", metavar="WAV", help="write the song with a click on each beat, higher on bars")
    parser.add_argument("--labels", metavar="TXT", help="write Audacity labels")


def _preview(parser: Parser) -> None:
    _job(parser)
    parser.add_argument("--from", dest="start", required=True, metavar="M:SS", help="where it begins: 1:00, or seconds")
    parser.add_argument("--to", dest="end", required=True, metavar="M:SS", help="where it ends")
    parser.add_argument("--out", default="", metavar="FILE", help="the MP4 to write; else the job's desk, or here")
    parser.add_argument("--format", default="", metavar="NAME", help="one of the rule's further formats: 9x16")
    parser.add_argument("--small", action="store_true", help="480 lines: faster")


def _stats(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="for scripts")
    parser.add_argument("--months", type=int, default=6, metavar="N", help="how many, the latest (6); 0: all")


def _schema(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", default="", help="analysis, prompts, ...; none: list them")


def _demo(parser: Parser) -> None:
    parser.add_argument("--seconds", type=_seconds, default=60.0, help="length of the song (60)")
    parser.add_argument("--limit", type=_seconds, default=1200.0, help="seconds after which it gives up (1200)")
    parser.add_argument("--small", action="store_true", help="854x480 instead of 1280x720: twice as fast")


def _telegram(parser: Parser) -> None:
    parser.add_argument("what", choices=["test"], help="test: send a trial picture, and wait for a press")
    parser.add_argument(
        "--wait", type=_seconds, default=120.0, metavar="SECONDS", help="how long to wait for somebody (120)"
    )


def _gallery(parser: Parser) -> None:
    parser.add_argument("out", metavar="OUT.png", help="the picture to write")
    parser.add_argument("--no-labels", action="store_true", help="without names beneath")


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1e7:
        raise argparse.ArgumentTypeError("a number of seconds, 0 or more")
    return value


COMMANDS = (
    Command("init", "make the folders and the rules", "init:init", _init),
    Command("run", "run the daemon", "service:run", _nothing),
    Command("once", "work through what is there, then end", "service:once", _nothing),
    Command("status", "what is going on", "status:status", _status),
    Command("stats", "how the work has gone, month by month", "stats:stats", _stats),
    Command("show", "all about one job", "show:show", _show),
    Command("approve", "say yes to pictures, or to all of a job's", "ask:ask", _pictures),
    Command("reject", "say no to pictures, or to the whole job", "ask:ask", _pictures),
    Command("redo", "have a picture painted again", "ask:ask", _redo),
    Command("retry", "try a failed job again", "ask:ask", _asks),
    Command("cancel", "stop a job; its dropped file is kept", "ask:ask", _asks),
    Command("bump", "put a job ahead of the others", "ask:ask", _asks),
    Command("reopen", "bring a finished job back to review", "ask:ask", _asks),
    Command("clean", "do the retention's work now", "ask:ask", _waits),
    Command("doctor", "look whether all is well, and say what to do", "doctor:doctor", _doctor),
    Command("compile", "compile the inner loops now, so that no song waits for it", "compile:compile", _nothing),
    Command("install", "show or write the systemd unit", "install:install", _install),
    Command("analyze", "listen to a file, and tell", "analyze:analyze", _analyze),
    Command("preview", "make a part of a job's film, for a look", "preview:preview", _preview),
    Command("schema", "JSON schema of a sidecar", "schema:schema", _schema),
    Command("demo", "make a song, and a film of it, under ./demo", "demo:demo", _demo),
    Command("telegram", "try the line to Telegram out", "telegram:telegram", _telegram),
    Command("gallery", "draw the built-in painter's scenes and poses", "gallery:gallery", _gallery),
)

_EPILOG = """\
Drop a song into inbox/songs, approve the pictures in review/ by renaming them, collect the film in outbox/.
Exit codes: 0 done, 1 failed or refused, 2 wrong use, 3 the daemon isn't running.
DROPREEL_LOG_LEVEL=debug shows where an error comes from."""


def parser() -> Parser:
    """The whole command line, as argparse has it."""
    top = Parser(
        prog="dropreel",
        description="Drop a song into a folder, approve the pictures, collect a film cut on the music.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"dropreel {__version__}")
    top.add_argument("--root", metavar="DIR", help="the folder that holds inbox, review, outbox (else DROPREEL_ROOT)")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.help, description=_sentence(command.help))
        # Given after the command too; without a default, or it would wipe out the one before it.
        sub.add_argument("--root", metavar="DIR", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        command.arguments(sub)
        sub.set_defaults(module=command.module)
    return top


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def main(argv: Sequence[str] | None = None) -> int:
    """Carries out a command line; returns the exit code. Never lets a traceback out."""
    _tolerant(sys.stdout)
    _tolerant(sys.stderr)
    debug = environment("DROPREEL_LOG_LEVEL").lower() == "debug"
    try:
        options = parser().parse_args(argv)
        module, _, function = str(options.module).partition(":")
        call = getattr(importlib.import_module(f"daemon.commands.{module}"), function)
        code = cast(int, call(options))
        sys.stdout.flush()
    except SystemExit as leaving:  # argparse: --help, --version, wrong use
        return leaving.code if isinstance(leaving.code, int) else USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Python flushes once more at exit; let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:  # the edge: whatever it is, the reader gets a sentence
        if debug:
            raise
        _say(error)
        return USAGE if isinstance(error, UsageError) else FAILED
    return code


def _say(error: Exception) -> None:
    if isinstance(error, Fault):
        text = error.sentence()
    elif isinstance(error, OSError) and error.strerror:
        where = f": {os.fsdecode(error.filename)}" if error.filename is not None else ""
        text = f"{error.strerror}{where}."
    elif isinstance(error, ImportError):
        text = f"A part is missing: {error}. Install it again: pip install dropreel."
    else:
        text = f"Something went wrong that shouldn't: {type(error).__name__}: {error}. "
        text += "DROPREEL_LOG_LEVEL=debug shows where."
    print(f"dropreel: {redact.text(text)}", file=sys.stderr)


def _tolerant(stream: TextIO) -> None:
    """A name with odd bytes must not end a listing."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
