"""What the README and the documents say is so: links, commands, rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from daemon import cli, rulebook
from daemon.commands import look
from daemon.job import STAGES
from daemon.stages import PIPELINES

CHECKOUT = Path(__file__).parents[1]
DOCUMENTS = [CHECKOUT / "README.md", CHECKOUT / "CHANGELOG.md", *sorted((CHECKOUT / "docs").glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_command_is_in_the_readme() -> None:
    readme = (CHECKOUT / "README.md").read_text("utf-8")
    missing = [c.name for c in cli.COMMANDS if not re.search(rf"`(?:dropreel )?{c.name}\b", readme)]
    assert [name for name in missing if name != "demo"] == []
    assert "make demo" in readme


def test_every_shipped_rule_is_in_the_readme_with_its_inbox() -> None:
    readme = (CHECKOUT / "README.md").read_text("utf-8")
    for rule in rulebook.load(rulebook.shipped()).rules:
        row = next(line for line in readme.splitlines() if line.startswith(f"| `{rule.name}.yaml`"))
        assert rule.folder in row


def test_every_stage_is_in_the_state_table_s_picture_of_the_disk() -> None:
    text = (CHECKOUT / "docs" / "ARCHITECTURE.md").read_text("utf-8")
    assert [stage for stage in STAGES if f"{stage}/<job>/" not in text] == []
    for step in PIPELINES["song"]:
        if step.then in STAGES[1:6]:
            assert re.search(rf"{step.then}/<job>/ +\+ {step.adds.file}", text), step.then


def test_the_command_line_knows_the_stages_in_their_order() -> None:
    assert look.STAGES == STAGES


def test_the_parts_of_the_program_are_named_in_the_architecture() -> None:
    text = (CHECKOUT / "docs" / "ARCHITECTURE.md").read_text("utf-8")
    folders = {path.name for path in (CHECKOUT / "daemon").iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert [name for name in folders if f"{name}/" not in text] == []
    ground = {path.stem for path in (CHECKOUT / "daemon").glob("*.py")} - {"__init__"}
    assert [name for name in sorted(ground) if not re.search(rf"\b{name}\b", text)] == []
