"""The platform's own lists: printed, remembered, and held against the values of manifests."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from reconciler.cli.main import cli
from reconciler.simulator.application import Simulator
from reconciler.simulator.serve import serve
from reconciler.simulator.settings import Settings

KEY = "UNhY4JhezH9gQYqvDMWrWH9CwlcKiECVqejMrND2VFw="
GOOD = f"""\
apiVersion: reconciler.dev/v1alpha1
kind: VSlice
metadata: {{name: slice}}
spec: {{subnets: [10.0.0.0/16]}}
---
apiVersion: reconciler.dev/v1alpha1
kind: RegionalPolicy
metadata: {{name: regions}}
spec: {{defaultGateway: europe, entries: [{{country: USA, operator: 5101, gateway: north-america}}]}}
---
apiVersion: reconciler.dev/v1alpha1
kind: OperatorPolicy
metadata: {{name: networks}}
spec: {{entries: [{{country: GBR, operator: 4021, action: allow}}]}}
---
apiVersion: reconciler.dev/v1alpha1
kind: RoutingPolicy
metadata: {{name: routes}}
spec:
  vslice: slice
  rateLimit: {{uplink: 1mbits, downlink: 10mbits}}
  rules: [{{name: drop-all, direction: uplink, action: drop, regionalGateway: europe}}]
---
apiVersion: reconciler.dev/v1alpha1
kind: RoutingTarget
metadata: {{name: tunnel}}
spec: {{vslice: slice, redundancyZone: europe-primary, typeInstance: ma5-prod-vpn-01a-wg, wireguard: {{
  remotePublicKey: {KEY}, remotePeer: 192.0.2.1, remoteSubnets: [192.168.0.0/24]}}}}
---
apiVersion: reconciler.dev/v1alpha1
kind: EndpointGroup
metadata: {{name: group}}
spec: {{vslice: slice, routingPolicy: routes, regionalPolicy: regions, subscriptionType: standard}}
---
apiVersion: reconciler.dev/v1alpha1
kind: EventHandler
metadata: {{name: handler}}
spec: {{webhook: {{url: "https://hooks.example.com/a"}}}}
---
apiVersion: reconciler.dev/v1alpha1
kind: EventMap
metadata: {{name: events}}
spec: {{scope: vslice, subscriptions: [{{event: EndpointSteered_v1, handler: handler}}]}}
"""
BAD = [
    ("defaultGateway: europe", "defaultGateway: eu", "Did you mean europe?"),
    ("gateway: north-america}", "gateway: america}", "Did you mean north-america?"),
    ("regionalGateway: europe", "regionalGateway: europ", "Did you mean europe?"),
    ("uplink: 1mbits", "uplink: 1 Mbit/s", "Did you mean 1mbits?"),
    ("downlink: 10mbits", "downlink: 10mbit", "Did you mean 10mbits"),
    ("subscriptionType: standard", "subscriptionType: gold", "The list has standard, premium."),
    ("operator: 4021", "operator: 23415", "In GBR there is 4021 (Highland Mobile), 4022 (Severn Cellular)"),
    ("operator: 5101", "operator: 23416", "In USA there is 5101 (Prairie Wireless), 5102 (Bayou Cellular)"),
    ("redundancyZone: europe-primary", "redundancyZone: europe", "Did you mean europe-primary"),
    ("typeInstance: ma5-prod-vpn-01a-wg", "typeInstance: ma5-prod-vpn-01a-w", "Did you mean ma5-prod-vpn-01a-wg?"),
    ("event: EndpointSteered_v1", "event: EndpointSteerd_v1", "Did you mean endpointsteered_v1"),
    (f"remotePublicKey: {KEY}", "remotePublicKey: nonsense", "Copy the whole value again"),
    (f"remotePublicKey: {KEY}", f"remotePublicKey: {KEY[:-2]}V=", "Copy the whole value again"),
    (f"remotePublicKey: {KEY}", f"remotePublicKey: {'A' * 43}=", "Copy the whole value again"),
]


class Desk:
    """An estate of one file on a platform behind HTTP."""

    def __init__(self, root: Path, url: str, simulator: Simulator) -> None:
        self.root = root
        self.url = url
        self.simulator = simulator
        self.say(GOOD)

    def say(self, text: str) -> None:
        """Write the manifests."""
        (self.root / "estate.yaml").write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> Result:
        """One command in the estate."""
        environment = {"STACUITY_HOST": self.url, "STACUITY_TOKEN": "a-token-to-try", "CI": "true"}
        return CliRunner().invoke(cli, [*arguments, "--chdir", str(self.root)], env=environment)


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """An estate on a platform, without the lists that the parameter of the test names."""
    simulator = Simulator(settings=Settings(without=frozenset(getattr(request, "param", ()))))
    with serve(simulator, port=0) as server:
        yield Desk(tmp_path, server.url, simulator)
    simulator.close()


def _findings(result: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(result.stdout)["diagnostics"]
    return found


@pytest.mark.parametrize("bad", [BAD[:12], BAD[12:13], BAD[13:]], ids=["fields", "last-letter", "zeros"])
def test_a_value_that_the_platform_does_not_offer_is_refused_by_the_plan(
    desk: Desk, bad: list[tuple[str, str, str]]
) -> None:
    """The plan ends with exit code 8, the place of each value, and the nearest values that are offered."""
    text = GOOD
    for right, wrong, _ in bad:
        text = text.replace(right, wrong)
    desk.say(text)
    ended = desk.run("plan", "-o", "json")
    lines = {wrong: next(n for n, line in enumerate(text.split("\n"), 1) if wrong in line) for _, wrong, _ in bad}
    found = _findings(ended)
    assert ended.exit_code == 8
    assert [(one["code"], one["line"]) for one in found] == [("R221", line) for line in sorted(lines.values())]
    hints = [one["hint"] for one in found]
    assert [advice for _, _, advice in bad if not any(advice in hint for hint in hints)] == []


def test_values_of_the_lists_are_planned_and_applied(desk: Desk) -> None:
    """Every field that takes a word of a list takes those that the platform lists, and the next plan asks for none."""
    assert desk.run("apply", "--auto-approve").exit_code == 0
    desk.simulator.clear_log()
    assert desk.run("plan", "--detailed-exitcode").exit_code == 0
    asked = {row.path for row in desk.simulator.log()}
    assert asked & {"/gateways", "/regionalgateways", "/operators", "/eventtypes", "/ratelimits"} == set()


def test_a_value_that_is_live_in_the_same_field_is_no_mistake(desk: Desk) -> None:
    """The platform has taken it once, whatever its list says today."""
    assert desk.run("apply", "--auto-approve").exit_code == 0
    live = GOOD.replace("uplink: 1mbits", "uplink: 7mbits")
    desk.say(live)
    assert desk.run("plan").exit_code == 8
    with desk.simulator.database as database:
        state = database.execute("SELECT state FROM object WHERE moniker = 'routes'").fetchone()[0]
        assert "1mbits" in state
        database.execute(
            "UPDATE object SET state = ?, rendered = NULL WHERE moniker = 'routes'",
            (state.replace("1mbits", "7mbits"),),
        )
    assert desk.run("plan").exit_code == 0
    desk.say(live.replace("downlink: 10mbits", "downlink: 7mbits"))
    assert desk.run("plan").exit_code == 8


@pytest.mark.parametrize("desk", [["subscriptiontypes", "operators"]], indirect=True)
def test_a_list_that_the_account_does_not_offer_checks_nothing_and_is_named(desk: Desk) -> None:
    """The plan goes on, and says once which list it could not hold the values against."""
    desk.say(GOOD.replace("subscriptionType: standard", "subscriptionType: premium").replace("4021", "23415"))
    planned = desk.run("plan")
    missing = [line for line in planned.stderr.splitlines() if "are not checked" in line]
    assert (planned.exit_code, [line.split(": ")[1:3] for line in missing]) == (
        0,
        [
            ["values are not checked against the list operators", "the account does not offer it (GET /operators"],
            [
                "values are not checked against the list subscription-types",
                "the account does not offer it (GET /subscriptiontypes",
            ],
        ],
    )


def test_validate_warns_from_the_lists_that_were_last_seen(desk: Desk) -> None:
    """Without a catalogue nothing is said; with one each value has a warning with the date, and the exit code is 0."""
    desk.say(GOOD.replace("defaultGateway: europe", "defaultGateway: eu"))
    before = desk.run("validate", "-o", "json")
    assert (before.exit_code, _findings(before)) == (0, [])
    assert desk.run("catalogue").exit_code == 0
    kept = json.loads((desk.root / ".reconciler" / "catalogue.json").read_text(encoding="utf-8"))
    after = desk.run("validate", "-o", "json")
    (finding,) = _findings(after)
    assert (after.exit_code, finding["code"], finding["severity"]) == (0, "R222", "warning")
    assert finding["detail"].endswith(f"that was last seen on {kept['lists']['gateways']['readAt'][:10]}.")


def test_a_wrong_key_is_a_warning_without_any_list(desk: Desk) -> None:
    """The form of a key needs no platform."""
    desk.say(GOOD.replace(KEY, "nonsense"))
    checked = desk.run("validate", "-o", "json")
    assert (checked.exit_code, [found["code"] for found in _findings(checked)]) == (0, ["R222"])


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        '{"formatVersion": "9", "lists": {}}',
        '{"formatVersion": "1.0", "origin": "x", "lists": {"gateways": 1}}',
    ],
)
def test_a_damaged_catalogue_is_as_good_as_none(desk: Desk, content: str) -> None:
    """The file decides nothing, so nothing is said about it."""
    (desk.root / ".reconciler").mkdir()
    (desk.root / ".reconciler" / "catalogue.json").write_text(content, encoding="utf-8")
    checked = desk.run("validate", "-o", "json")
    assert (checked.exit_code, _findings(checked)) == (0, [])


def test_catalogue_prints_a_list_in_each_form(desk: Desk) -> None:
    """Table, CSV, names and JSON have the same rows, and a word filters them."""
    rows = [("4021", "Highland Mobile", "GBR"), ("4022", "Severn Cellular", "GBR")]
    table = desk.run("catalogue", "operators", "gbr").stdout.splitlines()
    assert [tuple(line.split("  ")) for line in table[1:]] == rows
    assert desk.run("catalogue", "operators", "gbr", "-o", "csv").stdout.splitlines()[1:] == [",".join(r) for r in rows]
    assert desk.run("catalogue", "operators", "gbr", "-o", "name").stdout.split() == ["4021", "4022"]
    words = json.loads(desk.run("catalogue", "operators", "gbr", "-o", "json").stdout)["lists"]["operators"]["words"]
    assert [tuple(row.values()) for row in words] == rows


def test_an_unknown_list_is_wrong_usage(desk: Desk) -> None:
    """The nearest name is given."""
    ended = desk.run("catalogue", "gatways")
    assert (ended.exit_code, "did you mean gateways?" in ended.stderr) == (64, True)


COMMANDS = [
    "apply --auto-approve", "catalogue", "doctor", "drift", "export out", "graph", "history",
    "inventory list", "plan", "probe", "recover", "show some.plan", "store doctor", "unlock --epoch 1", "validate",
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_that_is_not_there_is_wrong_usage(tmp_path: Path, command: str) -> None:
    """No command goes on with an empty estate in place of the one that was named."""
    ended = CliRunner().invoke(
        cli, [*command.split(), "--chdir", str(tmp_path / "none")], env={"STACUITY_HOST": "embedded"}
    )
    assert (ended.exit_code, ended.stderr.splitlines()[-2]) == (64, f"error: there is no folder {tmp_path / 'none'}")
    assert not (tmp_path / "none").exists()


def test_explain_schema_and_completion_show_the_words_that_were_last_seen(desk: Desk) -> None:
    """Before any look at the account they show the published words, afterwards all that the account offers."""
    place = ("explain", "RegionalPolicy.defaultGateway")
    assert "gateways: europe, north-america, …;" in desk.run(*place).stdout
    desk.run("catalogue", "gateways")
    assert "gateways: europe, north-america, asia-pacific (seen 20" in desk.run(*place).stdout
    schema = json.loads(desk.run("schema", "RegionalPolicy").stdout)
    field = schema["properties"]["spec"]["properties"]["defaultGateway"]
    assert field["examples"] == ["europe", "north-america", "asia-pacific"]
    assert "europe, north-america, asia-pacific (seen 20" in field["description"]
    assert completed(f"catalogue --chdir {desk.root} gateways a") == ["asia-pacific"]


def completed(line: str) -> list[str]:
    """The words that a shell offers for the last word of a line."""
    *before, last = line.split(" ")
    found = ShellComplete(cli, {}, "reconciler", "_RECONCILER_COMPLETE").get_completions(before, last)
    return [str(item.value) for item in found]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("catalogue ra", ["rate-limits"]),
        ("catalogue rate-limits 1k", ["1kbits"]),
        ("explain Regi", ["RegionalPolicy"]),
        ("explain RegionalPolicy.def", ["RegionalPolicy.defaultGateway"]),
        ("schema VS", ["VSlice"]),
    ],
)
def test_completion_offers_names_and_words(line: str, words: list[str]) -> None:
    """Lists, their words, kinds and fields."""
    assert completed(line) == words
