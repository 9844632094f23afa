"""Diagnostics as workflow commands of GitHub Actions, which shows them beside the lines of a pull request."""

import re
from collections.abc import Sequence
from dataclasses import replace

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.positions import Span

MAX_ANNOTATIONS = 10
"""How many of each severity GitHub shows for one step."""

_CONTROL = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning"}


def seen_from_above(diagnostics: Sequence[Diagnostic], folder: str) -> tuple[Diagnostic, ...]:
    """The findings with paths that begin with `folder`, the estate's as another folder sees it (``.`` for the same)."""

    def moved(span: Span | None) -> Span | None:
        # Standard input has no path.
        is_file = span is not None and folder != "." and not span.file.startswith("<")
        return span._replace(file=f"{folder}/{span.file}") if span is not None and is_file else span

    return tuple(
        replace(one, span=moved(one.span), related=tuple(replace(r, span=moved(r.span)) for r in one.related))
        for one in diagnostics
    )


def as_workflow_commands(diagnostics: Sequence[Diagnostic]) -> str:
    """
    One line for each diagnostic, errors first: at most ten errors and ten warnings, then how many more there are.

    Empty for none. Nothing that a user wrote can end a command or begin another one.
    """
    lines = []
    for severity, command in _COMMANDS.items():
        found = [diagnostic for diagnostic in diagnostics if diagnostic.severity is severity]
        lines += [_command(command, diagnostic) for diagnostic in found[:MAX_ANNOTATIONS]]
    left_out = len(diagnostics) - len(lines)
    if left_out:
        lines.append(f"and {left_out:,} more")
    return "".join(line + "\n" for line in lines)


def _command(command: str, found: Diagnostic) -> str:
    title = f"{found.code.id} {found.code.summary}"
    properties: dict[str, str] = {}
    if span := found.span:
        properties = {"file": span.file, "line": str(span.line), "endLine": str(span.end_line)}
        # GitHub takes columns of a single line only. Its end column is the last one that is marked.
        if span.line == span.end_line:
            properties |= {"col": str(span.column), "endColumn": str(max(span.column, span.end_column - 1))}
    properties["title"] = title
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    parts: list[str | None] = [found.address, found.detail, found.hint and f"hint: {found.hint}"]
    return f"::{command} {listed}::{_data(chr(10).join(part for part in parts if part))}"


def _data(text: str) -> str:
    """A message: the characters that end a command are encoded, other controls shown as escapes."""
    text = _CONTROL.sub(lambda match: ascii(match[0])[1:-1], text)
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
