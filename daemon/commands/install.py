"""`dropreel install`: the systemd unit with the real root, user, group and paths, and what to do with it."""

from __future__ import annotations

import argparse
import grp
import pwd
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from daemon import durable
from daemon.commands import look
from daemon.errors import Fault, UsageError
from daemon.settings import environment, load

NAME = "dropreel.service"
SYSTEM = Path("/etc/systemd/system")
_HOMES = (Path("/home"), Path("/root"), Path("/run/user"))

# What only a systemd that started as root can do; a unit of one's own login goes without.
_NEEDS_ROOT = re.compile(
    r"^(User|Group|Protect\w+|Private\w+|ReadWritePaths|DevicePolicy|CapabilityBoundingSet|AmbientCapabilities"
    r"|RestrictNamespaces|RemoveIPC|KeyringMode|ProcSubset|Nice|After|Wants|RequiresMountsFor)="
)


@dataclass(frozen=True)
class Place:
    """Where and as whom the daemon is to run."""

    root: Path
    user: str
    group: str
    argv: tuple[str, ...]


def install(options: argparse.Namespace) -> int:
    """Prints the unit to stdout, or writes it; the next steps go to stderr."""
    root = look.root(options).root
    settings = load(root)
    owner = _owner(root)
    user = options.run_as or (owner if owner != "root" else "dropreel")
    group = options.group or settings.share.group or _group_of(user)
    place = Place(root, user, group, executable())
    text = unit(template().read_text("utf-8"), place, of_login=options.user)
    steps = _steps(place, owner, options.user)
    if not options.write:
        print(text, end="")
        print("\n".join(["", "This is the unit; `dropreel install --write` writes it. Then:", *steps]), file=sys.stderr)
        return 0
    target = _folder(options) / NAME
    said = _write(target, text)
    print("\n".join([f"{said} {look.plain(target)}. Next:", *steps]))
    return 0


def template() -> Path:
    """The unit's template: in a checkout `systemd/`, in an installed program beside the package."""
    package = Path(__file__).parents[1]
    inside = package / "shipped" / "systemd" / NAME
    return inside if inside.is_file() else package.parent / "systemd" / NAME


def executable() -> tuple[str, ...]:
    """How this very program is started: its own script where there is one, else its Python."""
    script = Path(sys.executable).with_name("dropreel")
    return (str(script),) if script.is_file() else (sys.executable, "-m", "daemon")


def unit(text: str, place: Place, of_login: bool = False) -> str:
    """The unit out of its template. of_login: for `systemctl --user`. UsageError where the root can't be written so."""
    root = str(place.root)
    if not root.isprintable():
        raise UsageError("the root's name can't stand in a systemd unit", look.plain(root), "Rename that folder.")
    in_home = any(path.is_relative_to(home) for home in _HOMES for path in (place.root, Path(place.argv[0]).resolve()))
    values = {
        "ROOT": root.replace("%", "%%"),
        "QUOTED_ROOT": _quoted(root),
        "USER": place.user,
        "GROUP": place.group,
        "EXEC": " ".join(_quoted(word).replace("$", "$$") for word in (*place.argv, "run")),
        "ENVIRONMENT": _quoted(f"DROPREEL_ROOT={root}"),
        "PROTECT_HOME": "read-only" if in_home else "yes",
    }
    filled = re.sub(r"@([A-Z_]+)@", lambda match: values[match[1]], text)
    return _of_login(filled) if of_login else filled


def _quoted(text: str) -> str:
    """A word as systemd reads it: quoted, with % doubled."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'


def _of_login(text: str) -> str:
    lines = [line for line in text.splitlines() if not line.startswith("#") and not _NEEDS_ROOT.match(line)]
    joined = "\n".join(lines).replace("WantedBy=multi-user.target", "WantedBy=default.target")
    return re.sub(r"\n{3,}", "\n\n", joined).strip() + "\n"


def _owner(root: Path) -> str:
    uid = root.stat().st_uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group_of(user: str) -> str:
    try:
        return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name
    except KeyError:
        return user


def _folder(options: argparse.Namespace) -> Path:
    if options.unit_dir:
        return Path(options.unit_dir)
    if options.user:
        home = environment("XDG_CONFIG_HOME") or str(Path.home() / ".config")
        folder = Path(home) / "systemd" / "user"
        folder.mkdir(parents=True, exist_ok=True)
        return folder
    return SYSTEM


def _write(target: Path, text: str) -> str:
    try:
        before = target.read_text("utf-8") if target.exists() else ""
        if before == text:
            return "Unchanged:"
        if before:
            durable.write_bytes(target.with_name(f"{NAME}.old"), before.encode(), 0o644)
        durable.write_bytes(target, text.encode(), 0o644)
    except PermissionError:
        remedy = f"`sudo {shlex.join(executable())} install --write`, or `--user` for a unit of your own login."
        raise Fault(f"you may not write {target}", "permission denied", remedy) from None
    except FileNotFoundError:
        raise Fault(f"{target.parent} isn't there", "", "Is systemd what starts services here?") from None
    return f"Wrote (the earlier one is {NAME}.old):" if before else "Wrote"


def _steps(place: Place, owner: str, of_login: bool) -> list[str]:
    if of_login:
        return [
            "  systemctl --user daemon-reload",
            "  systemctl --user enable --now dropreel",
            "  loginctl enable-linger        # so that it runs while you are logged out",
            "  journalctl --user -u dropreel -f",
        ]
    root = shlex.quote(str(place.root))
    steps = []
    if owner != place.user:
        steps = [
            f"  sudo useradd --system --home-dir {root} --shell /usr/sbin/nologin {place.user}   # unless it is there",
            f"  sudo chown -R {place.user} {root}",
        ]
    return [
        *steps,
        "  sudo systemctl daemon-reload",
        "  sudo systemctl enable --now dropreel",
        "  systemctl status dropreel",
        "  journalctl -u dropreel -f",
        "Change it with `sudo systemctl edit dropreel`, not in the file itself.",
    ]
