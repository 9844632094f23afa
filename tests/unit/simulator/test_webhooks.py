"""Events are delivered to webhooks as the event maps of group, VSlice and account say, in order for each endpoint."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from reconciler.simulator.application import Simulator
from tests.conformance.client import TOKEN, Client, event_map, group, handler, iccid, target, vslice

ACTIVE, SUSPENDED = "endpointprovisioningstatussetactive_v1", "endpointprovisioningstatussetsuspended_v1"


class Receiver:
    """A web server that keeps what it is sent."""

    def __init__(self) -> None:
        self.received: list[tuple[str, str | None, dict[str, Any]]] = []
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.append((self.path, self.headers.get("Authorization"), json.loads(body)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Silence."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on this machine."""
    found = Receiver()
    yield found
    found.close()


def test_each_level_delivers_to_its_handlers(receiver: Receiver) -> None:
    """A group's map, its VSlice's and the account's; a handler in several of them gets an event once."""
    client = Client(Simulator(token=TOKEN))
    for place in ("group", "vslice", "account"):
        config = {"bearerToken": "T0ken!"} if place == "group" else {"username": "u", "password": "p"}
        client.create("EventHandlers", handler(f"to-{place}", f"{receiver.url}/{place}?x=1", **config))
    for place, scope in (("group", "endpoint"), ("vslice", "vslice"), ("account", "global")):
        body = event_map(f"map-{place}", scope)
        subscriptions = [
            {"eventEndpointId": name, "eventTypeId": kind}
            for name in sorted({f"to-{place}", "to-group"})
            for kind in (ACTIVE, SUSPENDED)
        ]
        client.create("EventMaps", body | {"subscriptions": subscriptions})
    client.create("vslices", vslice(eventMap="map-vslice"))
    client.create("EndpointGroups", group(eventMap="map-group") | {"name": "Watched"})
    sims = [iccid(number) for number in range(20)]
    client.simulator.put_sims(sims)
    client.call("POST", "/endpoints/assign", {"endpointGroup": "group-1", "endpoints": sims})
    client.call("POST", "/endpoints/status", {"endpointStatus": "suspended", "endpoints": sims})
    client.simulator.flush_webhooks()
    per_place = {
        place: [event for path, _, event in receiver.received if path == f"/{place}?x=1"]
        for place in ("group", "vslice", "account")
    }
    assert {place: len(found) for place, found in per_place.items()} == {"group": 40, "vslice": 40, "account": 40}
    for found in per_place.values():
        for key in {event["endpointId"] for event in found}:
            assert [event["eventType"] for event in found if event["endpointId"] == key] == [ACTIVE, SUSPENDED]
    assert {header for path, header, _ in receiver.received if "group" in path} == {"Bearer T0ken!"}
    assert {header for path, header, _ in receiver.received if "account" in path} == {"Basic dTpw"}
    assert set(receiver.received[0][2]) == {"eventId", "eventTime", "eventType", "endpointId", "detail"}
    client.simulator.close()


def test_events_of_routing_targets(receiver: Receiver) -> None:
    """They go to the maps of the target's VSlice and carry its id."""
    client = Client(Simulator(token=TOKEN))
    client.create("EventHandlers", handler(url=receiver.url))
    client.create("EventMaps", event_map("map-01", "vslice", "routingtargetunavailable_v1"))
    client.create("vslices", vslice(eventMap="map-01"))
    key = client.create("routingtargets", target())
    client.simulator.emit("RoutingTargetUnavailable_v1", target="internet-1")
    client.simulator.flush_webhooks()
    ((_, _, event),) = receiver.received
    assert event["routingTargetId"] == key
    assert client.get("/events") == [event]
    client.simulator.close()


@pytest.mark.parametrize("url", ["https://noc.example/hook", "http://127.0.0.1:1/refused", "http://10.0.0.1/x"])
def test_a_webhook_that_cannot_be_reached_disturbs_nothing(url: str) -> None:
    """Other machines are never called by default; a refused connection is not tried again."""
    client = Client(Simulator(token=TOKEN))
    client.create("EventHandlers", handler(url=url))
    client.create("EventMaps", event_map("map-01", "global", ACTIVE))
    client.create("vslices", vslice())
    client.create("EndpointGroups", group())
    client.simulator.put_sims([iccid(1)])
    client.ok("PUT", f"/endpoints/{iccid(1)}", {"endpointGroup": "group-1"})
    client.simulator.flush_webhooks()
    assert len(client.get("/events")) == 1
    client.simulator.close()
