"""The mistakes of expressions: refused when they are compiled, or failed when they are evaluated."""

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.errors import ReconcilerError

EXTRA = "templates"


@dataclass(frozen=True, slots=True)
class ExpressionProblem:
    """
    One mistake in the source of an expression.

    `line` and `column` are counted from 1 in code points of the source; both are 0 where the library names no place.
    """

    line: int
    column: int
    message: str
    hint: str | None = None


class ExpressionRefused(Exception):
    """An expression that is not evaluated, with every mistake that was found in it."""

    def __init__(self, problems: Sequence[ExpressionProblem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


class EvaluationFailed(Exception):
    """An expression that is sound and has no value for these variables."""


class MissingExtra(ReconcilerError):
    """The library of expressions is not installed."""

    exit_code = 8

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} needs the extra `{EXTRA}`, which is not installed",
            hint=f"run: pip install 'reconciler[{EXTRA}]' (its wheels need glibc, macOS or Windows)",
        )
