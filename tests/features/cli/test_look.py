"""``get`` and ``describe``: live state beside declared state, for objects and for SIMs."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from reconciler.simulator.application import Simulator
from reconciler.simulator.faults import Fault
from reconciler.simulator.serve import serve
from tests.features.cli.desk import ROOT

KEY = "UNhY4JhezH9gQYqvDMWrWH9CwlcKiECVqejMrND2VFw="
ESTATE = f"""\
apiVersion: reconciler.dev/v1alpha1
kind: VSlice
metadata: {{name: slice}}
spec: {{subnets: [10.0.0.0/16]}}
---
apiVersion: reconciler.dev/v1alpha1
kind: RoutingTarget
metadata: {{name: tunnel}}
spec: {{vslice: slice, redundancyZone: europe-primary, wireguard: {{
  remotePublicKey: {KEY}, remotePeer: 192.0.2.1, remoteSubnets: [192.168.0.0/24]}}}}
---
apiVersion: reconciler.dev/v1alpha1
kind: RoutingPolicy
metadata: {{name: routes}}
spec:
  vslice: slice
  rateLimit: {{uplink: 1mbits}}
  rules: [{{name: home, direction: uplink, action: forward, target: tunnel}}]
---
apiVersion: reconciler.dev/v1alpha1
kind: EndpointGroup
metadata: {{name: trucks}}
spec: {{vslice: slice, routingPolicy: routes, regionalPolicy: existing:automatic, secondaryGroups: [private]}}
---
apiVersion: reconciler.dev/v1alpha1
kind: EndpointGroup
metadata: {{name: private}}
spec: {{vslice: slice, type: secondary, apn: private.apn, routingPolicy: routes, regionalPolicy: existing:automatic}}
---
apiVersion: reconciler.dev/v1alpha1
kind: EventHandler
metadata: {{name: handler}}
spec: {{webhook: {{url: "https://hooks.example.com/a-secret-path"}}}}
---
apiVersion: reconciler.dev/v1alpha1
kind: EndpointSet
metadata: {{name: fleet}}
spec:
  group: trucks
  members: [{{list: [{{iccid: "8988228000000000004", displayName: "Truck, one", tags: [heavy]}},
    {{iccid: "8988228000000000012"}}]}}]
"""
FIRST, SECOND, STRANGER = "8988228000000000004", "8988228000000000012", "8988228000000000020"


class Fleet:
    """An estate with two SIMs, applied to a platform that has a third one."""

    def __init__(self, root: Path, url: str, simulator: Simulator) -> None:
        self.root, self.url, self.simulator = root, url, simulator
        self.text = ESTATE
        self.say(ESTATE)

    def say(self, text: str) -> None:
        """Write the manifests."""
        (self.root / "estate.yaml").write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> Result:
        """One command in the estate."""
        environment = {"STACUITY_HOST": self.url, "STACUITY_TOKEN": "a-token-to-try", "CI": "true"}
        return CliRunner().invoke(cli, [*arguments, "--chdir", str(self.root)], env=environment)

    def rows(self, *arguments: str) -> list[list[str]]:
        """The rows of a command's CSV, without the headings."""
        import csv

        return list(csv.reader(self.run(*arguments, "-o", "csv").stdout.splitlines()))[1:]


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """The fleet, applied; the tests of this module only look at it, or put back what they write."""
    simulator = Simulator()
    simulator.put_sims([FIRST, SECOND, STRANGER])
    with serve(simulator, port=0) as server:
        fleet = Fleet(tmp_path_factory.mktemp("fleet"), server.url, simulator)
        ended = fleet.run("apply", "--auto-approve")
        assert ended.exit_code == 0, ended.output
        simulator.session_start(FIRST)
        simulator.session_start(FIRST, "private")
        yield fleet
    simulator.close()


@pytest.fixture
def fleet(applied: Fleet) -> Iterator[Fleet]:
    """The applied fleet with its manifests as they were."""
    yield applied
    applied.say(ESTATE)


def _document(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_kinds_are_counted_live_and_declared(fleet: Fleet) -> None:
    """A kind has a row of its own, and the SIMs come last."""
    counted = {row[0]: tuple(map(int, row[1:])) for row in fleet.rows("get")}
    assert {name: counted[name] for name in ("VSlice", "EndpointGroup", "RegionalPolicy", "sims")} == {
        "VSlice": (1, 1, 0),
        "EndpointGroup": (2, 2, 0),
        "RegionalPolicy": (1, 0, 1),
        "sims": (3, 2, 1),
    }


def test_an_object_stands_beside_its_declaration(fleet: Fleet) -> None:
    """An edit that is not applied differs, a new object is missing, the platform's own is undeclared."""
    fleet.say(
        ESTATE.replace("uplink: 1mbits", "uplink: 10mbits").replace(
            "metadata: {name: handler}", "metadata: {name: hooks}"
        )
    )
    states = {
        row["address"]: (row["state"], [change["path"] for change in row["differences"]])
        for kind in ("routing-policies", "handlers", "RegionalPolicy")
        for row in _document(fleet.run("get", kind, "-o", "json"))["objects"]
    }
    assert states == {
        "RoutingPolicy/routes": ("differs", ["rateLimit.uplink"]),
        "EventHandler/handler": ("undeclared", []),
        "EventHandler/hooks": ("missing", []),
        "RegionalPolicy/automatic": ("undeclared", []),
    }


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["groups"], ["EndpointGroup/private", "EndpointGroup/trucks"]),
        (["EndpointGroup", "tr*"], ["EndpointGroup/trucks"]),
        (["endpoint-groups", "trucks", "private"], ["EndpointGroup/private", "EndpointGroup/trucks"]),
        (["group", "--state", "same"], ["EndpointGroup/private", "EndpointGroup/trucks"]),
        (["group", "--state", "missing"], []),
        (["group", "--name", "truck*"], ["EndpointGroup/trucks"]),
        (["sims"], [FIRST, SECOND, STRANGER]),
        (["SIM", "--group", "TRUCKS"], [FIRST, SECOND]),
        (["sims", "--state", "pending"], [STRANGER]),
        (["sims", "--tag", "hea*"], [FIRST]),
        (["sims", "--tag", "heavy", "--tag", "light"], []),
        (["sims", "--name", "truck*"], [FIRST]),
        (["sims", "--iccid", FIRST[:-1]], [FIRST]),
        (["sims", "--network", "active"], [FIRST]),
        (["sims", SECOND, STRANGER], [SECOND, STRANGER]),
        (["sims", SECOND, STRANGER, "--group", "trucks"], [SECOND]),
    ],
)
def test_names_and_filters_choose_what_is_listed(fleet: Fleet, arguments: list[str], names: list[str]) -> None:
    """A kind is written in any way that names one, and every filter holds."""
    ended = fleet.run("get", *arguments, "-o", "name")
    assert (ended.exit_code, sorted(ended.stdout.split())) == (0, names)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["gropus"], "did you mean groups?"),
        (["policies"], "write the whole name"),
        (["groups", "--tag", "x"], "write: reconciler get sims"),
        (["--tag", "x"], "a filter needs a kind"),
        (["groups", "--state", "active"], "states of objects: same"),
        (["sims", "8988228000000000038"], "reconciler get sims --iccid"),
    ],
)
def test_what_cannot_be_listed_is_wrong_usage(fleet: Fleet, arguments: list[str], hint: str) -> None:
    """Exit code 64 and the way on."""
    ended = fleet.run("get", *arguments)
    assert (ended.exit_code, hint in ended.stderr) == (64, True), ended.stderr


def test_a_tunnel_shows_its_public_key_and_address(fleet: Fleet) -> None:
    """The other end needs both, and the platform makes them."""
    payload = next(
        json.loads(text)
        for (text,) in fleet.simulator.database.execute("SELECT rendered FROM object WHERE moniker = 'tunnel'")
        if text
    )
    key = payload["configurationData"]["wireGuardConfig"]["localPublicKey"]
    address = json.loads(payload["publicInstanceConfiguration"])["publicIp"]
    outputs = _document(fleet.run("describe", "target/tunnel", "-o", "json"))["outputs"]
    assert (outputs["publicKey"], outputs["publicAddress"]) == (key, address)
    text = fleet.run("describe", "RoutingTarget/tunnel").stdout
    assert [line.split(": ")[1].strip() for line in text.splitlines() if line.strip().startswith("public ")] == [
        key,
        address,
    ]
    assert {key, address} <= set(fleet.rows("get", "targets")[0])


def test_a_sim_shows_its_numbers_states_and_addresses(fleet: Fleet) -> None:
    """Each membership has its address, and the settings that differ are named."""
    fleet.say(ESTATE.replace("tags: [heavy]", "tags: [light]"))
    found = _document(fleet.run("describe", FIRST, "-o", "json"))
    live = found["live"]
    assert (live["state"], live["network"], live["group"], live["displayName"]) == (
        "active",
        "active",
        "trucks",
        "Truck, one",
    )
    assert len(live["imsis"]) == 1
    assert [(one["group"], one["type"], bool(one["address"])) for one in found["memberships"]] == [
        ("trucks", "primary", True),
        ("private", "secondary", True),
    ]
    assert found["memberships"][0]["address"] == live["ipAddress"]
    assert (found["declaredBy"], found["differences"]) == (
        "EndpointSet/fleet",
        {"tags": {"live": ["heavy"], "declared": ["light"]}},
    )


def test_a_description_names_who_refers_to_an_object(fleet: Fleet) -> None:
    """Each referrer is there with its field, and a field is marked by how it is declared."""
    text = fleet.run("describe", "RoutingPolicy/routes").stdout
    assert "  EndpointGroup/private routingPolicy\n  EndpointGroup/trucks routingPolicy" in text
    assert ('  = vslice: "slice"' in text, "    packetDiscard:" in text) == (True, True)


def test_a_list_of_one_object_names_the_command_that_shows_it(fleet: Fleet) -> None:
    """An address instead of a kind is answered with the whole command."""
    ended = fleet.run("get", "RoutingPolicy/routes")
    hint = "hint: one object is shown by: reconciler describe RoutingPolicy/routes"
    assert (ended.exit_code, ended.stderr.splitlines()[-1]) == (64, hint)


def test_no_secret_is_in_any_form(fleet: Fleet) -> None:
    """The path of a webhook is a secret; its host is not."""
    for arguments in (["get", "handlers"], ["describe", "EventHandler/handler"]):
        for form in ("json", "table" if arguments[0] == "get" else "text"):
            output = fleet.run(*arguments, "-o", form).output
            assert "a-secret-path" not in output
    assert "hooks.example.com" in fleet.run("describe", "EventHandler/handler").stdout


def test_invalid_manifests_leave_the_live_side(fleet: Fleet) -> None:
    """An account is looked at also while the manifests are being repaired."""
    fleet.say("kind: [")
    ended = fleet.run("get", "groups", "-o", "json")
    assert [row["state"] for row in _document(ended)["objects"]] == ["unknown", "unknown"]
    assert "the manifests are invalid" in ended.stderr


def test_a_list_of_sims_that_breaks_off_says_so(fleet: Fleet) -> None:
    """The document stays one, its last member is false, and the exit code is that of the error."""
    fleet.simulator.faults.script([Fault("refuse", "GET", path="endpoints", times=None)])
    try:
        ended = fleet.run("get", "sims", "-o", "json")
    finally:
        fleet.simulator.faults.clear()
    assert (ended.exit_code, json.loads(ended.stdout)) == (
        10,
        {"formatVersion": "1.0", "sims": [], "isComplete": False},
    )
    assert ended.stderr.startswith("error: ")


MEASURED = """
import resource, sys
from reconciler.cli.main import cli
try:
    cli(["get", "sims", "-o", sys.argv[1], "-C", sys.argv[2]])
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def _peak(folder: Path, url: str, form: str) -> tuple[int, int]:
    """The lines of a list of SIMs, and the most memory that listing them took, in KiB."""
    ended = subprocess.run(
        [sys.executable, "-c", MEASURED, form, str(folder)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "STACUITY_HOST": url, "STACUITY_TOKEN": "t", "CI": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    return ended.stdout.count("\n"), int(ended.stderr.split()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("form", ["table", "json"])
def test_a_list_of_sims_takes_no_more_memory_when_it_is_longer(tmp_path: Path, form: str) -> None:
    """Twice as many SIMs are printed as they come, a few pages read ahead; RECONCILER_LISTED gives their number."""
    many = int(os.environ.get("RECONCILER_LISTED", "60000"))
    peaks = []
    for count in (many // 2, many):
        simulator = Simulator()
        simulator.put_sims(f"8988{number:015d}" for number in range(count))
        with serve(simulator, port=0) as server:
            lines, peak = _peak(tmp_path, server.url, form)
        simulator.close()
        assert lines == count + (1 if form == "table" else 2)
        peaks.append(peak)
    assert peaks[1] < peaks[0] + 16 * 1024, peaks
