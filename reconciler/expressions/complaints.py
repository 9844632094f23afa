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
_SELECT = re.compile(r"expression of type '([^']*)' cannot be the operand of a select operation")
_DOT = re.compile(r"\.\s*")
_CHAIN = re.compile(r"[A-Za-z_][\w.]*$")
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
                column = _named(match[3], lines[row - 1], column)
            found[ExpressionProblem(row, column, message, hint)] = None
    if not found:
        words = "The expression is nested too deeply, or is no expression that the library reads."
        found[ExpressionProblem(0, 0, words, "Nesting ends at 32; split the expression.")] = None
    return sorted(found, key=lambda problem: (problem.line, problem.column, problem.message))


def _reworded(message: str, variables: list[str], structs: Structs) -> tuple[str, str | None]:
    if match := _SELECT.search(message):
        return f"A value of type {match[1]} has no fields.", None
    if match := _UNDECLARED.search(message):
        # The library reads a chain of fields of an unknown variable as one name.
        first = match[1].partition(".")[0]
        known = [*variables, *(name for name in FUNCTIONS if name.isalpha())]
        guess = nearest(first, known)
        hint = f'Did you mean "{guess}"?' if guess else f"Variables: {', '.join(variables) or 'none'}."
        return f'There is no variable or function "{first}".', hint
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


def _named(message: str, line: str, column: int) -> int:
    """The column of the name that a message is about; the library gives that of a sign beside it."""
    if _FIELD.search(message):
        after = _DOT.match(line, column - 1)
        return column if after is None else after.end() + 1
    if (found := _UNDECLARED.search(message)) and "." in found[1]:
        before = _CHAIN.search(line, 0, column - 1)
        return column if before is None else before.start() + 1
    return name_start(line, column)


def _labelled(message: str, structs: Structs) -> str:
    return _ANY_STRUCT.sub(lambda match: struct.label if (struct := structs.by_name(match[1])) else match[1], message)
