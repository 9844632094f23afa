"""The verdicts of guards as words and as rows of a table, the same in every report."""

from reconciler.plan.limits import Guard
from reconciler.plan.plan import GuardResult, Verdict
from reconciler.reports.diagnostics import escaped
from reconciler.reports.plan_view import Going

_WORDS = {Verdict.ALLOWED: "ALLOWED", Verdict.WAIVED: "WAIVED", Verdict.WARN: "WARNING", Verdict.PASS: "pass"}
_CONSENTED = frozenset(guard.value for guard in Guard)
HEADINGS = ("guard", "verdict", "number", "limit")


def needs_consent(result: GuardResult) -> bool:
    """Whether this refusal is one that the caller can consent to."""
    return result.verdict is Verdict.DENY and result.guard in _CONSENTED


def word_of(result: GuardResult) -> str:
    """The verdict in a word: `REFUSED` has no consent, `NEEDS CONSENT` has one."""
    if result.verdict is Verdict.DENY:
        return str(Going.NEEDS_CONSENT if needs_consent(result) else Going.REFUSED)
    return _WORDS[result.verdict]


def row_of(result: GuardResult) -> tuple[str, str, str, str]:
    """Guard, verdict, number and limit; a dash where a guard has none."""
    number = "–" if result.measured is None else f"{result.measured:,}"
    limit = "–" if result.limit is None else f"{result.limit:,}"
    return escaped(result.guard), word_of(result), number, limit
