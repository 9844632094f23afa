"""The store in memory answers as the real one does, call by call: histories are worth what this is worth."""

import inspect
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import reconciler
from reconciler.errors import ReconcilerError
from reconciler.model.address import Address
from reconciler.model.inventory import HeldSet, Owned
from reconciler.model.snapshot import Account
from reconciler.store.location import StoreLocation
from reconciler.store.records import ActionState, Epoch, Fact, Holder, Intent, LedgerState, Settlement
from reconciler.store.store import Store
from tests.robustness.faults.house import Clock, environment
from tests.robustness.simulation.memory import Database, MemoryStore

ADDRESSES = tuple(Address("OperatorPolicy", name) for name in ("ops-a", "ops-b"))
PLANS = ("plan-1", "plan-2")
MOMENTS = 60
RECONCILER = Path(reconciler.__file__).parent
CALLS = (
    *("acquire", "renew", "release", "unlock", "begin_run", "end_run", "mark_ledger", "intend", "settle", "settle"),
    *("adopt", "forget", "fact", "fact_soon", "pin_account", "note_sims", "note_slots", "note_sets", "prune"),
)
OF_COMMANDS = frozenset({"open", "close", "estates", "rename_estate", "history", "facts_are_intact", "transfer"})
"""The methods that applying and recovering never ask of a store."""


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
    epoch, plan, name = chance.choice(epochs[-2:]), chance.choice(PLANS), chance.choice(CALLS)
    address, number = chance.choice(ADDRESSES), chance.randrange(4)
    run, seconds = f"run-{len(epochs)}", chance.choice((5.0, 60.0))
    state, origin = chance.choice(list(LedgerState)), chance.choice(("https://a.example.com", "https://b.example.com"))
    intents = list({intent.action_id: intent for intent in (_intent(chance), _intent(chance))}.values())
    settlement, slot = _settlement(chance, known), chance.choice(("", "a/b", "a/c"))
    owned = Owned(address, f"id-{number}", "ops", last_applied={"default": "block"})
    fact = Fact(action_id=f"{plan}:create", attempt=1, epoch=epoch.number, what="sent", remote_id="id-1")
    known += intents if name == "intend" else []
    calls: dict[str, Callable[[Any], Any]] = {
        "acquire": lambda store: store.acquire(run, seconds),
        "renew": lambda store: store.renew(epoch),
        "release": lambda store: store.release(epoch),
        "unlock": lambda store: _who(store.unlock(epoch.number)),
        "begin_run": lambda store: store.begin_run(epoch, plan_digest=plan, tool_version="0"),
        "end_run": lambda store: store.end_run(epoch, "exit 0"),
        "mark_ledger": lambda store: store.mark_ledger(epoch, plan, state),
        "intend": lambda store: store.intend(epoch, intents),
        "settle": lambda store: store.settle(epoch, settlement),
        "adopt": lambda store: store.adopt(epoch, owned),
        "forget": lambda store: store.forget(epoch, address),
        "fact": lambda store: store.fact(fact),
        "fact_soon": lambda store: store.fact_soon(fact),
        "pin_account": lambda store: store.pin_account(Account(origin, None)),
        "note_sims": lambda store: store.note_sims(epoch, plan, {"suspended": (plan,), "gone": ()}),
        "note_slots": lambda store: store.note_slots(epoch, {str(address): slot}),
        "note_sets": lambda store: store.note_sets(epoch, {plan: HeldSet("a-group", number, slot)}),
        "prune": lambda store: store.prune(epoch),
    }
    return name, calls[name]


def _who(holder: Holder | None) -> tuple[int, str] | None:
    return None if holder is None else (holder.epoch, holder.run_id)


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
        dict(inventory.slots),
        dict(inventory.sets),
        store.unresolved(),
        store.claims(),
        store.open_creations(),
        [store.touched(plan) for plan in PLANS],
        [store.ledger(plan) for plan in PLANS],
        store.facts(),
        store.sims_as_of(),
        store.sims_exempt(),
        _who(store.holder()),
        _who(store.running()),
        round(store.lease_left(), 6),
    ]


def _methods(store: type) -> dict[str, inspect.Signature]:
    found = inspect.getmembers(store, inspect.isfunction)
    return {name: inspect.signature(method) for name, method in found if not name.startswith("_")}


def test_it_has_every_method_of_the_real_store_that_applying_may_call() -> None:
    """With the same parameters, so that a method that is new in the store cannot be missing here."""
    wanted = {name: signature for name, signature in _methods(Store).items() if name not in OF_COMMANDS}

    assert _methods(MemoryStore) == wanted


def test_it_is_called_in_every_way_that_applying_may_call_it() -> None:
    """By the random calls below, or by what they compare afterwards."""
    source = Path(__file__).read_text(encoding="utf-8")

    missing = [name for name in _methods(MemoryStore) if not re.search(rf"store\.{name}\(", source)]

    assert missing == []


def test_what_it_lacks_is_used_by_commands_only() -> None:
    """No module of the apply engine or of planning names it, and no operation but those on the store itself."""
    folders = [RECONCILER / name for name in ("apply", "plan", "operations")]
    sources = [
        path for folder in folders for path in folder.rglob("*.py") if path.name not in {"store.py", "transfer.py"}
    ]

    used = [
        (path.name, name)
        for path in sources
        for name in OF_COMMANDS
        if re.search(rf"\bstore\.{name}\(", path.read_text(encoding="utf-8"))
    ]

    assert used == []


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
