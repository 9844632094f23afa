"""Guards as text: the way on from a refusal, one guard for `explain`, and all of them for their page."""

from collections.abc import Collection, Iterator

from reconciler.plan.limits import DEFAULTS, Guard
from reconciler.plan.meanings import MEANINGS, STRUCTURAL, WARNINGS
from reconciler.plan.plan import Plan, Verdict
from reconciler.plan.waiving import waived_findings
from reconciler.reports.guard_examples import EXAMPLES

_HEAD = (
    "# Guards",
    "",
    "A guard looks at a whole plan and refuses it when it does more than its limit. The plan is printed and written",
    "all the same; then the exit code is 3, and nothing is sent. [When a plan is refused](../how-to/refused-plan.md)",
    "says what to do. `reconciler explain GUARD` prints one of these.",
    "",
    "## Guards with a limit",
    "",
    "They are on by default. Limits are set under `guardrails` in [reconciler.yaml](configuration.md), or in a file of",
    "the caller's (`--policy`), which wins limit by limit. A limit is a number, `off`, or, where a share is named, one",
    "such as `5%` or `{atLeast: 10, share: 5%, atMost: 500}`; shares are rounded down. The consent is",
    "`--allow GUARD=NUMBER` with the number that the verdict prints, also where the limit is a share.",
    "",
    "| guard | counts | passes up to | a share is one of | besides |",
    "|---|---|---|---|---|",
)


# These guards name the cause of what others refuse besides: a former name that cannot be followed deletes.
_CAUSES = ("account", "ownership", "rename")


def guard_named(name: str) -> str | None:
    """The name of a guard or a warning as it is printed, whatever the case; None where there is none."""
    known = [*(guard.value for guard in Guard), *STRUCTURAL, *WARNINGS]
    return next((one for one in known if one.lower() == name.lower()), None)


def explained(name: str) -> str:
    """The text about a guard: its meaning, its default, how to consent, and two examples. `KeyError` if unknown."""
    example = EXAMPLES[name]
    return f"{_meaning(name)}\n  Trips it: {example.bad}\n  Passes:   {example.good}"


def _meaning(name: str) -> str:
    if name in STRUCTURAL:
        lines = [f"{name} · a guard without a limit", f"  {STRUCTURAL[name]}"]
        return "\n".join([*lines, "  There is no consent to it: the verdict says what to do."])
    if name in WARNINGS:
        return f"{name} · a warning\n  {WARNINGS[name]}\n  It refuses nothing."
    guard = Guard(name)
    meaning = MEANINGS[guard]
    lines = [f"{name} · a guard with a limit", f"  It counts {meaning.counts}.", f"  {meaning.besides}"]
    lines.append(f"  Default: {DEFAULTS[guard]}{f', a share of {meaning.whole}' if meaning.whole else ''}.")
    lines.append(f"  Set it with guardrails.{name} in reconciler.yaml or in a policy (--policy); off switches it off.")
    lines.append(f"  Consent to what it refuses: --allow {name}=NUMBER, with the number that the verdict prints.")
    return "\n".join(lines)


def page() -> str:
    """All of them in Markdown."""
    return "\n".join([*_HEAD, *_rows(), *_structural(), *_warnings()])


def _rows() -> Iterator[str]:
    for guard, meaning in MEANINGS.items():
        yield f"| `{guard}` | {meaning.counts} | {DEFAULTS[guard]} | {meaning.whole or '–'} | {meaning.besides} |"


def _structural() -> Iterator[str]:
    yield from ("", "## Guards without a limit", "", "They always hold, and there is no consent to them.", "")
    yield from ("| guard | refuses when |", "|---|---|")
    yield from (f"| `{name}` | {text} |" for name, text in STRUCTURAL.items())


def _warnings() -> Iterator[str]:
    yield from ("", "## Warnings", "", "They refuse nothing.", "", "| warning | when |", "|---|---|")
    yield from (f"| `{name}` | {text} |" for name, text in WARNINGS.items())


def consents_of(plan: Plan) -> str:
    """The consents that a plan is applied with, as flags for the history of runs; empty without any."""
    allowed = (result for result in plan.verdicts if result.verdict is Verdict.ALLOWED)
    return "".join(f" --allow {result.guard}={result.measured}" for result in allowed)


def waivers_of(plan: Plan) -> str:
    """The waivers that a plan is applied under, for the history of runs; empty without any."""
    return "".join(f" [{guard.value} waived by {one.approver}]" for guard, one in waived_findings(plan))


def way_on(plan: Plan, command: str, *, implied: Collection[Guard] = ()) -> str:
    """
    Why a refused plan cannot be applied, and the one command that goes on; empty for one that is not refused.

    `command` has no consents; those that it implies by itself are not added to it.
    """
    if not plan.objections():
        return ""
    names = ", ".join(dict.fromkeys(result.guard for result in plan.objections()))
    structural = [result for result in plan.guards if result.verdict is Verdict.DENY]
    if structural:
        step = min(structural, key=lambda result: result.guard not in _CAUSES).next_step
        return f"Refused by {names}: this cannot be applied. {step[:1].upper()}{step[1:]}."
    wanted = (r for r in plan.verdicts if r.verdict in {Verdict.ALLOWED, Verdict.DENY} and r.guard not in implied)
    if plan.waivers.are_required:
        guard = plan.objections()[0].guard
        step = f"reconciler guard waive {guard} --plan FILE --reason WHY --approver WHO --expires DAY"
        return (
            f"Refused by {names}: this cannot be applied as it is. If all of it is meant: {step}, "
            "add what it prints to the policy (--policy git:REV:PATH), and plan again"
        )
    consents = "".join(f" --allow {result.guard}={result.measured}" for result in wanted)
    return f"Refused by {names}: this cannot be applied as it is. If all of it is meant: {command}{consents}"
