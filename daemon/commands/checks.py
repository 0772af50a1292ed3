"""What `dropreel doctor` looks at. Each check takes the settings and yields findings."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from daemon import __version__, redact, rulebook
from daemon.commands import comfy_checks, folder_checks, look, service_checks, telegram
from daemon.commands.folder_checks import Check, Finding, user_name
from daemon.errors import UsageError
from daemon.places import Root
from daemon.settings import Settings


def program(_: Settings) -> Iterator[Finding]:
    """Python and ourselves."""
    version = sys.version.split()[0]
    yield Finding("OK", "python", f"{version}, dropreel {__version__}, {os.cpu_count()} processors")


def packages(_: Settings) -> Iterator[Finding]:
    """What pip should have installed."""
    try:
        wanted = importlib.metadata.requires("dropreel") or []
    except importlib.metadata.PackageNotFoundError:
        yield Finding("WARN", "packages", "dropreel itself isn't installed", "`pip install .` in its folder.")
        return
    names = [match[0] for need in wanted if "extra ==" not in need and (match := re.match(r"[\w.-]+", need))]
    found, missing = [], []
    for name in names:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        yield Finding("FAIL", "packages", f"missing: {', '.join(missing)}", f"`pip install {' '.join(missing)}`")
    else:
        told = [text for text in found if text.partition(" ")[0] in ("av", "librosa", "numba", "numpy", "pydantic")]
        yield Finding("OK", "packages", f"all {len(found)} are there, with {', '.join(told)}")
    if importlib.metadata.packages_distributions().get("cv2", []) not in ([], ["opencv-python-headless"]):
        remedy = "`pip uninstall opencv-python`, then `pip install --force-reinstall opencv-python-headless`."
        yield Finding("WARN", "packages", "more than one OpenCV is installed", remedy)


def extras(_: Settings) -> Iterator[Finding]:
    """What may be there, and needn't."""
    there = [name for name in ("torch", "transformers") if importlib.util.find_spec(name)]
    absent = [name for name in ("torch", "transformers") if name not in there]
    said = f"{', '.join(there)} installed" if there else ""
    if absent:
        said += ("; " if said else "") + f"{', '.join(absent)} not installed, and not needed for songs"
    yield Finding("OK", "extras", said)


def ffmpeg(settings: Settings) -> Iterator[Finding]:
    """Which ffmpeg, and whether it can make our films."""
    try:
        path = settings.ffmpeg_path()
        version = _said([path, "-hide_banner", "-version"]).partition("\n")[0].removeprefix("ffmpeg version ")
        encoders = _said([path, "-hide_banner", "-encoders"])
    except UsageError as error:
        yield Finding("FAIL", "ffmpeg", error.why or error.what, error.remedy)
        return
    except (OSError, subprocess.SubprocessError) as error:
        yield Finding("FAIL", "ffmpeg", f"{settings.ffmpeg or 'ffmpeg'} can't be run: {error}", "Set `ffmpeg:` anew.")
        return
    lacking = [name for name in ("libx264", "aac") if not re.search(rf"^ \S+ +{name} ", encoders, re.MULTILINE)]
    said = f"{path}, {version.partition(' ')[0]}"
    if lacking:
        remedy = "Leave `ffmpeg:` empty and take the other one off PATH, or install one that has them."
        yield Finding("FAIL", "ffmpeg", f"{said}: lacks {', '.join(lacking)}", remedy)
    else:
        yield Finding("OK", "ffmpeg", f"{said}, with libx264 and aac")


def _said(argv: list[str]) -> str:
    done = subprocess.run(argv, capture_output=True, timeout=20, check=True, stdin=subprocess.DEVNULL)
    return done.stdout.decode("utf-8", "replace")


def rules(settings: Settings) -> Iterator[Finding]:
    """Whether the rules load."""
    if not settings.rules.is_dir():
        yield Finding("FAIL", "rules", f"{settings.rules} isn't there", f"`dropreel init {settings.root}` makes it.")
        return
    try:
        book = rulebook.load(settings.rules)
    except UsageError as error:
        yield Finding("FAIL", "rules", f"{error.what}: {error.why}", error.remedy)
        return
    names = ", ".join(sorted(str(rule.name) for rule in book.rules))
    if book.problem:
        yield Finding("FAIL", "rules", book.problem, "Mend that line; `dropreel doctor` looks again.")
    if names:
        yield Finding("OK", "rules", names)
    else:
        yield Finding("FAIL", "rules", "there are none", f"`dropreel init {settings.root}` copies the shipped ones.")


def watches(_: Settings) -> Iterator[Finding]:
    """The kernel's limits for watching folders."""
    limits = {}
    for name in ("max_user_watches", "max_user_instances"):
        try:
            limits[name] = int(Path("/proc/sys/fs/inotify", name).read_text())
        except (OSError, ValueError):
            return
    said = f"{limits['max_user_watches']} watches, {limits['max_user_instances']} instances"
    if limits["max_user_watches"] < 8192 or limits["max_user_instances"] < 64:
        remedy = "`sudo sysctl fs.inotify.max_user_watches=65536 fs.inotify.max_user_instances=256`"
        yield Finding("WARN", "inotify", f"{said}: when they run out, folders are looked at now and then", remedy)
    else:
        yield Finding("OK", "inotify", said)


def room(settings: Settings) -> Iterator[Finding]:
    """Free room where the work is done."""
    try:
        free = shutil.disk_usage(settings.root).free / 2**20
    except OSError as error:
        yield Finding("FAIL", "room", f"{settings.root}: {error.strerror}", "Say where the root is with --root.")
        return
    said = f"{free / 1024:.1f} GB free"
    if free < settings.room_mb:
        remedy = "Make room, or lower room_mb; nothing new starts until then."
        yield Finding("FAIL", "room", f"{said}, below room_mb ({settings.room_mb} MB)", remedy)
    elif free < 2 * settings.room_mb:
        yield Finding("WARN", "room", f"{said}, close to room_mb ({settings.room_mb} MB)", "Make room soon.")
    else:
        yield Finding("OK", "room", said)


def secrets(settings: Settings) -> Iterator[Finding]:
    """Whether the files that hold secrets are ours alone, and which secrets there are. None is said."""
    problems = settings.hide_secrets()
    for problem in problems:
        what, _, remedy = problem.partition(". ")
        yield Finding("FAIL", "secrets", what, remedy)
    if not problems:
        known = redact.names()
        yield Finding("OK", "secrets", ", ".join(known) if known else "none set, none needed")


def service(settings: Settings) -> Iterator[Finding]:
    """Whether the daemon runs."""
    places = Root(settings.root)
    if not places.root.is_dir():
        return
    if not look.running(places):
        remedy = "`dropreel run` here, or `dropreel install` for good."
        yield Finding("WARN", "daemon", "it isn't running", remedy)
        return
    told = look.snapshot(places)
    problems = look.as_list(told.get("problems"))
    yield Finding("OK", "daemon", f"running, process {told.get('pid', '?')}")
    for problem in problems:
        yield Finding("WARN", "daemon", str(problem))


def clock(_: Settings) -> Iterator[Finding]:
    """Whether the clock can be right: not older than the program itself."""
    now = datetime.now(UTC).astimezone()
    if time.time() < os.stat(__file__).st_mtime - 86400:
        yield Finding("WARN", "clock", f"{now:%Y-%m-%d %H:%M} is before the program was installed", "Set the clock.")
    else:
        yield Finding("OK", "clock", f"{now:%Y-%m-%d %H:%M %Z}")


def caches(settings: Settings) -> Iterator[Finding]:
    """Whether compiled code can be kept; otherwise every start compiles anew, for half a minute."""
    folder = settings.cache
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if os.access(folder, os.W_OK | os.X_OK):
        yield Finding("OK", "cache", f"{settings.cache} can be written")
    else:
        remedy = f"`sudo chown -R {user_name(settings.root.stat().st_uid)} {settings.library}`"
        yield Finding("WARN", "cache", f"{folder} can't be written: every start is slow", remedy)


ALL: tuple[Check, ...] = (
    program,
    packages,
    extras,
    ffmpeg,
    rules,
    folder_checks.folders,
    folder_checks.inboxes,
    watches,
    room,
    folder_checks.share,
    folder_checks.account,
    secrets,
    service_checks.services,
    service_checks.privacy,
    service_checks.writers,
    comfy_checks.comfyui,
    telegram.check,
    service,
    clock,
    caches,
)
