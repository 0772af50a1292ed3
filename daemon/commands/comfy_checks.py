"""`dropreel doctor` on ComfyUI: whether each server answers, and whether it can run what the rules ask of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from daemon import rulebook
from daemon.backends.comfyui import Server, preflight
from daemon.backends.comfyui.server import Stats
from daemon.backends.comfyui.workflow import Workflow
from daemon.backends.http import door
from daemon.commands.folder_checks import Finding
from daemon.errors import Fault, UsageError
from daemon.rules import Rule
from daemon.settings import Settings
from daemon.stages.animating.who import PROFILES
from daemon.stages.rendering import workflows as files


def comfyui(settings: Settings) -> Iterator[Finding]:
    """Every server, with every workflow that a rule would send to it."""
    if not settings.comfyui.urls:
        return
    wanted, broken = workflows(settings)
    for said, remedy in broken:
        yield Finding("WARN", "comfyui", said, remedy)
    for url in dict.fromkeys(settings.comfyui.urls):
        server = Server(url, door(settings, attempts=1, seconds=10, patient=True))
        try:
            stats = server.stats()
        except Fault as fault:
            remedy = "Start ComfyUI with --listen, and look at comfyui.urls; the built-in painter steps in until then."
            yield Finding("WARN", "comfyui", fault.sentence(), fault.remedy or remedy)
            continue
        yield Finding("OK", "comfyui", _told(server, stats))
        yield from _memory(settings, server, stats)
        for each in wanted:
            try:
                found = preflight.examine(server, each)
            except Fault as fault:
                yield Finding("WARN", "comfyui", f"{each.name} on {server.name}: {fault.sentence()}", fault.remedy)
                continue
            for finding in found:
                # A film is made all the same: the built-in painter steps in.
                yield Finding(
                    "OK" if finding.level == "OK" else "WARN",
                    "comfyui",
                    f"{server.name}: {finding.said}",
                    finding.remedy,
                )


def workflows(settings: Settings) -> tuple[list[Workflow], list[tuple[str, str]]]:
    """The workflows that the rules name, each once, and what is wrong with those that can't be read."""
    found: dict[str, Workflow] = {}
    broken: dict[str, str] = {}
    try:
        rules = rulebook.load(settings.rules).rules
    except UsageError:
        return [], []  # `rules` tells
    for rule in rules:
        for name, mapping, models, strict in _named(settings, rule):
            try:
                loaded = files.load(settings, name, mapping, models, strict=strict)
            except Fault as fault:
                broken[f"rule {rule.name}: {fault.what}" + (f": {fault.why}" if fault.why else "")] = fault.remedy
            else:
                found[loaded.digest] = loaded
    return list(found.values()), list(broken.items())


def _named(settings: Settings, rule: Rule) -> Iterator[tuple[str, Mapping[Any, Any], Mapping[str, str], bool]]:
    """The workflows by which a rule has its pictures painted and moved, with what it says of them."""
    pictures, clips = rule.pictures, rule.animate
    if rule.kind != "song":
        return
    if pictures.painter in ("auto", "comfyui"):
        first = pictures.workflow or settings.comfyui.workflow
        for name in dict.fromkeys([first, pictures.reference_workflow]):
            if name:
                yield name, pictures.mapping, pictures.models, name == first
    if clips.by in ("auto", "comfyui"):
        yield clips.workflow or PROFILES[clips.profile], clips.mapping, clips.models, True


def _told(server: Server, stats: Stats) -> str:
    card = stats.card
    if card is None:
        return f"{server.name}: ComfyUI {stats.version}, on the processor: pictures take minutes each"
    memory = f"{card.free_mb / 1024:.1f} of {card.total_mb / 1024:.1f} GB free"
    return f"{server.name}: ComfyUI {stats.version}, {card.name}, {memory}"


def _memory(settings: Settings, server: Server, stats: Stats) -> Iterator[Finding]:
    card, wanted = stats.card, settings.comfyui.vram_mb
    if card is not None and wanted > card.total_mb:
        said = f"{server.name} has {card.total_mb} MiB of graphics memory, less than comfyui.vram_mb ({wanted})"
        yield Finding("WARN", "comfyui", said, "Lower comfyui.vram_mb.")
