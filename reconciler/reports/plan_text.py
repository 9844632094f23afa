"""A plan as text, for a terminal: five answers and every refusal first, then by danger, totals last."""

from collections.abc import Iterator, Mapping, Sequence

from reconciler.model.address import Address
from reconciler.plan.action import Action
from reconciler.plan.authorship import NOBODY, Authorship
from reconciler.plan.plan import Drift, GuardResult, Plan, Verdict
from reconciler.reports.diagnostics import escaped
from reconciler.reports.diagnostics import render as listed
from reconciler.reports.field_text import changed
from reconciler.reports.first_screen import QUESTIONS, answered
from reconciler.reports.item_text import blocks
from reconciler.reports.plan_view import Going, PlanView
from reconciler.reports.provenance_text import left_out_blocks, provenance_blocks
from reconciler.reports.roster_text import drift_of_sims, resting, sims, totals
from reconciler.reports.status_text import status
from reconciler.reports.style import Paint, painted, plain
from reconciler.reports.traffic import traffic_text
from reconciler.reports.verdicts import HEADINGS, row_of, word_of
from reconciler.reports.waiver_text import waiver_blocks

_STYLES = {Going.OK: "add", Going.NEEDS_CONSENT: "change", Going.REFUSED: "remove"}
_GUARD_STYLES = {
    Verdict.DENY: "remove",
    Verdict.ALLOWED: "change",
    Verdict.WAIVED: "change",
    Verdict.WARN: "change",
    Verdict.PASS: "note",
}
_MOST_UNMANAGED = 10
CONTRACT = "Programs read --output json; the words of this text may change."


def render(view: PlanView, *, colour: bool = False, verbose: bool = False) -> str:
    """The whole report. The same view gives the same text."""
    paint = painted if colour else plain
    found = ["\n".join(_answers(view, paint)), *_refusals(view.verdicts, paint)]
    for title, sentences in view.lists:
        if sentences:
            found.append("\n".join([paint(title, "strong"), *(f"  {escaped(sentence)}" for sentence in sentences)]))
    if view.plan is None and view.context.diagnostics:
        found.append(listed(view.context.diagnostics, {}).rstrip("\n"))
    for section in view.sections:
        found.append(paint(str(section.danger), "strong"))
        for item in section.items:
            found.extend(blocks(item, view, paint, verbose=verbose))
    found.append(traffic_text(view.traffic, paint))
    if view.plan is not None:
        found.extend(provenance_blocks(view.plan, paint))
        found.extend(left_out_blocks(view.plan, paint))
        found.extend(waiver_blocks(view.plan, paint))
    found.extend(_drift(view, paint))
    if view.plan is not None:
        found.append(unmanaged_text(view.plan, paint))
        found.append("\n".join(_guards(view, paint)))
        found.append(summary(view.plan, paint))
        platform = escaped(view.plan.basis.account.platform)
        found.append(f"Platform: {platform}\nDigest: {view.digest}\n{CONTRACT}")
    return "\n\n".join(filter(None, found))


def _answers(view: PlanView, paint: Paint) -> Iterator[str]:
    width = max(map(len, QUESTIONS))
    for question, answer in zip(QUESTIONS, answered(view), strict=False):
        style = _STYLES[view.answers.going] if question is QUESTIONS[0] else "strong"
        yield f"{question:<{width}}  {paint(answer, style)}"
    if not answered(view):
        yield paint(status(view), "strong")
    if view.plan is None and view.answers.why:
        yield escaped(view.answers.why)
        if view.answers.next_step:
            yield f"  hint: {escaped(view.answers.next_step)}"


def _refusals(verdicts: Sequence[GuardResult], paint: Paint) -> Iterator[str]:
    """Every verdict that is more than a pass, in full: the worst first, and none left out."""
    for result in verdicts:
        if result.verdict is Verdict.PASS:
            continue
        head = paint(word_of(result), _GUARD_STYLES[result.verdict])
        lines = [f"{head} [{escaped(result.guard)}] {escaped(result.message)}"]
        if result.next_step:
            lines.append(f"  hint: {escaped(result.next_step)}")
        yield "\n".join(lines)


def _guards(view: PlanView, paint: Paint) -> Iterator[str]:
    """All guards in one table: the verdict, the number and the limit of each."""
    rows = [row_of(result) for result in view.verdicts]
    if not rows:
        return
    guards, words, numbers, limits = (max(map(len, column)) for column in zip(HEADINGS, *rows, strict=True))
    yield paint("Guards", "strong")
    yield f"  {HEADINGS[0]:<{guards}}  {HEADINGS[1]:<{words}}  {HEADINGS[2]:>{numbers}}  {HEADINGS[3]:>{limits}}"
    for result, (guard, word, number, limit) in zip(view.verdicts, rows, strict=True):
        shown = paint(f"{word:<{words}}", _GUARD_STYLES[result.verdict])
        yield f"  {guard:<{guards}}  {shown}  {number:>{numbers}}  {limit:>{limits}}"


def summary(plan: Plan, paint: Paint = plain) -> str:
    """The totals in one or two lines."""
    counts = plan.counts
    plain = sum(change.is_plain_adoption for change in plan.changes)
    edited = sum(change.adopts for change in plan.changes)
    adopted = plain + edited
    marked = counts[Action.ADOPT] - adopted
    if plan.is_empty:
        with_sims = f" and {sims(plan.roster.unchanged)}" if plan.roster.unchanged else ""
        is_single = plan.unchanged == 1 and not with_sims
        text = f"No changes. {_objects(plan.unchanged)}{with_sims} match{'es' if is_single else ''} the manifests."
        if plan.uncompared:
            text = f"Nothing else differs in {_objects(plan.unchanged)}{with_sims}."
        if not plan.unchanged and not plan.roster.managed:
            text = "No changes, and nothing to change: nothing is declared here, and this estate owns nothing."
        if plan.objections():
            text = f"Refused: nothing will be done. {_objects(plan.unchanged)}{with_sims} unchanged."
        if line := resting(plan.roster):
            text += f"\n{line}"
        return paint(text.split("\n")[0], "strong") + text[len(text.split("\n")[0]) :]
    numbers = [
        f"{counts[Action.CREATE]} to add",
        f"{counts[Action.UPDATE]} to change",
        f"{counts[Action.REPLACE]} to replace",
        f"{counts[Action.DELETE]} to destroy",
    ]
    if adopted:
        numbers.append(f"{adopted} to adopt" + (f" ({edited} of them changed as well)" if edited else ""))
    if marked:
        numbers.append(f"{marked} to mark")
    if counts[Action.FORGET]:
        numbers.append(f"{counts[Action.FORGET]} to forget")
    text = paint(f"Plan: {', '.join(numbers)}.", "strong")
    text += f" {plan.unchanged} unchanged."
    if line := totals(plan.roster):
        text += f"\n{paint(line, 'strong')}"
    if line := resting(plan.roster):
        text += f"\n{line}"
    return f"{text}\nImpact: {plan.sims_touched:,} of {plan.sims:,} SIMs."


def _objects(count: int) -> str:
    return f"{count:,} object{'' if count == 1 else 's'}"


def _drift(view: PlanView, paint: Paint) -> Iterator[str]:
    if view.drift:
        yield drift_text(view.drift, paint)
    if view.context.sim_drift:
        yield "\n".join(drift_of_sims(view.context.sim_drift))


def drift_text(drift: Sequence[Drift], paint: Paint = plain, authors: Mapping[Address, Authorship] = NOBODY) -> str:
    """The changes on the platform since the last apply."""
    lines = [paint("Drift since the last apply", "strong")]
    for found in drift:
        author = f"  changed {escaped(str(authors[found.address]))}" if found.address in authors else ""
        lines.append(f"  {escaped(str(found.address))}{' is gone' if found.vanished else ''}{author}")
        lines.extend(changed(found.address.kind, found.fields, paint))
    return "\n".join(lines)


def unmanaged_text(plan: Plan, paint: Paint) -> str:
    """The live objects that are left alone; empty for none."""
    if not plan.unmanaged:
        return ""
    count = len(plan.unmanaged)
    verb = "is" if count == 1 else "are"
    title = f"Unmanaged: {_objects(count)} on the platform {verb} neither declared nor ours, and {verb} left alone"
    lines = [paint(title, "strong")]
    for item in plan.unmanaged[:_MOST_UNMANAGED]:
        sims = f"  {item.sims:,} SIMs" if item.sims else ""
        owner = f"  of the estate {escaped(item.owner)}" if item.owner else ""
        lines.append(f"    {escaped(str(item.address))}{sims}{owner}")
    if count > _MOST_UNMANAGED:
        lines.append(f"    and {count - _MOST_UNMANAGED} more")
    return "\n".join(lines)
