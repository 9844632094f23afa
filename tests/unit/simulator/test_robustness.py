"""The platform answers any request; a refused one changes nothing; two ways to one state end the same."""

import io
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.simulator.application import Simulator
from reconciler.simulator.platform import COLLECTIONS
from tests.conformance.client import (
    TOKEN,
    Client,
    edge_service,
    event_map,
    group,
    handler,
    iccid,
    operator_entry,
    policy,
    rule,
    target,
    vslice,
    with_entries,
)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["vee-1", "", "10.0.0.0/8"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
BODIES: dict[str, dict[str, Any]] = {
    "vslices": vslice("object-1"),
    "routingtargets": target("object-1"),
    "routingpolicies": policy("object-1", rule()),
    "operatorpolicies": with_entries("object-1", operator_entry()),
    "regionalpolicies": with_entries("object-1"),
    "edgeservices": edge_service("object-1"),
    "eventhandlers": handler("object-1"),
    "eventmaps": event_map("object-1"),
    "endpointgroups": group("object-1"),
    "endpoints": {"iccid": iccid(1), "activationCode": "x", "name": "x", "tags": [], "imeiLock": None},
}


@pytest.mark.slow
@given(st.sampled_from(sorted(BODIES)), st.data())
@settings(max_examples=200)
def test_any_value_of_any_member_gets_an_answer(collection: str, data: st.DataObject) -> None:
    """Never an exception; what is not a success leaves the platform as it was."""
    client = Client(Simulator(token=TOKEN))
    client.create("vslices", vslice())
    body = dict(BODIES[collection])
    for member in data.draw(st.lists(st.sampled_from(sorted(body)), min_size=1, max_size=3)):
        body[member] = data.draw(VALUES)
    before = client.simulator.dump()
    for method, path in (("POST", f"/{collection}"), ("PUT", f"/{collection}/object-1")):
        response = client.http.request(method, path, content=json.dumps(body).encode())
        assert response.status_code in {200, 400}
        if response.json().get("success") is not True:
            assert client.simulator.dump() == before
        before = client.simulator.dump()
    client.simulator.close()


@given(st.text(max_size=30), st.text(max_size=30), st.binary(max_size=30))
@settings(max_examples=100)
def test_any_path_query_and_body_get_an_answer(path: str, query: str, content: bytes) -> None:
    """Never an exception, whatever the bytes."""
    simulator = Simulator()
    seen: list[str] = []
    for method in ("GET", "PUT", "DELETE"):
        for prefix in ("/api/v1/", "/api/v1/vslices/", ""):
            environ = {
                "REQUEST_METHOD": method,
                "PATH_INFO": (prefix + path).encode("utf-8", "replace").decode("latin-1"),
                "QUERY_STRING": query,
                "CONTENT_LENGTH": str(len(content)),
                "HTTP_AUTHORIZATION": "Bearer x",
                "wsgi.input": io.BytesIO(content),
            }
            simulator.wsgi(environ, lambda status, _: seen.append(status))
    assert {status[:3] for status in seen} <= {"200", "400", "405"}
    simulator.close()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=12))
@settings(max_examples=30)
def test_the_contents_depend_on_the_state_and_not_on_the_way_there(steps: list[tuple[str, bool]]) -> None:
    """Objects created and deleted in between leave no trace in `dump`."""
    wandering, straight = Client(Simulator(token=TOKEN)), Client(Simulator(token=TOKEN))
    alive: dict[str, bool] = {}
    for letter, create in steps:
        if create and not alive.get(letter):
            wandering.create("vslices", vslice(f"vee-{letter}"))
        elif not create and alive.get(letter):
            wandering.ok("DELETE", f"/vslices/vee-{letter}")
        alive[letter] = create
    for letter in sorted(letter for letter, lives in alive.items() if lives):
        straight.create("vslices", vslice(f"vee-{letter}"))
    assert wandering.simulator.dump() == straight.simulator.dump()


def test_every_collection_is_covered() -> None:
    """The random bodies above know each collection that the platform has."""
    assert set(COLLECTIONS) <= set(BODIES)


@pytest.mark.slow
def test_many_sims_load_and_list_quickly() -> None:
    """A hundred thousand in a few seconds; the last page costs about what the first does."""
    client = Client(Simulator(token=TOKEN))
    client.create("vslices", vslice())
    client.create("EndpointGroups", group())
    started = time.perf_counter()
    client.simulator.put_sims((f"8944{number:015d}" for number in range(100_000)), "group-1")
    assert time.perf_counter() - started < 10

    def page(offset: int) -> float:
        before = time.perf_counter()
        answer = client.call("GET", f"/endpoints?limit=1000&offset={offset}")
        assert (len(answer["data"]), answer["totalItems"]) == (1000, 100_000)
        return time.perf_counter() - before

    first, last = min(page(0) for _ in range(5)), min(page(99_000) for _ in range(5))
    assert last < 5 * first
    assert client.get("/EndpointGroups/group-1")["endpointsAssigned"] == 100_000
