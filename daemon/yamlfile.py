"""Reading YAML that people wrote: bounded, safe, and with the line of everything that is wrong.

Plain data only. Refused: more than a size, nesting deeper than 32, aliases that unfold to more than
20,000 values, the same name twice in one block, names that aren't text.
"""

from __future__ import annotations

import difflib
import re
import types
import typing
from dataclasses import dataclass
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from daemon.errors import UsageError

_DEPTH = 32
_VALUES = 20_000

_MEND = "Mend that line and save the file."
_QUOTES = "Put colours in quotes: a bare # begins a comment."
_BARE_COLOUR = re.compile(r"[\[,:-]\s*#[0-9a-fA-F]{6}\b")

_M = TypeVar("_M", bound=BaseModel)
Step = str | int


class Block(BaseModel):
    """A part of a file that people write. Unknown names are refused: a typing error must not pass for a setting."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Document:
    """A YAML mapping, and where each of its values stands. `source` is what people call the file."""

    source: str
    data: dict[str, Any]
    node: yaml.MappingNode | None

    def line(self, steps: typing.Sequence[Step]) -> int:
        """The line (from 1) of a value, or of the nearest block around it that the file holds; 0 where none does."""
        node: Any = self.node
        line = 0
        for step in steps:
            if isinstance(node, yaml.MappingNode):
                pair = next(((key, value) for key, value in node.value if key.value == str(step)), None)
                if pair is None:
                    break
                line, node = _line(pair[0]), pair[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = _line(node)
            else:
                break
        return line

    def wrong(self, steps: typing.Sequence[Step], found: str, expected: str, remedy: str = "") -> UsageError:
        """The error for a value that can't be."""
        return problem(self.source, self.line(steps), _dotted(steps), found, expected, remedy)

    def check(self, model: type[_M], data: dict[str, Any]) -> _M:
        """A model out of data that came (mostly) from here. UsageError with file, line, found and expected."""
        try:
            return model.model_validate(data)
        except ValidationError as error:
            raise self._explain(model, error) from None

    def _explain(self, model: type[BaseModel], error: ValidationError) -> UsageError:
        # A name that nobody knows explains the one that is missing beside it.
        first, *more = sorted(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
        # The steps into a mapping's own key carry a marker of pydantic's.
        steps = [step for step in first["loc"] if step != "[key]"] + first.get("ctx", {}).get("steps", [])
        found, expected, remedy = _seen(first.get("input")), _wanted(first), ""
        if first["type"] == "extra_forbidden":
            names = _names_at(model, steps[:-1])
            close = difflib.get_close_matches(str(steps[-1]), names, 1, 0.6)
            found = f"the unknown name {str(steps[-1])!r}"
            expected = f"{close[0]!r}, perhaps" if close else f"one of {', '.join(names)}"
        elif first["type"] == "value_error":
            found = ""
        elif first["type"] == "missing":
            found, expected, steps = f"no {steps[-1]!r} in it", "one", steps[:-1]
        elif first.get("input") is None and "palette" in steps:
            remedy = _QUOTES
        if more:
            remedy = f"{remedy or _MEND} There {'is one more' if len(more) == 1 else f'are {len(more)} more'} like it."
        return self.wrong(steps, found, expected, remedy)


def parse(data: bytes, source: str, limit: int) -> Document:
    """A document out of its bytes; an empty file is an empty mapping. UsageError with file and line."""
    if len(data) > limit:
        raise problem(source, 0, "", f"more than {limit >> 10} KiB", "a smaller file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise problem(source, line, "", f"the byte 0x{data[error.start]:02x}", "text in UTF-8") from None
    try:
        _shallow(text, source)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            return Document(source, {}, None)
        if not isinstance(node, yaml.MappingNode):
            raise problem(source, _line(node), "", "no names", "lines of `name: value`")
        _walk(node, source, 0, [0])
        loader = yaml.SafeLoader("")
        try:
            plain = loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        said = str(getattr(error, "problem", None) or error).splitlines()[0]
        if "\\t" in said:
            said = "found a tab; YAML wants spaces at the start of a line"
        elif "mapping values are not allowed" in said:
            said = "found a second colon; text with a colon in it goes in quotes"
        elif "<block mapping start>" in said or "<document start>" in said:
            said = "found a line that is indented differently from its neighbours"
        remedy = _QUOTES if _BARE_COLOUR.search(text) else ""
        raise problem(source, _at(mark), "", "", said, remedy) from None
    except ValueError as error:  # a date or number that YAML's own constructors choke on
        raise problem(source, 0, "", str(error), "plain YAML") from None
    return Document(source, plain, node)


def problem(source: str, line: int, field: str, found: str, expected: str, remedy: str = "") -> UsageError:
    """What is wrong with a file that people wrote."""
    where = f"in {source}" + (f", line {line}" if line else "")
    what = f"{where}, {field} can't be used" if field else f"{where}, there is a mistake"
    why = f"found {found}; expected {expected}" if found else expected
    facts = {"file": source, "line": line, "field": field, "found": found, "expected": expected}
    return UsageError(what, why, remedy or _MEND, facts)


def _shallow(text: str, source: str) -> None:
    """Refuses deep nesting before anything recursive looks at it."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEPTH:
                raise problem(source, _at(event.start_mark), "", f"blocks nested deeper than {_DEPTH}", "fewer")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _walk(node: yaml.Node, source: str, depth: int, count: list[int]) -> None:
    """Refuses what unfolds too far (an alias may hold itself), names given twice, and names that aren't text."""
    count[0] += 1
    if count[0] > _VALUES or depth > 2 * _DEPTH:
        raise problem(source, _line(node), "", f"more than {_VALUES} values", "fewer, and fewer aliases")
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = _line(key)
            if not isinstance(key, yaml.ScalarNode) or key.tag not in _TEXT_KEYS:
                raise problem(source, line, "", "a name that isn't text", "a plain word before the colon")
            if key.value in seen:
                expected = "it only once"
                raise problem(source, line, key.value, f"the name again (also in line {seen[key.value]})", expected)
            seen[key.value] = line
            _walk(value, source, depth + 1, count)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _walk(item, source, depth + 1, count)


_TEXT_KEYS = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"}


def _line(node: yaml.Node) -> int:
    return _at(node.start_mark)


def _at(mark: Any) -> int:
    """A mark's line, from 1."""
    return mark.line + 1 if mark else 0


def _dotted(steps: typing.Sequence[Step]) -> str:
    return ".".join(str(step + 1) if isinstance(step, int) else step for step in steps)


def _seen(value: Any) -> str:
    if isinstance(value, bool):
        return "yes, which YAML takes for true" if value else "no, which YAML takes for false"
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _wanted(error: Any) -> str:
    """What would have been right, in plain words."""
    kind, facts, value = error["type"], error.get("ctx", {}), error.get("input")
    if kind in _PLAIN_WORDS:
        return _PLAIN_WORDS[kind]
    if kind == "list_type":
        return f"a list, such as [{value!r}]" if isinstance(value, str) else "a list, such as [one, two]"
    for name, words in (("le", "at most"), ("lt", "less than"), ("ge", "at least"), ("gt", "more than")):
        if name in facts:
            return f"{words} {facts[name]}"
    if kind == "string_pattern_mismatch":
        names = re.fullmatch(r"\^\(([\w|]+)\)\$", facts["pattern"])
        return f"one of {names.group(1).replace('|', ', ')}" if names else "a colour such as '#1b2a49'"
    said = str(error["msg"])
    return said.removeprefix("Value error, ").removeprefix("Input should be ")


_PLAIN_WORDS = {
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "bool_parsing": "yes or no",
    "bool_type": "yes or no",
    "string_type": "text; in quotes, where YAML would take it for something else",
    "string_too_short": "some text",
    "too_short": "at least one entry",
    "dict_type": "a block of `name: value` lines",
    "model_type": "a block of `name: value` lines",
    "model_attributes_type": "a block of `name: value` lines",
}


def _names_at(model: type[BaseModel], steps: typing.Sequence[Step]) -> list[str]:
    """The names that a block may hold, by walking the model's annotations along the steps."""
    here: Any = model
    for step in steps:
        if isinstance(here, type) and issubclass(here, BaseModel):
            field = here.model_fields.get(str(step))
            here = field.annotation if field else None
        else:  # a mapping's or list's own step: on to what it holds
            here = typing.get_args(here)[-1] if typing.get_args(here) else None
        if isinstance(here, types.UnionType) or typing.get_origin(here) is typing.Union:
            here = next((kind for kind in typing.get_args(here) if kind is not type(None)), None)
    return list(here.model_fields) if isinstance(here, type) and issubclass(here, BaseModel) else []
