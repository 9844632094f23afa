"""The requests of a plan as text: what apply would send, in order, with secrets as references."""

import json
from collections.abc import Iterator
from typing import Any

from reconciler.control_plane import codec
from reconciler.kinds import kind_named
from reconciler.model.secret import SecretRef
from reconciler.plan.action import Action
from reconciler.plan.change import Change
from reconciler.plan.plan import Plan
from reconciler.reports.diagnostics import escaped


def render(plan: Plan) -> str:
    """One line a request; an update shows the managed members that it writes over a fresh read."""
    return "\n".join(line for change in plan.changes for line in _lines(change)) or "No requests."


def _lines(change: Change) -> Iterator[str]:
    kind = kind_named(change.address.kind)
    base = f"/{kind.wire.collection}"
    live = f"{base}/{escaped(change.live_moniker or '')}"
    if change.action in {Action.DELETE, Action.REPLACE}:
        yield f"DELETE {live}"
    if change.action in {Action.CREATE, Action.REPLACE} and change.after is not None:
        yield f"POST {base} {_json(codec.body(kind, change.after, change.address.name, for_update=False))}"
        yield from _items(change, {}, f"{base}/{change.address.name}")
    if change.action is Action.UPDATE:
        outside = [field for field in change.fields if field.path.split("[")[0].split(".")[0] not in kind.item_paths]
        if outside:
            yield f"PUT {live} {_json(codec.body(kind, change.after or {}, change.address.name, for_update=True))}"
        yield from _items(change, change.before or {}, live)


def _items(change: Change, before: Any, path: str) -> Iterator[str]:
    kind = kind_named(change.address.kind)
    for part in kind.wire.items:
        if not any(name in (change.after or {}) for name in part.paths):
            continue
        added, removed = codec.differing_items(part, before, change.after or {})
        for item in added.values():
            yield f"POST {path}/{part.segment} {_json(item)}"
        for identity in removed:
            yield f"DELETE {path}/{part.segment}/{escaped('/'.join(map(str, identity)))}"


def _json(value: Any) -> str:
    return escaped(json.dumps(value, ensure_ascii=False, default=_secret))


def _secret(value: object) -> str:
    return f"(secret from {value})" if isinstance(value, SecretRef) else "***"
