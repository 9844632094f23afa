"""A plan as text, for a terminal: guards and danger first, then everything else, totals last."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from reconciler.model.destinations import is_loopback
from reconciler.plan.action import Action
from reconciler.plan.change import Change, ReasonCode, Reversibility, entries_of
from reconciler.plan.flows import flows_of, peers_of
from reconciler.plan.not_compared import Uncompared
from reconciler.plan.plan import Drift, GuardResult, Plan, Verdict
from reconciler.reports.diagnostics import escaped
from reconciler.reports.field_text import changed, created
from reconciler.reports.roster_text import resting, roster_blocks, sims, totals
from reconciler.reports.style import Paint, painted, plain

_STYLES = {
    Action.CREATE: "add",
    Action.UPDATE: "change",
    Action.REPLACE: "remove",
    Action.DELETE: "remove",
    Action.ADOPT: "note",
    Action.FORGET: "note",
}
_SECTIONS = (
    (Reversibility.IRREVERSIBLE, "Irreversible"),
    (Reversibility.DESTRUCTIVE, "Destructive"),
    (Reversibility.DISRUPTIVE, "Reaches SIMs"),
    (Reversibility.REVERSIBLE, "Changes"),
)
_MOST_UNMANAGED = 10
_MOST_NAMED = 5
_ROLL_UP_FROM = 4
_VERDICTS = {
    Verdict.DENY: ("REFUSED", "remove"),
    Verdict.ALLOWED: ("ALLOWED", "change"),
    Verdict.WARN: ("WARNING", "change"),
}


def render(plan: Plan, digest: str, *, colour: bool = False, verbose: bool = False) -> str:
    """The whole plan. The same plan gives the same text."""
    paint = painted if colour else plain
    blocks = [*_guards((*plan.guards, *plan.verdicts), paint)]
    if plan.changes:
        listed = plan.changes
        for grade, title in _SECTIONS:
            chosen = [change for change in listed if change.reversibility is grade]
            if chosen:
                blocks.append(paint(title, "strong"))
                blocks.extend(_changes(chosen, paint, verbose=verbose))
    blocks.extend(roster_blocks(plan.roster, paint, verbose=verbose))
    blocks.extend(_drift(plan.drift, paint))
    blocks.extend(_unmanaged(plan, paint))
    blocks.append(summary(plan, paint))
    blocks.append(f"Platform: {escaped(plan.basis.account.platform)}\nDigest: {digest}")
    return "\n\n".join(blocks)


def summary(plan: Plan, paint: Paint = plain) -> str:
    """The totals in one or two lines."""
    counts = plan.counts
    plain = sum(change.is_plain_adoption for change in plan.changes)
    edited = sum(change.adopts for change in plan.changes)
    adopted = plain + edited
    marked = counts[Action.ADOPT] - adopted
    uncompared = f"{not_compared(plan)}\n" if plan.uncompared else ""
    if plan.is_empty:
        with_sims = f" and {sims(plan.roster.unchanged)}" if plan.roster.unchanged else ""
        is_single = plan.unchanged == 1 and not with_sims
        text = f"No changes. {_objects(plan.unchanged)}{with_sims} match{'es' if is_single else ''} the manifests."
        if uncompared:
            text = f"{uncompared}Nothing else differs in {_objects(plan.unchanged)}{with_sims}."
        if not plan.unchanged and not plan.roster.managed:
            text = "No changes, and nothing to change: nothing is declared here, and this estate owns nothing."
        if plan.objections():
            text = f"{uncompared}Refused: nothing will be done. {_objects(plan.unchanged)}{with_sims} unchanged."
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
    return f"{uncompared}{text}\nImpact: {plan.sims_touched:,} of {plan.sims:,} SIMs."


def not_compared(plan: Plan) -> str:
    """The secrets that the plan says nothing about, what they are for, and why."""
    found = [_not_compared(item) for item in plan.uncompared]
    more = f", and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    noun = "secret" if len(found) == 1 else "secrets"
    return escaped(f"{len(found):,} {noun} not compared: {', '.join(found[:_MOST_NAMED])}{more}.")


def _not_compared(item: Uncompared) -> str:
    why = "is not available" if item.is_missing else "has no key to compare it under before the first apply"
    return f"{item.reference or 'the URL in the manifest'} ({item.address} {item.field}) {why}"


def _objects(count: int) -> str:
    return f"{count:,} object{'' if count == 1 else 's'}"


def _guards(guards: Sequence[GuardResult], paint: Paint) -> Iterator[str]:
    for result in guards:
        if result.verdict is Verdict.PASS:
            continue
        word, style = _VERDICTS[result.verdict]
        head = paint(word, style)
        lines = [f"{head} [{escaped(result.guard)}] {escaped(result.message)}"]
        if result.next_step:
            lines.append(f"  hint: {escaped(result.next_step)}")
        yield "\n".join(lines)


def _changes(changes: Sequence[Change], paint: Paint, *, verbose: bool) -> Iterator[str]:
    for _, alike in groupby(changes, key=_likeness):
        members = list(alike)
        if len(members) >= _ROLL_UP_FROM and _rolls_up(members[0]) and not verbose:
            yield _rolled_up(members, paint)
            continue
        for entry in entries_of(members):
            yield from _change(entry, paint)


def _rolls_up(change: Change) -> bool:
    return change.action is Action.UPDATE or change.is_plain_adoption


def _likeness(change: Change) -> tuple[str, str, str, bool]:
    return change.address.kind, change.action.value, repr(change.fields), change.adopts or change.is_plain_adoption


def _rolled_up(changes: Sequence[Change], paint: Paint) -> str:
    first = changes[0]
    reached = sum(change.impact.sims for change in changes)
    head = (
        f"  {paint(first.action.symbol, _STYLES[first.action])} {len(changes)} × {first.address.kind}: "
        f"{'adopted as they are' if first.is_plain_adoption else 'the same change'}"
        f"{', and adopted' if first.adopts else ''}"
    )
    names = ", ".join(escaped(change.address.name) for change in changes[:_MOST_NAMED])
    more = f" and {len(changes) - _MOST_NAMED} more (--verbose lists all)" if len(changes) > _MOST_NAMED else ""
    lines = [head + (f"  ({sims(reached)})" if reached else ""), f"      on {names}{more}"]
    return "\n".join([*lines, *changed(first.address.kind, first.fields, paint)])


def _change(change: Change, paint: Paint) -> Iterator[str]:
    style = _STYLES[change.action]
    lines = []
    head = f"{change.action.symbol:>3} {escaped(str(change.address))}"
    future = "stays ours" if change.reason.code is ReasonCode.LIFECYCLE else change.action.future
    lines.append(f"{paint(head, style)} {future}{_source(change, paint)}")
    if change.action.is_destructive and change.live_moniker not in {None, change.address.name}:
        lines.append(f"      it is called {escaped(str(change.live_moniker))} on the platform")
    if change.impact.sims:
        lines.append(f"      {paint(sims(change.impact.sims), 'strong')}, {change.impact.effect}")
    elif change.impact.effect:
        lines.append(f"      {change.impact.effect}")
    if change.action is not Action.CREATE:
        rule = f" ({escaped(change.reason.rule)})" if change.reason.rule else ""
        lines.append(f"      {paint(f'because {escaped(change.reason.text)}{rule}', 'note')}")
    if change.action in {Action.UPDATE, Action.REPLACE}:
        lines.extend(changed(change.address.kind, change.fields, paint))
    elif change.action is Action.CREATE and change.after is not None:
        lines.extend(created(change.address.kind, change.after, paint))
    lines.extend(f"      {line}" for line in _life(change))
    lines.extend(f"      {escaped(line)}" for line in _hosts(change))
    if change.unmanaged_members:
        many = "member is" if change.unmanaged_members == 1 else "members are"
        lines.append(f"      {change.unmanaged_members} unmanaged {many} carried along")
    lines.extend(f"      {escaped(note)}" for note in change.notes)
    yield "\n".join(lines)


def _life(change: Change) -> Iterator[str]:
    """The facts of the object's life that the inventory will remember (S19)."""
    if change.action in {Action.DELETE, Action.FORGET}:
        return
    if change.protect:
        yield "it is protected: no plan deletes or replaces it"
    if change.retain:
        yield "it is kept on the platform when it leaves the manifests"
    if change.reason.code is ReasonCode.LIFECYCLE and not (change.protect or change.retain):
        yield "it is neither protected nor kept from then on"


def _hosts(change: Change) -> Iterator[str]:
    """Where secrets and traffic go from this change on, in clear."""
    for peer in peers_of(change):
        own = ", which is the platform's own machine" if is_loopback(peer.after) else ""
        yield f"! {peer.field} goes to {peer.after}{own}" + (f", so far to {peer.before}" if peer.before else "")
    for flow in flows_of(change):
        yield f"! the secret from {flow.reference} goes into {flow.field}, to {flow.host}"


def _source(change: Change, paint: Paint) -> str:
    return f"  {paint(escaped(change.reason.source), 'note')}" if change.reason.source else ""


def _drift(drift: Sequence[Drift], paint: Paint) -> Iterator[str]:
    if drift:
        yield drift_text(drift, paint)


def drift_text(drift: Sequence[Drift], paint: Paint = plain) -> str:
    """The changes on the platform since the last apply."""
    lines = [paint("Drift since the last apply", "strong")]
    for found in drift:
        lines.append(f"  {escaped(str(found.address))}{' is gone' if found.vanished else ''}")
        lines.extend(changed(found.address.kind, found.fields, paint))
    return "\n".join(lines)


def _unmanaged(plan: Plan, paint: Paint) -> Iterator[str]:
    if not plan.unmanaged:
        return
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
    yield "\n".join(lines)
