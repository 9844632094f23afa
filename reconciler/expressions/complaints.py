"""
The library's complaints about a source, in our own words and places.

The library gives one text with several mistakes. Places are read from it, and nothing is decided by its words: they are
only put differently for people.
"""

import re
from collections.abc import Iterable

from reconciler.diagnostics.spelling import nearest
from reconciler.expressions.bounds import name_start
from reconciler.expressions.functions import FUNCTIONS, SHOWN
from reconciler.expressions.problem import ExpressionProblem
from reconciler.expressions.structs import Structs

_PLACE = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_CLAUSE = re.compile(r" \[[A-Z_]+\]$")
_UNDECLARED = re.compile(r"undeclared reference to '([^']*)'")
_OVERLOAD = re.compile(r"found no matching overload for '([^']*)' applied to '([^']*)'")
_FIELD = re.compile(r"undefined field '([^']*)' not found in struct '([^']*)'")
_ANY_STRUCT = re.compile(r"reconciler\.values\.(T\d+)")
_LONGEST_SHOWN = 200


def complaints(error: str, source: str, variables: Iterable[str], structs: Structs) -> list[ExpressionProblem]:
    """The mistakes in the library's one text, each once, in the order of places."""
    found: dict[ExpressionProblem, None] = {}
    lines = source.split("\n")
    for line in error.split("\n"):
        # A consequence of a mistake that is named as well says nothing more.
        if (match := _PLACE.search(line)) is not None and "'*error*'" not in line:
            row, column = int(match[1]), int(match[2])
            message, hint = _reworded(_CLAUSE.sub("", match[3]), list(variables), structs)
            if not (0 < row <= len(lines) and 0 < column <= len(lines[row - 1]) + 1):
                row = column = 0
            else:
                column = name_start(lines[row - 1], column)
            found[ExpressionProblem(row, column, message, hint)] = None
    if not found:
        words = "The expression is nested too deeply, or is no expression that the library reads."
        found[ExpressionProblem(0, 0, words, "Nesting ends at 32; split the expression.")] = None
    return sorted(found, key=lambda problem: (problem.line, problem.column, problem.message))


def _reworded(message: str, variables: list[str], structs: Structs) -> tuple[str, str | None]:
    if match := _UNDECLARED.search(message):
        known = [*variables, *(name for name in FUNCTIONS if name.isalpha())]
        guess = nearest(match[1], known)
        hint = f'Did you mean "{guess}"?' if guess else f"Variables: {', '.join(variables) or 'none'}."
        return f'There is no variable or function "{match[1]}".', hint
    if match := _FIELD.search(message):
        struct = structs.by_name(match[2])
        members, label = (struct.members, struct.label) if struct else ({}, match[2])
        guess = nearest(match[1], list(members))
        hint = f'Did you mean "{guess}"?' if guess else f"Fields here: {', '.join(members) or 'none'}."
        return f'{label} has no field "{match[1]}".', hint
    if match := _OVERLOAD.search(message):
        return f'"{SHOWN.get(match[1], match[1])}" does not take {_labelled(match[2], structs)}.', None
    if "max recursion depth" in message:
        return "The expression is nested more than 32 deep.", "Split it."
    return f"{_labelled(message, structs)[:_LONGEST_SHOWN].rstrip('.')}.", None


def _labelled(message: str, structs: Structs) -> str:
    return _ANY_STRUCT.sub(lambda match: struct.label if (struct := structs.by_name(match[1])) else match[1], message)
