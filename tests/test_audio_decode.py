"""Decoding: whatever people drop, whole, in blocks; and the right word for what is no sound."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from daemon.audio import decode, tags
from daemon.errors import FinalFault

RATE = 44100


def clicks(seconds: float = 3.0, rate: int = RATE) -> np.ndarray:
    """Stereo, a short loud burst at each half second."""
    out = np.zeros((round(seconds * rate), 2), np.float32)
    time = np.arange(round(0.02 * rate)) / rate
    burst = (0.8 * np.sin(2 * np.pi * 1000 * time) * np.exp(-time / 0.005)).astype(np.float32)
    for index in range(1, int(seconds * 2)):
        start = round(index * 0.5 * rate)
        out[start : start + len(burst)] += burst[:, None]
    return out


def encode(path: Path, samples: np.ndarray, codec: str, rate: int = RATE, picture: bool = False) -> None:
    """Writes samples (n, 2) with PyAV; skips where this build can't."""
    if codec not in av.codecs_available:
        pytest.skip(f"this FFmpeg has no encoder {codec}")
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[samples.shape[1]]
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate)
        stream.layout = layout
        stream.bit_rate = 128000
        if picture:
            video = out.add_stream("mpeg4", rate=10)
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            for _ in range(int(len(samples) / rate * 10)):
                out.mux(video.encode(av.VideoFrame(64, 48, "yuv420p")))
            out.mux(video.encode(None))
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        resampler = av.AudioResampler(format=stream.codec_context.format, layout=layout, rate=rate)
        fifo = av.AudioFifo()
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            fifo.write(part)
        size = stream.codec_context.frame_size or 1024
        while (piece := fifo.read(size, partial=True)) is not None:
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))


def whole(path: Path, hours: float = 4.0) -> tuple[decode.Sound, np.ndarray]:
    sound = decode.open_sound(path, hours)
    return sound, np.concatenate(list(sound.blocks()))


@pytest.mark.parametrize(
    ("ending", "codec", "late"),
    [
        ("mp3", "libmp3lame", 0.001),
        ("m4a", "aac", 0.001),
        ("aac", "aac", 0.05),  # bare ADTS has no word on the encoder's delay
        ("opus", "libopus", 0.001),
        ("wma", "wmav2", 0.05),
        ("mp4", "aac", 0.001),
        ("mkv", "libmp3lame", 0.03),
        ("mov", "aac", 0.001),
    ],
)
def test_a_format_is_decoded_whole_with_each_sound_at_its_time(
    tmp_path: Path, ending: str, codec: str, late: float
) -> None:
    rate = 48000 if codec == "libopus" else RATE
    path = tmp_path / f"song.{ending}"
    encode(path, clicks(rate=rate), codec, rate, picture=ending in ("mp4", "mkv", "mov"))
    sound, samples = whole(path)
    assert samples.dtype == np.float32 and samples.shape[1] == 2 == sound.channels
    assert len(samples) / sound.rate == pytest.approx(3.0, abs=0.12)
    loud = np.abs(samples).max(axis=1)
    for index in range(1, 6):
        at = round(index * 0.5 * sound.rate)
        near = loud[at - 4800 : at + 4800]
        first = int(np.argmax(near > 0.25 * near.max())) - 4800
        assert abs(first / sound.rate) <= late + 0.002


@pytest.mark.parametrize(("ending", "subtype"), [("wav", "PCM_24"), ("flac", "PCM_16"), ("aiff", "PCM_16")])
def test_a_lossless_format_comes_back_sample_for_sample(tmp_path: Path, ending: str, subtype: str) -> None:
    given = clicks()
    path = tmp_path / f"song.{ending}"
    soundfile.write(path, given, RATE, subtype=subtype)
    sound, samples = whole(path)
    assert len(samples) == len(given) and np.max(np.abs(samples - given)) < 1e-4
    assert sound.notes == []


def test_ogg_written_by_libsndfile_is_read(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "song.ogg", clicks(), RATE)
    samples = whole(tmp_path / "song.ogg")[1]
    assert len(samples) == pytest.approx(3 * RATE, abs=1024)
    assert np.argmax(np.abs(samples[:, 0]) > 0.3) == pytest.approx(RATE // 2, abs=60)


def test_a_long_sound_comes_in_blocks_of_bounded_size(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.flac", np.zeros(8000 * 60, np.float32) + 0.1, 8000)
    encode(tmp_path / "long.mp3", np.zeros((RATE * 40, 2), np.float32), "libmp3lame")
    for name in ("long.flac", "long.mp3"):
        sound = decode.open_sound(tmp_path / name)
        sizes = [len(block) for block in sound.blocks()]
        assert len(sizes) >= 5 and max(sizes) <= decode.BLOCK_SECONDS * sound.rate + 4096


def test_samples_that_are_no_numbers_become_silence_and_are_noted(tmp_path: Path) -> None:
    given = clicks()
    given[1000:1100] = np.nan
    given[2000] = np.inf
    soundfile.write(tmp_path / "song.wav", given, RATE, subtype="FLOAT")
    sound, samples = whole(tmp_path / "song.wav")
    assert np.isfinite(samples).all() and samples[1050].tolist() == [0, 0]
    assert any("202 samples were no numbers" in note for note in sound.notes)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_text("this is a shopping list: milk, bread, strings\n" * 300)


def _noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(0).bytes(20000))


def _silent_film(path: Path) -> None:
    with av.open(str(path), "w", format="mp4") as out:
        video = out.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for _ in range(5):
            out.mux(video.encode(av.VideoFrame(64, 48, "yuv420p")))
        out.mux(video.encode(None))


def _headless_wav(path: Path) -> None:
    soundfile.write(path, clicks(), RATE, format="WAV")
    path.write_bytes(path.read_bytes()[:30])


@pytest.mark.parametrize("ending", ["mp3", "wav", "m4a", "flac", "ogg"])
@pytest.mark.parametrize("make", [_empty, _text, _noise, _silent_film, _headless_wav])
def test_what_is_no_sound_is_refused_for_good_with_a_reason(
    tmp_path: Path, ending: str, make: Callable[[Path], None]
) -> None:
    path = tmp_path / f"song.{ending}"
    make(path)
    with pytest.raises(FinalFault) as told:
        whole(path)
    assert told.value.why and told.value.remedy and "\n" not in told.value.why


def test_a_film_without_sound_is_told_apart_from_a_broken_file(tmp_path: Path) -> None:
    _silent_film(tmp_path / "clip.mp4")
    with pytest.raises(FinalFault, match="no sound in the file"):
        decode.open_sound(tmp_path / "clip.mp4")


@pytest.mark.parametrize("ending", ["mp3", "m4a", "flac", "wav", "opus"])
def test_a_truncated_file_gives_what_there_is_with_a_note_or_is_refused(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"song.{ending}"
    noise = np.random.default_rng(1).normal(0, 0.1, (RATE * 12, 2)).astype(np.float32)
    if ending in ("flac", "wav"):
        soundfile.write(path, noise, RATE)
    else:
        encode(path, noise, {"mp3": "libmp3lame", "m4a": "aac", "opus": "libopus"}[ending], 48000)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    if ending == "m4a":  # its index lies at the end
        with pytest.raises(FinalFault):
            whole(path)
        return
    sound, samples = whole(path)
    assert 4.5 < len(samples) / sound.rate < 7.5
    if ending != "opus":  # an opus stream doesn't promise its length
        assert any("cut short" in note for note in sound.notes)


def test_where_the_damage_begins_is_said(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, (RATE * 6, 2)).astype(np.float32)
    soundfile.write(tmp_path / "song.flac", noise, RATE)
    data = (tmp_path / "song.flac").read_bytes()
    (tmp_path / "song.flac").write_bytes(data[: len(data) // 2])
    sound, samples = whole(tmp_path / "song.flac")
    assert "damaged after 2." in sound.notes[0] and 2.5 * RATE < len(samples) < 3.5 * RATE


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF])
def test_a_wav_whose_recorder_wrote_no_length_is_read_to_its_end(tmp_path: Path, length: int) -> None:
    soundfile.write(tmp_path / "song.wav", clicks(), RATE)
    data = bytearray((tmp_path / "song.wav").read_bytes())
    at = data.index(b"data")
    data[4:8] = data[at + 4 : at + 8] = length.to_bytes(4, "little")
    (tmp_path / "song.wav").write_bytes(data)
    assert len(whole(tmp_path / "song.wav")[1]) == 3 * RATE


def test_a_wav_whose_head_tells_of_less_than_there_is_says_so(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "song.wav", clicks(12.0), RATE)
    data = bytearray((tmp_path / "song.wav").read_bytes())
    at = data.index(b"data")
    data[at + 4 : at + 8] = (RATE * 4).to_bytes(4, "little")
    (tmp_path / "song.wav").write_bytes(data)
    sound, samples = whole(tmp_path / "song.wav")
    assert len(samples) == RATE and any("larger" in note for note in sound.notes)


def test_a_playlist_leads_nowhere(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "secret.wav", clicks(), RATE)
    lists = {
        "a.mp3": f"ffconcat version 1.0\nfile '{tmp_path}/secret.wav'\n",
        "b.mp3": f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{tmp_path}/secret.wav\n#EXT-X-ENDLIST\n",
        "c.mp3": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/a.mp3\n#EXT-X-ENDLIST\n",
    }
    for name, text in lists.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(FinalFault):
            whole(tmp_path / name)


def test_a_picture_of_fifty_megabytes_in_the_tag_is_no_obstacle(tmp_path: Path) -> None:
    encode(tmp_path / "song.mp3", clicks(), "libmp3lame")
    size = 50 << 20
    parts = [b"ID3\x03\x00\x00", bytes((size + 10) >> shift & 127 for shift in (21, 14, 7, 0))]
    parts += [b"APIC", size.to_bytes(4, "big"), bytes(2), b"\0image/png\0\3\0", bytes(size - 13)]
    (tmp_path / "song.mp3").write_bytes(b"".join(parts) + (tmp_path / "song.mp3").read_bytes())
    assert len(whole(tmp_path / "song.mp3")[1]) == pytest.approx(3 * RATE, abs=3000)


def test_damage_in_the_middle_is_stepped_over(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    encode(path, np.random.default_rng(1).normal(0, 0.1, (RATE * 12, 2)).astype(np.float32), "libmp3lame")
    data = bytearray(path.read_bytes())
    data[60000:64000] = np.random.default_rng(2).bytes(4000)
    path.write_bytes(data)
    assert len(whole(path)[1]) > 10 * RATE


def test_damage_in_a_flac_costs_its_own_piece_and_not_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "song.flac"
    given = np.random.default_rng(1).normal(0, 0.1, (RATE * 12, 2)).astype(np.float32)
    soundfile.write(path, given, RATE)
    data = bytearray(path.read_bytes())
    data[200000:200100] = bytes(100)
    path.write_bytes(data)
    sound, samples = whole(path)
    assert len(samples) > 11.5 * RATE and np.abs(samples[-RATE:] - given[-RATE:]).max() < 1e-3
    assert np.array_equal(samples[: RATE // 2], soundfile.read(path, RATE // 2, dtype="float32")[0])
    assert any("damaged after" in note for note in sound.notes)


def test_a_rate_and_channels_that_change_in_mid_stream_are_followed(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, (RATE * 3, 2)).astype(np.float32)
    soundfile.write(tmp_path / "a.mp3", noise, RATE)
    soundfile.write(tmp_path / "b.mp3", noise[: 32000 * 3, :1], 32000)
    a, b = ((tmp_path / name).read_bytes() for name in ("a.mp3", "b.mp3"))
    (tmp_path / "song.mp3").write_bytes(a + b + a)
    sound, samples = whole(tmp_path / "song.mp3")
    assert samples.shape[1] == 2 and len(samples) / RATE == pytest.approx(9.0, abs=0.3)
    assert not any("cut short" in note for note in sound.notes)
    assert np.array_equal(samples[4 * RATE : 5 * RATE, 0], samples[4 * RATE : 5 * RATE, 1])
    assert np.abs(samples[int(7.5 * RATE) : 8 * RATE]).std() > 0.01


def test_a_wrong_ending_is_no_obstacle(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "song.flac", clicks(), RATE)
    (tmp_path / "song.flac").rename(tmp_path / "song.mp3")
    encode(tmp_path / "other.mp3", clicks(), "libmp3lame")
    (tmp_path / "other.mp3").rename(tmp_path / "other.wav")
    assert len(whole(tmp_path / "song.mp3")[1]) == 3 * RATE
    assert len(whole(tmp_path / "other.wav")[1]) == pytest.approx(3 * RATE, abs=3000)


def test_a_sound_longer_than_the_limit_is_refused(tmp_path: Path) -> None:
    encode(tmp_path / "song.mp3", clicks(6.0), "libmp3lame")
    soundfile.write(tmp_path / "song.wav", clicks(6.0), RATE)
    for name in ("song.mp3", "song.wav"):
        with pytest.raises(FinalFault, match="too long"):
            whole(tmp_path / name, hours=4 / 3600)


def test_tags_are_read_and_made_plain(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    with av.open(str(path), "w") as out:
        out.metadata.update({"title": "Night\x1b[31m Drive", "artist": "Ada", "genre": "House", "lyrics": "one\ntwo"})
        stream = out.add_stream("libmp3lame", rate=RATE)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1152), np.float32), format="fltp", layout="mono")
        frame.sample_rate = RATE
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="stereo", rate=RATE)
        for part in resampler.resample(frame):
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    told = tags.read_tags(path)
    assert told.title.startswith("Night") and "\x1b" not in told.title
    assert (told.artist, told.genre) == ("Ada", "House")
    assert told.lyrics.splitlines() == ["one", "two"]
