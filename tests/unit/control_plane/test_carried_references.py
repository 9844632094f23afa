"""A reference that is carried along is written as the bare moniker, however its members are spelt."""

import pytest

from reconciler.control_plane.patching import carried
from reconciler.kinds import kind_named


@pytest.mark.parametrize(
    "reference",
    [
        {"id": "an-id", "moniker": "net", "name": "Net"},
        {"ID": "an-id", "Moniker": "net", "NAME": "Net"},
        {"key": 3, "MONIKER": "net", "active": True},
    ],
)
def test_a_reference_of_a_newer_platform_is_written_as_its_moniker(reference: dict[str, object]) -> None:
    """The member is none of this kind, so nothing else knows how it is written."""
    payload = {"id": "1", "moniker": "hook", "name": "Hook", "ownerSlice": reference}

    assert carried(kind_named("EventHandler"), payload)["ownerSlice"] == "net"
