"""The gate and the last word: what decisions amount to."""

from __future__ import annotations

import pytest

from daemon.approvals import merge
from daemon.approvals.gate import Gate, Redo, approval, gate
from daemon.rules import Approve
from daemon.sidecars import Decision, Decisions, Picture, Renders

_HOUR = 3600.0


def renders(*ids: str, **replaces: str) -> Renders:
    """Pictures of these ids; `s03c="03b"` says that 03c is the repainting of 03b."""
    return Renders(
        pictures=[
            Picture(
                slot=one[:2],
                candidate=one[2:],
                file=f"{one}.png",
                fingerprint=one,
                width=9,
                height=9,
                replaces=replaces.get(f"s{one}", ""),
            )
            for one in ids
        ]
    )


def said(*words: str, way: str = "rename") -> Decisions:
    """Decisions out of "03b ok"."""
    return merge.record(
        Decisions(),
        [
            Decision.model_validate({"picture": word.split()[0], "verdict": word.split()[1], "way": way})
            for word in words
        ],
    )


def at(
    what: Renders, decisions: Decisions, quiet: float = 100.0, asked: float = 100.0, grace: float = 60.0, **rule: object
) -> Gate:
    return gate(Approve.model_validate(rule), what, decisions, quiet=quiet, asked=asked, grace=grace)


TWO = renders("01a", "01b", "02a", "02b")


def test_without_a_word_the_gate_waits_and_names_what_it_waits_for() -> None:
    found = at(TWO, Decisions())
    assert (found.verdict, found.enough, found.open, found.missing) == ("wait", False, True, ["01", "02"])
    assert found.because == "2 of 2 pictures need a word"


def test_one_ok_for_each_place_is_enough_and_closes_after_the_grace() -> None:
    found = at(TWO, said("01a ok", "02b ok"), quiet=20)
    assert (found.verdict, found.enough, found.open, found.closes_in) == ("wait", True, True, 40.0)
    found = at(TWO, said("01a ok", "02b ok"), quiet=60)
    assert (found.verdict, found.open) == ("approve", False)
    assert found.because == "2 of 2 pictures approved by rename"


def test_a_rule_may_have_its_own_grace() -> None:
    assert at(TWO, said("01a ok", "02b ok"), quiet=0, grace=60.0).verdict == "wait"
    assert gate(Approve(grace=0), TWO, said("01a ok", "02b ok"), quiet=0, asked=0, grace=60).verdict == "approve"


def test_the_last_word_counts() -> None:
    decisions = merge.record(said("01a ok", "02b ok"), [Decision(picture="02b", verdict="undecided")])
    assert at(TWO, decisions).missing == ["02"]


@pytest.mark.parametrize(
    ("enough", "words", "content"),
    [
        ("all", ["01a ok"], False),
        ("most", ["01a ok"], False),
        ("most", ["01a ok", "02a ok"], True),
        ("one", ["02b ok"], True),
        ("one", ["02b no"], False),
    ],
)
def test_the_rule_says_what_is_enough(enough: str, words: list[str], content: bool) -> None:
    assert at(renders("01a", "02a", "02b", "03a"), said(*words), enough=enough).enough is content


def test_a_place_whose_pictures_are_all_rejected_is_painted_again() -> None:
    found = at(TWO, said("01a ok", "02a no", "02b no"))
    assert found.verdict == "repaint"
    assert found.redo == [Redo("02a", "02"), Redo("02b", "02")]


def test_a_redo_waits_a_moment_for_more_of_them() -> None:
    assert at(TWO, said("01a redo"), quiet=1).verdict == "wait"
    assert at(TWO, said("01a redo"), quiet=5).verdict == "repaint"


def test_a_redo_carries_its_note() -> None:
    decisions = merge.record(Decisions(), [Decision(picture="01a", verdict="redo", note="darker sky")])
    assert at(TWO, decisions).redo == [Redo("01a", "01", "darker sky")]


def test_what_was_painted_again_is_not_painted_again_and_wants_a_word() -> None:
    decisions = said("01a redo", "01b ok", "02a ok")
    again = renders("01a", "01b", "01c", "02a", "02b", s01c="01a")
    decisions = merge.repainted(decisions, again)
    assert decisions.redone == {"01a": "01c"}
    found = at(again, decisions)
    assert (found.verdict, found.missing) == ("wait", ["01"])
    assert at(again, merge.record(decisions, [Decision(picture="01c", verdict="ok")])).verdict == "approve"
    assert at(again, merge.record(decisions, [Decision(picture="01c", verdict="no")])).verdict == "approve"


def test_rejecting_the_repaintings_too_paints_only_those_again() -> None:
    again = renders("01a", "01b", "02a", s01b="01a")
    decisions = merge.repainted(said("01a no", "02a ok"), again)
    assert at(again, decisions).verdict == "wait"
    decisions = merge.record(decisions, [Decision(picture="01b", verdict="no")])
    assert at(again, decisions).redo == [Redo("01b", "01")]


def test_one_picture_can_be_painted_again_twice() -> None:
    again = renders("01a", "01b", "02a", s01b="01a")
    decisions = merge.repainted(said("01a redo"), again)
    assert at(again, decisions).redo == []
    decisions = merge.record(decisions, [Decision(picture="01a", verdict="redo", note="brighter")])
    assert at(again, decisions).redo == [Redo("01a", "01", "brighter")]


def test_approving_all_takes_every_picture_that_was_not_rejected() -> None:
    decisions = merge.record(said("01a no"), [Decision(picture="*", verdict="ok", by="ann", way="sentinel")])
    found = at(TWO, decisions)
    assert (found.verdict, found.rest, found.because) == ("approve", True, "all pictures were approved at once by ann")
    made = approval(TWO, decisions, found.because, rest=found.rest)
    assert {slot: [one.id for one in many] for slot, many in made.pictures.items()} == {
        "01": ["01b"],
        "02": ["02a", "02b"],
    }


def test_a_redo_after_approving_all_repaints_that_one_and_leaves_the_rest_approved() -> None:
    decisions = merge.record(
        Decisions(), [Decision(picture="*", verdict="ok"), Decision(picture="01a", verdict="redo")]
    )
    assert at(TWO, decisions).redo == [Redo("01a", "01")]
    again = renders("01a", "01b", "01c", "02a", "02b", s01c="01a")
    decisions = merge.repainted(decisions, again)
    assert [one.picture for one in decisions.decisions if one.verdict == "ok"] == ["01b", "02a", "02b"]
    assert at(again, decisions).missing == ["01"]
    assert at(again, merge.record(decisions, [Decision(picture="01c", verdict="ok")])).verdict == "approve"


def test_approving_all_never_approves_a_picture_that_was_painted_later() -> None:
    decisions = merge.record(said("01a no", "01b no"), [Decision(picture="*", verdict="ok")])
    assert at(TWO, decisions).verdict == "repaint"
    again = renders("01a", "01b", "01c", "01d", "02a", "02b", s01c="01a", s01d="01b")
    decisions = merge.repainted(decisions, again)
    found = at(again, decisions)
    assert (found.verdict, found.missing) == ("wait", ["01"])
    assert [one.picture for one in decisions.decisions if one.verdict == "ok"] == ["02a", "02b"]


def test_rejecting_all_fails_once_the_gate_closes_and_can_be_taken_back_before() -> None:
    decisions = merge.record(Decisions(), [Decision(picture="*", verdict="no", by="ann", way="sentinel")])
    assert at(TWO, decisions, quiet=10).verdict == "wait"
    found = at(TWO, decisions, quiet=60)
    assert (found.verdict, found.because) == ("fail", "all pictures were rejected by ann")
    back = merge.record(decisions, [Decision(picture="*", verdict="undecided")])
    assert at(TWO, back).verdict == "wait"


def test_rejecting_all_by_command_fails_at_once() -> None:
    decisions = merge.record(Decisions(), [Decision(picture="*", verdict="no", way="command")])
    assert at(TWO, decisions, quiet=0).verdict == "fail"


@pytest.mark.parametrize(("silence", "verdict"), [("hold", "wait"), ("approve", "approve"), ("reject", "fail")])
def test_silence_means_what_the_rule_says(silence: str, verdict: str) -> None:
    assert at(TWO, Decisions(), quiet=71 * _HOUR, asked=71 * _HOUR, silence=silence).verdict == "wait"
    assert at(TWO, Decisions(), quiet=72 * _HOUR, asked=72 * _HOUR, silence=silence).verdict == verdict


def test_a_word_ends_the_silence() -> None:
    assert at(TWO, said("01a ok"), quiet=_HOUR, asked=100 * _HOUR, silence="reject").verdict == "wait"


def test_silence_that_means_yes_never_takes_what_was_rejected() -> None:
    decisions = said("01a no", "02b ok")
    found = at(TWO, decisions, quiet=80 * _HOUR, asked=80 * _HOUR, silence="approve")
    made = approval(TWO, decisions, rest=found.rest)
    assert [one.id for one in made.pictures["01"]] == ["01b"]
    assert [one.id for one in made.pictures["02"]] == ["02b", "02a"]


def test_a_reminder_is_due_before_silence_counts() -> None:
    assert not at(TWO, Decisions(), quiet=23 * _HOUR, asked=23 * _HOUR).remind
    assert at(TWO, Decisions(), quiet=24 * _HOUR, asked=24 * _HOUR).remind
    assert not at(TWO, Decisions(), quiet=99 * _HOUR, asked=99 * _HOUR, remind=0).remind


def test_a_rule_that_approves_by_itself_approves_at_once() -> None:
    found = at(TWO, Decisions(), quiet=0, asked=0, by="auto")
    assert (found.verdict, found.rest) == ("approve", True)
    assert [len(many) for many in approval(TWO, Decisions(), rest=True).pictures.values()] == [2, 2]


def test_a_persons_own_picture_comes_first_in_its_place() -> None:
    mine = Decision(picture="01c", verdict="ok", way="replace", file="own.png", fingerprint="f", width=3, height=2)
    decisions = merge.record(said("01a ok", "02a ok"), [mine])
    made = approval(TWO, decisions)
    assert [(one.id, one.origin) for one in made.pictures["01"]] == [("01c", "person"), ("01a", "painted")]
    assert (made.pictures["01"][0].width, made.pictures["01"][0].file) == (3, "own.png")
    assert merge.taken("01", TWO, decisions) == {"a", "b", "c"}


def test_a_command_means_the_picture_that_lies_on_the_desk() -> None:
    mine = Decision(picture="01a", verdict="ok", way="replace", file="own.png", fingerprint="f", width=3, height=2)
    decisions = merge.record(Decisions(), [mine, Decision(picture="01a", verdict="no", way="command")])
    assert approval(TWO, decisions).pictures["01"] == []
    decisions = merge.record(decisions, [Decision(picture="01a", verdict="ok", way="command")])
    assert approval(TWO, decisions).pictures["01"][0].file == "own.png"
    decisions = merge.record(decisions, [Decision(picture="01a", verdict="ok", way="rename")])
    assert approval(TWO, decisions).pictures["01"][0].file == "01a.png"


def test_only_approved_pictures_are_in_the_film_where_one_is_enough() -> None:
    made = approval(TWO, said("02b ok"))
    assert {slot: [one.id for one in many] for slot, many in made.pictures.items()} == {"01": [], "02": ["02b"]}


def test_recording_changes_no_old_value() -> None:
    old = said("01a ok")
    merge.record(old, [Decision(picture="01a", verdict="no"), Decision(picture="*", verdict="ok")])
    assert old == said("01a ok")
