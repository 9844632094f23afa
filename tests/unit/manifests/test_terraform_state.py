"""A Terraform state names the objects of the provider; nothing else of it is read, and what is no state is refused."""

import json
from typing import Any

import pytest

from reconciler.errors import UsageError
from reconciler.kinds import object_kinds
from reconciler.manifests.terraform_state import KINDS, StateObject, state_objects


def _read(state: Any) -> list[StateObject]:
    return list(state_objects(json.dumps(state).encode(), "s.json"))


def _instance(**attributes: Any) -> dict[str, Any]:
    return {"attributes": {"presharedKey": "in-clear", **attributes}}


def test_both_forms_of_a_state_name_the_same_objects() -> None:
    """Modules, counts and keys are part of the address; data sources and other providers are passed over."""
    backend = {
        "version": 4,
        "resources": [
            {"mode": "data", "type": "stacuity_vslices", "name": "all", "instances": [_instance(id="0")]},
            {"mode": "managed", "type": "aws_vpc", "name": "x", "instances": [_instance(id="1")]},
            {
                "mode": "managed", "type": "stacuity_vslice", "name": "net", "module": "module.uk",
                "instances": [{**_instance(id="2", moniker="net-uk"), "index_key": "a"}, "broken"],
            },
            {"mode": "managed", "type": "stacuity_event_map", "name": "map", "instances": [_instance(moniker="map")]},
        ],
    }  # fmt: skip
    shown = {
        "values": {
            "root_module": {
                "resources": [
                    {"address": "stacuity_event_map.map", "type": "stacuity_event_map", "values": {"moniker": "map"}},
                    {"address": "data.x", "mode": "data", "type": "stacuity_vslices", "values": {"id": "0"}},
                ],
                "child_modules": [
                    {
                        "resources": [
                            {
                                "address": 'module.uk.stacuity_vslice.net["a"]',
                                "mode": "managed",
                                "type": "stacuity_vslice",
                                "values": {"id": "2", "moniker": "net-uk"},
                            }
                        ]
                    }
                ],
            }
        }
    }
    net = StateObject('module.uk.stacuity_vslice.net["a"]', "stacuity_vslice", "2", "net-uk")
    events = StateObject("stacuity_event_map.map", "stacuity_event_map", "", "map")
    assert _read(backend) == [net, events]
    assert _read(shown) == [events, net]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"version": 4}',
        b"\xff\xfe",
        b'{"resources": []}',
        b'{"resources": 7}',
        b'{"values": null}',
        b'{"resources": [{"type": "aws_vpc", "instances": [{"attributes": {}}]}]}',
        b'{"resources": [{"type": "stacuity_vslice", "name": "x", "instances": [{"attributes": {"id": 7}}]}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_state_is_refused_without_its_content(content: bytes) -> None:
    """One error with the file's name and the command that writes a state."""
    with pytest.raises(UsageError) as caught:
        state_objects(content, "s.json")
    assert str(caught.value).startswith("s.json")
    assert "terraform" in str(caught.value.hint)


def test_each_type_of_the_provider_has_a_kind_of_ours() -> None:
    """The eight resource types."""
    assert len(KINDS) == 8
    assert set(KINDS.values()) <= set(object_kinds())
