"""Rules: whose a drop is, what is refused and where it says so, and what a YAML beside a song overrides."""

import itertools
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from daemon import riding, rulebook, yamlfile
from daemon.errors import UsageError
from daemon.moods import Moods, built_in
from daemon.rules import ROLES, Animate, Approve, Deliver, Edit, Look, Pictures, Rule, Writing


def write(folder: Path, **rules: str) -> Path:
    for name, text in rules.items():
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    return folder


def refused(folder: Path) -> str:
    with pytest.raises(UsageError) as caught:
        rulebook.load(folder)
    return caught.value.sentence()


# --- whose a drop is -----------------------------------------------------------------------------


def test_the_deepest_folder_wins_then_priority_then_default(tmp_path: Path) -> None:
    book = rulebook.load(
        write(
            tmp_path,
            plain="folder: songs",
            usual="folder: songs\ndefault: true",
            loud="folder: songs\nmatch: ['*loud*']\npriority: 1",
            deep="folder: songs/anime\npriority: -5",
        )
    )

    def whose(inbox: str, name: str) -> str:
        found = book.match(inbox, name, "song")
        return found.name if found else "nobody's"

    assert whose("songs", "a.mp3") == "usual"
    assert whose("songs", "So LOUD.mp3") == "loud"
    assert whose("songs/anime", "loud.mp3") == "deep"
    assert whose("songs/anime/battle", "a.mp3") == "deep"
    assert whose("songs/animex", "a.mp3") == "usual"
    assert whose("videos", "a.mp3") == "nobody's"


def test_a_drop_of_another_kind_is_nobodys(tmp_path: Path) -> None:
    book = rulebook.load(write(tmp_path, one="folder: songs"))
    assert book.match("songs", "a.mp4", "video") is None


def test_composed_and_decomposed_names_are_the_same_to_a_pattern(tmp_path: Path) -> None:
    book = rulebook.load(write(tmp_path, one="folder: songs\nmatch: ['*Größe*']"))
    assert book.match("songs", "die Gro\u0308ße.mp3", "song") is not None


def test_folders_are_every_folder_that_a_rule_names(tmp_path: Path) -> None:
    book = rulebook.load(write(tmp_path, one="folder: songs\nalso: [songs/b, songs/a]", two="folder: songs/a/c"))
    assert book.folders() == ["songs", "songs/a", "songs/a/c", "songs/b"]


def test_two_rules_that_could_both_win_are_refused_by_the_names_of_their_files(tmp_path: Path) -> None:
    said = refused(write(tmp_path, one="folder: songs", two="folder: songs"))
    assert "one.yaml" in said
    assert "two.yaml" in said
    assert "inbox/songs" in said


@pytest.mark.parametrize(
    ("one", "other", "tie"),
    [
        ("*.mp3", "*.wav", False),
        ("*live*", "*.mp3", True),
        ("a?c*", "ab*", True),
        ("[ab]*.mp3", "?.wav", False),
        ("a*", "b*", False),
        ("*a", "a*", True),
    ],
)
def test_patterns_tie_only_where_one_name_could_fit_both(tmp_path: Path, one: str, other: str, tie: bool) -> None:
    write(tmp_path, one=f"folder: songs\nmatch: ['{one}']", two=f"folder: songs\nmatch: ['{other}']")
    if tie:
        assert "both take" in refused(tmp_path)
    else:
        rulebook.load(tmp_path)


# --- what is refused, and where it says so -------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (
            "folder: songs\npictures:\n  candidates: 9\n",
            3,
            ["pictures.candidates", "found 9", "at most 6"],
        ),
        ("folder: songs\npictures:\n  candidate: 2\n", 3, ["unknown name 'candidate'", "'candidates', perhaps"]),
        ("folder: songs\nfolder: songs\n", 2, ["the name again (also in line 1)"]),
        ("folder: songs\nlook:\n  palette: [#112233]\n", 0, ["one.yaml, line"]),
        ("look:\n  palette:\n    - #112233\n", 3, ["Put colours in quotes"]),
        ("look:\n  palette: ['red']\n", 2, ["'#1b2a49'"]),
        ("look:\n  scenes:\n    drops: [a]\n", 3, ["'drops' is no section role"]),
        (
            "look:\n  cast: {dj: a}\n  actions:\n    any: ['{dee} plays']\n",
            4,
            ["{dee}", "not in the cast; there is {dj}"],
        ),
        ("look:\n  template: '{lense} x'\n", 2, ["{lense}", "none of"]),
        ("folder: ../etc\n", 1, ["no folder under inbox/"]),
        ("folder: /etc\n", 1, ["no folder under inbox/"]),
        ("kind: dance\n", 1, ["found 'dance'", "'song'"]),
        ("deliver:\n  fps: fast\n", 2, ["deliver.fps"]),
        ("deliver:\n  fps: 1/0\n", 2, ["'1/0' is no frame rate"]),
        ("deliver:\n  preset: quick\n", 2, ["one of ultrafast, superfast"]),
        ("edit:\n  pace: {drops: 1}\n", 2, ["'drops' is no pace"]),
        ("edit:\n  pace: {drop: 0}\n", 2, ["edit.pace.drop", "more than 0"]),
        ("edit:\n  effects:\n    dorp: {flash: 1}\n", 3, ["'dorp' is no musical event; 'drop', perhaps"]),
        ("edit:\n  effects:\n    drop:\n      flahs: 1\n", 4, ["effects.drop.flahs", "'flash', perhaps"]),
        ("edit:\n  effects:\n    drop:\n      zoom: 1\n      flash: 2\n", 5, ["0 to 1 are"]),
        ("edit:\n  effects:\n    drop: {fade_in: 1}\n", 3, ["'fade_in' can't ride on 'drop'; it can on start"]),
        ("edit:\n  effects:\n    words: {bars: 1}\n", 3, ["'bars' can't ride on 'words'"]),
        ("edit:\n  effects: 3\n", 2, ["found 3", "a block of"]),
        ("edit:\n  effects: {quiet: yes}\n", 2, ["edit.effects.quiet", "a block of"]),
        ("edit:\n  effects: {quiet: {dissolve: -1}}\n", 2, ["0 to 4 seconds are"]),
        ("edit:\n  wipe: star\n", 2, ["edit.wipe", "'diagonal', 'iris' or 'ink'"]),
        ("match: '*.mp3'\n", 1, ["a list, such as ['*.mp3']"]),
        ("approve:\n  silence: no\n", 2, ["YAML takes for false", "'hold'"]),
        ("look:\n  cast:\n    dj: {txt: a}\n", 3, ["'text', perhaps", "one more like it"]),
        ("look:\n  scenes:\n    drop: [{time_of_day: noon}]\n", 3, ["no 'text' in it"]),
        ("look: [a]\n", 1, ["a block of `name: value` lines"]),
        ("look:\n  style: a\n   place: b\n", 3, ["one.yaml"]),
        ("- a\n- b\n", 1, ["lines of `name: value`"]),
        ("a: b: c\n", 1, ["second colon"]),
        ("look:\n\tstyle: x\n", 2, ["spaces"]),
        ("1: x\n", 1, ["a name that isn't text"]),
        ("description: !!python/object/apply:os.system [ls]\n", 1, ["one.yaml"]),
        ("x: " + "[" * 5000, 1, ["nested deeper"]),
        ("a: &a [*a]\n", 1, ["aliases"]),
    ],
)
def test_a_wrong_rule_names_file_line_found_and_expected(
    tmp_path: Path, text: str, line: int, words: list[str]
) -> None:
    said = refused(write(tmp_path, one=text))
    assert f"one.yaml, line {line}" in said if line else "one.yaml" in said
    for word in words:
        assert word in said


def test_aliases_that_unfold_too_far_are_refused(tmp_path: Path) -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    text += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9))
    assert "more than 20000 values" in refused(write(tmp_path, bomb=text))


def test_a_rule_that_is_too_large_is_refused(tmp_path: Path) -> None:
    assert "more than 256 KiB" in refused(write(tmp_path, big="description: " + "x" * (257 << 10)))


def test_bytes_that_are_no_text_are_refused_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_bytes(b"folder: songs\ndescription: \xff\n")
    assert "one.yaml, line 2" in refused(tmp_path)


def test_a_fifo_among_the_rules_is_passed_by(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "trap.yaml")
    write(tmp_path, one="folder: songs")
    assert [rule.name for rule in rulebook.load(tmp_path).rules] == ["one"]


def test_no_rules_at_all_say_what_to_do(tmp_path: Path) -> None:
    assert "dropreel init" in refused(tmp_path)
    assert "dropreel init" in refused(tmp_path / "absent")


@settings(deadline=None, max_examples=80)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_whatever_a_file_holds_it_is_read_or_refused_and_never_worse(data: bytes) -> None:
    try:
        found = yamlfile.parse(data, "x.yaml", 1000)
        found.check(Rule, {"name": "x", **found.data})
    except UsageError as error:
        assert "x.yaml" in error.sentence()


# --- reload ---------------------------------------------------------------------------------------


def test_a_changed_rule_comes_into_force_and_a_wrong_one_leaves_the_last_good(tmp_path: Path) -> None:
    write(tmp_path, one="folder: songs\ndescription: first")
    book = rulebook.load(tmp_path)
    assert not book.reload_if_changed()
    write(tmp_path, one="folder: songs\ndescription: second!")
    assert book.reload_if_changed()
    assert book.rules[0].description == "second!"
    write(tmp_path, one="folder: songs\ndescription: [third]")
    assert not book.reload_if_changed()
    assert book.rules[0].description == "second!"
    assert "one.yaml, line 2" in book.problem
    write(tmp_path, one="folder: songs\ndescription: fourth...")
    assert book.reload_if_changed()
    assert book.problem == ""


def test_rules_that_are_gone_stay_in_force_and_are_told_of(tmp_path: Path) -> None:
    book = rulebook.load(write(tmp_path, one="folder: songs"))
    (tmp_path / "one.yaml").unlink()
    assert not book.reload_if_changed()
    assert len(book.rules) == 1
    assert "no rules" in book.problem


# --- overrides -------------------------------------------------------------------------------------


def test_a_yaml_beside_a_song_overrides_any_part_and_gives_facts() -> None:
    rule = Rule(name="one", look={"style": "ink", "scenes": {"drop": ["a"], "any": ["b"]}})
    data = b"approve: {by: auto}\ndeliver: {width: 1280, height: 720}\ntempo: 128\nseed: 7\n"
    data += b"look: {scenes: {drop: [sea]}}\n"
    changed, facts = rulebook.apply_overrides(rule, data)
    assert (changed.approve.by, changed.deliver.width, changed.deliver.height) == ("auto", 1280, 720)
    assert changed.look.style == "ink"
    assert [scene.text for scene in changed.look.scenes["drop"]] == ["sea"]
    assert [scene.text for scene in changed.look.scenes["any"]] == ["b"]
    assert facts == {"tempo": 128.0, "seed": 7}
    assert rule.approve.by == "people"


def test_an_empty_yaml_beside_a_song_overrides_nothing() -> None:
    rule = Rule(name="one")
    assert rulebook.apply_overrides(rule, b"") == (rule, {})
    assert rulebook.apply_overrides(rule, b"# only a remark\n") == (rule, {})


def test_every_part_of_a_rule_may_be_overridden_beside_a_song() -> None:
    # A part that is missing where the words are read would refuse every YAML beside a song.
    assert set(rulebook._PARTS) <= set(rulebook._Overrides.model_fields)
    parts = {name for name, field in Rule.model_fields.items() if isinstance(field.default_factory, type)}
    assert {name for name in parts if issubclass(Rule.model_fields[name].default_factory, BaseModel)} == set(  # type: ignore[arg-type]
        rulebook._PARTS
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"deliver:\n  width: 1281\n", ["song.yaml, line 2", "deliver.width", "multiple of 2"]),
        (b"\n\ntempo: fast\n", ["song.yaml, line 3", "tempo", "'fast'"]),
        (b"folder: songs\n", ["song.yaml, line 1", "unknown name 'folder'"]),
        (b"title: x\naprove: {by: auto}\n", ["song.yaml, line 2", "'approve', perhaps"]),
        (b"approve:\n  buy: auto\n", ["song.yaml, line 2", "'by', perhaps"]),
        (b"look: ink\n", ["song.yaml, line 1", "look"]),
        (b"title: ''\n", ["song.yaml, line 1", "title"]),
        (b"x" * (65 << 10), ["64 KiB"]),
    ],
)
def test_a_wrong_yaml_beside_a_song_says_where(data: bytes, words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        rulebook.apply_overrides(Rule(name="one"), data, "song.yaml")
    for word in words:
        assert word in caught.value.sentence()


def test_a_rule_survives_the_way_through_job_json() -> None:
    rule = Rule(name="one", look={"cast": "two robots", "enhancements": {"light": ["a"]}, "actions": {"any": ["b"]}})
    assert Rule.model_validate(rule.model_dump(mode="json")) == rule


def test_the_coordinator_pays_for_no_heavy_import() -> None:
    code = "import daemon.rulebook, sys; print([m for m in ('numpy', 'librosa', 'PIL', 'cv2') if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


# --- the shipped rules -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped() -> rulebook.Rulebook:
    return rulebook.load(rulebook.shipped())


@pytest.mark.parametrize(
    ("inbox", "name"),
    [("songs", "cartoon"), ("songs/cartoon", "cartoon"), ("songs/deity", "deity"), ("songs/anime", "anime")],
)
def test_each_shipped_folder_has_its_rule(shipped: rulebook.Rulebook, inbox: str, name: str) -> None:
    found = shipped.match(inbox, "My Song.flac", "song")
    assert found is not None
    assert found.name == name
    assert inbox in shipped.folders()


@pytest.mark.parametrize("name", ["cartoon", "deity", "anime"])
def test_a_shipped_rule_has_words_for_every_role_and_says_what_holds_all_through_once(
    shipped: rulebook.Rulebook, name: str
) -> None:
    rule = shipped.named(name)
    assert rule is not None
    look = rule.look
    for role in ROLES:
        if role != "section":
            assert look.scenes[role]
            assert look.actions[role]
    assert all([look.style, look.place, look.cast, look.wardrobe, look.time_of_day, look.negative, look.enhancements])
    # The painter would otherwise have to guess.
    assert all(scene.paint.scene for scenes in look.scenes.values() for scene in scenes)


def test_shipped_rules_keep_every_line_unique(shipped: rulebook.Rulebook) -> None:
    for rule in shipped.rules:
        for lines in (rule.look.scenes, rule.look.actions):
            texts = [entry.text for entries in lines.values() for entry in entries]
            assert len(texts) == len(set(texts))


# --- what rides on what ---------------------------------------------------------------------------


def test_what_a_rule_says_of_an_event_replaces_what_is_built_in_for_that_event_alone(tmp_path: Path) -> None:
    book = rulebook.load(write(tmp_path, one="edit:\n  effects:\n    drop: {shake: 1}\n    build:\n"))
    said = book.rules[0].edit.effects
    assert said["drop"] == {"shake": 1.0}
    assert said["build"] == {}
    assert said["quiet"] == riding.BUILT_IN["quiet"]


def test_a_film_may_be_told_to_have_no_effects() -> None:
    assert not any(Edit.model_validate({"effects": False}).effects.values())


def test_the_words_of_older_rules_mean_what_they_meant() -> None:
    old = Edit.model_validate({"zoom": 0.1, "shake": 0.01, "flash": 0, "crossfade": 2, "fade_in": 0, "fade_out": 3})
    assert old.effects["downbeat"]["zoom"] == pytest.approx(0.5)
    assert old.effects["loud"]["shake"] == pytest.approx(0.3)
    assert old.effects["drop"]["flash"] == 0
    assert old.effects["quiet"]["dissolve"] == 2
    assert (old.effects["start"]["fade_in"], old.effects["end"]["fade_out"]) == (0, 3)
    assert Edit.model_validate(old.model_dump()) == old


def test_a_yaml_beside_a_song_changes_one_amount_and_leaves_the_others() -> None:
    rule, _ = rulebook.apply_overrides(Rule(name="one"), b"edit: {effects: {drop: {flash: 0.1}}, flashes: yes}")
    assert rule.edit.effects["drop"] == {**riding.BUILT_IN["drop"], "flash": 0.1}
    plain, _ = rulebook.apply_overrides(rule, b"edit: {effects: no}")
    assert not any(plain.edit.effects.values())


# --- the documentation -------------------------------------------------------------------------------


def test_every_name_that_a_rule_may_hold_is_explained() -> None:
    text = (Path(__file__).parents[1] / "docs" / "RULES.md").read_text("utf-8")
    blocks: list[type[BaseModel]] = [Rule, Look, Writing, Pictures, Approve, Animate, Edit, Deliver]
    missing = [name for block in blocks for name in block.model_fields if f"`{name}`" not in text]
    assert (
        sorted({*missing} - {"look", "writer", "pictures", "approve", "animate", "edit", "deliver", "description"})
        == []
    )


def test_a_song_may_choose_its_writer_in_one_word_or_in_more() -> None:
    rule = Rule.model_validate({"name": "one", "writer": "gemini"})
    assert (rule.writer.by, rule.writer.audio) == ("gemini", False)
    one, _ = rulebook.apply_overrides(rule, b"writer: templates\n")
    assert one.writer.by == "templates"
    other, _ = rulebook.apply_overrides(rule, b"writer: {audio: true, idea: a lost robot}\n")
    assert (other.writer.by, other.writer.audio, other.writer.idea) == ("gemini", True, "a lost robot")
    with pytest.raises(UsageError):
        rulebook.apply_overrides(rule, b"writer: a poet\n")


def test_every_event_and_effect_is_explained_as_it_is_built_in() -> None:
    text = (Path(__file__).parents[1] / "docs" / "RULES.md").read_text("utf-8")
    for event, means in riding.EVENTS.items():
        row = next(line for line in text.splitlines() if line.startswith("| ") and f"`{event}`" in line.split("|")[1])
        assert means in row or "a section that plays this part" in row
        assert all(f"`{name}` {amount:g}" in row for name, amount in riding.BUILT_IN[event].items())
    for name, kind in riding.KINDS.items():
        assert f"| `{name}` |" in text
        assert kind.means in text


@pytest.mark.parametrize("number", range(6))
def test_every_example_in_the_documentation_is_a_good_one(tmp_path: Path, number: int) -> None:
    text = (Path(__file__).parents[1] / "docs" / "RULES.md").read_text("utf-8")
    example = textwrap.dedent(re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[number])
    if number == 1:
        rulebook.apply_overrides(Rule(name="one"), example.encode())
    else:
        example = f"look:\n{textwrap.indent(example, '  ')}" if example.startswith("enhancements") else example
        rulebook.load(write(tmp_path, mine=example))


# --- the table of mood words -----------------------------------------------------------------------


def test_a_table_of_moods_is_no_rule_and_a_changed_one_comes_into_force(tmp_path: Path) -> None:
    write(tmp_path, one="folder: songs", moods="words:\n  sunny: {valence: [0.6, 1]}\n")
    book = rulebook.load(tmp_path)
    assert [rule.name for rule in book.rules] == ["one"]
    assert list(book.moods["words"]) == ["sunny"]
    write(tmp_path, moods="words:\n  radiant: {valence: [0.6, 1]}\n")
    assert book.reload_if_changed()
    assert list(book.moods["words"]) == ["radiant"]


def test_a_wrong_table_of_moods_leaves_the_last_good_one_and_holds_no_rule_up(tmp_path: Path) -> None:
    write(tmp_path, one="folder: songs", moods="words:\n  sunny: {valence: [0.6, 1]}\n")
    book = rulebook.load(tmp_path)
    write(tmp_path, two="folder: songs/b", moods="words:\n  sunny:\n    valenz: [0.6, 1]\n")
    book.reload_if_changed()
    assert len(book.rules) == 2
    assert list(book.moods["words"]) == ["sunny"]
    assert "moods.yaml, line 3" in book.problem and "'valence', perhaps" in book.problem
    assert "last good table" in book.problem
    write(tmp_path, moods="words:\n  dusky: {valence: [0, 0.4]}\n")
    book.reload_if_changed()
    assert (list(book.moods["words"]), book.problem) == (["dusky"], "")


def test_a_table_of_moods_that_is_wrong_from_the_start_gives_way_to_the_built_in_one(tmp_path: Path) -> None:
    book = rulebook.load(write(tmp_path, one="folder: songs", moods="words: [happy]\n"))
    assert len(book.rules) == 1 and book.moods == {}
    assert "moods.yaml, line 1" in book.problem and "built-in" in book.problem


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("most: 0\nwords: {a: {}}\n", 1, ["most", "at least 1"]),
        ("words:\n  sad: {valence: [0.5, 0.2]}\n", 2, ["the lower one first"]),
        ("words:\n  sad: {valence: [0, 1.5]}\n", 2, ["at most 1"]),
        ("words:\n  sad: {valence: 0.3}\n", 2, ["words.sad.valence"]),
        ("words:\n  '{x}': {}\n", 2, ["'{x}' is no word"]),
        ("words: {}\n", 1, ["at least one entry"]),
        ("most: 3\n", 0, ["words"]),
    ],
)
def test_what_is_wrong_with_a_table_of_moods_is_told_with_its_line(
    tmp_path: Path, text: str, line: int, words: list[str]
) -> None:
    problem = rulebook.load(write(tmp_path, one="folder: songs", moods=text)).problem
    assert f"moods.yaml, line {line}" in problem if line else "moods.yaml" in problem
    for word in words:
        assert word in problem


def test_the_shipped_table_says_a_word_for_every_feeling_there_is() -> None:
    book = rulebook.load(rulebook.shipped())
    table = Moods.model_validate(book.moods)
    steps = [0.0, 0.25, 0.4999, 0.5, 0.75, 1.0]
    for valence, arousal, energy, dance in itertools.product(steps, repeat=4):
        measured = {"valence": valence, "arousal": arousal, "energy": energy, "danceability": dance}
        assert 1 <= len(table.of(measured)) <= 3
        assert table.of(measured)[0] == built_in().of(measured)[0]


def test_words_are_said_from_the_lower_bound_on_and_below_the_upper_one() -> None:
    table = Moods.model_validate({"most": 2, "words": {"low": {"energy": [0, 0.5]}, "high": {"energy": [0.5, 1]}}})
    assert table.of({"energy": 0.5}) == ["high"] == table.of({"energy": 1.0})
    assert table.of({"energy": 0.4999}) == ["low"]


@pytest.mark.parametrize(("said", "metre"), [("7/8", 7), ("6/8", 6), ("'3/4'", 3), ("5", 5), ("16", 16)])
def test_the_metre_beside_a_song_is_a_number_or_a_time_signature(said: str, metre: int) -> None:
    rule = rulebook.load(rulebook.shipped()).rules[0]
    assert rulebook.apply_overrides(rule, f"metre: {said}\r\n".encode())[1] == {"metre": metre}


@pytest.mark.parametrize("said", ["0/4", "4/0", "33", "3.5", "waltz", "[3, 4]", "-3", "99/8", "7/8/9"])
def test_a_metre_that_is_none_is_refused_with_its_line(said: str) -> None:
    rule = rulebook.load(rulebook.shipped()).rules[0]
    with pytest.raises(UsageError, match=r"line 1, metre"):
        rulebook.apply_overrides(rule, f"metre: {said}\n".encode())
