"""`dropreel schema NAME`: the contract between stages, pages and scripts, as JSON Schema."""

from __future__ import annotations

import argparse
import json

from pydantic import BaseModel

from daemon import rules, settings, sidecars
from daemon.errors import UsageError


def schema(options: argparse.Namespace) -> int:
    """Prints one schema, or the names of all."""
    models: dict[str, type[BaseModel]] = {**sidecars.SIDECARS, "rule": rules.Rule, "settings": settings.Settings}
    if not options.name:
        for name, model in models.items():
            first = (model.__doc__ or "").partition("\n")[0]
            print(f"{name:<10} {first}")
        return 0
    found = models.get(options.name.lower().removesuffix(".json"))
    if found is None:
        raise UsageError(f"there is no schema called {options.name!r}", "", f"There are: {', '.join(models)}.")
    print(json.dumps(found.model_json_schema(), indent=1))
    return 0
