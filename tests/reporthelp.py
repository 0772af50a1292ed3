"""A made-up film on a made-up song, for the report."""

from __future__ import annotations

import io
import math
from typing import Any

from PIL import Image

from daemon import sidecars

FORM = (("intro", 0.3), ("verse", 0.45), ("build", 0.6), ("drop", 0.95), ("break", 0.3), ("drop", 1.0), ("outro", 0.2))


def jpeg(number: int, size: tuple[int, int] = (160, 90)) -> bytes:
    """A small picture, different for each number."""
    out = io.BytesIO()
    made = Image.radial_gradient("L").resize(size)
    tint = Image.new("RGB", size, ((number * 53) % 256, (number * 97) % 256, (number * 151) % 256))
    Image.composite(Image.new("RGB", size, (20, 18, 30)), tint, made).save(out, "JPEG", quality=70)
    return out.getvalue()


def film(
    seconds: float = 60.0, bpm: float = 128.0, bars_a_shot: float = 1.0, title: str = "Night Train"
) -> tuple[sidecars.Job, sidecars.Analysis, dict[str, Any], sidecars.Sync, dict[int, bytes]]:
    """Everything that a report is made of. The fourth shot starts 100 ms late."""
    beat = 60.0 / bpm
    beats = [n * beat for n in range(int(seconds / beat))]
    edges = [seconds * n / len(FORM) for n in range(len(FORM) + 1)]
    sections = [
        sidecars.Section(start=edges[n], end=edges[n + 1], role=role, label="ABCDEFG"[n], energy=energy)  # type: ignore[arg-type]
        for n, (role, energy) in enumerate(FORM)
    ]

    def energy_at(at: float) -> float:
        return FORM[min(len(FORM) - 1, int(at / seconds * len(FORM)))][1]

    wave = [
        energy_at(n / 1000 * seconds) * (0.55 + 0.45 * abs(math.sin(n * 1.7)) * abs(math.cos(n * 0.37)))
        for n in range(1000)
    ]
    frames = round(seconds * 30)
    starts = [round(n * 4 * beat * bars_a_shot * 30) for n in range(int(seconds / (4 * beat * bars_a_shot)))]
    if len(starts) > 4:
        starts[4] += 3
    shots = [
        {
            "index": n,
            "start": start,
            "end": [*starts, frames][n + 1],
            "picture": f"{n % 9 + 1:02d}a",
            "file": "x.png",
            "section": 0,
            "role": FORM[min(len(FORM) - 1, int(start / frames * len(FORM)))][0],
            "cut_on": "start" if n == 0 else ("downbeat", "drop", "beat", "section")[n % 4],
            "transition": {"kind": "crossfade", "frames": 12} if n % 7 == 3 else {"kind": "cut", "frames": 0},
            "camera": {},
        }
        for n, start in enumerate(starts)
    ]
    edit = {
        "fps": "30/1",
        "frames": frames,
        "width": 1280,
        "height": 720,
        "shots": shots,
        "effects": [{"kind": kind, "start": 0, "frames": 9} for kind in ("zoom", "zoom", "flash", "fade_out")],
        "planned_cuts": starts[1:],
    }
    sync = sidecars.Sync(
        shots=len(shots),
        films=[
            sidecars.Film(
                file="f.mp4", fingerprint="f", width=1280, height=720, fps="30/1", frames=frames, size=31_400_000
            )
        ],
        scores=sidecars.Scores(
            cuts=len(shots) - 1,
            hits=len(shots) - 2,
            hit=0.97,
            bas=0.96,
            random_hits=7,
            random_hit=0.14,
            random_bas=0.31,
        ),
        av_offset_ms=0.02,
        loudness_before=sidecars.Loudness(integrated_lufs=-9.2, range_lu=6.1, true_peak_dbtp=0.3),
        loudness_after=sidecars.Loudness(integrated_lufs=-9.2, range_lu=6.1, true_peak_dbtp=0.3),
        checks=[
            sidecars.Check(name="frames", ok=True, measured=str(frames), limit=str(frames)),
            sidecars.Check(name="sound against the song", ok=True, measured="0.02 ms (likeness 0.998)", limit="1 ms"),
            sidecars.Check(name="cuts", ok=True, measured="31 of 31 at their frame", limit="all"),
            sidecars.Check(name="black that wasn't planned", ok=False, measured="4 frames", limit="0 frames"),
        ],
    )
    analysis = sidecars.Analysis(
        duration=seconds,
        sample_rate=44100,
        samples=round(seconds * 44100),
        channels=2,
        tempo=sidecars.Tempo(bpm=bpm, confidence=0.9),
        beats=beats,
        downbeats=beats[::4],
        sections=sections,
        key=sidecars.Key(tonic="A", mode="minor", confidence=0.8),
        mood=["driving", "dark"],
        waveform=wave,
    )
    job = sidecars.Job(
        id="a1b2c3",
        name="20260101-120000-night-train-a1b2c3",
        kind="song",
        title=title,
        inbox="songs",
        dropped_as=f"{title}.flac",
        rule_name="cartoon",
    )
    return job, analysis, edit, sync, {shot["index"]: jpeg(shot["index"]) for shot in shots}
