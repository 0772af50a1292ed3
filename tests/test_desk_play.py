"""Whatever people do on a desk and whenever we look: in the end what counts is what its names say."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.approvals import desk
from daemon.approvals.gate import approval
from tests.deskhelp import Bench, bench

IDS = ("01a", "01b", "02a", "02b")
NAMES = {
    "{}.png": "undecided",
    "{}.ok.png": "ok",
    "{} OK.png": "ok",
    "{}.no.png": "no",
    "{}.redo darker.png": "redo",
    "{}.ok.no.png": "undecided",
    "{} perhaps.png": None,
}
steps = st.one_of(
    st.tuples(st.just("name"), st.sampled_from(IDS), st.sampled_from(sorted(NAMES))),
    st.tuples(st.just("away"), st.sampled_from(IDS), st.just("")),
    st.tuples(st.just("look"), st.just(""), st.sampled_from(["0", "1", "3"])),
    st.tuples(st.just("folder"), st.just(""), st.sampled_from(["", " approved", " seen", " rejected"])),
    st.tuples(st.just("lose"), st.just(""), st.sampled_from(["README.txt", "_animatic.mp4", ".dropreel-desk", "*"])),
    st.tuples(st.just("restart"), st.just(""), st.just("")),
)


class Play:
    """One person, one desk, one daemon."""

    def __init__(self, table: Bench, drawer: Path) -> None:
        self.table, self.drawer = table, drawer
        self.heard: set[str] = set()  # every word on a picture that was ever taken
        self.names = {ident: f"{ident}.png" for ident in IDS}  # "" where it lies in the drawer

    def name(self, ident: str, pattern: str) -> None:
        new, old = pattern.format(ident), self.names[ident]
        source = self.table.folder / old if old else self.drawer / ident
        source.rename(self.table.folder / new)
        self.names[ident] = new

    def away(self, ident: str, _: str) -> None:
        if self.names[ident]:
            (self.table.folder / self.names[ident]).rename(self.drawer / ident)
            self.names[ident] = ""

    def look(self, _: str, later: str) -> None:
        seen = self.table.look(float(later))
        self.heard |= {one.verdict for one in seen.decisions if one.picture != "*"}
        if seen.damaged:
            self.table.decisions.desk = desk.build(self.table.settings, self.table.job, self.table.decisions)
            self.learn()

    def folder(self, _: str, end: str) -> None:
        self.table.folder.rename(self.table.settings.review / f"My Song [a1b2c3]{end}")

    def lose(self, _: str, name: str) -> None:
        if name == "*":
            shutil.rmtree(self.table.folder)
            self.look("", "3")
            self.look("", "3")
        else:
            (self.table.folder / name).unlink(missing_ok=True)

    def restart(self, _: str, __: str) -> None:
        """The daemon starts again: what it knows is what was written."""
        self.table.decisions = type(self.table.decisions).model_validate_json(self.table.decisions.model_dump_json())

    def learn(self) -> None:
        """Names may have changed where everything was laid out again."""
        here = {path.name[:3]: path.name for path in self.table.folder.glob("0*")}
        self.names = {ident: here.get(ident, "") for ident in IDS}


@given(st.lists(steps, max_size=14))
@settings(deadline=None, max_examples=40)
def test_in_the_end_the_names_count(script: list[tuple[str, str, str]]) -> None:
    root = Path(tempfile.mkdtemp(prefix="dropreel-play-"))
    try:
        (root / "drawer").mkdir()
        table = bench(root, slots=2)
        table.lay()
        play = Play(table, root / "drawer")
        for verb, first, second in script:
            act: Callable[[str, str], None] = getattr(play, verb)
            act(first, second)
        for _ in range(4):
            play.look("", "3")
        said = table.verdicts()
        patterns = {pattern.format(ident): verdict for ident in IDS for pattern, verdict in NAMES.items()}
        for ident, name in play.names.items():
            expected = patterns.get(name) if name else "no"
            if expected is not None:
                assert said.get(ident, "undecided") == expected, (ident, name)
                approved = {
                    one.id for many in approval(table.renders, table.decisions).pictures.values() for one in many
                }
                assert (ident in approved) == (said.get(ident) == "ok")
        end = table.folder.name.removeprefix("My Song [a1b2c3]").strip()
        spared = end == "rejected" and {"ok", "redo"} & play.heard
        assert spared or table.decisions.whole == (end if end in {"approved", "rejected"} else "")
        assert play.table.look(3).damaged == ()
        assert play.table.look(3).decisions == ()
    finally:
        shutil.rmtree(root)
