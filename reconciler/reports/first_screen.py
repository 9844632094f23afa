"""The first screen of every report: the five questions of a reviewer, in their order, and their answers in words."""

from collections.abc import Callable, Sequence

from reconciler.plan.provenance import Provenance
from reconciler.reports.diagnostics import escaped
from reconciler.reports.plan_view import Answers, Going, PlanView, Purpose, Share
from reconciler.reports.roster_text import short

QUESTIONS = (
    "May it go?",
    "How many SIMs?",
    "What cannot be undone?",
    "What is deleted or replaced?",
    "Is it mine?",
)
Quote = Callable[[str], str]
_UNKNOWN = "not determined"
_WHOSE = {
    Provenance.CHANGE_SET: "by this change set",
    Provenance.PENDING: "already pending on the base",
    Provenance.DRIFT: "drift",
    Provenance.RELEASED: "released",
    Provenance.NOT_DETERMINED: _UNKNOWN,
}
_MOST_GUARDS = 4
_MOST_SHARES = 4
_LONGEST_NAME = 40
LONGEST_SENTENCE = 200
"""The longest sentence of somebody else on the first screen; the whole of it is further down."""


def answered(view: PlanView, quote: Quote = str) -> tuple[str, ...]:
    """
    The five answers, each on one line, in the order of `QUESTIONS`; empty where the report is about no change.

    `quote` marks a text of somebody else, as the target needs it.
    """
    answers = view.answers
    if view.plan is None:
        return () if answers.going is Going.OK else (going(answers, quote), *([_UNKNOWN] * (len(QUESTIONS) - 1)))
    irreversible, destroyed = shares(answers.irreversible, quote), shares(answers.destroyed, quote)
    return going(answers, quote), sims(answers), irreversible, destroyed, mine(view)


def going(answers: Answers, quote: Quote = str) -> str:
    """``NEEDS CONSENT by simMoves, deletions``; for OK the consents that hold."""
    if answers.by:
        more = f" and {len(answers.by) - _MOST_GUARDS} more" if len(answers.by) > _MOST_GUARDS else ""
        named = [quote(clipped(guard, _LONGEST_NAME)) for guard in answers.by[:_MOST_GUARDS]]
        return f"{answers.going} by {', '.join(named)}{more}"
    if answers.consents:
        return f"{answers.going}, with consent to {', '.join(map(quote, answers.consents))}"
    return str(answers.going) if answers.changes else f"{answers.going}: nothing changes"


def sims(answers: Answers) -> str:
    """``12,000 of 12,000``."""
    if answers.sims is None or answers.all_sims is None:
        return _UNKNOWN
    return f"{answers.sims:,} of {answers.all_sims:,}"


def shares(found: Sequence[Share], quote: Quote = str) -> str:
    """``2 VSlice deleted (a, b), 1 RoutingTarget replaced (c)``; ``nothing`` for nothing."""
    parts = [f"{share.count:,} {share.what} ({_named(share, quote)})" for share in found[:_MOST_SHARES]]
    rest = sum(share.count for share in found[_MOST_SHARES:])
    return ", ".join([*parts, *([f"{rest:,} others"] if rest else [])]) or "nothing"


def _named(share: Share, quote: Quote) -> str:
    names = [quote(clipped(short(name), _LONGEST_NAME)) for name in share.names[:2]]
    return ", ".join(names) + (f" and {share.count - len(names):,} more" if share.count > len(names) else "")


def mine(view: PlanView) -> str:
    """How many of the changes are by this change set, and what the others are."""
    answers = view.answers
    if answers.origins is None:
        is_asked = view.plan is not None and view.plan.revision is not None
        is_missing = view.context.purpose is Purpose.PLAN and not is_asked
        return f"{_UNKNOWN}: no --base was given" if is_missing else _UNKNOWN
    others = (
        f"{count:,} {_WHOSE[whose]}" for whose, count in answers.origins.items() if whose is not Provenance.CHANGE_SET
    )
    own = answers.origins.get(Provenance.CHANGE_SET, 0)
    return ", ".join([f"{own:,} of {answers.changes:,} changes {_WHOSE[Provenance.CHANGE_SET]}", *others])


def clipped(text: str, most: int = LONGEST_SENTENCE) -> str:
    """A text on one line, cut after so many characters."""
    text = escaped(text)
    return text if len(text) <= most else text[: most - 1] + "…"
