"""What a sound file says of itself: title, artist, words."""

from __future__ import annotations

from pathlib import Path

from daemon.decoding import container
from daemon.sidecars import Tags

_LYRICS = 64 << 10


def read_tags(path: Path) -> Tags:
    """What the file says of itself; empty where it says nothing or can't be read."""
    import av

    found: dict[str, str] = {}
    try:
        with container(path) as held:
            holders = [held.metadata, *(stream.metadata for stream in held.streams.audio)]
            for metadata in holders:
                for key, value in metadata.items():
                    found.setdefault(key.lower(), value.strip())
    except (av.FFmpegError, OSError, ValueError, UnicodeDecodeError):
        return Tags()
    lyrics = next((v for k, v in found.items() if k.startswith(("lyrics", "unsyncedlyrics", "uslt"))), "")
    return Tags(
        title=_line(found.get("title", "")),
        artist=_line(found.get("artist", "") or found.get("album_artist", "")),
        album=_line(found.get("album", "")),
        genre=_line(found.get("genre", "")),
        lyrics=lyrics.replace("\r\n", "\n").replace("\0", "")[:_LYRICS],
        date=_line(found.get("date", "") or found.get("year", "")),
    )


def _line(text: str) -> str:
    """One line of printable text, at most 300 characters."""
    return "".join(c if c.isprintable() else " " for c in text).strip()[:300]
