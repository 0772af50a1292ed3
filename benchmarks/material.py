"""Makes what the listener's readings are fitted on: excerpts of 60 s with known beats, and what is heard in each.

    python -m benchmarks.material --midi DIR --out DIR [--count 500] [--soundfonts FILE ...]

DIR holds freedoom/*.mid, pop909/NNN/{NNN.mid, beat_midi.txt} and dev.json, whose pieces are left out. Four kinds come
out: `rock` (the MIDI files, at other speeds, swung, without drums, under other programs), `pop` (piano arrangements
given to bands), `pattern` (grooves written here, from house to waltz) and `synth` (songs of the built-in synthesiser).
fluidsynth renders; equaliser, room, compression, noise, silence in front and mp3 follow by chance. Each excerpt becomes
NNNN.npz (what `daemon.audio.listen.take_in` hears) and NNNN.json (the truth). What exists is not made again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import scipy.signal
import soundfile
from numpy.typing import NDArray

from benchmarks import changes, grooves, scores
from benchmarks.scores import Score

SECONDS, RATE = 60.0, 44100
KINDS = ("rock", "pop", "pattern", "synth")
SOUNDFONTS = [Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"), Path("/usr/share/sounds/sf2/TimGM6mb.sf2")]

Samples = NDArray[np.float32]


def rock(midi: Path, names: list[str], rng: np.random.Generator) -> tuple[Score, str]:
    """An excerpt of one of the MIDI files, some of them changed; (score, its composition's name)."""
    name = names[int(rng.integers(len(names)))]
    score = scores.read(midi / "freedoom" / name)
    last = max(0.0, score.seconds - SECONDS)
    starts = [t for t in score.downbeats if t <= last] or [0.0]
    score = scores.excerpt(score, starts[int(rng.integers(len(starts)))] if rng.random() < 0.6 else 0.0, SECONDS * 1.3)
    if rng.random() < 0.5:
        score = changes.faster(score, float(2 ** rng.uniform(-0.3, 0.3)))
    if rng.random() < 0.2:
        score = scores.swung(score, float(rng.choice([0.06, 0.1, 1 / 6])))
    if rng.random() < 0.15:
        score = scores.without(score, lambda event: event.channel != scores.DRUMS)
    if rng.random() < 0.3:
        score = changes.reprogrammed(score, rng)
    if rng.random() < 0.4:
        score = changes.human(score, rng)
    return score, f"rock {name}"


def pop(midi: Path, names: list[str], rng: np.random.Generator) -> tuple[Score, str]:
    """A piano arrangement given to a band, with drums by chance; (score, its composition's name)."""
    name = names[int(rng.integers(len(names)))]
    folder = midi / "pop909" / name
    score = scores.read(folder / f"{name}.mid")
    rows = [[float(cell) for cell in line.split()] for line in (folder / "beat_midi.txt").read_text().splitlines()]
    score.beats = [row[0] for row in rows]
    # The columns flag downbeats as simple and as compound time counts them; the denser flags bars of a common length.
    columns = [[row[0] for row in rows if row[column] > 0.5] for column in (1, 2)]
    lengths = [len(rows) / max(1, len(column)) for column in columns]
    best = int(np.argmin([min(abs(length - 3), abs(length - 4)) for length in lengths]))
    score.downbeats, score.metre = columns[best], round(lengths[best])
    if rng.random() < 0.7:
        start = score.beats[int(rng.integers(max(1, len(score.beats) // 2)))]
        score = scores.excerpt(score, max(0.0, start - 0.05), SECONDS * 1.3)
    score = grooves.band(score, rng)
    if rng.random() < 0.4:
        score = changes.faster(score, float(2 ** rng.uniform(-0.3, 0.35)))
    if rng.random() < 0.15:
        score = scores.swung(score, float(rng.choice([0.06, 0.1, 1 / 6])))
    return changes.human(score, rng), f"pop {name}"


def pattern(_: Path, __: list[str], rng: np.random.Generator) -> tuple[Score, str]:
    """A song of written grooves; (score, the groove's name: each counts as one composition)."""
    score, style = grooves.song(rng, SECONDS)
    if rng.random() < 0.4:
        score = changes.human(score, rng)
    if rng.random() < 0.15:
        score = changes.rubato(score, rng)
    return score, f"pattern {style}"


def synth(path: Path, rng: np.random.Generator) -> dict[str, Any]:
    """A song of the built-in synthesiser as a file; its truth."""
    from daemon.audio import synth as voice

    forms = ("intro build drop break drop outro", "intro verse chorus verse chorus outro", "verse chorus bridge chorus")
    truth = voice.write_song(
        path,
        seconds=SECONDS,
        bpm=float(np.round(2 ** rng.uniform(np.log2(68), np.log2(182)), 2)),
        seed=int(rng.integers(1000, 1 << 30)),
        key=f"{rng.choice(voice.TONICS)} {rng.choice(['minor', 'major'])}",
        metre=int(rng.choice([3, 4, 4, 4])),
        form=str(rng.choice(forms)),
        swing=float(rng.choice([0, 0, 0, 0.06, 0.1, 0.15])),
        rubato=float(rng.choice([0, 0, 0.02, 0.04])),
        ritard=float(rng.choice([0, 0, 0.25])),
        lead_in=float(rng.choice([0, 0.3, 1.7])),
        half_time_drops=bool(rng.random() < 0.25),
        drums=bool(rng.random() < 0.7),
    )
    return {"beats": truth.beats, "downbeats": truth.downbeats, "metre": truth.metre}


def rendered(score: Score, path: Path, soundfont: Path, gain: float) -> None:
    """The score as a wav file, `SECONDS` long at most."""
    midi, whole = path.with_suffix(".mid"), path.with_suffix(".whole.wav")
    scores.write(scores.excerpt(score, 0.0, SECONDS), midi)
    command = ["fluidsynth", "-niq", "-g", f"{gain:.2f}", "-F", str(whole), "-r", str(RATE), str(soundfont), str(midi)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    samples, rate = soundfile.read(whole, frames=int(SECONDS * RATE), dtype="float32")
    soundfile.write(path, samples, rate, subtype="FLOAT")
    midi.unlink()
    whole.unlink()


def mastered(samples: Samples, rng: np.random.Generator) -> tuple[Samples, float]:
    """What happens to sound on its way, by chance; (samples (n, 2), seconds of silence put in front)."""
    out = samples / max(1e-6, float(np.abs(samples).max()))
    if rng.random() < 0.35:  # tilt and one broad bell
        spectrum = np.fft.rfft(out, axis=0)
        octave = np.log2(np.maximum(np.fft.rfftfreq(len(out), 1 / RATE), 20) / 1000)
        bell = rng.uniform(-9, 6) * np.exp(-0.5 * ((octave - rng.uniform(-4, 3.5)) / rng.uniform(0.5, 1.5)) ** 2)
        decibels = rng.uniform(-2, 2) * octave + bell
        out = np.fft.irfft(spectrum * (10 ** (decibels / 20))[:, None], len(out), axis=0)
    if rng.random() < 0.3:  # a room
        length = int(rng.uniform(0.2, 1.6) * RATE)
        tail = rng.standard_normal((length, 2)) * np.exp(-6.9 * np.arange(length) / length)[:, None]
        tail /= np.sqrt((tail**2).sum(axis=0))
        wet = np.stack([scipy.signal.oaconvolve(out[:, c], tail[:, c])[: len(out)] for c in (0, 1)], axis=1)
        out = out + rng.uniform(0.1, 0.6) * wet
    if rng.random() < 0.45:  # a limiter that breathes, then a soft ceiling
        level = np.sqrt(np.maximum(scipy.signal.lfilter([0.0005], [1, -0.9995], (out**2).mean(axis=1)), 1e-8))
        threshold = np.percentile(level, 60)
        out = out * ((np.maximum(level, threshold) / threshold) ** -rng.uniform(0.3, 0.9))[:, None]
        out = np.tanh(rng.uniform(1, 3) * out / max(1e-6, float(np.percentile(np.abs(out), 99.5))))
    out = out / max(1e-6, float(np.abs(out).max()))
    if rng.random() < 0.2:
        out = out + 10 ** (rng.uniform(-55, -28) / 20) * rng.standard_normal(out.shape)
    silence = float(rng.uniform(0, 2.5)) if rng.random() < 0.4 else 0.0
    front = np.zeros((round(silence * RATE), 2))
    out = np.concatenate([front, out * 10 ** (rng.uniform(-14, -0.5) / 20)])
    return np.clip(out, -1, 1).astype(np.float32), len(front) / RATE


def make(index: int, midi: Path, out: Path, soundfonts: list[Path], names: dict[str, list[str]]) -> None:
    """One excerpt, wholly given by its index."""
    from daemon.audio.listen import take_in

    rng = np.random.default_rng([20261121, index])
    kind = KINDS[(0, 1, 2, 0, 1, 2, 3)[index % 7]]
    path = out / f"{index:04d}.wav"
    if kind == "synth":
        truth, piece = synth(path, rng), f"synth {index}"
    else:
        score, piece = {"rock": rock, "pop": pop, "pattern": pattern}[kind](midi, names.get(kind, []), rng)
        rendered(score, path, soundfonts[int(rng.integers(len(soundfonts)))], float(rng.uniform(0.2, 0.8)))
        score = scores.excerpt(score, 0.0, SECONDS)
        truth = {"beats": score.beats, "downbeats": score.downbeats, "metre": score.metre}
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    if rate != RATE or len(samples) < 20 * RATE or float(np.abs(samples).max()) < 1e-3 or len(truth["beats"]) < 16:
        path.unlink()
        (out / f"{index:04d}.json").write_text(json.dumps({"left out": piece}))
        return
    samples, silence = mastered(np.repeat(samples, 2, axis=1)[:, :2] if samples.shape[1] == 1 else samples, rng)
    soundfile.write(path, samples, RATE)
    heard_from = path
    if rng.random() < 0.6:
        heard_from = path.with_suffix(".mp3")
        soundfile.write(
            heard_from, samples, RATE, bitrate_mode="CONSTANT", compression_level=float(rng.uniform(0.2, 0.9))
        )
    end = len(samples) / RATE
    told = {key: [round(t + silence, 5) for t in truth[key] if t + silence < end] for key in ("beats", "downbeats")}
    features = take_in(heard_from, 1.0, lambda *_: None).features
    kept = {
        name: getattr(features, name) for name in ("samples", "flux", "power", "rms", "fine", "chroma", "bass_chroma")
    }
    np.savez(out / f"{index:04d}.npz", **kept)
    story = {"kind": kind, "piece": piece, "metre": truth["metre"], "seconds": end, "from": heard_from.suffix, **told}
    (out / f"{index:04d}.json").write_text(json.dumps(story))
    # The sound is kept small, for features that are thought of later.
    if heard_from == path:
        soundfile.write(path.with_suffix(".flac"), samples, RATE)
    path.unlink()


def main() -> None:
    """Makes the excerpts that aren't there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--midi", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--part", default="0/1", help="this part of how many: 1/2 makes every second one")
    parser.add_argument("--soundfonts", type=Path, nargs="+", default=SOUNDFONTS)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    kept_aside = {Path(piece["midi"]).name for piece in json.loads((given.midi / "dev.json").read_text())}
    names = {
        "rock": sorted(p.name for p in (given.midi / "freedoom").glob("*.mid") if p.name not in kept_aside),
        "pop": sorted(
            p.name for p in (given.midi / "pop909").iterdir() if p.is_dir() and f"{p.name}.mid" not in kept_aside
        ),
    }
    part, parts = (int(number) for number in given.part.split("/"))
    for index in range(part, given.count, parts):
        if not (given.out / f"{index:04d}.json").exists():
            make(index, given.midi, given.out, given.soundfonts, names)
            print(index, flush=True)


if __name__ == "__main__":
    main()
