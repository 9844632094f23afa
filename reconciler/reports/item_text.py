"""The items of a report as blocks of lines, which text, Markdown and HTML share: one change, or several rolled up."""

from collections.abc import Iterator, Sequence

from reconciler.kinds import kind_named
from reconciler.model.destinations import is_loopback
from reconciler.plan.action import Action
from reconciler.plan.change import Change, ReasonCode, entries_of
from reconciler.plan.flows import flows_of, peers_of
from reconciler.plan.widened_space import widened_by
from reconciler.reports.diagnostics import escaped
from reconciler.reports.field_text import changed, created
from reconciler.reports.plan_view import PlanView, ReportItem
from reconciler.reports.provenance_text import TITLES
from reconciler.reports.roster_text import action_block, edits_block, sims
from reconciler.reports.style import Paint
from reconciler.reports.values import place_at, shown

_STYLES = {
    Action.CREATE: "add",
    Action.UPDATE: "change",
    Action.REPLACE: "remove",
    Action.DELETE: "remove",
    Action.ADOPT: "note",
    Action.FORGET: "note",
}
_MOST_NAMED = 5
_MOST_FILES = 3


def blocks(item: ReportItem, view: PlanView, paint: Paint, *, verbose: bool) -> Iterator[str]:
    """The blocks of one item; with `verbose` each change of a roll-up has its own."""
    plan = view.plan
    if plan is not None and item.sims is not None:
        yield action_block(item.sims, plan.roster, paint, verbose=verbose)
    elif item.edits is not None:
        yield edits_block(item.edits, paint, verbose=verbose)
    elif len(item.changes) > 1 and not verbose:
        yield _rolled_up(item, paint)
    else:
        for entry in entries_of(item.changes):
            yield _change(entry, view, paint)


def _rolled_up(item: ReportItem, paint: Paint) -> str:
    first, changes = item.changes[0], item.changes
    reached = sum(change.impact.sims for change in changes)
    same = "adopted as they are" if first.is_plain_adoption else "the same change"
    sign = paint(f"{first.action.symbol:>3}", _STYLES[first.action])
    head = f"{sign} {len(changes):,} × {first.address.kind}: {same}{', and adopted' if first.adopts else ''}"
    names = ", ".join(escaped(change.address.name) for change in changes[:_MOST_NAMED])
    more = f" and {len(changes) - _MOST_NAMED:,} more (--verbose lists all)" if len(changes) > _MOST_NAMED else ""
    lines = [head + (f"  ({sims(reached)})" if reached else ""), f"      on {names}{more}"]
    if item.files:
        lines.append(f"      in {_listed(item.files)}")
    return "\n".join([*lines, *changed(first.address.kind, first.fields, paint)])


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_FILES:,} more files" if len(names) > _MOST_FILES else ""
    return f"{', '.join(map(escaped, names[:_MOST_FILES]))}{more}"


def _change(change: Change, view: PlanView, paint: Paint) -> str:
    style = _STYLES[change.action]
    lines = []
    head = f"{change.action.symbol:>3} {escaped(str(change.address))}"
    is_marked = change.action is Action.ADOPT and not change.is_plain_adoption
    future = "stays ours" if is_marked else change.action.future
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
    if (whose := view.provenances.get(change.address)) is not None:
        lines.append(f"      {TITLES[whose]}")
    if change.action in {Action.UPDATE, Action.REPLACE}:
        lines.extend(changed(change.address.kind, change.fields, paint))
    elif change.action is Action.CREATE and change.after is not None:
        lines.extend(created(change.address.kind, change.after, paint))
    lines.extend(f"      {line}" for line in _released(change))
    lines.extend(f"      {line}" for line in _life(change))
    lines.extend(f"      {escaped(line)}" for line in _hosts(change))
    if change.unmanaged_members:
        many = "member is" if change.unmanaged_members == 1 else "members are"
        lines.append(f"      {change.unmanaged_members} unmanaged {many} carried along")
    lines.extend(f"      {escaped(note)}" for note in change.notes)
    return "\n".join(lines)


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


def _released(change: Change) -> Iterator[str]:
    """The fields that the manifest no longer states, with the values that stay."""
    shape = kind_named(change.address.kind).shape
    for path, value in change.released.items():
        stays = "stays empty" if value is None else f"stays {shown(value, place_at(shape, path))}"
        yield f"{escaped(path)} is released: it {stays} on the platform, and is not managed from then on"


def _hosts(change: Change) -> Iterator[str]:
    """Where secrets and traffic go from this change on, in clear."""
    for peer in peers_of(change):
        own = ", which is the platform's own machine" if is_loopback(peer.after) else ""
        yield f"! {peer.field} goes to {peer.after}{own}" + (f", so far to {peer.before}" if peer.before else "")
    for wide in widened_by(change):
        after, before = ", ".join(wide.after), ", ".join(wide.before) or "nothing"
        yield f"! {wide.field} takes in more addresses: {after}, so far {before}"
    for flow in flows_of(change):
        yield f"! the secret from {flow.reference} goes into {flow.field}, to {flow.host}"


def _source(change: Change, paint: Paint) -> str:
    return f"  {paint(escaped(change.reason.source), 'note')}" if change.reason.source else ""
