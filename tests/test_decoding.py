"""One decoder: however a song was damaged, the film carries exactly the samples that were heard."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from daemon.audio import decode
from daemon.errors import FinalFault
from daemon.film import assemble, encode
from daemon.film.verify import verify
from daemon.video import sound

from . import film_help as help
from .test_audio_decode import encode as encode_by_av

SECONDS = 4.0
KINDS = ("mp3", "flac", "ogg", "wav", "m4a")
Damage = tuple[float, int, str]  # where as a share of the file, how many bytes, what becomes of them


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A song of clicks over noise, in each kind of file."""
    folder = tmp_path_factory.mktemp("songs")
    clicks, rate = soundfile.read(help.sound(folder / "clicks.wav", help.song(SECONDS)), dtype="float32")
    for kind in KINDS:
        if kind == "m4a":
            encode_by_av(folder / "song.m4a", clicks, "aac", rate)
        else:
            soundfile.write(folder / f"song.{kind}", clicks, rate)
    return {kind: (folder / f"song.{kind}").read_bytes() for kind in KINDS}


@pytest.fixture(scope="module")
def making(tmp_path_factory: pytest.TempPathFactory) -> tuple[assemble.Making, list[str]]:
    """A film's segments, encoded once; its song is put to them by each test."""
    folder = tmp_path_factory.mktemp("film")
    _, timeline = help.planned(folder, SECONDS)
    made = help.making(folder, timeline)
    return made, assemble.segments(made, lambda *_a, **_k: None)


def damaged(data: bytes, damages: list[Damage]) -> bytes:
    """The bytes with pieces overwritten, zeroed or removed."""
    out = bytearray(data)
    for share, length, how in damages:
        at = int(share * len(out))
        end = min(len(out), at + length)
        if how == "removed":
            del out[at:end]
        else:
            out[at:end] = bytes(end - at) if how == "zeroed" else np.random.default_rng(at).bytes(end - at)
    return bytes(out)


def heard(path: Path) -> np.ndarray | None:
    """All that the listener hears; None where it refuses the file."""
    try:
        return np.concatenate(list(decode.open_sound(path).blocks()))
    except FinalFault:
        return None


def filmed(made: assemble.Making, names: list[str], path: Path) -> np.ndarray | None:
    """All that is handed to the program that puts the sound into a film."""
    given: list[np.ndarray] = []

    def collect(_argv: list[str], blocks: Iterable[np.ndarray]) -> None:
        given.extend(blocks)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encode, "mux", collect)
        try:
            assemble.join(made, names, assemble.Song(path), {}, path.with_name("film.mp4"))
        except FinalFault:
            return None
    return np.concatenate(given) if given else None


DAMAGES = st.lists(
    st.tuples(st.floats(0.0, 0.98), st.integers(1, 6000), st.sampled_from(["overwritten", "zeroed", "removed"])),
    min_size=1,
    max_size=3,
)


@pytest.mark.parametrize("kind", KINDS)
@given(damages=DAMAGES)
@example(damages=[(0.5, 100, "zeroed")])
@example(damages=[(0.5, 3000, "removed")])
@example(damages=[(0.6, 10**9, "removed")])
@hypothesis_settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_song_is_filmed_with_exactly_the_samples_it_was_heard_with(
    tmp_path: Path,
    songs: dict[str, bytes],
    making: tuple[assemble.Making, list[str]],
    kind: str,
    damages: list[Damage],
) -> None:
    path = tmp_path / f"song.{kind}"
    path.write_bytes(damaged(songs[kind], damages))
    ears, film = heard(path), filmed(*making, path)
    if ears is None or film is None:
        assert ears is None and film is None
        return
    assert np.isfinite(ears).all()
    assert np.array_equal(np.repeat(ears, 2, axis=1) if ears.shape[1] == 1 else ears, film)


@pytest.mark.parametrize("kind", ["mp3", "flac"])
def test_the_film_of_a_song_damaged_in_the_middle_is_in_step_with_what_was_heard(
    tmp_path: Path, songs: dict[str, bytes], making: tuple[assemble.Making, list[str]], kind: str
) -> None:
    path = tmp_path / f"song.{kind}"
    path.write_bytes(damaged(songs[kind], [(0.5, 3000, "overwritten")]))
    whole = tmp_path / f"whole.{kind}"
    whole.write_bytes(songs[kind])
    ears, undamaged = heard(path), heard(whole)
    assert ears is not None and undamaged is not None and not np.array_equal(ears, undamaged)
    made, names = making
    assemble.join(made, names, assemble.Song(path), {}, tmp_path / "film.mp4")
    verdict = verify(tmp_path / "film.mp4", made.timeline, made.envelopes, path)
    assert verdict.av_offset_ms is not None and abs(verdict.av_offset_ms) < 0.2
    sounds = np.concatenate(list(sound.blocks(tmp_path / "film.mp4")))
    assert abs(len(sounds) / sound.probe(tmp_path / "film.mp4").rate - made.timeline.frames / 30) < 0.03


def test_samples_that_are_no_numbers_or_beyond_all_sense_are_silence_to_both(
    tmp_path: Path, making: tuple[assemble.Making, list[str]]
) -> None:
    wild = np.array([0.5, np.nan, np.inf, -np.inf, 3e38, -1e10, 2e9, 1e9, -0.5], np.float32)
    samples = np.concatenate([np.full(4000, 0.25, np.float32), wild, np.full(4000, 0.25, np.float32)])
    soundfile.write(tmp_path / "song.wav", samples, 8000, subtype="FLOAT")
    ears, film = heard(tmp_path / "song.wav"), filmed(*making, tmp_path / "song.wav")
    assert ears is not None and film is not None
    assert ears[4000:4009, 0].tolist() == [0.5, 0, 0, 0, 0, 0, 0, 1e9, -0.5]
    assert np.array_equal(np.repeat(ears, 2, axis=1), film)
