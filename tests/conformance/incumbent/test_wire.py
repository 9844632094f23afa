"""Mistakes of the platform's own Terraform provider on the wire and around it, done right."""

import ast
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler import __version__
from reconciler.simulator.application import Simulator, StartResponse
from reconciler.simulator.faults import Fault
from reconciler.simulator.serve import serve
from tests.conformance.incumbent.estate import NETWORK, TOKEN, Estate, doc, policy, rule

EXAMPLES = Path(__file__).parents[3] / "examples"
SHOWN = (1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 16, 17, 18, 22, 23, 24, 27)
SECRETS = {
    "TUNNEL_KEY": "a-preshared-key-of-ours",
    "HOOK_TOKEN": "a-bearer-token-of-ours",
    "HOOK_PASS": "a-pass-word-of-ours",
}
WITH_SECRETS = (
    NETWORK
    + doc(
        "RoutingTarget",
        "fleet-vpn",
        "{vslice: fleet-net, redundancyZone: europe-primary, vpn: {keyExchange: ikev2, remotePeer: 192.0.2.9, "
        "localEncryptionDomain: a.example, "
        "remoteEncryptionDomain: b.example, ike: aes256-sha256-modp2048, esp: aes256-sha256-modp2048, "
        "phase1LifetimeSeconds: 28800, phase2LifetimeSeconds: 3600, "
        "localSubnets: [100.64.0.0/16], remoteSubnets: [10.0.0.0/8], presharedKey: {secretRef: {env: TUNNEL_KEY}}}}",
    )
    + doc(
        "EventHandler",
        "fleet-hook",
        "{webhook: {url: 'https://hooks.example/x', bearerToken: {secretRef: {env: HOOK_TOKEN}}}}",
    )
    + doc(
        "EventHandler",
        "basic-hook",
        "{webhook: {url: 'https://hooks.example/y', "
        "basicAuth: {username: somebody, password: {secretRef: {env: HOOK_PASS}}}}}",
    )
)


class Watched(Simulator):
    """A platform that notes who asks, and that answers null where it has an empty list."""

    def __init__(self) -> None:
        super().__init__(token=TOKEN)
        self.agents: set[str] = set()

    def wsgi(self, environ: Mapping[str, Any], start_response: StartResponse) -> list[bytes]:
        """One request."""
        self.agents.add(str(environ.get("HTTP_USER_AGENT", "")))
        kept: list[Any] = []
        content = b"".join(super().wsgi(environ, lambda *answer: kept.append(answer)))
        for name in (b"routingPolicyRules", b"routingPolicyEdgeServices"):
            content = re.sub(b'"' + name + rb'": ?\[\]', b'"' + name + b'": null', content)
        status, headers = kept[0][:2]
        start_response(status, [(k, str(len(content)) if k == "Content-Length" else v) for k, v in headers])
        return [content]


def examples() -> list[str]:
    """The estates that are shipped, as paths below examples/."""
    kinds = [f"kinds/{path.name}" for path in (EXAMPLES / "kinds").iterdir() if path.is_dir()]
    return sorted(["minimal", "vantiq", *kinds])


def example_variables(folder: Path) -> dict[str, str]:
    """The variables that the example's file sets."""
    found = re.findall(r"^export (\w+)=(.*)$", "".join(p.read_text() for p in folder.glob("example.env")), re.MULTILINE)
    return {name: value.strip("'\"") for name, value in found}


@pytest.mark.parametrize("name", examples())
def test_f13_a_token_in_the_environment_is_enough_and_examples_plan(estate: Estate, name: str) -> None:
    """STACUITY_TOKEN alone fails there and no shipped example plans; here each plans with nothing else said."""
    shutil.copytree(EXAMPLES / name, estate.root, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".reconciler"))
    variables = example_variables(EXAMPLES / name) | example_variables((EXAMPLES / name).parent)

    result = estate.run("plan", **variables)

    assert result.exit_code == 0, result.output
    assert re.search(r"Plan: [1-9]\d* to add", result.output)


def test_f16_null_where_a_list_could_be_is_an_empty_list(estate: Estate) -> None:
    """Rules or edge services that are null crash it; here null is an empty list, and drift and plan agree."""
    simulator = Watched()
    with serve(simulator, port=0) as server:
        here = Estate(estate.root, simulator, server.url)
        here.apply(NETWORK, policy())
        here.apply(NETWORK, policy(rule("ping", "icmp")))
        here.apply(NETWORK, policy())
    simulator.close()


def test_f18_nothing_is_sent_for_the_kind_that_is_not_used(estate: Estate) -> None:
    """An all-empty block is sent there for the unused VPN kind, and zeroed members; here only what is declared."""
    page = doc("EdgeService", "fleet-page", "{type: remoteaccessproxy, port: 80, protocol: http}")
    with_service = ", edgeServices: [{service: fleet-page}]"
    estate.write(WITH_SECRETS, page, policy(more=with_service))
    assert estate.run("apply", "--auto-approve", **SECRETS).exit_code == 0

    sent = {(path, body["moniker"]): body for _, path, body in estate.mutations()}
    assert sent["/routingtargets", "fleet-out"]["configurationData"] == {}
    assert set(sent["/routingtargets", "fleet-vpn"]["configurationData"]) == {"vpnConfig"}
    services = sent["/routingpolicies", "fleet-route"]["routingPolicyEdgeServices"]
    # Of an edge service: which one, and whether it is on; nothing that only the platform may say.
    assert [sorted(service) for service in services] == [["edgeServiceInstanceIds", "enabled", "moniker"]]


def test_f22_requests_are_repeated_only_where_that_is_safe(estate: Estate) -> None:
    """Nothing is retried there; here reads are, with the wait that is asked for, and no object is made twice."""
    estate.simulator.faults.script(
        [
            Fault("status", method="GET", status=503, retry_after="0", times=2),
            Fault("status", method="POST", path="vslices", status=500, executed="before"),
            Fault("status", method="POST", path="routingtargets", status=429, retry_after="0"),
        ]
    )

    estate.apply(NETWORK)

    created = [row["moniker"] for row in estate.other.get("/vslices")]
    assert created.count("fleet-net") == 1


def test_f22_requests_say_who_asks_and_paths_are_escaped(estate: Estate) -> None:
    """No User-Agent and unescaped keys there; here each has one, and a key with a slash is one segment."""
    simulator = Watched()
    with serve(simulator, port=0) as server:
        here = Estate(estate.root, simulator, server.url)
        here.apply(doc("VSlice", "fleet-net", "{subnets: [100.64.0.0/16, 100.65.0.0/16]}"))
        here.apply(doc("VSlice", "fleet-net", "{subnets: [100.64.0.0/16]}"))

        assert simulator.agents == {f"reconciler/{__version__}"}
        assert here.other.get("/vslices/fleet-net")["subnets"] == ["100.64.0.0/16"]
    simulator.close()


@pytest.mark.slow
def test_f22_an_answer_is_never_printed_as_it_came(estate: Estate) -> None:
    """Its errors hold raw bodies; here an error is one line that says what to do, and no traceback."""
    estate.simulator.faults.script([Fault("status", status=400, executed="never", times=None)])

    result = estate.run("plan")

    assert result.exit_code == 10
    assert re.fullmatch(r"error: GET [^\n]+\n(hint: [^\n]+\n)?", result.stderr)
    assert not re.search(r"<html|Traceback", result.output, re.IGNORECASE)


def test_f23_no_secret_is_shown_or_kept(estate: Estate) -> None:
    """Its plans and its state hold keys, passwords and tokens; here no output and no file does."""
    estate.write(WITH_SECRETS)
    saved = estate.root / "change.plan"
    steps = (
        ("plan", "--out", str(saved)),
        ("plan", "-o", "json"),
        ("apply", str(saved), "--auto-approve", "--debug"),
        ("inventory", "show", "RoutingTarget/fleet-vpn"),
        ("plan", "--verbose"),
        ("drift", "-o", "json"),
    )

    seen = ""
    for step in steps:
        result = estate.run(*step, **SECRETS)
        assert result.exit_code == 0, result.output
        seen += result.output
    changed = estate.run("plan", **(SECRETS | {"TUNNEL_KEY": "another-preshared-key"}))
    assert "presharedKey" in changed.output

    assert estate.run("export", str(estate.root / "out"), **SECRETS).exit_code == 0

    texts = [
        seen + changed.output,
        *(p.read_bytes().decode(errors="replace") for p in estate.root.rglob("*") if p.is_file()),
    ]
    for secret in (*SECRETS.values(), "another-preshared-key", TOKEN):
        assert not [text for text in texts if secret in text]
    vpn = estate.other.get("/routingtargets/fleet-vpn")["configurationData"]["vpnConfig"]
    assert vpn["presharedKey"] == SECRETS["TUNNEL_KEY"]


def test_every_defect_that_can_be_shown_is_shown_and_named() -> None:
    """The tests of this folder are named for their defects, and the defects are exactly those of the list."""
    numbers = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (match := re.match(r"test_f(\d\d)_", node.name)):
                numbers.add(int(match[1]))
    assert sorted(numbers) == list(SHOWN)
