"""Before an object is called not ours, it is compared with our own intents: lags, doubled and empty answers (I5)."""

import io
import itertools
import os
import random
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from reconciler.errors import ReconcilerError
from reconciler.model.address import Address
from reconciler.model.resource import Resource
from reconciler.plan.plan import Verdict
from reconciler.simulator.settings import Settings
from reconciler.store.location import StoreLocation
from reconciler.store.records import ActionState
from reconciler.store.store import Store
from tests.postgres.server import PostgresServer
from tests.robustness.faults.estates import first
from tests.robustness.faults.house import House, resource, undisturbed

NET = resource("VSlice", "fleet-net", subnets=["100.64.0.0/16"])
MEANINGLESS = (b"{}", b'{"success": null}', b'{"status": "ok"}', b"", b"<html></html>", b'{"success": tr')
REQUESTS = 9
LAGS = (0.0, 15.0, 60.0)
# Every lag with every POST and with all of them: so many of these for each answer, or `all`; of a database a third.
CELLS = tuple(itertools.product((0.0, 7.0, 15.0, 30.0, 45.0, 60.0), (None, *range(0, REQUESTS, 2))))
EFFORT = os.environ.get("RECONCILER_EVIDENCE", "3")


@dataclass
class Lossy(House):
    """
    A house behind a gateway that delivers chosen POSTs twice and answers the second refusal, or answers nothing of use.

    `answer` None: twice. `runs` counts what was sent.
    """

    answer: bytes | None = None
    chosen: Callable[[int], bool] = field(default=lambda _: False)

    def __post_init__(self) -> None:
        self.count = itertools.count()
        super().__post_init__()

    def _wsgi(self, environ: Mapping[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST" or not self.chosen(next(self.count)):
            return super()._wsgi(environ, start_response)
        sent = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))

        def once(start: Any) -> list[bytes]:
            return list(House._wsgi(self, {**environ, "wsgi.input": io.BytesIO(sent)}, start))

        once(lambda *_: None)
        if self.answer is None:
            return once(start_response)
        start_response("200 OK", [("Content-Length", str(len(self.answer)))])
        return [self.answer]


def lossy(
    root: Path, *, lag: float, answer: bytes | None, chosen: Callable[[int], bool], url: str | None = None
) -> Lossy:
    """A new house; with a database where `url` names one."""
    root.mkdir(parents=True)
    settings = Settings(consistency_lag_seconds=lag)
    house = Lossy(root, settings=settings, secrets={"HOOK": "word"}, answer=answer, chosen=chosen)
    if url is not None:
        house.store.close()
        house.location = StoreLocation.parse(url, root)
        house.store = Store.open(house.location, estate=house.store.estate, create=True, environment=house.environment)
    return house


def only(place: int | None) -> Callable[[int], bool]:
    """Whether a POST is the one at this place; None chooses every one."""
    return lambda number: place in {None, number}


def trouble(house: House, wanted: tuple[Resource, ...]) -> list[str]:
    """The work that three runs, one right after the other, leave undone, do twice, or leave without an owner."""
    for _ in range(3):
        try:
            house.apply(house.plan(*wanted), parallelism=1)
        except ReconcilerError as error:
            if error.exit_code not in {4, 5, 7}:
                return [f"exit {error.exit_code}: {error}"]
    house.clock.sleep(61)
    plan = house.plan(*wanted)
    found = [f"{change.action} {change.address}" for change in plan.changes]
    found += [result.message for result in plan.guards if result.verdict is Verdict.DENY]
    live = {seen.remote_id: seen.address for seen in house.control_plane.snapshot().by_address.values()}
    live = {key: address for key, address in live.items() if address in {one.address for one in wanted}}
    owned = {row.remote_id: address for address, row in house.store.inventory().owned.items()}
    return found if live == owned else [*found, f"live {live}, owned {owned}"]


@pytest.mark.parametrize("lag", LAGS)
@pytest.mark.parametrize("answer", [None, *MEANINGLESS[:2]])
def test_a_creation_without_a_clear_answer_is_found_out(tmp_path: Path, lag: float, answer: bytes | None) -> None:
    """Each POST delivered twice or answered with nothing, at any lag: all is ours, and there is one of each."""
    for place in range(1, REQUESTS, 3):
        house = lossy(tmp_path / str(place), lag=lag, answer=answer, chosen=only(place))
        assert trouble(house, first()) == [], place
        house.store.close()


def drawn(answer: bytes | None, store: str) -> list[tuple[float, int | None]]:
    """The cells of a case that are tried; a case draws the same ones each time."""
    if EFFORT == "all":
        return list(CELLS)
    count = int(EFFORT) if store == "sqlite" else -(-int(EFFORT) // 3)
    return random.Random(f"{answer!r} {store}").sample(CELLS, count)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
@pytest.mark.parametrize("answer", [None, *MEANINGLESS])
def test_whatever_lags_and_whatever_is_answered_nothing_is_orphaned(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    answer: bytes | None,
    store: str,
    record_property: Callable[[str, object], None],
) -> None:
    """Lags of 0 to 60 s, every POST or one of them, in both stores: the third run at the latest has nothing to do."""
    found = []
    cells = drawn(answer, store)
    for lag, place in cells:
        url = None
        if store == "postgresql":
            server: PostgresServer = request.getfixturevalue("postgres")
            url = server.create(f"test-{uuid.uuid4().hex}")
        house = lossy(tmp_path / f"{lag} {place}", lag=lag, answer=answer, chosen=only(place), url=url)
        found += [f"lag {lag}, POST {place}: {each}" for each in trouble(house, first())]
        house.store.close()
    record_property("creations without a clear answer", len(cells))
    assert found == []


def test_an_object_of_somebody_else_is_not_taken(tmp_path: Path) -> None:
    """It was there before our intent, as alike as it may be: a conflict, and no row."""
    house = lossy(tmp_path / "house", lag=0, answer=None, chosen=lambda _: False)
    plan = house.plan(NET)
    other = lossy(tmp_path / "other", lag=0, answer=None, chosen=lambda _: False)
    other.simulator, other.control_plane = house.simulator, house.control_plane
    other.make(NET)
    with pytest.raises(ReconcilerError) as raised:
        house.apply(plan)
    assert raised.value.exit_code == 4
    assert house.store.inventory().owned == {}
    assert [result.guard for result in house.plan(NET).guards if result.verdict is Verdict.DENY] == ["ownership"]


def test_a_plan_after_an_interrupted_apply_knows_what_is_ours(tmp_path: Path) -> None:
    """The intent is in the journal and the content is the same: ours, also for a command that only reads."""
    house = lossy(tmp_path / "house", lag=0, answer=b"{}", chosen=lambda _: False)
    plan = house.plan(NET)
    sent: list[str] = []

    def cut(method: str, _path: str) -> None:
        """From the creation on, which arrives, no answer comes back."""
        if method == "GET" and "POST" in sent:
            raise httpx2.ReadError(method)
        sent.append(method)

    house.before_request = cut
    house.simulator.faults.script([{"effect": "drop", "method": "POST", "executed": "before"}])
    assert house.apply(plan).exit_code == 7
    house.before_request = undisturbed
    house.clock.sleep(600)
    assert house.store.inventory().owned == {}
    assert house.plan(NET).changes == ()
    different = resource("VSlice", "fleet-net", subnets=["100.64.0.0/16"], displayName="Else")
    assert [change.address for change in house.plan(different).changes] == [Address("VSlice", "fleet-net")]
    assert {state.state for state in house.store.unresolved()} <= {ActionState.UNKNOWN}
