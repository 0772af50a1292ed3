"""Who makes the clips of a job, by the rule and the settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from daemon import hours, secret
from daemon.backends.animator import Client
from daemon.backends.comfyui import pooled
from daemon.backends.http import door
from daemon.errors import Fault, Held, UsageError
from daemon.rules import Rule
from daemon.settings import Settings
from daemon.stages.animating import comfy, plain
from daemon.stages.animating.asked import Animator, NoAnimator
from daemon.stages.rendering import workflows

PROFILES = {"12gb": "wan22-i2v-12gb", "24gb": "wan22-i2v-24gb"}
KEY = "ANIMATOR_API_KEY"


def within_hours(rule: Rule, now: Callable[[], datetime] = datetime.now) -> Callable[[], None]:
    """Raises Held, with when it goes on, outside the hours in which the rule lets the card be used."""
    kept = hours.parse(rule.pictures.gpu_hours)

    def look() -> None:
        at = now()
        opens = kept.opens(at)
        if opens > at:
            what, why = f"the rule keeps the card for {rule.pictures.gpu_hours}", f"clips go on at {opens:%H:%M}"
            raise Held(what, why, "", {"after": min((opens - at).total_seconds(), 600.0)})

    return look


def kind(rule: Rule, settings: Settings) -> str:
    """comfyui, http, or "" where nobody makes clips."""
    by = rule.animate.by
    if by == "auto":
        return "comfyui" if settings.comfyui.urls else "http" if settings.animator.url else ""
    return "" if by == "off" else by


def animator(
    rule: Rule, settings: Settings, job: str = "", may_wait: Callable[[], None] = lambda: None
) -> Animator | None:
    """Whoever makes clips; None where the rule or the settings name nobody. Nothing is asked of any server yet.

    may_wait: raises Held where a server may not be used now. NoAnimator where what is set can't be followed.
    """
    found = kind(rule, settings)
    if not found:
        return None
    if found == "http":
        if not settings.animator.url:
            raise NoAnimator("no animator is set", "", "Set animator.url in dropreel.yaml.")
        http, secret_ = door(settings, attempts=3, seconds=20), _secret(settings.root)
        return plain.Plain(Client(settings.animator, http, secret=secret_), settings.animator)
    if not settings.comfyui.urls:
        raise NoAnimator("no ComfyUI server is set", "", "Set comfyui.urls in dropreel.yaml.")
    return _comfy(rule, settings, job, may_wait)


def _comfy(rule: Rule, settings: Settings, job: str, may_wait: Callable[[], None]) -> comfy.Comfy:
    name, said = rule.animate.workflow or PROFILES[rule.animate.profile], rule.animate
    try:
        made = workflows.load(settings, name, said.mapping, said.models)
    except Fault as fault:
        raise NoAnimator(fault.what, fault.why, fault.remedy, fault.facts) from None
    pool = pooled(settings, may_wait=may_wait)
    return comfy.Comfy(pool, made, comfy.about(workflows.find(settings, name)), settings.comfyui.file_mb << 20, job)


def _secret(root: Path) -> str:
    try:
        return secret.find(root, KEY)
    except UsageError as fault:
        raise NoAnimator(fault.what, fault.why, fault.remedy) from None
