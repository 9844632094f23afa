"""One broken document is one mistake: what refers to its object is not reported beside it, before or after an apply."""

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.manifests.builder import addresses_in
from reconciler.model.address import Address
from tests.features.cli.copies import Copy

POLICIES = "estate/fleet/routing.yaml"

# How the document is broken (of the first document of the file, to which four groups refer), and the codes that are
# to be reported: those and no other.
BREAKAGES = {
    "a field that does not exist": ("  vslice: vantiq-fleet", "  vslise: vantiq-fleet", ["R202"]),
    "a kind that does not exist": ("kind: RoutingPolicy", "kind: RoutingPolice", ["R201"]),
    "a kind that is not text": ("kind: RoutingPolicy", "kind: [RoutingPolicy]", ["R201"]),
    "no kind": ("kind: RoutingPolicy\n", "", ["R205"]),
    "a name with a blank": ("  name: fleet-telematics", "  name: Fleet Telematics", ["R213"]),
    "a spec that is a list": ("spec:\n  displayName: Tele", "spec: []\nspeck:\n  displayName: Tele", ["R202", "R204"]),
    "no spec": ("spec:\n  displayName: Telematics", "spex:\n  displayName: Telematics", ["R202"]),
    "a value that does not fit": ("  status: active\n", "  status: aktive\n", ["R204"]),
    "an alias": ("  vslice: vantiq-fleet", "  vslice: *vantiq", ["R113"]),
    "a key that is given twice": ("  status: active\n", "  status: active\n  status: active\n", ["R112"]),
    "a quote that is not closed": ("  displayName: Telematics", '  displayName: "Telematics', ["R109"]),
    "a line without a colon": ("  status: active\n", "  status active\n", ["R106"]),
    "a tab": ("  status: active\n", "\tstatus: active\n", ["R108"]),
    "a control character": ("  status: active\n", "  status: act\x07ive\n", ["R103"]),
}


def findings(copy: Copy) -> list[dict[str, Any]]:
    """The findings of `validate`, as data."""
    result = copy.run("validate", "-o", "json")
    assert result.exit_code == 8, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)["diagnostics"]
    return found


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """A fresh copy, nothing applied."""
    return Copy(tmp_path / "vantiq")


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_one_broken_document_is_reported_alone(copy: Copy, breakage: str) -> None:
    """Four groups refer to the policy; only what is wrong with the policy is said, all of it in its own file."""
    old, new, codes = BREAKAGES[breakage]
    copy.edit(POLICIES, old, new)

    found = findings(copy)

    assert sorted({one["code"] for one in found}) == codes
    assert {one["file"] for one in found} == {POLICIES}


def test_what_is_ours_and_broken_was_not_removed(copy: Copy) -> None:
    """After an apply the inventory knows the policy; it is still declared, however badly."""
    assert copy.run("apply", "--auto-approve").exit_code == 0
    copy.edit(POLICIES, "  vslice: vantiq-fleet", "  vslise: vantiq-fleet")

    result = copy.run("plan")

    assert result.exit_code == 8
    assert "no longer declared" not in result.output
    assert "R203" not in result.output
    assert "error[R202]" in result.output


def test_a_misspelt_reference_is_reported_beside_a_broken_document(copy: Copy) -> None:
    """Only references to the broken object are passed over; another one that leads nowhere is a mistake of its own."""
    copy.edit(POLICIES, "  vslice: vantiq-fleet", "  vslise: vantiq-fleet")
    copy.edit("estate/fleet/groups.yaml", "eventMap: fleet-vehicle-events", "eventMap: fleet-vehicle-event")

    found = findings(copy)

    assert sorted(one["code"] for one in found) == ["R202", "R203"]
    (reference,) = [one for one in found if one["code"] == "R203"]
    assert "fleet-vehicle-event" in reference["detail"]


def test_a_removed_object_is_named_beside_a_broken_document(copy: Copy) -> None:
    """An object that is gone from the manifests is still said to be no longer declared (D-52)."""
    assert copy.run("apply", "--auto-approve").exit_code == 0
    (copy.root / "estate/workshop/network.yaml").unlink()
    copy.edit(POLICIES, "  vslice: vantiq-fleet", "  vslise: vantiq-fleet")

    result = copy.run("plan")

    assert result.exit_code == 8
    assert "VSlice/vantiq-workshop is no longer declared" in result.output
    assert "RoutingPolicy/fleet-telematics is no longer declared" not in result.output


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"kind: VSlice\nmetadata: {name: fleet-net}\nspec: [", ["VSlice/fleet-net"]),
        (
            b"---\nmetadata:\n\n  # ours\n  name: 'fleet-net'\nspec: {}\nkind: VSlice",
            ["VSlice/fleet-net"],
        ),
        (b'{"kind": "VSlice", "metadata": {"name": "fleet-net"}, "spec": {', ["VSlice/fleet-net"]),
        (b'{\n  "kind": "VSlice",\n  "metadata": {\n    "name": "fleet-net"\n  },', ["VSlice/fleet-net"]),
        (b"kind: VSlice\nspec:\n  name: fleet-net\n", []),
        (b"kind: VSlice\nmetadata:\nspec: {name: fleet-net}\n", []),
        (b"\xff\xfe", []),
        (b"", []),
    ],
)
def test_kind_and_name_are_told_from_text_that_is_no_yaml(text: bytes, expected: list[str]) -> None:
    """The name is that of the metadata, in whatever form and order they are written."""
    assert addresses_in(text) == {Address.parse(one) for one in expected}


def test_telling_kind_and_name_takes_no_long_time() -> None:
    """Text that almost fits, a megabyte of it, is looked at once; so many names are not all taken."""
    for part in (b"metadata:\n ", b"{ ,  ", b"kind: \n", b"  name: a\n", b"metadata: {name: a}\n", b"\n \n"):
        assert len(addresses_in(part * (1_000_000 // len(part)))) < 2_000
