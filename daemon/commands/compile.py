"""`dropreel compile`: hears a few seconds and draws them, so that all inner loops are compiled and kept."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from daemon import compiled, log
from daemon.commands import look
from daemon.errors import Fault
from daemon.places import find_root
from daemon.settings import Settings, load

if TYPE_CHECKING:
    from daemon.audio.listen import Heard
    from daemon.film.timeline import PictureFile
    from daemon.rules import Rule

SECONDS = 12.0  # of song: a bar for each part
FORM = "intro break build drop break outro"
_LIMIT = 600.0
_ENERGY = {"build": 0.5, "drop": 0.9}
_WIDE, _HIGH = 320, 180


def compile(options: argparse.Namespace) -> int:
    """Compiles what isn't compiled yet; says how long it took. Fault where it can't be kept."""
    settings = load(find_root(options.root))
    if compiled.ready(settings.cache):
        print("All is compiled already.")
        return 0
    if compiled.folder(settings.cache) is None:
        raise Fault(
            "compiled code can't be kept, so that every start will be slow",
            f"{look.plain(str(settings.cache / 'numba'))} can't be written",
            "`dropreel doctor` says what to do.",
            {"path": str(settings.cache)},
        )
    begun = time.monotonic()
    everything(settings)
    compiled.stamp(settings.cache)
    print(f"Compiled in {time.monotonic() - begun:.0f} s; kept in {look.plain(str(settings.cache / 'numba'))}")
    return 0


def everything(settings: Settings) -> None:
    """Hears a song of the built-in synthesiser and draws a film of it by every shipped rule; keeps neither."""
    from daemon import audio

    audio.prepare(settings)
    import cv2

    from daemon.audio import synth
    from daemon.audio.listen import listen
    from daemon.film import painter
    from daemon.film.timeline import PictureFile
    from daemon.sidecars import Section

    with tempfile.TemporaryDirectory(prefix="dropreel-") as name:
        here = Path(name)
        truth = synth.write_song(here / "song.wav", seconds=SECONDS, form=FORM)
        heard = listen(here / "song.wav")
        heard.analysis.sections = [
            Section(start=start, end=end, role=role, energy=_ENERGY.get(role, 0.2))
            for start, end, role in truth.sections
        ]
        pictures = []
        for seed, sheet in ((1, "bold"), (2, "neon")):  # neon's glow is laid over with an opacity of its own
            request = painter.Request(prompt="club", seed=seed, width=_WIDE, height=_HIGH, scene="industrial club")
            made = painter.paint(replace(request, characters=("cyborg dj",), energy=0.9, sheet=sheet))
            path = here / f"{seed:02d}a.png"
            cv2.imwrite(str(path), made.picture[..., ::-1])
            pictures.append(PictureFile(path.stem, path, str(seed), made.scene))
        pictures.append(replace(pictures[0], id="03a", scene={}))  # a still, as people's own pictures are
        for rule in _rules():
            _draw(heard, pictures, rule)


def _rules() -> list[Rule]:
    from daemon import rulebook

    return [rule for rule in rulebook.load(rulebook.shipped()).rules if rule.kind == "song"]


def _draw(heard: Heard, pictures: list[PictureFile], rule: Rule) -> None:
    """Every frame of a film by a rule, small."""
    import numpy as np

    from daemon.film.compositor import Compositor
    from daemon.film.timeline import Slot, Transition, plan

    deliver = rule.deliver.model_copy(update={"width": _WIDE, "height": _HIGH})
    part = heard.analysis.duration / (2 * len(pictures))
    slots = [
        Slot(f"{i:02d}", i * part, (i + 1) * part, 0, [pictures[i % len(pictures)]]) for i in range(2 * len(pictures))
    ]
    timeline = plan(heard.analysis, slots, rule.model_copy(update={"deliver": deliver}), 1)
    # Whatever the rule has shots enter by, some enter by dissolving.
    shots = [replace(s, transition=Transition("crossfade", 4)) if s.index % 4 == 1 else s for s in timeline.shots]
    timeline = replace(timeline, shots=tuple(shots))
    with Compositor(timeline, heard.envelopes) as drawing:
        brush, out = drawing.brush(), np.empty((_HIGH * 3 // 2, _WIDE), np.uint8)
        for frame in range(timeline.frames):
            brush(frame, out)


def start(settings: Settings) -> None:
    """Begins to compile in a process of its own, which ends with this one; says so. Nothing waits for it."""
    from daemon.queue import leash

    if compiled.ready(settings.cache):
        return
    if compiled.folder(settings.cache) is None:
        log.get().warning("compiled code can't be kept: every start is slow", folder=str(settings.cache / "numba"))
        return
    child = subprocess.Popen(
        _argv(settings.root), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=leash.die_with_parent
    )
    log.get().info("inner loops are compiled beside, once for all", process=child.pid)
    threading.Thread(target=child.wait, name="compiling", daemon=True).start()


def at_setup(root: Path) -> None:
    """Compiles in a process of its own and waits for it; what goes wrong is said and is no failure."""
    print("Compiling inner loops, once; this takes half a minute ...", flush=True)
    try:
        done = subprocess.run(_argv(root), stdin=subprocess.DEVNULL, timeout=_LIMIT)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(
            f"dropreel: inner loops could not be compiled now ({error}): the first song waits for it.", file=sys.stderr
        )
        return
    if done.returncode:
        print("dropreel: the first song compiles them, and waits for it.", file=sys.stderr)


def _argv(root: Path) -> list[str]:
    return [sys.executable, "-m", "daemon", "--root", str(root), "compile"]
