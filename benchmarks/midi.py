"""Six minutes of rendered compositions, dropped at once: six films, what each stage cost, and how much memory it took.

    python -m benchmarks.midi --midi DIR [--soundfont FILE] [--size 1280x720] [--keep DIR]

DIR holds General MIDI files and a dev.json that names them (`midi`, `tempo`). fluidsynth renders the first 60 s of each
of six; half are dropped as wav, half as mp3. `dropreel once` works through them, approving by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[1]
PIECES = ("freedoom_d_dm11", "freedoom_d_e1m8", "freedoom_d_victor", "pop909_211", "pop909_491", "pop909_708")
SIDECARS = {
    "analyze": "analysis.json",
    "prompt": "prompts.json",
    "render": "renders.json",
    "sync": "sync.json",
    "deliver": "delivery.json",
}
RULE = """\
approve: {{by: auto}}
deliver: {{width: {width}, height: {height}, fps: 30}}
"""


def ffmpeg() -> str:
    from daemon.settings import Settings

    return Settings(root=Path()).ffmpeg_path()


def excerpt(midi: Path, soundfont: Path, out: Path) -> None:
    """The first 60 s of a composition, with a short fade at the end, as wav or mp3 by `out`'s name."""
    whole = out.with_name(f"{out.stem}.whole.wav")
    subprocess.run(
        ["fluidsynth", "-ni", "-g", "0.6", "-F", str(whole), "-r", "44100", str(soundfont), str(midi)],
        check=True,
        capture_output=True,
    )
    subprocess.run(
        [ffmpeg(), "-y", "-v", "error", "-i", str(whole), "-t", "60", "-af", "afade=out:st=59.5:d=0.5", str(out)],
        check=True,
    )
    whole.unlink()


def tree(root: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(process.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def memory(pid: int, what: str) -> int:
    """VmRSS or Pss of a process, in KiB; 0 where it has ended."""
    place, name = ("smaps_rollup", "Pss:") if what == "pss" else ("status", "VmRSS:")
    try:
        for line in Path(f"/proc/{pid}/{place}").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def main() -> int:
    """Renders, drops, waits, tells."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--midi", type=Path, required=True)
    parser.add_argument("--soundfont", type=Path, default=Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"))
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--keep", type=Path, help="a folder for the root, kept; what it has begun is gone on with")
    options = parser.parse_args()
    width, height = options.size.split("x")
    known = {piece["id"]: piece for piece in json.loads((options.midi / "dev.json").read_text())}
    holder = Path(tempfile.mkdtemp(prefix="midi-"))
    root = (options.keep or holder / "root").absolute()
    environment = {**os.environ, "DROPREEL_SETTLE": "1", "DROPREEL_ROOM_MB": "512"}
    here = {"cwd": CHECKOUT, "env": environment}
    if not (root / "stages").is_dir():
        init = [sys.executable, "-m", "daemon", "init", "--no-compile", str(root)]
        subprocess.run(init, check=True, stdout=subprocess.DEVNULL, **here)
        songs = root / "inbox" / "songs"
        for number, name in enumerate(PIECES):
            ending = "mp3" if number % 2 else "wav"
            excerpt(options.midi / known[name]["midi"], options.soundfont, holder / f"{name}.{ending}")
        for made in sorted(holder.glob("*.*")):
            (songs / f"{made.stem}.yaml").write_text(RULE.format(width=width, height=height))
            shutil.copyfile(made, songs / made.name)
    began, spent = time.monotonic(), os.times()
    with open(root / "once.log", "ab") as log:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "daemon", "--root", str(root), "once"], stdout=log, stderr=log, **here
        )
        peak = share = own = 0
        while daemon.poll() is None:
            pids = tree(daemon.pid)
            own = max(own, memory(daemon.pid, "rss"))
            peak = max(peak, sum(memory(pid, "rss") for pid in pids))
            share = max(share, sum(memory(pid, "pss") for pid in pids))
            time.sleep(0.5)
    wall = time.monotonic() - began
    now = os.times()
    cpu = now.children_user + now.children_system - spent.children_user - spent.children_system
    print(
        f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, numpy {metadata.version('numpy')}, "
        f"{Path(ffmpeg()).name}; {options.size}, {os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}"
    )
    print("| song | dropped as | tempo heard (true) |", *(f" {verb}, s |" for verb in SIDECARS), " film |", sep="")
    print("|---|---|---|", "---|" * (len(SIDECARS) + 1), sep="")
    films = 0
    sums = dict.fromkeys(SIDECARS, 0.0)
    for job in sorted((root / "stages").glob("*/*-*"), key=lambda path: read(path / "job.json").get("title", "")):
        title = str(read(job / "job.json").get("title", job.name))
        found = {verb: read(job / name) for verb, name in SIDECARS.items()}
        seconds = {verb: float(sidecar.get("seconds") or 0) for verb, sidecar in found.items()}
        for verb, value in seconds.items():
            sums[verb] += value
        film = sorted((root / "outbox" / str(found["deliver"].get("folder", "?"))).glob("*.mp4"))
        films += bool(film) and job.parent.name == "done"
        tempo = found["analyze"].get("tempo", {}).get("bpm", 0.0)
        from daemon.commands.show import sync_line

        said = sync_line(found["sync"]) if found["sync"] else read(job / "trouble.json").get("what", job.parent.name)
        ending = Path(str(read(job / "job.json").get("dropped_as", ""))).suffix[1:]
        costs = "".join(f" {seconds[verb]:.1f} |" for verb in SIDECARS)
        print(f"| {title} | {ending} | {tempo:.1f} ({known[title]['tempo']:.1f}) |{costs} {said} |")
    print(
        "| all six, a minute of song each (mean) | | |",
        *(f" {sums[verb] / 6:.1f} |" for verb in SIDECARS),
        " |",
        sep="",
    )
    print(
        f"\n{films} of 6 films in {wall:.0f} s wall, {cpu:.0f} CPU s ({cpu / 6:.0f} a minute of song); the daemon and "
        f"all below it: at most {share // 1024} MB (sum of Pss; {peak // 1024} MB as sum of RSS), "
        f"the coordinator {own // 1024} MB"
    )
    shutil.rmtree(holder, ignore_errors=True)
    return 0 if films == 6 and daemon.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
