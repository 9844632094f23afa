"""
The journal: requests that were intended, what was seen of them, and what was decided.

Decisions are fenced by the caller; facts are taken from anybody, appended, and chained by digest.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, bindparam, insert, or_, select, true, update

from reconciler.model.address import Address
from reconciler.store.records import (
    ADOPTABLE,
    UNRESOLVED,
    ActionRecord,
    ActionState,
    Claim,
    Epoch,
    Fact,
    Intent,
    LedgerState,
    RunRecord,
)
from reconciler.store.rows import encoded, intent_of
from reconciler.store.tables import ACTION, FACT, META, PLAN_LEDGER, RUN
from reconciler.store.writing import Prepared, upsert

CREATE = "create"
FACTS_AFTER = "facts_after"
"""The name of the digest, in `meta`, that the first fact of a pruned chain follows."""

LONGEST_FACT = 300
_EFFECTIVE = frozenset({ActionState.DONE.value, ActionState.ADOPTED.value})
_LINKED = ("action_id", "attempt", "epoch", "what", "http_status", "remote_id", "at")


def _in(states: Iterable[ActionState]) -> Any:
    # Not SQL's IN, whose list would have to be made anew for each request, and cannot be used for many rows at once.
    return or_(*(ACTION.c.state == state.value for state in sorted(states)))


def _of(table: Table, estate: str | None) -> ColumnElement[bool]:
    return true() if estate is None else table.c.estate == estate


_INTEND = Prepared(
    lambda name: upsert(name, ACTION, ("action_id",), {"attempts": ACTION.c.attempts + 1}, ("remote_id",))
)
_DECIDE = Prepared(
    lambda _: (
        update(ACTION)
        .where(ACTION.c.action_id == bindparam("chosen"))
        .values(state=bindparam("to"), updated=bindparam("now"))
    )
)
_CREATED = ACTION.alias("created")
_OVERTAKE = Prepared(
    lambda _: (
        update(ACTION)
        .where(
            ACTION.c.natural_key
            == select(_CREATED.c.natural_key)
            .where((_CREATED.c.action_id == bindparam("chosen")) & (_CREATED.c.op == CREATE))
            .scalar_subquery(),
            ACTION.c.action_id != bindparam("chosen"),
            _in(ADOPTABLE),
        )
        .values(state=ActionState.MOOT.value, updated=bindparam("now"))
    )
)
_GUARD = Prepared(lambda _: select(META.c.value).where(META.c.key == "lineage").with_for_update())
_LAST_LINK = Prepared(lambda _: select(FACT.c.sha).order_by(FACT.c.id.desc()).limit(1))
_APPEND = Prepared(lambda _: insert(FACT).values({name: bindparam(name) for name in (*_LINKED, "prev_sha", "sha")}))


def intend(connection: Connection, now: float, intents: Sequence[tuple[Epoch, Intent]], *, estate: str) -> None:
    """Write intents of runs of an estate; one that is there already is attempted once more."""
    rows = [
        _columns(intent)
        | {
            "estate": estate,
            "run_id": epoch.run_id,
            "state": ActionState.INTENT.value,
            "attempts": 1,
            "epoch": epoch.number,
            "updated": now,
        }
        for epoch, intent in intents
    ]
    _INTEND.run(connection, rows)


def _columns(intent: Intent) -> dict[str, Any]:
    return {
        "action_id": intent.action_id,
        "seq": intent.seq,
        "plan_sha": intent.plan_digest,
        "op": intent.verb,
        "addr": str(intent.address),
        "moniker": intent.moniker,
        "natural_key": intent.natural_key,
        "remote_id": intent.remote_id,
        "segment": intent.segment,
        "items": encoded(intent.items),
        "wanted": encoded(intent.wanted),
        "pre_fp": intent.fingerprint,
        "source": intent.source,
        "protect": intent.protect,
        "retain": intent.retain,
    }


def _record(row: RowMapping) -> ActionRecord:
    return ActionRecord(
        intent=intent_of(dict(row)),
        run_id=row["run_id"],
        state=ActionState(row["state"]),
        attempts=row["attempts"],
        epoch=row["epoch"],
        updated=row["updated"],
    )


def decide(connection: Connection, now: float, states: Sequence[tuple[str, ActionState]]) -> None:
    """
    Write the outcome of actions.

    When a create took effect, older intents for the same object are moot: the platform refuses a second object of
    that name.
    """
    rows = [{"chosen": action_id, "to": state.value, "now": now} for action_id, state in states]
    _DECIDE.run(connection, rows)
    _OVERTAKE.run(connection, [{"chosen": row["chosen"], "now": now} for row in rows if row["to"] in _EFFECTIVE])


def append_facts(connection: Connection, at: str, facts: Sequence[Fact]) -> None:
    """Append what was seen; the digest of each covers the digest of the one before."""
    if not facts:
        return
    if connection.dialect.name != "sqlite":
        # Any row that always exists will do to keep two writers from appending after the same fact.
        _GUARD.first(connection, {})
    last = _LAST_LINK.first(connection, {})
    previous = str(last[0]) if last else ""
    rows = []
    for fact in facts:
        values = {
            "action_id": fact.action_id,
            "attempt": fact.attempt,
            "epoch": fact.epoch,
            "what": fact.what[:LONGEST_FACT],
            "http_status": fact.http_status,
            "remote_id": fact.remote_id,
            "at": at,
        }
        link = _link(previous, values)
        rows.append(values | {"prev_sha": previous, "sha": link})
        previous = link
    _APPEND.run(connection, rows)


def _link(previous: str, values: Mapping[str, Any]) -> str:
    return hashlib.sha256((previous + encoded(values)).encode()).hexdigest()


def facts(connection: Connection) -> list[Fact]:
    """All facts, oldest first."""
    return [
        Fact(
            action_id=row["action_id"],
            attempt=row["attempt"],
            epoch=row["epoch"],
            what=row["what"],
            http_status=row["http_status"],
            remote_id=row["remote_id"],
        )
        for row in connection.execute(select(FACT).order_by(FACT.c.id)).mappings()
    ]


def facts_are_intact(connection: Connection) -> bool:
    """Whether no fact was changed, removed but by pruning, or added behind our back."""
    # One statement, so that a pruning meanwhile is seen whole or not at all.
    after = select(META.c.value).where(META.c.key == FACTS_AFTER).scalar_subquery()
    previous = None
    for row in connection.execute(select(FACT, after.label("after")).order_by(FACT.c.id)).mappings():
        previous = previous or row["after"] or ""
        values = {name: row[name] for name in _LINKED}
        if row["prev_sha"] != previous or row["sha"] != _link(previous, values):
            return False
        previous = row["sha"]
    return True


def unresolved(connection: Connection, estate: str | None) -> list[ActionRecord]:
    """Actions of an estate whose outcome is not known, oldest first; of all estates with None."""
    query = select(ACTION).where(_in(UNRESOLVED), _of(ACTION, estate)).order_by(ACTION.c.updated, ACTION.c.action_id)
    return [_record(row) for row in connection.execute(query).mappings()]


def claims(connection: Connection, estate: str) -> dict[str, tuple[str, ...]]:
    """Creates of an estate that may have taken effect unseen: their names, oldest first, by natural key."""
    is_claim = (ACTION.c.estate == estate) & (ACTION.c.op == CREATE) & _in(ADOPTABLE)
    query = select(ACTION.c.natural_key, ACTION.c.action_id).where(is_claim)
    found: dict[str, tuple[str, ...]] = {}
    for natural_key, action_id in connection.execute(query.order_by(ACTION.c.updated, ACTION.c.action_id)):
        found[natural_key] = (*found.get(natural_key, ()), action_id)
    return found


def open_creations(connection: Connection, estate: str) -> list[Claim]:
    """The same as whole intents, oldest first, each with the ids that were answered to it."""
    query = select(ACTION).where((ACTION.c.estate == estate) & (ACTION.c.op == CREATE) & _in(ADOPTABLE))
    rows = connection.execute(query.order_by(ACTION.c.updated, ACTION.c.action_id)).mappings().all()
    return [Claim.of(_record(row).intent, answered(connection, row["action_id"])) for row in rows]


def answered(connection: Connection, action_id: str) -> frozenset[str]:
    """The ids that the platform ever answered to this request."""
    query = select(FACT.c.remote_id).where((FACT.c.action_id == action_id) & FACT.c.remote_id.is_not(None))
    return frozenset(connection.execute(query).scalars())


def touched(connection: Connection, plan_digest: str, estate: str) -> frozenset[Address]:
    """Addresses for which a request of this plan was ever intended."""
    query = select(ACTION.c.addr).where(ACTION.c.plan_sha == plan_digest, ACTION.c.estate == estate).distinct()
    return frozenset(Address.parse(text) for text in connection.execute(query).scalars())


def begin_run(connection: Connection, values: Mapping[str, Any]) -> None:
    """Write that a run began."""
    connection.execute(insert(RUN).values(**values))


def end_run(connection: Connection, run_id: str, *, at: str, result: str) -> None:
    """Write how a run ended."""
    connection.execute(update(RUN).where(RUN.c.run_id == run_id).values(ended=at, result=result))


def runs(connection: Connection, limit: int, estate: str | None) -> list[RunRecord]:
    """The last runs of an estate, of all with None; newest first."""
    rows = connection.execute(select(RUN).where(_of(RUN, estate)).order_by(RUN.c.epoch.desc()).limit(limit)).mappings()
    return [
        RunRecord(
            run_id=row["run_id"],
            plan_digest=row["plan_sha"],
            epoch=row["epoch"],
            tool_version=row["tool_version"],
            actor=row["actor"],
            started=row["started"],
            ended=row["ended"],
            result=row["result"],
        )
        for row in rows
    ]


def ledger(connection: Connection, plan_digest: str, estate: str) -> LedgerState | None:
    """How far this plan got, or None if it was never begun."""
    chosen = (PLAN_LEDGER.c.plan_sha == plan_digest) & (PLAN_LEDGER.c.estate == estate)
    state = connection.execute(select(PLAN_LEDGER.c.state).where(chosen)).scalar()
    return None if state is None else LedgerState(state)


def is_established(connection: Connection, estate: str) -> bool:
    """Whether a plan of the estate was ever applied completely."""
    found = select(PLAN_LEDGER.c.state).where(
        PLAN_LEDGER.c.estate == estate, PLAN_LEDGER.c.state == LedgerState.COMPLETED.value
    )
    return connection.execute(found.limit(1)).first() is not None


def mark_ledger(connection: Connection, epoch: Epoch, plan_digest: str, state: LedgerState, *, estate: str) -> None:
    """Write how far this plan got. A completed plan stays completed (I17)."""
    found = ledger(connection, plan_digest, estate)
    if found is None:
        row = {"plan_sha": plan_digest, "state": state.value, "first_run": epoch.run_id, "last_run": epoch.run_id}
        connection.execute(insert(PLAN_LEDGER).values(row | {"estate": estate}))
    elif found is not LedgerState.COMPLETED:
        chosen = (PLAN_LEDGER.c.plan_sha == plan_digest) & (PLAN_LEDGER.c.estate == estate)
        connection.execute(update(PLAN_LEDGER).where(chosen).values(state=state.value, last_run=epoch.run_id))
