"""Settings: the one door for the environment and for dropreel.yaml.

Order: built-in default, then `<root>/dropreel.yaml`, then `DROPREEL_<NAME>` in the environment
(nested fields with two underscores: DROPREEL_NOTIFY__NTFY). Durations are seconds.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from daemon import outside, redact, secret
from daemon.errors import UsageError
from daemon.outside import Group
from daemon.places import FILE, Places, environment, find_root

__all__ = ["FILE", "Settings", "environment", "find_root", "load"]

_LIMIT = 1 << 20


_HIDDEN = ("password", "token")  # settings that no error repeats


class _Loader(yaml.SafeLoader):
    """Only `true` and `false` are booleans, as in YAML 1.2: `on` is the name of a setting here."""


_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:bool"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$", re.IGNORECASE), list("tTfF"))


class Resources(Group):
    """How many stages run at once, by what they mostly need."""

    cpu: int = Field(
        default=0, ge=0, description="stages at once that need processors; 0: half the cores, at least one"
    )
    gpu: int = Field(default=1, ge=1, description="stages at once that need the graphics card")
    net: int = Field(default=2, ge=1, description="stages at once that wait for the network")


class Limits(Group):
    """Time limits of one attempt, in seconds, and how often what is tried again."""

    analyze: float = Field(default=1800, gt=0, description="time limit of listening")
    prompt: float = Field(default=600, gt=0, description="time limit of prompting")
    render: float = Field(default=7200, gt=0, description="time limit of painting")
    sync: float = Field(default=21600, gt=0, description="time limit of making the film")
    deliver: float = Field(default=3600, gt=0, description="time limit of copying to the outbox")
    tries: int = Field(default=8, ge=1, description="passing faults of one stage before it fails for good")
    patience: float = Field(default=86400, gt=0, description="seconds over which passing faults are tried again")
    first_delay: float = Field(default=10, gt=0, description="seconds before the first new try; doubles")
    longest_delay: float = Field(default=1800, gt=0, description="the longest delay between tries")
    interruptions: int = Field(default=3, ge=1, description="killed workers before a job runs alone")
    file_mb: int = Field(default=4096, ge=1, description="largest file taken, in MiB")
    folder_files: int = Field(default=2000, ge=1, description="most files in a dropped folder")
    hours: float = Field(default=4, gt=0, description="longest sound taken, in hours")


class Notify(Group):
    """Where notices go; every one of them optional."""

    ntfy: str = Field(default="", description="ntfy topic, as a URL")
    ntfy_token: str = Field(default="", description="ntfy access token")
    webhook: str = Field(default="", description="URL that gets a JSON POST")
    email_to: str = Field(default="", description="address that gets an e-mail")
    email_from: str = Field(default="", description="sender of the e-mail")
    smtp: str = Field(default="", description="host[:port] of the mail server")
    smtp_user: str = Field(default="", description="login at the mail server")
    smtp_password: str = Field(default="", description="password at the mail server")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="how the mail server is spoken to"
    )
    on: list[Literal["waiting", "ready", "failed", "reminder"]] = Field(
        default=["waiting", "ready", "failed", "reminder"], description="which notices are sent"
    )


class Keep(Group):
    """Retention, in days, and cache bounds. 0 days: at once; -1: for ever."""

    done_days: float = Field(default=14, description="finished jobs: pictures and clips, for `reopen`")
    failed_days: float = Field(
        default=90, description="failed jobs; their dropped file goes back beside the note first"
    )
    cache_mb: int = Field(default=2048, ge=0, description="analysis and picture caches")


class Share(Group):
    """What the people's folders look like to a share's users."""

    group: str = Field(default="", description="group that owns inbox, review and outbox; empty: the daemon's own")
    file_mode: str = Field(default="0664", pattern=r"^0?[0-7]{3}$", description="mode of files laid out for people")
    dir_mode: str = Field(default="2775", pattern=r"^[0-7]{3,4}$", description="mode of folders laid out for people")


class Settings(Group, Places):
    """Everything that can be set, and the places that follow from the root."""

    root: Path = Field(description="the folder that holds inbox, review, outbox, stages, ...")
    settle: float = Field(default=4.0, gt=0, description="seconds a drop must lie unchanged")
    poll: float = Field(default=10.0, gt=0, description="seconds between looks where a share sends no events")
    scan: float = Field(default=60.0, gt=0, description="seconds between full scans everywhere")
    watch: Literal["auto", "poll"] = Field(
        default="auto", description="auto: inotify where it works; poll: never trust events"
    )
    grace: float = Field(default=60.0, ge=0, description="seconds of quiet after enough pictures are approved")
    room_mb: int = Field(default=2048, ge=0, description="free room below which nothing new starts, in MiB")
    resources: Resources = Field(default_factory=Resources)
    limits: Limits = Field(default_factory=Limits)
    notify: Notify = Field(default_factory=Notify)
    keep: Keep = Field(default_factory=Keep)
    share: Share = Field(default_factory=Share)
    privacy: Literal["open", "local"] = Field(
        default="open", description="local: no call leaves the local network, whatever else is set"
    )
    comfyui: outside.ComfyUI = Field(default_factory=outside.ComfyUI)
    animator: outside.Animator = Field(default_factory=outside.Animator)
    writer: outside.Writer = Field(default_factory=outside.Writer)
    telegram: outside.Telegram = Field(default_factory=outside.Telegram)
    ffmpeg: str = Field(default="", description="path of ffmpeg; empty: the one on PATH, else the built-in one")
    log_format: Literal["console", "json"] = Field(default="console", description="how log lines look")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="which log lines are shown"
    )

    def hide_secrets(self) -> list[str]:
        """Has the secrets of this root kept out of what this process says; returns what is wrong with their files."""
        redact.learn("notify.ntfy_token", self.notify.ntfy_token)
        redact.learn("notify.smtp_password", self.notify.smtp_password)
        return secret.learn(self.root)

    def cpu_slots(self) -> int:
        """Stages at once that need processors."""
        return self.resources.cpu or max(1, (os.cpu_count() or 2) // 2)

    def ffmpeg_path(self) -> str:
        """The ffmpeg to run. UsageError where there is none."""
        found = self.ffmpeg or shutil.which("ffmpeg")
        if not found:
            try:
                import imageio_ffmpeg

                found = imageio_ffmpeg.get_ffmpeg_exe()
            except (ImportError, RuntimeError) as error:
                raise UsageError(
                    "no ffmpeg was found", str(error), "Install ffmpeg, or `pip install imageio-ffmpeg`."
                ) from None
        return str(found)


def load(root: Path) -> Settings:
    """The settings of a root. UsageError, with file, line, what was found and expected, where they are wrong."""
    path = root / FILE
    data: dict[str, Any] = {}
    if path.is_file():
        if path.stat().st_size > _LIMIT:
            raise UsageError(f"{FILE} is larger than 1 MiB", str(path), "Make it smaller.")
        try:
            loaded = yaml.load(path.read_text("utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            mark = getattr(error, "problem_mark", None)
            line = f", line {mark.line + 1}" if mark else ""
            raise UsageError(
                f"{path}{line} is no YAML", str(getattr(error, "problem", error)), "Mend that line."
            ) from None
        if loaded is not None and not isinstance(loaded, dict):
            raise UsageError(f"{path} holds no settings", f"a {type(loaded).__name__}", "Write `name: value` lines.")
        data = loaded or {}
    data.pop("root", None)
    _from_environment(data)
    try:
        settings = Settings(root=root, **data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(step) for step in first["loc"])
        line_no = _line_of(path, [str(step) for step in first["loc"]])
        found = "what stands there" if name.endswith(_HIDDEN) else repr(first.get("input"))
        raise UsageError(
            f"{path}{f', line {line_no}' if line_no else ''}: {name} can't be {found}",
            first["msg"],
            "`dropreel doctor --settings` lists every setting.",
            {"field": name, "found": found, "expected": first["msg"]},
        ) from None
    settings.hide_secrets()
    return settings


def _from_environment(data: dict[str, Any]) -> None:
    for key, value in os.environ.items():
        if not key.startswith("DROPREEL_") or key == "DROPREEL_ROOT":
            continue
        steps = key.removeprefix("DROPREEL_").lower().split("__")
        if steps[0] not in Settings.model_fields:
            continue
        place = data
        for step in steps[:-1]:
            nested = place.setdefault(step, {})
            if not isinstance(nested, dict):
                break
            place = nested
        else:
            parsed = yaml.safe_load(value) if value else ""
            # "0664" must stay text, and a URL is a string anyway; a password may be made of digits.
            text = steps[-1].endswith(_HIDDEN) or (isinstance(parsed, int) and value.startswith("0"))
            place[steps[-1]] = value if text else parsed


def _line_of(path: Path, steps: list[str]) -> int:
    """The line of a setting in its file, by composing the YAML tree; 0 where it isn't there."""
    try:
        node = yaml.compose(path.read_text("utf-8"), Loader=yaml.SafeLoader)
    except (OSError, yaml.YAMLError):
        return 0
    line = 0
    for step in steps:
        if not isinstance(node, yaml.MappingNode):
            break
        for key, value in node.value:
            if key.value == step:
                line, node = key.start_mark.line + 1, value
                break
        else:
            break
    return line
