"""Scripted and seeded faults hit what they name, as often as they say, and nothing else."""

import pytest

from reconciler.simulator.application import Simulator
from reconciler.simulator.faults import ConnectionDropped, Fault
from reconciler.simulator.serve import serve
from tests.conformance.client import TOKEN, Client, vslice


@pytest.fixture
def platform() -> Client:
    """A platform with two VSlices."""
    client = Client(Simulator(token=TOKEN))
    for number in (1, 2):
        client.create("vslices", vslice(f"vee-{number}"))
    return client


def test_a_script_hits_by_method_path_and_count(platform: Client) -> None:
    """The first matching request passes, two are hit, the next passes; others are never hit."""
    platform.simulator.faults.script(
        [
            {
                "effect": "status",
                "method": "GET",
                "path": "^/vslices",
                "status": 503,
                "retry_after": "7",
                "skip": 1,
                "times": 2,
            }
        ]
    )
    answers = [platform.http.get("/VSLICES") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 503, 503, 200]
    assert answers[1].headers["Retry-After"] == "7"
    assert platform.http.get("/EventMaps").status_code == 200


@pytest.mark.parametrize("executed", ["before", "never"])
@pytest.mark.parametrize("effect", ["drop", "garbage", "status"])
def test_a_lost_answer_may_have_executed(platform: Client, effect: str, executed: str) -> None:
    """Both sides of an unknown outcome can be had."""
    platform.simulator.faults.script([{"effect": effect, "method": "POST", "executed": executed, "status": 502}])
    if effect == "drop":
        with pytest.raises(ConnectionDropped):
            platform.http.post("/vslices", json=vslice("vee-3"))
    else:
        platform.http.post("/vslices", json=vslice("vee-3"))
    assert len(platform.get("/vslices")) == (3 if executed == "before" else 2)


@pytest.mark.parametrize(
    ("effect", "rows", "total"), [("total", 2, 3), ("short", 1, 2), ("duplicate", 2, 2), ("empty", 0, 2)]
)
def test_pages_can_lie(platform: Client, effect: str, rows: int, total: int) -> None:
    """Wrong totals, rows missing, rows twice, no rows."""
    platform.simulator.faults.script([{"effect": effect, "path": "^/vslices"}])
    answer = platform.call("GET", "/vslices")
    assert (len(answer["data"]), answer["totalItems"]) == (rows, total)
    assert len({one["id"] for one in answer["data"]}) == min(rows, 1 if effect == "duplicate" else rows)


def test_redirects_and_refusals(platform: Client) -> None:
    """Neither is executed."""
    platform.simulator.faults.script([Fault("redirect", method="POST"), Fault("refuse", method="POST")])
    assert platform.http.post("/vslices", json=vslice("vee-3")).status_code == 302
    assert platform.call("POST", "/vslices", vslice("vee-3"))["success"] is False
    assert len(platform.get("/vslices")) == 2


def test_over_http_the_connection_breaks(platform: Client) -> None:
    """A dropped answer is a closed connection, a truncated one ends too early; the next request is fine."""
    with serve(platform.simulator, port=0) as server:
        client = Client(platform.simulator, server.url)
        for effect in ("drop", "truncate"):
            platform.simulator.faults.script([{"effect": effect}])
            with pytest.raises(Exception, match=r"disconnected|peer closed|incomplete"):
                client.http.get("/vslices")
            assert len(client.get("/vslices")) == 2
        client.http.close()


def test_a_seed_repeats_itself(platform: Client) -> None:
    """The same seed and requests give the same faults, at about the rate that was asked for."""

    def run(seed: int) -> list[int]:
        platform.simulator.faults.seed(seed, rate=0.3, faults=[Fault("status", status=503)])
        return [platform.http.get("/vslices").status_code for _ in range(200)]

    first = run(7)
    assert first == run(7)
    assert first != run(8)
    assert 30 < first.count(503) < 90
    platform.simulator.faults.clear()
    assert platform.http.get("/vslices").status_code == 200
