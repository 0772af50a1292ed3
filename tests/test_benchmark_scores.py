"""MIDI files of the benchmarks: what is written is read again, and time is bent as told."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import scores


def song() -> scores.Score:
    beats = [0.5 * index for index in range(16)]
    events = [scores.program(0, 5)]
    for index, at in enumerate(beats):
        events += scores.note(at, 0.2, 0, 60 + index, 90) + scores.note(at + 0.25, 0.1, scores.DRUMS, 42, 70)
    return scores.Score(events, beats, beats[::4])


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    scores.write(song(), tmp_path / "a.mid")
    found = scores.read(tmp_path / "a.mid")
    notes = [(event.at, event.message) for event in found.events if event.starts]
    wanted = sorted((event.at, event.message) for event in song().events if event.starts)
    assert [message for _, message in notes] == [message for _, message in wanted]
    assert [at for at, _ in notes] == pytest.approx([at for at, _ in wanted], abs=2e-4)
    assert found.beats[:15] == pytest.approx(song().beats[:15]) and found.metre == 4


def test_a_song_that_is_swung_keeps_its_beats_and_delays_what_lies_between() -> None:
    swung = scores.swung(song(), 1 / 6)
    starts = [event.at for event in swung.events if event.starts]
    assert swung.beats == song().beats and set(song().beats) <= set(starts)
    assert starts[1] == pytest.approx(0.5 * (0.5 + 1 / 6))


def test_an_excerpt_says_its_programs_at_its_start_and_moves_its_beats() -> None:
    part = scores.excerpt(song(), 2.0, 3.0)
    assert part.beats[0] == 0 and len(part.beats) == 6 and part.downbeats == [0, 2]
    assert part.events[0] == scores.program(0, 5)


def test_what_is_no_midi_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(b"RIFF....")
    with pytest.raises(ValueError, match="no MIDI file"):
        scores.read(tmp_path / "a.mid")
