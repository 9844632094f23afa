"""
The findings of a report at their places in the manifests: mistakes, and guards that object or warn.

A guard has the place of the first change that trips it, so that a forge shows it beside the line that asks for it.
"""

from collections.abc import Iterator

from reconciler.diagnostics import Diagnostic, DiagnosticCode, Related, Severity
from reconciler.plan.plan import GuardResult, Plan, Verdict
from reconciler.positions import Span
from reconciler.reports.guards import explained, guard_named
from reconciler.reports.plan_view import PlanView
from reconciler.reports.verdicts import word_of

_SEVERITIES = {
    Verdict.DENY: Severity.ERROR,
    Verdict.WARN: Severity.WARNING,
    Verdict.ALLOWED: Severity.WARNING,
    Verdict.WAIVED: Severity.WARNING,
}
_MOST_RELATED = 20
_PARTS = 3


def findings_of(view: PlanView) -> tuple[Diagnostic, ...]:
    """The findings about manifests, then one for each guard that objects or warns, the worst first."""
    places = _places(view.plan) if view.plan is not None else {}
    spoken = [result for result in view.verdicts if result.verdict is not Verdict.PASS]
    return (*view.context.diagnostics, *(_finding(result, places) for result in spoken), *_ended(view))


def _ended(view: PlanView) -> Iterator[Diagnostic]:
    """The error that ended the command, unless the findings are that error."""
    context = view.context
    if context.error is not None and not context.diagnostics:
        code = DiagnosticCode("error", "The command ended early", Severity.ERROR, "The message says why.")
        yield Diagnostic(code, context.error, context.hint)


def _finding(result: GuardResult, places: dict[str, Span]) -> Diagnostic:
    name = guard_named(result.guard)
    severity = _SEVERITIES[result.verdict]
    explanation = explained(name) if name is not None else "A guard that the estate declares."
    code = DiagnosticCode(f"guard-{result.guard}", f"{word_of(result)} by {result.guard}", severity, explanation)
    found = [(str(address), places.get(str(address))) for address in result.addresses]
    first = next((span for _, span in found if span is not None), None)
    related = tuple(
        Related("also", span, address) for address, span in found[1 : _MOST_RELATED + 1] if span is not None
    )
    address = found[0][0] if found else None
    return Diagnostic(code, result.message, result.next_step or None, address, span=first, related=related)


def _places(plan: Plan) -> dict[str, Span]:
    """The places in the manifests that the changes come from, by address."""
    found = {str(change.address): _span(change.reason.source) for change in plan.changes}
    return {address: span for address, span in found.items() if span is not None}


def _span(source: str | None) -> Span | None:
    """``estate/a.yaml:3:5`` as a span of one character."""
    parts = (source or "").rsplit(":", 2)
    if len(parts) != _PARTS or not (parts[1].isdigit() and parts[2].isdigit()):
        return None
    line, column = int(parts[1]), int(parts[2])
    return Span(parts[0], line, column, line, column + 1)
