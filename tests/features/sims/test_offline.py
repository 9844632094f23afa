"""Mistakes in the settings of SIMs are said without the platform, with their place (D-22, D-46, D-47)."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from reconciler.cli.main import cli
from reconciler.control_plane.port import Step, Verb
from reconciler.diagnostics import Diagnostic, Severity
from reconciler.errors import InvalidManifests
from reconciler.model.address import Address
from reconciler.model.shared_values import SharedValue, shared_values
from reconciler.operations.validate import check
from tests.features.sims.estate import SimHouse, endpoint, from_file, groups, house_at, iccids, listed

A, B, C, D = iccids(4)
COLUMNS = "sims/a.csv, columns: {staticIPv4: ip, imeiLock: lock, reference: ref}"
HEAD = "iccid,ip,lock,ref\n"
LOCK = "352099001761481"


@pytest.fixture
def house(tmp_path: Path) -> SimHouse:
    """Three groups in one VSlice, with subnets of their own."""
    return house_at(tmp_path)


def _found(house: SimHouse) -> list[Diagnostic]:
    return list(check(house.root, remember=False).diagnostics)


def _said(house: SimHouse, severity: Severity = Severity.ERROR) -> list[tuple[str, str]]:
    """File and line of each finding, and its words."""
    found = [one for one in _found(house) if one.severity is severity]
    return [(f"{one.span.file}:{one.span.line}" if one.span else "", one.detail) for one in found]


def _line(house: SimHouse, text: str) -> str:
    lines = (house.root / "estate.yaml").read_text().splitlines()
    return f"estate.yaml:{next(number for number, line in enumerate(lines, 1) if text in line)}"


@pytest.mark.parametrize("where", ["file", "list", "endpoint", "endpoint of a listed SIM"])
def test_an_address_outside_of_the_groups_subnet_is_an_error(house: SimHouse, where: str) -> None:
    """The message has the place of the address, in a file or an Endpoint; an address inside is fine."""
    wrong, right = "100.65.0.9", "100.64.0.9"
    more = {"file": "", "list": f", staticIPv4: {wrong}"}.get(where, "")
    documents = {
        "file": [from_file("set-uk", "fleet-uk", COLUMNS)],
        "list": [listed("set-uk", "fleet-uk", [A, B]).replace(f'"{B}"', f'"{B}"{more}')],
        "endpoint": [endpoint("one-sim", B, f", group: fleet-uk, staticIPv4: {wrong}")],
        "endpoint of a listed SIM": [
            listed("set-uk", "fleet-uk", [A, B]),
            endpoint("one-sim", B, f", staticIPv4: {wrong}"),
        ],
    }[where]
    house.write("sims/a.csv", f"{HEAD}{A},{right},,\n{B},{wrong},,\n")
    house.declare(groups(), *documents)

    place = "sims/a.csv:3" if where == "file" else _line(house, wrong)

    text = f"The static address {wrong} of {B} is outside of 100.64.0.0/16, the subnet of EndpointGroup/fleet-uk."
    assert _said(house) == [(place, text)]
    house.write("sims/a.csv", f"{HEAD}{A},{right},,\n{B},100.64.1.9,,\n")
    (house.root / "estate.yaml").write_text(
        (house.root / "estate.yaml").read_text().replace(wrong, right.replace(".9", ".10"))
    )
    assert _said(house) == []


@pytest.mark.parametrize("second", ["the same file", "another file", "a list", "an endpoint", "another group"])
def test_an_address_twice_in_one_vslice_is_an_error(house: SimHouse, second: str) -> None:
    """Within a file, across files, Endpoints and groups; both places are named."""
    wide = groups().replace("subnet: 100.65.0.0/16", "subnet: 100.64.0.0/16")
    row = f"{B},100.64.0.9,,\n"
    house.write("sims/a.csv", f"{HEAD}{A},100.64.0.9,,\n{row if second == 'the same file' else ''}")
    house.write("sims/b.csv", f"{HEAD}{row}")
    other = {
        "another file": from_file("set-b", "fleet-uk", COLUMNS.replace("a.csv", "b.csv")),
        "another group": from_file("set-b", "fleet-de", COLUMNS.replace("a.csv", "b.csv")),
        "a list": listed("set-b", "fleet-uk", [B]).replace(f'"{B}"', f'"{B}", staticIPv4: 100.64.0.9'),
        "an endpoint": endpoint("one-sim", B, ", group: fleet-de, staticIPv4: 100.64.0.9"),
    }
    house.declare(wide, from_file("set-a", "fleet-uk", COLUMNS), *([other[second]] if second in other else []))

    (found,) = [one for one in _found(house) if one.severity is Severity.ERROR]

    places = {
        "the same file": "sims/a.csv:3",
        "another file": "sims/b.csv:2",
        "another group": "sims/b.csv:2",
    }
    spans = [found.span, *(related.span for related in found.related)]
    named = [f"{span.file}:{span.line}" for span in spans if span is not None]
    assert sorted(named) == sorted([places.get(second) or _line(house, "100.64.0.9"), "sims/a.csv:2"])
    assert found.rule == "D-46"


def test_the_same_address_in_two_vslices_is_fine(house: SimHouse) -> None:
    """A VSlice is a network of its own."""
    other = "kind: VSlice\nmetadata: {name: other-net}\nspec: {subnets: [100.64.0.0/16]}\n"
    group = groups("fleet-uk").replace("fleet-uk", "fleet-xx").replace("vslice: fleet-net", "vslice: other-net")
    group = group.replace("routingPolicy: fleet-policy, ", "")
    one, two = (
        endpoint(f"sim-{name}", number, f", group: fleet-{name}, staticIPv4: 100.64.0.9")
        for name, number in (("uk", A), ("xx", B))
    )
    house.declare(groups("fleet-uk"), other, group, one, two)
    assert [text for _, text in _said(house) if "static address" in text] == []


def test_addresses_of_sims_in_unknown_groups_do_not_clash(house: SimHouse) -> None:
    """Where no manifest says in which group two SIMs are, they may be in two VSlices; within one group they clash."""
    same = "staticIPv4: 100.64.0.9"
    house.declare(groups(), endpoint("one-sim", A, f", {same}"), endpoint("two-sim", B, f", {same}"))
    assert _said(house) == []
    somewhere = f", group: existing:somewhere, {same}"
    house.declare(groups(), endpoint("one-sim", A, somewhere), endpoint("two-sim", B, somewhere))
    assert [text for _, text in _said(house)] == [
        f"The static address 100.64.0.9 of {B} is given to {A} too, in the same VSlice."
    ]


def test_a_group_without_a_subnet_takes_addresses_of_its_vslice(house: SimHouse) -> None:
    """The platform chooses one of the VSlice's subnets; what is in none of them fits nowhere."""
    bare = groups("fleet-uk").replace("subnet: 100.64.0.0/16, ", "")
    house.declare(bare, endpoint("one-sim", A, ", group: fleet-uk, staticIPv4: 100.66.1.1"))
    assert _said(house) == []
    house.declare(bare, endpoint("one-sim", A, ", group: fleet-uk, staticIPv4: 10.0.0.1"))
    assert "is outside of 100.64.0.0/16 or" in _said(house)[0][1]


def test_values_that_several_sims_share_are_warned_of(house: SimHouse) -> None:
    """A lock or a reference for several SIMs is allowed and rarely meant; the numbers are facts for the guards."""
    house.write("sims/a.csv", f"{HEAD}{A},,{LOCK},VAN-1\n{B},,{LOCK},VAN-2\n{C},,,VAN-1\n")
    house.declare(groups(), from_file("set-uk", "fleet-uk", COLUMNS), endpoint("one-sim", D, f', imeiLock: "{LOCK}"'))
    assert _said(house, Severity.WARNING) == [
        ("sims/a.csv:2", "2 SIMs are given the same reference, VAN-1."),
        ("sims/a.csv:2", "3 SIMs are given the same imeiLock, …01761481."),
    ]
    roster = check(house.root, remember=False).loaded.roster
    assert roster is not None
    numbers = [int(number) for number in (A, B, C, D)]
    assert shared_values(roster) == (
        SharedValue("imeiLock", LOCK, 3, (numbers[0], numbers[1], numbers[3])),
        SharedValue("reference", "VAN-1", 2, (numbers[0], numbers[2])),
    )


def test_a_lock_of_a_whole_set_is_shared_by_its_members(house: SimHouse) -> None:
    """But for those that have a lock of their own; unlocking many shares nothing."""
    house.declare(
        groups(),
        listed("set-uk", "fleet-uk", [A, B, C], f', attributes: {{imeiLock: "{LOCK}"}}'),
        endpoint("one-sim", C, ', imeiLock: "352099001761499"'),
        listed("set-de", "fleet-de", [D], ", attributes: {imeiLock: null}"),
    )
    roster = check(house.root, remember=False).loaded.roster
    assert roster is not None
    assert [(one.setting, one.count) for one in shared_values(roster)] == [("imeiLock", 2)]


@pytest.mark.parametrize("kind", ["Endpoint", "EndpointSet"])
def test_a_sim_in_a_secondary_group_is_an_error(house: SimHouse, kind: str) -> None:
    """SIMs are assigned to primary groups; the secondary one follows from it (D-22)."""
    second = (
        "kind: EndpointGroup\nmetadata: {name: fleet-second}\n"
        "spec: {type: secondary, vslice: fleet-net, apn: second.fleet, routingPolicy: fleet-policy, "
        "regionalPolicy: europe-only}\n"
    )
    one = (
        endpoint("one-sim", A, ", group: fleet-second")
        if kind == "Endpoint"
        else listed("one-sim", "fleet-second", [A])
    )
    house.declare(groups("fleet-uk"), second, one)
    assert "EndpointGroup/fleet-second is a secondary group; SIMs are assigned to its primary group." in [
        text for _, text in _said(house)
    ]


@pytest.mark.parametrize("kind", ["Endpoint", "EndpointSet", "onRemove"])
@pytest.mark.parametrize(
    ("target", "detail"),
    [
        ("fleet-second", "EndpointGroup/fleet-second is a secondary group; SIMs are assigned to its primary group."),
        ("nowhere", "EndpointGroup/nowhere does not exist on the platform."),
        ("fleet-spare", None),
    ],
)
def test_a_group_that_only_the_platform_has_is_looked_at_by_the_plan(
    house: SimHouse, kind: str, target: str, detail: str | None
) -> None:
    """A secondary group and one that does not exist are refused with the place (exit 8), wherever SIMs would go."""
    house.declare(groups("fleet-uk"))
    house.converge()
    policies = {
        "displayName": "By hand",
        "vslice": "fleet-net",
        "routingPolicy": "fleet-policy",
        "regionalPolicy": "europe-only",
    }
    for name, spec in (
        ("fleet-spare", {"type": "primary", "subnet": "100.66.0.0/16"}),
        ("fleet-second", {"type": "secondary", "apn": "second.fleet"}),
    ):
        address = Address("EndpointGroup", name)
        house.control_plane.send(
            Step(
                Verb.CREATE, address, name, spec={"displayName": "By hand", "vslice": "fleet-net", **spec, **policies}
            ),
            None,
        )
    sims = {
        "Endpoint": endpoint("one-sim", A, f", group: existing:{target}"),
        "EndpointSet": listed("one-set", f"existing:{target}", [A]),
        "onRemove": listed(
            "one-set", "fleet-uk", [A], f", authority: exclusive, onRemove: {{moveTo: existing:{target}}}"
        ),
    }
    house.declare(groups("fleet-uk"), sims[kind])
    assert _said(house) == []
    if detail is None:
        assert not house.now().objections()
        return
    with pytest.raises(InvalidManifests) as refused:
        house.now()
    assert [(one.detail, one.span is not None) for one in refused.value.diagnostics] == [(detail, True)]


def test_the_commands_refuse_before_they_ask_the_platform(house: SimHouse) -> None:
    """Exit code 8 with file and line, by validate and by plan."""
    house.write("sims/a.csv", f"{HEAD}{A},10.0.0.1,,\n")
    house.declare(groups(), from_file("set-uk", "fleet-uk", COLUMNS))
    environment = {"STACUITY_HOST": "embedded", "STACUITY_TOKEN": "a-token", "CI": "true"}
    for command in ("validate", "plan"):
        result = CliRunner().invoke(cli, [command, "--chdir", str(house.root)], env=environment)
        assert (result.exit_code, "sims/a.csv:2" in result.output) == (8, True), result.output
