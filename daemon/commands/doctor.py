"""`dropreel doctor`: one line a finding, OK, WARN or FAIL, and what to do about it."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from daemon.commands import checks, look, table
from daemon.commands.folder_checks import Finding
from daemon.errors import UsageError
from daemon.places import Root, find_root
from daemon.settings import Settings, load

_COLOURS = {"OK": "\x1b[32m", "WARN": "\x1b[33m", "FAIL": "\x1b[31m"}


def doctor(options: argparse.Namespace) -> int:
    """Prints the findings; 1 where one of them is FAIL."""
    if options.settings:
        return _settings(options)
    findings = examine(find_root(options.root))
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        colour = sys.stdout.isatty()
        for finding in findings:
            print(_line(finding, colour))
    return 1 if any(finding.level == "FAIL" for finding in findings) else 0


def examine(root: Path) -> list[Finding]:
    """Everything that can be found out, in order. A check that breaks is a finding, not the end."""
    places, findings = Root(root), []
    try:
        settings = load(root)
    except UsageError as error:
        settings = Settings(root=root)
        findings.append(Finding("FAIL", "settings", error.what + f": {error.why}", error.remedy))
    else:
        told = "dropreel.yaml" if look.has_settings(places) else "no dropreel.yaml: the defaults hold"
        findings.append(Finding("OK", "settings", told))
    for check in checks.ALL:
        try:
            findings += list(check(settings))
        except Exception as error:  # one broken check must not hide the others
            name = check.__name__.replace("_", " ")
            findings.append(Finding("FAIL", name, f"{type(error).__name__}: {error}", "This can't be examined."))
    return findings


def _line(finding: Finding, colour: bool) -> str:
    level = f"{finding.level:<4}"
    if colour:
        level = f"{_COLOURS[finding.level]}{level}\x1b[0m"
    advice = f"  -> {look.plain(finding.remedy)}" if finding.remedy else ""
    return f"{level}  {finding.what:<12} {look.plain(finding.said)}{advice}"


def _settings(options: argparse.Namespace) -> int:
    if options.markdown:
        print(table.markdown())
        return 0
    root = find_root(options.root)
    rows = table.rows(load(root))
    print(f"Settings of {look.plain(str(root))}; a * marks what differs from its default.\n")
    wide = max(len(row.name) for row in rows)
    for row in rows:
        changed = row.value != row.default
        value = f"{row.value} (default {row.default})" if changed else row.default
        print(f"{'*' if changed else ' '} {row.name:<{wide}}  {look.plain(value)}\n  {'':<{wide}}  {row.meaning}")
    return 0
