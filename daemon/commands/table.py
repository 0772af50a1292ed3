"""Every setting with its default, its present value and its meaning: for doctor, README and dropreel.yaml alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from daemon.settings import Settings

_SECRET = ("token", "password", "key")


@dataclass(frozen=True)
class Row:
    """One setting. name is dotted ("notify.ntfy"); default and value as YAML would have them."""

    name: str
    default: str
    value: str
    meaning: str
    group: str = ""

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return "DROPREEL_" + self.name.upper().replace(".", "__")


def rows(settings: Settings | None = None) -> list[Row]:
    """All settings but the root, in their order. settings: where present values come from; None: the defaults."""
    return list(_rows(Settings, settings, ""))


def _rows(model: type[BaseModel], present: BaseModel | None, before: str) -> Iterator[Row]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _rows(kind, getattr(present, name) if present else None, f"{before}{name}.")
        elif before or name != "root":
            default = _yaml(field.get_default(call_default_factory=True))
            value = _yaml(getattr(present, name)) if present else default
            if name.endswith(_SECRET) and value != default:
                value = "(set)"
            yield Row(f"{before}{name}", default, value, _meaning(field), _said_of(model))


def _said_of(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip()


def _meaning(field: FieldInfo) -> str:
    choices = _choices(field.annotation)
    least = [f"more than {m.gt}" for m in field.metadata if isinstance(m, Gt) and m.gt != 0]
    least += [f"at least {m.ge}" for m in field.metadata if isinstance(m, Ge) and m.ge not in (0, 1)]
    said = field.description or ""
    if choices and not all(choice in said for choice in choices):
        said += f" ({', '.join(choices)})"
    return said + (f" ({', '.join(least)})" if least else "")


def _choices(kind: Any) -> tuple[str, ...]:
    if get_origin(kind) is Literal:
        return tuple(str(choice) for choice in get_args(kind))
    if get_origin(kind) is list:
        return _choices(get_args(kind)[0])
    return ()


def _yaml(value: Any) -> str:
    """A value as one line of YAML (JSON is YAML; plain numbers stay plain)."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, default=str)


def markdown() -> str:
    """The table as the README has it."""
    lines = ["| setting | default | meaning |", "|---|---|---|"]
    lines += [f"| `{row.name}` | `{row.default}` | {row.meaning.replace('|', '/')} |" for row in rows()]
    return "\n".join(lines)


def commented(chosen: dict[str, str]) -> str:
    """A dropreel.yaml in which every setting stands as a comment. chosen: those that are set, by dotted name."""
    lines = [
        "# Settings of this dropreel folder. Every line that starts with # shows a default:",
        "# take the # and the space after it away to change it (for an indented one, also those of the line with",
        "# its group's name), then `systemctl reload dropreel`, or send the daemon a SIGHUP.",
        "# The environment goes before this file: DROPREEL_SETTLE=8, DROPREEL_NOTIFY__NTFY=https://ntfy.sh/my-topic",
        "# Keys and tokens don't stand here but in the environment, or in the file .env beside this one (chmod 600):",
        "# TELEGRAM_BOT_TOKEN=..., TELEGRAM_CHAT_ID=..., GEMINI_API_KEY=..., OPENAI_API_KEY=...",
        "",
    ]
    last = ""
    for row in rows():
        group, _, name = row.name.rpartition(".")
        if group != last:
            lines += ["", f"# {row.group}", f"{'' if _any(chosen, group) else '# '}{group}:"]
            last = group
        indent = "  " if group else ""
        mark = "" if row.name in chosen else "# "
        lines.append(f"{mark}{indent}{name}: {chosen.get(row.name, row.default)}".ljust(44) + f" # {row.meaning}")
    return "\n".join(lines) + "\n"


def _any(chosen: dict[str, str], group: str) -> bool:
    return any(name.startswith(f"{group}.") for name in chosen)
