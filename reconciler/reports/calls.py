"""The requests of a plan as text: what apply would send, in order, with secrets as references."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from reconciler.control_plane import codec
from reconciler.control_plane.sim_writes import Write
from reconciler.kinds import kind_named
from reconciler.model.json_text import json_text
from reconciler.model.secret import SecretRef
from reconciler.model.wire import Items
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.plan import Plan
from reconciler.reports.diagnostics import escaped
from reconciler.reports.roster_text import short

_ENDING = {Action.DELETE, Action.FORGET}
_MOST_NAMED = 3


def render(plan: Plan, sims: Iterable[Write] = ()) -> str:
    """
    One line a request, in order; an update shows the managed members that it writes over a fresh read.

    `sims` are the requests on SIMs: they are sent after the upserts and before the deletions.
    """
    ending = len(plan.changes)
    while ending and plan.changes[ending - 1].action in _ENDING:
        ending -= 1
    lines = [line for change in plan.changes[:ending] for line in _lines(change)]
    lines += [_sim_line(*write) for write in sims]
    lines += [line for change in plan.changes[ending:] for line in _lines(change)]
    return "\n".join(lines) or "No requests."


def _sim_line(method: str, path: str, content: Mapping[str, Any]) -> str:
    parts = [short(part) if part.isdigit() else part for part in path.split("/")]
    body = {**content}
    if isinstance(iccid := body.get("iccid"), str):
        body["iccid"] = short(iccid)
    if isinstance(many := body.get("endpoints"), list):
        more = [f"and {len(many) - _MOST_NAMED:,} more"] if len(many) > _MOST_NAMED else []
        body["endpoints"] = [*map(short, many[:_MOST_NAMED]), *more]
    return f"{method} {escaped('/'.join(parts))} {_json(body)}"


def _lines(change: Change) -> Iterator[str]:
    kind = kind_named(change.address.kind)
    base = f"/{kind.wire.collection}"
    live = f"{base}/{escaped(change.live_moniker or '')}"
    if change.action in {Action.DELETE, Action.REPLACE}:
        yield f"DELETE {live}"
    if change.action in {Action.CREATE, Action.REPLACE} and change.after is not None:
        body = codec.body(kind, change.after, change.address.name, for_update=False)
        carried = [part for part in kind.wire.items if part.member]
        for part in carried:
            items = list(part.encode(change.after).values())
            if items:
                body[str(part.member)] = items
        yield f"POST {base} {_json(body)}"
        yield from _items(change, {}, f"{base}/{change.address.name}", skipped=carried)
    if change.action is Action.UPDATE:
        outside = [field for field in change.fields if field.path.split("[")[0].split(".")[0] not in kind.item_paths]
        if outside:
            yield f"PUT {live} {_json(codec.body(kind, change.after or {}, change.address.name, for_update=True))}"
        yield from _items(change, change.before or {}, live)


def _items(change: Change, before: Any, path: str, *, skipped: Collection[Items] = ()) -> Iterator[str]:
    kind = kind_named(change.address.kind)
    for part in kind.wire.items:
        if part in skipped or not any(name in (change.after or {}) for name in part.paths):
            continue
        added, removed = codec.differing_items(part, before, change.after or {})
        # The first one of a new object is part of its own body.
        new = list(added.values())[1 if part.fixed_first and not before else 0 :]
        for item in new:
            yield f"POST {path}/{part.segment} {_json(item)}"
        for identity in removed:
            yield f"DELETE {path}/{part.segment}/{escaped('/'.join(map(str, identity)))}"


def _json(value: Any) -> str:
    return escaped(json_text(value, default=_secret))


def _secret(value: object) -> str:
    return f"(secret from {value})" if isinstance(value, SecretRef) else "***"
