"""What the film's tests share: a song as values, its sound, pictures, a whole job folder."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import soundfile
from numpy.typing import NDArray

from daemon import sidecars
from daemon.film import assemble, encode
from daemon.film.timeline import PictureFile, Slot, Timeline, frame_count, plan
from daemon.film.values import Shot, Transition
from daemon.job import JobFolder
from daemon.rules import Rule
from daemon.settings import Settings
from daemon.sidecars import Analysis, MusicEvent, Section, Tempo

FORM = (("intro", 0.2, 2), ("build", 0.5, 2), ("drop", 0.9, 4), ("break", 0.2, 2), ("drop", 0.95, 4), ("outro", 0.3, 9))


def song(seconds: float, bpm: float = 120.0, form: Any = FORM, rate: int = 44100) -> Analysis:
    """A song of steady beats; form: (role, energy, bars)."""
    samples = int(seconds * rate)
    duration = samples / rate
    beats = [i * 60 / bpm for i in range(int(duration * bpm / 60 - 1e-9) + 1)]
    bars = beats[::4]
    sections: list[Section] = []
    at = 0
    for role, energy, length in form:
        if at >= len(bars):
            break
        end = bars[at + length] if at + length < len(bars) else duration
        sections.append(Section(start=bars[at], end=end, role=role, energy=energy))
        at += length
    sections[-1].end = duration
    drops = [MusicEvent(kind="drop", start=s.start, end=s.end) for s in sections[1:] if s.role == "drop"]
    return Analysis(
        duration=duration,
        sample_rate=rate,
        samples=samples,
        channels=2,
        tempo=Tempo(bpm=bpm, confidence=1.0),
        beats=beats,
        downbeats=bars,
        sections=sections,
        events=drops,
    )


def sound(path: Path, analysis: Analysis) -> Path:
    """Clicks on the beats over soft noise."""
    dice = np.random.default_rng(3)
    samples = np.repeat(dice.normal(0, 0.01, (analysis.samples, 1)), 2, axis=1)
    bars = set(analysis.downbeats)
    for beat in analysis.beats:
        first = round(beat * analysis.sample_rate)
        t = np.arange(min(3000, analysis.samples - first)) / analysis.sample_rate
        click = np.exp(-t * 60) * np.sin(2 * np.pi * (900 if beat in bars else 600) * t)
        samples[first : first + len(t)] += 0.6 * click[:, None]
    soundfile.write(path, samples.astype(np.float32), analysis.sample_rate)
    return path


def picture(path: Path, seed: int, width: int = 400, height: int = 225) -> PictureFile:
    """A picture unlike those of other seeds."""
    dice = np.random.default_rng(seed)
    pixels = cv2.resize(
        dice.integers(0, 255, (6, 9, 3), dtype=np.uint8), (width, height), interpolation=cv2.INTER_CUBIC
    )
    for _ in range(20):
        where = (int(dice.integers(0, width)), int(dice.integers(0, height)))
        cv2.circle(pixels, where, int(dice.integers(4, 24)), tuple(dice.integers(0, 255, 3).tolist()), -1)
    cv2.imwrite(str(path), pixels)
    return PictureFile(path.stem, path, f"seed {seed} {width}x{height}")


def slots(folder: Path, analysis: Analysis, per_section: int = 2, candidates: int = 1) -> list[Slot]:
    """Slots that cover the song, each with pictures of its own."""
    found: list[Slot] = []
    for index, section in enumerate(analysis.sections):
        width = (section.end - section.start) / per_section
        for part in range(per_section):
            name = f"{len(found) + 1:02d}"
            pictures = [
                picture(folder / f"{name}{letter}.png", 100 * len(found) + i)
                for i, letter in enumerate("abcdef"[:candidates])
            ]
            start = section.start + part * width
            found.append(Slot(name, start, start + width, index, pictures))
    return found


def rule(width: int = 256, height: int = 144, fps: str = "30", **edit: Any) -> Rule:
    """A rule with a small film."""
    deliver = {"width": width, "height": height, "fps": fps, "preset": "ultrafast"}
    return Rule.model_validate({"name": "test", "deliver": deliver, "edit": edit})


def planned_shot(start: int, end: int, scene: dict[str, Any]) -> Shot:
    """A shot of a picture that has a scene."""
    picture = PictureFile("01a", Path("01a.png"), "a picture", scene)
    still = (0.5, 0.5, 1.0)
    return Shot(0, start, end, picture, "01", 0, "drop", "beat", Transition(), still, still)


def bass(frames: int) -> dict[str, NDArray[np.float32]]:
    """Envelopes."""
    return {"bass": np.abs(np.sin(np.arange(frames) / 5)).astype(np.float32)}


def ffmpeg_path() -> str:
    """The ffmpeg of this installation."""
    return Settings(root=Path.cwd()).ffmpeg_path()


def making(folder: Path, timeline: Timeline) -> assemble.Making:
    """How a small film of a timeline is made."""
    encoding = encode.Encoding(timeline.width, timeline.height, timeline.fps, "ultrafast", 23)
    return assemble.Making(folder, timeline, bass(timeline.frames), encoding, ffmpeg_path())


def film(folder: Path, analysis: Analysis, timeline: Timeline, out: str = "film.mp4") -> Path:
    """A whole small film."""
    made = making(folder, timeline)
    names = assemble.segments(made, lambda *_args, **_extra: None)
    path = folder / "song.wav"
    if not path.exists():
        sound(path, analysis)
    assemble.join(made, names, assemble.Song(path, analysis.samples, analysis.sample_rate), {}, folder / out)
    return folder / out


def planned(folder: Path, seconds: float = 12.0, fps: str = "30", **edit: Any) -> tuple[Analysis, Timeline]:
    """A song and its timeline, pictures made."""
    analysis = song(seconds)
    return analysis, plan(analysis, slots(folder, analysis), rule(fps=fps, **edit), 1)


def job(root: Path, analysis: Analysis, made_rule: Rule, title: str = "A song") -> JobFolder:
    """A job that lies in approved/, whole."""
    folder = JobFolder(root / "stages" / "approved" / "20260101-120000-a-song-abc123")
    folder.path.mkdir(parents=True)
    sound(folder.file("source.wav"), analysis)
    np.savez_compressed(folder.file("envelopes-1.npz"), **bass(frame_count(analysis.duration, Fraction(30))))
    analysis.envelopes = sidecars.Envelopes(file="envelopes-1.npz", frames=frame_count(analysis.duration, Fraction(30)))
    found = slots(folder.path, analysis)
    prompts = [
        sidecars.Prompt(slot=s.slot, section=s.section, start=s.start, end=s.end, prompt="", seed=1) for s in found
    ]
    approved = {
        slot.slot: [
            sidecars.Picture(
                slot=slot.slot,
                candidate="a",
                file=p.path.name,
                fingerprint=p.fingerprint,
                width=400,
                height=225,
            )
            for p in slot.pictures
        ]
        for slot in found
    }
    member = sidecars.Member(role="source", name="A song.wav", file="source.wav", size=1)
    for sidecar in (
        sidecars.Job(
            id="abc123",
            name=folder.name,
            kind="song",
            title=title,
            inbox="songs",
            members=[member],
            rule=made_rule.model_dump(),
        ),
        analysis,
        sidecars.Prompts(prompts=prompts),
        sidecars.Approval(pictures=approved),
    ):
        sidecars.write(folder.path, sidecar)
    return folder
