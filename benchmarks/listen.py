"""How well and how fast the listener hears, beside librosa (and aubio, essentia where they are installed).

    python benchmarks/listen.py                                   songs of the built-in synthesiser
    python benchmarks/listen.py --harder                          36 more of them that are harder (see `harder`)
    python benchmarks/listen.py --pieces DIR/dev.json --soundfont FILE.sf2 ... --sound wav mp3
                                                                   MIDI pieces with known beats, rendered by fluidsynth

A pieces file is a JSON list of objects: id, midi (path beside the file), kind, beats, downbeats, tempo, key,
seconds. Where a `beat_midi.txt` lies beside a MIDI file its beats are scored as well ("own beats"): they tell
whether the given ones are in step with the notes. Scores are mir_eval's; CPU seconds are of one thread.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import mir_eval
import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

SONGS: list[dict[str, Any]] = [
    {"bpm": 128, "seed": 1},
    {"bpm": 174, "seed": 2, "key": "F minor", "form": "intro build drop break build drop outro"},
    {"bpm": 92, "seed": 3, "key": "D major", "form": "intro verse chorus verse chorus outro"},
    {"bpm": 150, "seed": 4, "metre": 3, "key": "G major", "form": "intro verse chorus outro"},
    {"bpm": 100, "seed": 5, "swing": 0.08, "form": "intro verse chorus verse chorus outro", "key": "C major"},
    {"bpm": 118, "seed": 6, "rubato": 0.02, "key": "E minor"},
    {"bpm": 110, "seed": 7, "ritard": 0.25, "lead_in": 1.7},
    {"bpm": 140, "seed": 8, "half_time_drops": True, "key": "C# minor"},
    {"bpm": 124, "seed": 9, "key": "A# major", "form": "intro build drop break build drop outro"},
    {"bpm": 84, "seed": 10, "key": "F# major", "form": "verse chorus bridge chorus"},
]
# What makes a song hard, one at a time: six songs of each.
HARD: dict[str, dict[str, Any]] = {
    "swing .15": {"swing": 0.15, "form": "intro verse chorus verse chorus outro"},
    "no drums": {"drums": False, "form": "intro verse chorus bridge chorus outro"},
    "3/4": {"metre": 3, "form": "intro verse chorus verse chorus outro"},
    "half-time drops": {"half_time_drops": True, "form": "intro build drop break build drop outro"},
    "rubato and ritardando": {"rubato": 0.04, "ritard": 0.3, "form": "intro verse chorus bridge chorus outro"},
    "sparse intro": {"lead_in": 1.3, "form": "intro:8 break:8 build:4 drop:8 outro:8"},
}
TEMPI = (72, 88, 104, 124, 146, 170)
TONICS = ("A minor", "D major", "F minor", "G major", "C# minor", "A# major")


def scores(truth: dict[str, Any], heard: dict[str, Any]) -> dict[str, float]:
    """Every measure of one piece."""
    reference = mir_eval.beat.trim_beats(np.asarray(truth["beats"], float))
    beats = np.asarray(heard["beats"], float)
    found = mir_eval.beat.trim_beats(beats)
    out = {
        "F70": mir_eval.beat.f_measure(reference, found, 0.07),
        "F25": mir_eval.beat.f_measure(reference, found, 0.025),
        "AMLt": mir_eval.beat.continuity(reference, found)[3] if len(found) > 2 else 0.0,
    }
    tempo = truth.get("tempo") or 60 / float(np.median(np.diff(truth["beats"])))
    ratio = heard["bpm"] / tempo
    out["tempo"] = float(abs(ratio - 1) < 0.04)
    out["octave"] = float(any(abs(ratio * k - 1) < 0.04 for k in (1, 2, 0.5, 3, 1 / 3)))
    off = [found[np.argmin(np.abs(found - t))] - t for t in reference] if len(found) else []
    near = [o for o in off if abs(o) < 0.07]
    out["offset"] = 1000 * float(np.median(near)) if near else np.nan
    down = np.asarray(truth.get("downbeats") or [], float)
    if len(down) > 3 and "downbeats" in heard:
        out["down"] = mir_eval.beat.f_measure(
            mir_eval.beat.trim_beats(down), mir_eval.beat.trim_beats(np.asarray(heard["downbeats"], float))
        )
    if truth.get("key") and heard.get("key"):
        out["key"] = mir_eval.key.weighted_score(truth["key"], heard["key"])
    if truth.get("edges") and "edges" in heard:
        edges = np.asarray(heard["edges"], float)
        out["edges"] = mir_eval.onset.f_measure(np.asarray(truth["edges"]), edges, 0.5)[0] if len(edges) else 0.0
    if truth.get("drops") and "drops" in heard:
        beat = 60 / tempo
        hits = sum(any(abs(d - t) <= beat for d in heard["drops"]) for t in truth["drops"])
        out["drops"] = hits / len(truth["drops"])
        out["false drops"] = float(sum(not any(abs(d - t) <= beat for t in truth["drops"]) for d in heard["drops"]))
    return out


def ours(path: Path) -> dict[str, Any]:
    """This listener, everything included."""
    from daemon.audio.listen import listen

    a = listen(path).analysis
    return {
        "beats": a.beats,
        "downbeats": a.downbeats,
        "bpm": a.tempo.bpm,
        "key": a.key.name() if a.key.tonic else None,
        "edges": [section.start for section in a.sections[1:]],
        "drops": [event.start for event in a.events if event.kind == "drop"],
    }


def librosa_at(rate: int | None) -> Callable[[Path], dict[str, Any]]:
    """librosa's beat tracker alone, at a rate or the file's own."""

    def track(path: Path) -> dict[str, Any]:
        import librosa

        samples, sr = librosa.load(path, sr=rate)
        tempo, beats = librosa.beat.beat_track(y=samples, sr=sr, units="time")
        return {"beats": beats, "bpm": float(np.atleast_1d(tempo)[0])}

    return track


def aubio_track(path: Path) -> dict[str, Any]:
    """aubio's default tempo tracker."""
    import aubio

    # Its own reader knows no mp3 where it was built without libav.
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = sound.mean(axis=1)
    tracker = aubio.tempo("default", 1024, 512, rate)
    beats = []
    for start in range(0, len(mono) - 511, 512):
        if tracker(mono[start : start + 512]):
            beats.append(tracker.get_last_s())
    return {"beats": beats, "bpm": 60 / float(np.median(np.diff(beats))) if len(beats) > 1 else 0.0}


def essentia_track(path: Path) -> dict[str, Any]:
    """essentia's multi-feature tracker."""
    import essentia.standard as es

    bpm, beats, *_ = es.RhythmExtractor2013(method="multifeature")(es.MonoLoader(filename=str(path))())
    return {"beats": beats, "bpm": float(bpm)}


def tools() -> dict[str, Callable[[Path], dict[str, Any]]]:
    """The listeners that are installed here."""
    found: dict[str, Callable[[Path], dict[str, Any]]] = {
        "dropreel": ours,
        "librosa 22.05 kHz": librosa_at(22050),
        "librosa own rate": librosa_at(None),
    }
    for name, track in (("aubio", aubio_track), ("essentia", essentia_track)):
        try:
            __import__(name)
        except ImportError:
            continue
        found[name] = track
    return found


def harder() -> list[tuple[str, dict[str, Any]]]:
    """(kind, options of the synthesiser) of the 36 harder songs: each trouble at six tempi, in six keys."""
    return [
        (
            f"harder: {kind}",
            {**options, "bpm": bpm, "key": TONICS[(number + row) % 6], "seed": 3000 + 10 * row + number},
        )
        for row, (kind, options) in enumerate(HARD.items())
        for number, bpm in enumerate(TEMPI)
    ]


def synthesised(folder: Path, songs: list[tuple[str, dict[str, Any]]]) -> list[tuple[Path, str, dict[str, Any]]]:
    """(file, kind, truth) of each song (kind, options) of the synthesiser."""
    from daemon.audio import synth

    out = []
    for kind, options in songs:
        path = folder / f"song-{options['seed']:04d}.wav"
        truth = synth.write_song(path, **options)
        told = {
            "beats": truth.beats,
            "downbeats": truth.downbeats,
            "tempo": truth.bpm,
            "key": f"{truth.tonic} {truth.mode}",
            "edges": [start for start, _, _ in truth.sections[1:]],
            "drops": truth.drops,
        }
        out.append((path, kind, told))
    return out


def first_seconds(midi: Path, soundfont: Path, seconds: float) -> np.ndarray[Any, np.dtype[np.int16]]:
    """(n, 2) the beginning of a MIDI file as fluidsynth plays it at 44.1 kHz; what comes after isn't rendered."""
    command = ["fluidsynth", "-niq", "-T", "raw", "-F", "/dev/stdout", "-r", "44100", str(soundfont), str(midi)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as player:
        assert player.stdout is not None
        raw = player.stdout.read(4 * int(seconds * 44100))
        player.kill()
    if len(raw) < 4 * 44100:
        raise SystemExit(f"fluidsynth made less than a second of {midi} with {soundfont}")
    return np.frombuffer(raw[: len(raw) // 4 * 4], "<i2").reshape(-1, 2)


def rendered(pieces: Path, soundfont: Path, folder: Path) -> list[tuple[Path, str, dict[str, Any]]]:
    """(file, kind, truth) of each MIDI piece; a second entry with the beats that lie beside it, where they do."""
    out = []
    for piece in json.loads(pieces.read_text()):
        midi = pieces.parent / piece["midi"]
        path = folder / f"{piece['id']}-{soundfont.stem}.wav"
        soundfile.write(path, first_seconds(midi, soundfont, piece["seconds"]), 44100)
        out.append((path, piece["kind"], piece))
        own = midi.parent / "beat_midi.txt"
        if own.is_file():
            rows = [[float(cell) for cell in line.split()] for line in own.read_text().splitlines() if line.strip()]
            rows = [row for row in rows if row[0] < piece["seconds"]]
            downs = [row[0] for row in rows if row[2 if piece["meter"] == "4/4" else 1] > 0.5]
            truth = {**piece, "beats": [row[0] for row in rows], "downbeats": downs}
            out.append((path, f"{piece['kind']}, own beats", truth))
        else:
            out.append((path, f"{piece['kind']}, own beats", piece))
    return out


def main() -> None:
    """Prints a table a kind of piece."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pieces", type=Path)
    parser.add_argument(
        "--soundfont", type=Path, nargs="+", default=[Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")], help="each in turn"
    )
    parser.add_argument("--harder", action="store_true", help="the 36 harder songs in place of the ten")
    parser.add_argument("--sound", choices=("wav", "mp3"), nargs="+", default=["mp3"], help="what is listened to")
    parser.add_argument("--only", nargs="+", default=[""], help="tools whose name starts so")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp)
        pieces = [
            (path, f"{kind}, {soundfont.stem}", truth)
            for soundfont in (given.soundfont if given.pieces else [])
            for path, kind, truth in rendered(given.pieces, soundfont, folder)
        ]
        pieces += synthesised(folder, harder() if given.harder else [("synthesised", song) for song in SONGS])
        for path in {path for path, _, _ in pieces} if "mp3" in given.sound else ():
            samples, rate = soundfile.read(path)
            soundfile.write(path.with_suffix(".mp3"), samples, rate)
        for sound in given.sound:
            print(f"\n{sound}\n")
            table(pieces, sound, tuple(given.only))


def table(pieces: list[tuple[Path, str, dict[str, Any]]], sound: str, only: tuple[str, ...]) -> None:
    """Listens with each tool and prints what it scored."""
    columns = ["F70", "F25", "AMLt", "tempo", "octave", "offset", "down", "key", "edges", "drops", "false drops"]
    print("| kind | tool | " + " | ".join(columns) + " | CPU s/min | first call |")
    print("|" + "---|" * (len(columns) + 4))
    for name, track in tools().items():
        if not name.startswith(only):
            continue
        begun = time.process_time()
        track(pieces[0][0])
        first = time.process_time() - begun
        kinds: dict[str, list[dict[str, float]]] = {}
        heard: dict[Path, dict[str, Any]] = {}
        spent = minutes = 0.0
        for path, kind, truth in pieces:
            if path not in heard:
                begun = time.process_time()
                heard[path] = track(path.with_suffix(f".{sound}"))
                spent += time.process_time() - begun
                minutes += soundfile.info(str(path)).duration / 60
            kinds.setdefault(kind, []).append(scores(truth, heard[path]))
            if kind.startswith("harder"):
                kinds.setdefault("harder, all", []).append(kinds[kind][-1])
        for kind, rows in kinds.items():
            cells = []
            for column in columns:
                values = [row[column] for row in rows if not np.isnan(row.get(column, np.nan))]
                wide = ".1f" if column == "offset" else ".3f"
                cells.append(f"{float(np.mean(values)):{wide}}" if values else "-")
            print(
                f"| {kind} ({len(rows)}) | {name} | {' | '.join(cells)} | {spent / minutes:.2f} | {first:.1f} s |",
                flush=True,
            )


if __name__ == "__main__":
    main()
