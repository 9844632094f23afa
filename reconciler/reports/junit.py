"""
A report as JUnit XML, which every CI shows: a case for each guard, mistake, drifted object and outcome of an apply.

A refusal, a mistake, drift and a change that was not made are failures; a change that was not begun is skipped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from reconciler.diagnostics import Severity
from reconciler.plan.outcomes import ApplyReport, Conflict, Failed, Skipped, Stale, Unknown
from reconciler.plan.plan import Verdict
from reconciler.reports.diagnostics import escaped
from reconciler.reports.plan_view import PlanView
from reconciler.reports.verdicts import word_of

MOST_CASES = 5_000
"""The most cases of one suite; the failures come first."""


@dataclass(frozen=True, slots=True)
class JunitCase:
    """One case: its name, how it failed, or because of what it was skipped; neither for one that passed."""

    name: str
    failure: str = ""
    skipped: str = ""
    output: str = ""


def as_junit(view: PlanView) -> str:
    """The report as a document of JUnit XML."""
    suites = {
        "manifests": list(_manifests(view)),
        "guards": list(_guards(view)),
        "drift": list(_drift(view)),
        "apply": list(_outcomes(view.context.outcome)) if view.context.outcome else [],
    }
    root = ElementTree.Element("testsuites", {"name": "reconciler"})
    for name, cases in suites.items():
        if cases:
            root.append(_suite(f"reconciler {name}", cases))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}'


def _suite(name: str, cases: list[JunitCase]) -> ElementTree.Element:
    failed, skipped = sum(bool(case.failure) for case in cases), sum(bool(case.skipped) for case in cases)
    counts = {"tests": str(len(cases)), "failures": str(failed), "errors": "0", "skipped": str(skipped)}
    suite = ElementTree.Element("testsuite", {"name": name, **counts})
    for case in sorted(cases, key=lambda case: not case.failure)[:MOST_CASES]:
        suite.append(_case(name, case))
    return suite


def _case(suite: str, case: JunitCase) -> ElementTree.Element:
    element = ElementTree.Element("testcase", {"classname": suite.replace(" ", "."), "name": escaped(case.name)})
    if case.failure:
        inner = ElementTree.SubElement(element, "failure", {"message": escaped(case.failure)})
        inner.text = escaped(case.output or case.failure)
    elif case.skipped:
        ElementTree.SubElement(element, "skipped", {"message": escaped(case.skipped)})
    elif case.output:
        ElementTree.SubElement(element, "system-out").text = escaped(case.output)
    return element


def _manifests(view: PlanView) -> Iterator[JunitCase]:
    context = view.context
    for found in context.diagnostics:
        place = f"{found.span} " if found.span else ""
        text = found.detail or found.code.summary
        name = f"{place}{found.code.id} {found.code.summary}"
        is_error = found.severity is Severity.ERROR
        yield JunitCase(name, failure=text if is_error else "", output=f"{text} {found.hint or ''}")
    if context.error is not None:
        yield JunitCase("the command", failure=context.error, output=f"{context.error} {context.hint or ''}")
    elif not context.diagnostics:
        yield JunitCase("the manifests are valid")


def _guards(view: PlanView) -> Iterator[JunitCase]:
    for result in view.verdicts:
        text = f"{word_of(result)}: {result.message}"
        is_refused = result.verdict is Verdict.DENY
        yield JunitCase(result.guard, failure=text if is_refused else "", output=f"{text} {result.next_step}".strip())


def _drift(view: PlanView) -> Iterator[JunitCase]:
    for drift in view.drift:
        what = "it is gone from the platform" if drift.vanished else ", ".join(field.path for field in drift.fields)
        yield JunitCase(str(drift.address), failure=f"changed since the last apply: {what}")
    for one in view.context.sim_drift:
        yield JunitCase(f"SIM {one.sim}", failure=f"changed since the last apply: {one.what}")


def _outcomes(report: ApplyReport) -> Iterator[JunitCase]:
    missed: tuple[Failed | Unknown | Stale | Conflict, ...] = (
        *report.failed,
        *report.unknown,
        *report.stale,
        *report.conflicts,
    )
    yield from (JunitCase(f"{one.address} {one.action}") for one in report.done)
    yield from (JunitCase(f"{one.address} {one.action}") for one in report.already)
    for lost in missed:
        yield JunitCase(f"{lost.address} {lost.action}", failure=f"{type(lost).__name__.lower()}: {lost.reason}")
    yield from (JunitCase(f"{one.address} {one.action}", skipped=_because(one)) for one in report.skipped)
    yield from (JunitCase(f"SIM {sim}", failure=why) for sim, why in (*report.sims.refused, *report.sims.stale))
    yield from (JunitCase(f"SIM {sim}", failure="the outcome is unknown") for sim in report.sims.unknown)
    if report.sims.done:
        yield JunitCase(f"{report.sims.done:,} SIMs", output="done")
    if report.sims.untried or report.sims.skipped:
        yield JunitCase(f"{report.sims.untried:,} SIMs", skipped=report.sims.skipped or "not begun")


def _because(skipped: Skipped) -> str:
    return f"because of {skipped.because}"
