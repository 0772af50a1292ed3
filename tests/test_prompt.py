"""Prompts: how many pictures a song gets, what they show, and that nothing a song says of itself can break them."""

import json
import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon import rulebook, sidecars
from daemon.film import subtitles
from daemon.job import JobFolder
from daemon.rules import Rule
from daemon.settings import Settings
from daemon.sidecars import Section
from daemon.stages import prompt
from daemon.stages.prompting import hints, palette, slots
from daemon.stages.tools import Tools

FORM = [
    ("intro", "A", 0.0, 8.0, 0.2),
    ("build", "B", 8.0, 16.0, 0.5),
    ("drop", "C", 16.0, 36.0, 0.95),
    ("break", "D", 36.0, 44.0, 0.2),
    ("drop", "C'", 44.0, 60.0, 0.95),
    ("outro", "E", 60.0, 64.0, 0.2),
]


def song(form: list[tuple[str, str, float, float, float]] = FORM, **more: object) -> sidecars.Analysis:
    facts: dict[str, object] = {
        "duration": form[-1][3],
        "sample_rate": 44100,
        "samples": round(form[-1][3] * 44100),
        "channels": 2,
        "tempo": {"bpm": 120, "confidence": 1},
        "key": {"tonic": "A", "mode": "minor"},
        "mood": ["dark", "tense"],
        "sections": [
            {"role": r, "label": n, "start": a, "end": b, "energy": e, "valence": 0.3} for r, n, a, b, e in form
        ],
    }
    return sidecars.Analysis.model_validate({**facts, **more})


def look(**look: object) -> Rule:
    return Rule.model_validate({"name": "one", "look": look})


def write(rule: Rule, analysis: sidecars.Analysis, text: str = "", seed: int = 7, title: str = "x") -> sidecars.Prompts:
    return prompt.write(rule, analysis, subtitles.parse(text), seed=seed, title=title)


@pytest.fixture(scope="module")
def shipped() -> rulebook.Rulebook:
    return rulebook.load(rulebook.shipped())


# --- slots -----------------------------------------------------------------------------------------


def test_a_section_has_a_picture_for_each_eight_seconds_and_two_at_least() -> None:
    made = write(Rule(name="one"), song())
    counts = [sum(1 for p in made.prompts if p.section == index) for index in range(6)]
    assert counts == [2, 2, 3, 2, 2, 2]
    assert [p.slot for p in made.prompts] == [f"{n:02}" for n in range(1, 14)]


LENGTHS = st.lists(st.floats(min_value=0.01, max_value=900), min_size=1, max_size=600)


@settings(deadline=None, max_examples=60)
@given(LENGTHS, st.floats(min_value=0.6, max_value=20), st.integers(min_value=1, max_value=5))
def test_slots_cover_the_song_without_gaps_within_their_bounds(
    lengths: list[float], seconds: float, least: int
) -> None:
    starts = [math.fsum(lengths[:i]) for i in range(len(lengths) + 1)]
    sections = [Section(start=a, end=b) for a, b in pairwise(starts)]
    spans, notes = slots.plan(sections, starts[-1], seconds, least)
    assert 1 <= len(spans) <= slots.MOST
    assert spans[0].start == 0.0
    assert spans[-1].end == pytest.approx(starts[-1], abs=1e-5)
    assert all(a.end == b.start for a, b in pairwise(spans))
    assert [span.section for span in spans] == sorted(span.section for span in spans)
    assert len({span.slot for span in spans}) == len(spans)
    assert sorted(span.slot for span in spans) == [span.slot for span in spans]
    for index, length in enumerate(lengths):
        count = sum(1 for span in spans if span.section == index)
        assert count <= max(1, length / slots.SHORTEST + 1e-6)
        if not notes and length >= slots.SHORTEST * least:
            assert count >= max(least, length / seconds - 1e-6) or count >= math.floor(length / slots.SHORTEST)


def test_a_two_hour_song_gets_four_hundred_pictures_and_says_so() -> None:
    made = write(Rule(name="one"), song([("section", "", i * 60.0, i * 60.0 + 60, 0.5) for i in range(120)]))
    assert 350 < len(made.prompts) <= 400
    assert "would take 960 pictures" in made.notes[0]
    assert made.prompts[0].slot == "001"


def test_a_moment_of_sound_gets_one_picture() -> None:
    assert len(write(Rule(name="one"), song([("section", "", 0.0, 0.2, 0.5)])).prompts) == 1


def test_a_section_too_short_for_a_picture_lies_under_its_neighbours() -> None:
    made = write(
        Rule(name="one"), song([("intro", "", 0, 10, 0.5), ("break", "", 10, 10.3, 0), ("drop", "", 10.3, 20, 1)])
    )
    assert {p.section for p in made.prompts} == {0, 2}
    assert made.prompts[1].end == 10.3


def test_neighbouring_pictures_are_framed_differently(shipped: rulebook.Rulebook) -> None:
    for rule in shipped.rules:
        ways = [p.framing for p in write(rule, song()).prompts]
        assert all(a != b for a, b in pairwise(ways))
        assert set(ways) == {"wide", "medium", "close"}


def test_a_rule_that_wants_one_framing_gets_it() -> None:
    made = write(look(framing={"any": ["close"]}), song())
    assert {p.framing for p in made.prompts} == {"close"}


# --- what they say ----------------------------------------------------------------------------------


def test_the_same_song_gets_the_same_prompts_and_another_seed_others(shipped: rulebook.Rulebook) -> None:
    for rule in shipped.rules:
        one, same, other = (write(rule, song(), seed=seed) for seed in (1, 1, 2))
        assert one == same
        assert [p.prompt for p in one.prompts] != [p.prompt for p in other.prompts]
        assert len({p.seed for p in one.prompts}) == len(one.prompts)


def test_what_holds_all_through_stands_in_every_prompt_and_a_member_of_the_cast_in_the_same_words(
    shipped: rulebook.Rulebook,
) -> None:
    for rule in shipped.rules:
        made = write(rule, song())
        for p in made.prompts:
            said = p.prompt.lower()
            assert rule.look.style.lower() in said
            assert rule.look.place.lower() in said
            assert rule.look.wardrobe.lower() in said
            assert any(member.text.lower() in said for member in rule.look.cast.values())
            assert p.negative == rule.look.negative
            assert "{" not in p.prompt
            assert p.scene in hints.SCENES
            assert p.pose in hints.POSES
            assert set(p.characters) <= set(hints.CHARACTERS)
            assert p.characters


def test_a_section_that_comes_back_comes_back_to_the_same_place(shipped: rulebook.Rulebook) -> None:
    for rule in shipped.rules:
        by_section: dict[int, set[str]] = {}
        for p in write(rule, song()).prompts:
            setting = p.prompt.split("Setting: ")[1].split(".")[0]
            by_section.setdefault(p.section, set()).add(setting)
        assert by_section[2] == by_section[4]
        assert by_section[2] != by_section[0]


def test_an_action_is_not_repeated_while_others_wait() -> None:
    made = write(look(actions={"any": [f"does thing {n}" for n in "abcdefghijklm"]}), song())
    assert len({p.subject for p in made.prompts}) == 13


def test_an_action_keeps_to_its_framing_and_its_place() -> None:
    rule = look(
        scenes={"any": [{"text": "here", "paint": {"scene": "ocean"}}]},
        actions={"any": [{"text": "swims", "at": ["ocean"]}, {"text": "flies", "at": ["deep space"]}]},
    )
    assert {p.subject for p in write(rule, song()).prompts} == {"swims"}
    rule = look(actions={"any": [{"text": "near", "framing": "close"}, {"text": "far", "framing": "wide"}, "between"]})
    assert {(p.framing, p.subject) for p in write(rule, song()).prompts if p.framing == "close"} <= {
        ("close", "near"),
        ("close", "between"),
    }


def test_a_cast_of_one_line_does_what_anyone_did(shipped: rulebook.Rulebook) -> None:
    anime = shipped.named("anime")
    assert anime is not None
    rule, _ = rulebook.apply_overrides(anime, b"look:\n  cast: an old fisherman with a straw hat\n")
    for p in write(rule, song()).prompts:
        assert "an old fisherman with a straw hat" in p.subject
        assert "{" not in p.prompt


def test_the_feeling_of_a_section_chooses_its_words() -> None:
    made = write(look(mood_words={"fierce": "FIRE", "brooding": "ASH", "minor": "BLUE", "tense": "WIRE"}), song())
    drop = next(p for p in made.prompts if p.section == 2)
    rest = next(p for p in made.prompts if p.section == 3)
    assert "FIRE, WIRE, BLUE" in drop.prompt
    assert "ASH, WIRE, BLUE" in rest.prompt


def test_light_that_belongs_to_another_hour_is_passed_over() -> None:
    rule = look(time_of_day="midnight", enhancements={"light": ["noon sun", "moonlight", "lamps"]})
    assert not any("noon" in p.prompt.lower() for p in write(rule, song()).prompts)


def test_a_pool_chosen_once_a_film_says_the_same_everywhere() -> None:
    words = [f"grain{n}" for n in range(9)]
    made = write(
        look(enhancements={"grain": {"per": "film", "words": words}, "lens": {"per": "picture", "words": words}}),
        song(),
    )
    counts = [sum(1 for p in made.prompts if f"{w}," in f"{p.prompt.lower()},".replace(".", ",")) for w in words]
    assert max(counts) == len(made.prompts)


def test_the_palette_is_the_rules_or_comes_from_mood_and_key() -> None:
    mine = ["#101010", "#ff0000"]
    assert write(look(palette=mine), song()).palette == mine
    minor, major = (
        write(Rule(name="one"), song(key={"tonic": t, "mode": m})).palette for t, m in (("A", "minor"), ("F#", "major"))
    )
    assert len(minor) == 6
    assert minor != major
    assert "Colour palette of" in write(Rule(name="one"), song()).prompts[0].prompt


def test_related_keys_lie_near_each_other_and_happy_music_is_lighter() -> None:
    def hue(key: str) -> float:
        import colorsys

        colour = palette.palette([], key, 0.5, 0.5, 3)[2]
        return colorsys.rgb_to_hls(*(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)))[0] * 360

    def apart(a: float, b: float) -> float:
        return abs((a - b + 180) % 360 - 180)

    assert apart(hue("C major"), hue("A minor")) < 1
    assert apart(hue("C major"), hue("G major")) < apart(hue("C major"), hue("F# major"))
    dark, light = (palette.palette([m], "C major", 0.5, v, 3) for m, v in (("dark", 0.1), ("happy", 0.9)))
    assert sum(int(c[1:3], 16) + int(c[3:5], 16) for c in dark[:3]) < sum(
        int(c[1:3], 16) + int(c[3:5], 16) for c in light[:3]
    )


@given(st.text(max_size=6), st.floats(-3, 3), st.floats(-3, 3), st.integers())
@settings(deadline=None, max_examples=60)
def test_a_palette_is_always_six_readable_colours(key: str, energy: float, valence: float, seed: int) -> None:
    made = palette.palette(["dark"], key, energy, valence, seed)
    assert len(made) == 6
    assert all(len(c) == 7 and int(c[1:], 16) >= 0 for c in made)
    assert palette.names(made)


def test_colours_are_called_what_people_call_them() -> None:
    said = {c: palette.name(c) for c in ("#000000", "#ffffff", "#0b1030", "#ff0000", "#f2a33a", "#7fb6d6", "#888888")}
    assert said == {
        "#000000": "black",
        "#ffffff": "off-white",
        "#0b1030": "midnight blue",
        "#ff0000": "vivid red",
        "#f2a33a": "vivid orange",
        "#7fb6d6": "blue",
        "#888888": "slate grey",
    }


# --- words of the song --------------------------------------------------------------------------------

LRC = "[offset:+500]\n[00:10.50]Rain on the <00:11.00>window\n[00:20.5][00:40.50]Burning bridges\n[00:50.00]\n"


def test_lrc_lines_have_their_times_offset_and_repeats() -> None:
    found = subtitles.parse(LRC)
    assert [(line.start, line.end, line.text) for line in found] == [
        (10.0, 20.0, "Rain on the window"),
        (20.0, 30.0, "Burning bridges"),
        (40.0, 49.5, "Burning bridges"),
    ]


def test_srt_lines_have_their_times() -> None:
    text = "1\r\n00:00:01,500 --> 00:00:04,000\r\n<i>Hello</i>\r\nsea\r\n\r\n2\r\n00:01:00.0 --> 00:01:02.0\r\nbye\r\n"
    assert subtitles.parse(text) == [subtitles.Line(1.5, 4.0, "Hello\nsea"), subtitles.Line(60.0, 62.0, "bye")]


@given(st.text(max_size=300))
@settings(deadline=None, max_examples=60)
def test_any_text_is_read_as_lyrics_or_as_none(text: str) -> None:
    assert all(line.text for line in subtitles.parse(text + "[00:1"))


def test_a_line_that_is_sung_there_colours_the_picture() -> None:
    made = write(Rule(name="one"), song(), LRC)
    assert "visual motif of rain and window" in next(p for p in made.prompts if p.start <= 10 < p.end).prompt
    assert "burning and bridges" in next(p for p in made.prompts if p.start <= 45 < p.end).prompt


def test_a_title_that_speaks_of_a_place_goes_there_first() -> None:
    rule = look(scenes={"any": ["a dusty road", "an ocean of glass", "a wood"]})
    for seed in range(4):
        assert "an ocean of glass" in write(rule, song(), seed=seed, title="Oceans (Radio Edit)").prompts[0].prompt


HOSTILE = st.text(max_size=200)


@settings(deadline=None, max_examples=50)
@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_whatever_a_file_says_of_itself_prompts_stay_whole(title: str, artist: str, genre: str, words: str) -> None:
    tags = {"title": title, "artist": artist, "genre": genre, "lyrics": words}
    made = write(look(template="{title} {artist} {genre} {lyric} {style}", style="ink"), song(tags=tags), title=title)
    for p in made.prompts:
        assert p.prompt.lower().endswith("ink")
        assert all(c.isprintable() for c in p.prompt)
        assert len(p.prompt) <= 2400


def test_nothing_is_left_of_what_is_empty() -> None:
    made = write(Rule(name="one"), song(mood=[], tags={"genre": "(17)"}))
    for p in made.prompts:
        assert "Setting" not in p.prompt
        assert ",," not in p.prompt.replace(" ", "")
        assert ".." not in p.prompt.replace(" ", "")


def test_a_rule_without_a_word_still_gives_a_prompt_for_every_role() -> None:
    form = [(role, "", i * 4.0, i * 4.0 + 4, 0.5) for i, role in enumerate(("intro", "verse", "bridge", "section"))]
    assert all(len(p.prompt) > 20 for p in write(Rule(name="one"), song(form)).prompts)


# --- hints ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("find", "text", "expected"),
    [
        (hints.scene, "a drowned temple gate on the mountain", "temple"),
        (hints.scene, "waves breaking on a beach", "ocean"),
        (hints.scene, "nothing in particular", ""),
        (hints.character, "an old vocalist with a microphone", "singer"),
        (hints.pose, "seated cross-legged", "sit"),
        (hints.hour, "late afternoon in summer", "day"),
        (hints.hour, "first light before dawn", "dawn"),
        (hints.hour, "night of the new moon", "night"),
        (hints.hour, "", ""),
    ],
)
def test_words_lead_to_what_the_painter_knows(find: object, text: str, expected: str) -> None:
    assert find(text) == expected  # type: ignore[operator]


# --- the stage ------------------------------------------------------------------------------------------


def test_the_stage_reads_a_companion_and_returns_its_sidecar(tmp_path: Path) -> None:
    folder = tmp_path / "20260101-120000-x-abcdef"
    folder.mkdir()
    members = [
        {"role": "source", "name": "x.wav", "file": "source.wav"},
        {"role": "lyrics", "name": "x.lrc", "file": "l.lrc"},
    ]
    facts = {"id": "abcdef", "name": folder.name, "kind": "song", "title": "x", "inbox": "songs", "members": members}
    (folder / "job.json").write_text(json.dumps({**facts, "rule": Rule(name="one").model_dump(mode="json"), "seed": 3}))
    (folder / "analysis.json").write_text(song().model_dump_json())
    (folder / "l.lrc").write_bytes(LRC.encode("utf-16"))
    said: list[float] = []
    made = prompt.prompt(
        JobFolder(folder), Tools(Settings(root=tmp_path), progress=lambda f, *_a, **_k: said.append(f))
    )
    assert "rain and window" in "".join(p.prompt for p in made.prompts)
    assert said[-1] == 1.0
    assert sidecars.parse(made.model_dump_json().encode(), sidecars.Prompts, folder / "prompts.json") == made
