"""Every kind, every managed field: changed, removed or recreated after the plan was made, nothing is sent (I7, T8)."""

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.apply.preconditions import Goal, Position, deletion_position, position
from reconciler.diffing.canonical import created, with_secrets
from reconciler.kinds import kind_named, object_kinds
from reconciler.model.resource import Resource
from reconciler.model.secret import keyed_digester
from reconciler.model.snapshot import Observed
from reconciler.operations import check
from reconciler.plan.action import Action
from reconciler.plan.change import Change, Reason, ReasonCode

EXAMPLES = Path(__file__).parents[2] / "examples"


_DIGEST = keyed_digester(b"a key for tests")


def _live(one: Resource) -> Observed:
    """The declared object as the platform answers it, secrets as digests."""
    kind = kind_named(one.address.kind)
    spec = with_secrets(kind, created(kind, one.address.name, one.spec), lambda _, value: _DIGEST(str(value)))
    return Observed(one.address, f"id of {one.address}", spec)


def _declared() -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = {}
    for folder in (EXAMPLES / "vantiq", *sorted((EXAMPLES / "kinds").iterdir())):
        if not folder.is_dir():
            continue
        for one in check(folder, remember=False).loaded.built.estate.values():
            if one.address.kind in object_kinds():
                found.setdefault(one.address.kind, []).append(one)
    return found


DECLARED = _declared()
ROWS = [
    (number, kind, name)
    for kind, found in sorted(DECLARED.items())
    for number, one in enumerate(found)
    for name in one.spec
    # An empty block or list has nothing in it that could move.
    if one.spec[name] not in ({}, []) and name not in {other for earlier in found[:number] for other in earlier.spec}
]


def _goals(one: Resource, name: str) -> tuple[Goal, Goal, Observed]:
    """An update and a deletion of an object as it is declared, and the object."""
    seen = _live(one)
    kind = kind_named(one.address.kind)
    before = {field: seen.spec.get(field) for field in one.spec}
    other = "displayName" if name != "displayName" else next((each for each in one.spec if each != name), "displayName")
    after = {**before, other: _another(before.get(other))}
    reason = Reason(ReasonCode.CHANGED, "it was edited")
    update = Change(
        one.address, Action.UPDATE, before, after, reason, remote_id=seen.remote_id, live_moniker=one.address.name
    )
    delete = Change(
        one.address, Action.DELETE, before, None, reason, remote_id=seen.remote_id, live_moniker=one.address.name
    )
    assert kind.name == one.address.kind
    return Goal(update, {}, _DIGEST), Goal(delete, {}, _DIGEST), seen


def _another(value: Any) -> Any:
    """A value that is certainly another one."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str() | None:
            return f"{value} and something else"
        case list():
            return value[:-1] if value else [_another("")]
        case _:
            return {name: _another(inner) for name, inner in value.items()}


@pytest.mark.parametrize(("number", "kind", "name"), ROWS, ids=[f"{kind}.{name}-{n}" for n, kind, name in ROWS])
def test_a_field_that_moved_makes_a_plan_stale(number: int, kind: str, name: str) -> None:
    """An object one of whose managed fields is another one is neither as the plan saw it nor as it wants it."""
    update, delete, seen = _goals(DECLARED[kind][number], name)
    assert position(update, seen) is Position.BEFORE
    assert deletion_position(delete, seen) is Position.BEFORE
    moved = seen._replace(spec={**seen.spec, name: _another(json.loads(json.dumps(seen.spec.get(name))))})
    assert position(update, moved) not in {Position.BEFORE, Position.AFTER}
    assert deletion_position(delete, moved) is not Position.BEFORE


@pytest.mark.parametrize("kind", sorted(DECLARED))
def test_an_object_that_is_gone_is_absent(kind: str) -> None:
    """What was removed is absent for every kind, whether it was to be changed or deleted."""
    update, delete, _ = _goals(DECLARED[kind][0], "displayName")
    assert position(update, None) is Position.ABSENT
    assert deletion_position(delete, None) is Position.ABSENT


def test_the_table_has_every_kind() -> None:
    """A new kind without an example is noticed."""
    assert set(DECLARED) == set(object_kinds())
    assert len(ROWS) > 40
