"""Scenarios: what declared traffic does, as tests of an estate."""

import ipaddress
import itertools
import os
import random
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from reconciler.manifests.loader import load
from reconciler.manifests.templates.scenario import Scenario
from reconciler.model.traffic.flow import trace
from reconciler.model.traffic.packets import Packet
from reconciler.model.traffic.policies import policy_of
from reconciler.operations.scenarios import result_of

EXAMPLES = Path(__file__).parents[3] / "examples"
ESTATES = int(os.environ.get("RECONCILER_ESTATES", "40"))


def run(root: Path, *arguments: str) -> Result:
    """One command in an estate."""
    name, *rest = arguments
    return CliRunner().invoke(cli, [name, "--chdir", str(root), *rest], env={"CI": "true"})


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    """A copy of the example with scenarios."""
    shutil.copytree(EXAMPLES / "vantiq-templates", tmp_path / "estate", ignore=shutil.ignore_patterns(".reconciler"))
    return tmp_path / "estate"


def replaced(path: Path, old: str, new: str) -> None:
    """Replace the one place of a text in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_scenarios_of_the_example_pass(estate: Path) -> None:
    """Each is named by its file and line, a pattern chooses some, and JUnit has all of them."""
    done = run(estate, "test")
    some = run(estate, "test", "charge-*", "--junit", str(estate / "results.xml"))
    cases = ElementTree.parse(estate / "results.xml").getroot().findall("testcase")

    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "23 scenarios, 0 failed.")
    assert done.stdout.splitlines()[0] == "pass  scenarios/traffic.yaml:4  fleet-telemetry"
    assert [case.get("name") for case in cases] == [
        line.split()[2] for line in some.stdout.splitlines() if line.startswith("pass")
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "failing"),
    [
        ("fleet", "destination: 10.20.8.0/24", "destination: 10.20.9.0/24", {"fleet-telemetry"}),
        ("charge", "{country: DEU}, {country: FRA}", "{country: FRA}", {"charge-ocpp"}),
        ("connect", "destination: 10.61.0.10,", "destination: 10.61.0.0/24,", {"updates-from-two-servers-only"}),
        (
            "connect",
            "match: {destination: 10.0.0.0/8}",
            "match: {destination: 10.0.0.0/9}",
            {"passengers-not-in-private-networks"},
        ),
        (
            "workshop",
            'protocol: tcp, destinationPorts: "443"',
            'protocol: tcp, destinationPorts: "1-443"',
            {"workshop-no-ssh"},
        ),
    ],
    ids=["another network", "a dropped country", "a wider rule", "a narrower drop", "more ports"],
)
def test_an_edit_that_changes_traffic_fails_a_scenario(
    file: str, old: str, new: str, failing: set[str], estate: Path
) -> None:
    """The failure says what happens instead, and the exit code is that of invalid manifests."""
    replaced(estate / "divisions" / f"{file}.yaml", old, new)

    done = run(estate, "test")

    found = set(re.findall(r"^FAIL  \S+  ([\w-]+):", done.stdout, re.MULTILINE))
    assert done.exit_code == 8
    assert found == failing


def test_a_wrong_scenario_is_refused_at_its_place(estate: Path) -> None:
    """A misspelt field, a wrong direction and a missing outcome are findings of `validate`."""
    path = estate / "scenarios" / "wrong.yaml"
    path.write_text(
        "apiVersion: reconciler.dev/v1alpha1\nkind: Scenario\nmetadata: {name: wrong}\nspec:\n  flow:\n    group: x\n"
        "    packet: {direction: up, protocol: tcp, adress: 10.0.0.1, port: 0}\n    expect: {}\n",
        encoding="utf-8",
    )

    done = run(estate, "validate", "--output", "github")

    lines = [line for line in done.stdout.splitlines() if "wrong.yaml" in line]
    assert done.exit_code == 8
    assert [re.findall(r"line=(\d+)", line) for line in lines] == [["7"]] * (len(lines) - 1) + [["8"]]


def test_an_estate_with_scenarios_only_needs_no_templates(tmp_path: Path) -> None:
    """A group that is not declared is a failure with its name."""
    (tmp_path / "s.yaml").write_text(
        "apiVersion: reconciler.dev/v1alpha1\nkind: Scenario\nmetadata: {name: lost}\n"
        "spec: {never: {group: no-such-group, reaches: 0.0.0.0/0}}\n",
        encoding="utf-8",
    )
    done = run(tmp_path, "test")
    assert (done.exit_code, done.stdout.splitlines()[0]) == (
        8,
        "FAIL  s.yaml:3  lost: the group no-such-group is not declared",
    )


NET = """\
apiVersion: reconciler.dev/v1alpha1
kind: VSlice
metadata: {name: small-net}
spec: {subnets: [10.0.0.0/30]}
---
apiVersion: reconciler.dev/v1alpha1
kind: RoutingTarget
metadata: {name: small-target}
spec: {vslice: small-net, redundancyZone: europe-primary, internet: {}}
---
apiVersion: reconciler.dev/v1alpha1
kind: EndpointGroup
metadata: {name: small-group}
spec:
  vslice: small-net
  subnet: 10.0.0.0/30
  routingPolicy: small-policy
  regionalPolicy: existing:automatic
---
apiVersion: reconciler.dev/v1alpha1
kind: Scenario
metadata: {name: never-there}
spec: {never: {group: small-group, reaches: 192.0.2.0/29, protocol: PROTOCOL, ports: PORTS}}
---
apiVersion: reconciler.dev/v1alpha1
kind: RoutingPolicy
metadata: {name: small-policy}
spec:
  vslice: small-net
  rules:
"""


def drawn(seed: int) -> tuple[str, str, tuple[int, int]]:
    """An estate with random rules over few addresses and ports, and the protocol and ports that are asked for."""
    chance = random.Random(seed)
    protocol = chance.choice(["tcp", "udp"])
    low = chance.randint(1, 6)
    ports = (low, min(6, low + chance.randint(0, 3)))
    rules = []
    for number in range(chance.randint(1, 5)):
        match = []
        if chance.random() < 0.7:
            match.append(f"destination: 192.0.2.{chance.choice(['0/30', '4/30', '0/29', '2/31', '6/32', '128/25'])}")
        if chance.random() < 0.6:
            match.append(f"protocol: {chance.choice(['tcp', 'udp'])}")
            if chance.random() < 0.7:
                first = chance.randint(1, 6)
                match.append(f'destinationPorts: "{first}-{min(6, first + chance.randint(0, 3))}"')
        action = chance.choice(["drop", "forward"])
        target = ", target: small-target" if action == "forward" else ""
        enabled = ", enabled: false" if chance.random() < 0.15 else ""
        stated = f", match: {{{', '.join(match)}}}" if match else ""
        rules.append(f"    - {{name: rule-{number}, direction: uplink, action: {action}{target}{stated}{enabled}}}\n")
    text = NET.replace("PROTOCOL", protocol).replace("PORTS", f'"{ports[0]}-{ports[1]}"') + "".join(rules)
    return text, protocol, ports


@pytest.mark.slow
def test_never_agrees_with_trying_every_packet(tmp_path: Path) -> None:
    """Each packet of a small estate is sent through the rules one by one, and the verdict is the same."""
    verdicts = []
    for seed in range(ESTATES):
        text, protocol, ports = drawn(seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        (folder / "estate.yaml").write_text(text, encoding="utf-8")
        loaded = load(folder)
        (scenario,) = loaded.scenarios
        assert isinstance(scenario, Scenario)
        (policy,) = (one for address, one in loaded.built.estate.items() if address.kind == "RoutingPolicy")
        rules = policy_of(policy.spec["rules"])
        addresses = itertools.product(
            map(str, ipaddress.ip_network("10.0.0.0/30")), map(str, ipaddress.ip_network("192.0.2.0/29"))
        )
        reached = any(
            not trace(rules, Packet("uplink", "any other", protocol, source, destination, 4, port)).outcome.is_dropped
            for source, destination in addresses
            for port in range(ports[0], ports[1] + 1)
        )
        verdicts.append((reached, result_of(scenario, loaded) is not None))
    assert [expected for expected, _ in verdicts] == [found for _, found in verdicts]
    assert {expected for expected, _ in verdicts} == {True, False}


@pytest.mark.slow
def test_the_reach_of_an_edit_is_told_by_division(tmp_path: Path) -> None:
    """Identical edits are one line; divisions that it does not reach are named, and so are patches that decide."""
    root = tmp_path / "carrier"
    shutil.copytree(EXAMPLES / "carrier", root, ignore=shutil.ignore_patterns(".reconciler", "divisions", ".gitignore"))
    made = ["python3", str(root / "make_divisions.py"), "52", str(root / "divisions")]
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com"]
    for command in (made, [*git, "init", "-q"], [*git, "add", "-A"], [*git, "commit", "-qm", "first"]):
        subprocess.run(command, cwd=root, check=True)
    replaced(
        root / "templates" / "customer.yaml",
        "idleMinutes: {type: integer, default: 30",
        "idleMinutes: {type: integer, default: 20",
    )

    done = run(root, "render", "--diff", "HEAD")
    listed = CliRunner().invoke(cli, ["template", "list", "--chdir", str(root)], env={"CI": "true"})

    assert done.stdout.splitlines() == [
        "47 of 52 divisions: groups sessionInactivity.seconds 1800 → 1200 (611 objects)",
        "    c0001, c0002, c0003, c0004, c0005, c0006 and 41 more",
        "    a patch decides about it in: c0050",
        "Not reached: c0010, c0020, c0030, c0040, c0050",
    ]
    assert listed.stdout.startswith("customer@1.0.0  templates/customer.yaml:5:18  52 divisions: c0001, c0002")
