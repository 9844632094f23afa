"""
How long the journal is kept: what a recovery may need for ever, everything else for a while.

An action is kept while its outcome is open, while it may yet be adopted, while the inventory names it, and while its
plan is not complete. The plan ledger is kept whole. Only rows of one estate go. Facts are one chain for all estates, so
they go from its beginning, up to the first one that somebody may need; the store notes the digest that the rest of
the chain begins after.
"""

import datetime
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, delete, exists, func, insert, not_, or_, select, update

from reconciler.store.journal import CREATE, FACTS_AFTER
from reconciler.store.records import ADOPTABLE, UNRESOLVED, ActionState, LedgerState
from reconciler.store.tables import ACTION, FACT, META, PLAN_LEDGER, RESOURCE, RUN, SIM

DAYS = 90
AT_ONCE = 1_000
"""How many actions an apply removes at most, so that it takes no longer for it; the next one goes on."""

_FACTS_OF_ACTION = 4
_SECONDS_OF_DAY = 86_400


class Pruned(NamedTuple):
    """How many rows of the journal went."""

    actions: int
    facts: int
    runs: int


def prune(connection: Connection, estate: str, *, now: float, wall: float, days: int, most: int | None) -> Pruned:
    """
    Remove what is older than so many days and not needed; at most so many actions, all of them with None.

    `now` is the database's clock, by which actions are dated, `wall` that of the machine, for runs and facts.
    """
    before = now - days * _SECONDS_OF_DAY
    moment = datetime.datetime.fromtimestamp(wall - days * _SECONDS_OF_DAY, tz=datetime.UTC)
    at = moment.isoformat(timespec="seconds").replace("+00:00", "Z")
    actions = _prune_actions(connection, estate, before, at, most)
    facts = _prune_facts(connection, estate, at, None if most is None else most * _FACTS_OF_ACTION)
    return Pruned(actions, facts, _prune_runs(connection, estate, at))


def _prune_actions(connection: Connection, estate: str, before: float, at: str, most: int | None) -> int:
    # Old runs lead to old actions by the index of plans: the journal is not read as a whole at each apply.
    plans = select(RUN.c.plan_sha).where(RUN.c.estate == estate, RUN.c.started < at)
    begun = (PLAN_LEDGER.c.estate == estate) & (PLAN_LEDGER.c.state == LedgerState.STARTED.value)
    state = ACTION.c.state
    is_open = or_(*(state == each.value for each in sorted(UNRESOLVED)))
    is_claim = (ACTION.c.op == CREATE) & (state == ActionState.VOID.value)
    query = select(ACTION.c.action_id).where(
        ACTION.c.estate == estate,
        ACTION.c.updated < before,
        ACTION.c.plan_sha.in_(plans),
        ACTION.c.plan_sha.not_in(select(PLAN_LEDGER.c.plan_sha).where(begun)),
        not_(is_open | is_claim),
        *(
            ACTION.c.action_id.not_in(select(table.c.by_action).where(table.c.by_action.is_not(None)))
            for table in (RESOURCE, SIM)
        ),
    )
    chosen = query.order_by(ACTION.c.updated, ACTION.c.action_id).limit(most).subquery()
    return connection.execute(delete(ACTION).where(ACTION.c.action_id.in_(select(chosen.c.action_id)))).rowcount


def _prune_facts(connection: Connection, estate: str, at: str, most: int | None) -> int:
    """Without the last one: the next fact is chained to it."""
    query = (
        select(
            *(FACT.c[name] for name in ("id", "sha", "at", "action_id", "remote_id")),
            *(ACTION.c[name].label(f"action_{name}") for name in ("estate", "op", "state", "remote_id")),
        )
        .outerjoin(ACTION, ACTION.c.action_id == FACT.c.action_id)
        .where(FACT.c.id < select(func.max(FACT.c.id)).scalar_subquery())
    )
    answers: dict[str, str] = {}
    gone: RowMapping | None = None
    for row in connection.execute(query.order_by(FACT.c.id).limit(most)).mappings():
        if row["at"] >= at or not _may_go(row, estate, answers):
            break
        gone = row
    if gone is None:
        return 0
    for action_id, remote_id in answers.items():
        connection.execute(update(ACTION).where(ACTION.c.action_id == action_id).values(remote_id=remote_id))
    connection.execute(delete(META).where(META.c.key == FACTS_AFTER))
    connection.execute(insert(META).values(key=FACTS_AFTER, value=gone["sha"]))
    return connection.execute(delete(FACT).where(FACT.c.id <= gone["id"])).rowcount


def _may_go(fact: RowMapping, estate: str, answers: dict[str, str]) -> bool:
    """
    Whether nothing needs a fact any more.

    The id that was answered to a creation that may yet be adopted goes into `answers`, to be kept with its action. One
    action keeps one id: a second one stays in the chain.
    """
    if fact["action_estate"] is None:
        return True
    if fact["action_estate"] != estate:
        return False
    is_claim = fact["action_op"] == CREATE and ActionState(fact["action_state"]) in ADOPTABLE
    if not is_claim or fact["remote_id"] is None:
        return True
    kept = fact["action_remote_id"] or answers.get(fact["action_id"], fact["remote_id"])
    if kept != fact["remote_id"]:
        return False
    answers[fact["action_id"]] = kept
    return True


def _prune_runs(connection: Connection, estate: str, at: str) -> int:
    """Without the last one: it says that the estate has a history."""
    last = select(func.max(RUN.c.epoch)).where(RUN.c.estate == estate).scalar_subquery()
    is_needed = exists().where(ACTION.c.plan_sha == RUN.c.plan_sha, ACTION.c.run_id == RUN.c.run_id)
    chosen = (RUN.c.estate == estate) & (RUN.c.started < at) & (RUN.c.epoch < last) & ~is_needed
    return connection.execute(delete(RUN).where(chosen)).rowcount
