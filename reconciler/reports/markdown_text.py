r"""
Text in Markdown that nothing in it can leave: every word of somebody else is in a code span or in a fenced block (S21).

There it makes no link, image, mention, tag or comment on any forge. A fence and a span are longer than every row of
backticks in them; line ends and controls are shown as escapes.
"""

import re
from collections.abc import Sequence
from urllib.parse import quote

from reconciler.reports.diagnostics import escaped

_TICKS = re.compile("`+")
_LONGEST_RUN = 40
_LONGEST_NAME = 60
_COLUMNS = {"+": "+", "-": "-"}


def code(text: str) -> str:
    """A text of somebody else as a code span."""
    inner = _tamed(escaped(text)) or " "
    ticks = "`" * (_run(inner) + 1)
    padding = " " if inner.startswith("`") or inner.endswith("`") else ""
    return f"{ticks}{padding}{inner}{padding}{ticks}"


def fenced(blocks: Sequence[str]) -> str:
    """Blocks of lines in a fence that colours them: the sign of a line is in column 0."""
    inner = "\n\n".join(blocks)
    ticks = "`" * max(3, _run(inner) + 1)
    return f"{ticks}diff\n{inner}\n{ticks}"


def in_columns(block: str) -> str:
    """A block of a report with `+`, `-` or `!` for something else that changes in column 0, which forges colour."""
    return "\n".join(map(_in_column, _tamed(block).split("\n")))


def marker(purpose: str, estate: str) -> str:
    """The hidden comment by which a run finds the comment of an earlier run; no estate's name can end it."""
    return f"<!-- reconciler {purpose} {quote(estate, safe='', errors='replace')[:_LONGEST_NAME]} -->"


def _in_column(line: str) -> str:
    bare = line.lstrip(" ")
    sign, gap, _ = bare.partition(" ")
    if not gap or sign not in {"+", "-", "~", ">", "=", ".", "!", "-/+"}:
        return f" {line}"
    column = _COLUMNS.get(sign, "!")
    rest = line.replace(sign, " " * len(sign), 1) if sign in _COLUMNS else line
    return f"{column}{rest}"


def _run(text: str) -> int:
    """The longest row of backticks."""
    return max((len(found[0]) for found in _TICKS.finditer(text)), default=0)


def _tamed(text: str) -> str:
    """A text without endless rows of backticks, whose fence would fill the report."""
    return _TICKS.sub(lambda found: found[0] if len(found[0]) <= _LONGEST_RUN else "`…`", text)
