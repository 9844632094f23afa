"""The store in memory answers as the real one does, call by call: histories are worth what this is worth."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import ReconcilerError
from reconciler.model.address import Address
from reconciler.model.inventory import Owned
from reconciler.model.snapshot import Account
from reconciler.store.location import StoreLocation
from reconciler.store.records import ActionState, Epoch, Fact, Intent, LedgerState, Settlement
from reconciler.store.store import Store
from tests.faults.house import Clock, environment
from tests.simulation.memory import Database, MemoryStore

ADDRESSES = tuple(Address("OperatorPolicy", name) for name in ("ops-a", "ops-b"))
PLANS = ("plan-1", "plan-2")
MOMENTS = 60


def _intent(chance: random.Random) -> Intent:
    address, plan, verb = chance.choice(ADDRESSES), chance.choice(PLANS), chance.choice(("create", "update", "delete"))
    return Intent(
        action_id=f"{plan}:{verb}:{address}",
        plan_digest=plan,
        seq=0,
        verb=verb,
        address=address,
        moniker=address.name,
        natural_key=f"{address.kind}:{address.name}",
        items=(("GBR", None),),
        wanted={"default": "allow"},
    )


def _settlement(chance: random.Random, known: list[Intent]) -> Settlement:
    states = {intent.action_id: chance.choice(list(ActionState)) for intent in chance.sample(known, min(2, len(known)))}
    owned = Owned(chance.choice(ADDRESSES), f"id-{chance.randrange(4)}", "ops", last_applied={"default": "allow"})
    upserts = (owned,) if chance.random() < 0.5 else ()
    removals = (chance.choice(ADDRESSES),) if chance.random() < 0.3 else ()
    return Settlement(states, upserts, tuple(address for address in removals if not upserts))


def _call(chance: random.Random, epochs: list[Epoch], known: list[Intent]) -> tuple[str, Callable[[Any], Any]]:
    """A random call of the contract, to be made on both stores."""
    epoch = chance.choice(epochs[-2:])
    plan = chance.choice(PLANS)
    match chance.choice(("acquire", "renew", "release", "begin", "mark", "intend", "settle", "settle", "fact", "pin")):
        case "acquire":
            name, seconds = f"run-{len(epochs)}", chance.choice((5.0, 60.0))
            return "acquire", lambda store: store.acquire(name, seconds)
        case "renew":
            return "renew", lambda store: store.renew(epoch)
        case "release":
            return "release", lambda store: store.release(epoch)
        case "begin":
            return "end", lambda store: store.end_run(epoch, "exit 0")
        case "mark":
            state = chance.choice(list(LedgerState))
            return "mark", lambda store: store.mark_ledger(epoch, plan, state)
        case "intend":
            intents = list({intent.action_id: intent for intent in (_intent(chance), _intent(chance))}.values())
            known += intents
            return "intend", lambda store: store.intend(epoch, intents)
        case "fact":
            fact = Fact(action_id=f"{plan}:create", attempt=1, epoch=epoch.number, what="sent", remote_id="id-1")
            return "fact", lambda store: store.fact(fact)
        case "pin":
            account = Account(chance.choice(("https://a.example.com", "https://b.example.com")), None)
            return "pin", lambda store: store.pin_account(account)
        case _:
            settlement = _settlement(chance, known)
            return "settle", lambda store: store.settle(epoch, settlement)


def _answer(store: Any, call: Callable[[Any], Any]) -> Any:
    try:
        return call(store)
    except ReconcilerError as error:
        return type(error).__name__


def _shown(store: Any) -> list[Any]:
    inventory = store.inventory()
    return [
        dict(inventory.owned),
        inventory.serial,
        inventory.pinned_account,
        inventory.pinned_origin,
        store.unresolved(),
        store.claims(),
        store.open_creations(),
        [store.touched(plan) for plan in PLANS],
        [store.ledger(plan) for plan in PLANS],
        store.facts(),
    ]


@pytest.mark.parametrize("seed", range(16))
def test_it_answers_every_call_as_the_real_store_does(tmp_path: Path, seed: int) -> None:
    """Random calls of several runs, some of which lost the lock, on both: the same answers, refusals and contents."""
    chance, clock = random.Random(seed), Clock()
    location = StoreLocation.parse("sqlite:.reconciler/state.db", tmp_path)
    memory = MemoryStore(Database(now=clock.now))
    with Store.open(location, estate="estate", create=True, environment=environment(clock)) as real:
        epochs: list[Epoch] = []
        known: list[Intent] = []
        for moment in range(MOMENTS):
            clock.sleep(chance.choice((0.5, 1.0, 20.0)))
            name, call = ("acquire", lambda s: s.acquire("run-0")) if not epochs else _call(chance, epochs, known)
            answers = [_answer(store, call) for store in (real, memory)]
            assert answers[0] == answers[1], (moment, name)
            if isinstance(answers[0], Epoch):
                epochs.append(answers[0])
            assert _shown(real) == _shown(memory), (moment, name)
