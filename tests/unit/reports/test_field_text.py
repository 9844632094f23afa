"""Fields of a plan as text: whole, in one order, without what says nothing, and without secrets."""

import pytest

from reconciler.diffing.fields import FieldChange, FieldOperation
from reconciler.kinds import kind_named
from reconciler.reports.field_text import changed, created
from reconciler.reports.style import plain
from reconciler.reports.values import PLAIN, place_at

LONG = "a long text that somebody has to approve, " * 8
RULE = {
    "name": "web",
    "description": LONG,
    "direction": "uplink",
    "action": "forward",
    "target": "fleet-out",
    "match": {"destination": "10.0.0.0/8", "protocol": "tcp", "destinationPorts": "443"},
    "reflexive": False,
    "enabled": False,
}


def _lines(*fields: FieldChange, kind: str = "RoutingPolicy") -> str:
    return "\n".join(changed(kind, fields, plain))


@pytest.mark.parametrize("operation", [FieldOperation.INSERT, FieldOperation.REMOVE])
def test_a_rule_that_comes_or_goes_is_shown_whole(operation: FieldOperation) -> None:
    """Nothing that is approved is cut, and what is only default is left out."""
    before, after = (None, RULE) if operation is FieldOperation.INSERT else (RULE, None)

    text = _lines(FieldChange("rules[web]", operation, before, after))

    assert "…" not in text
    assert LONG in text
    assert 'match.destinationPorts: "443"' in text
    assert "enabled: false" in text
    assert "reflexive" not in text


def test_an_edited_value_that_is_long_is_shown_on_two_lines() -> None:
    """Before and after are both whole."""
    text = _lines(FieldChange("rules[web].description", FieldOperation.EDIT, LONG, "short"))

    assert text.splitlines() == ["      ~ rules[web].description:", f'          "{LONG}"', '          -> "short"']


def test_lines_are_wrapped_between_fields() -> None:
    """A line has as many fields as there is room for; none is broken."""
    lines = list(created("RoutingPolicy", {"rules": [RULE | {"description": ""}]}, plain))

    assert max(map(len, lines)) <= 100
    assert lines[1].startswith('          web  direction: "uplink", action: "forward"')


def test_long_lists_are_wrapped_and_complete() -> None:
    """A hundred networks are a hundred networks in the plan."""
    networks = [f"100.64.{number}.0/24" for number in range(100)]

    text = "\n".join(created("VSlice", {"subnets": networks}, plain))

    assert all(f'"{network}"' in text for network in networks)
    assert "subnets: 100 items" in text


def test_the_order_of_a_mapping_says_nothing() -> None:
    """A plan file has fields sorted by name; the text is the same as that of the plan it was written from."""
    turned = dict(sorted(RULE.items()))

    for operation in (FieldOperation.SET, FieldOperation.INSERT):
        first = _lines(FieldChange("rules[web]", operation, None, RULE))
        assert first == _lines(FieldChange("rules[web]", operation, None, turned))
    assert list(created("RoutingPolicy", {"rules": [RULE], "vslice": "x"}, plain)) == list(
        created("RoutingPolicy", {"vslice": "x", "rules": [turned]}, plain)
    )


def test_secrets_and_the_paths_of_addresses_stay_hidden() -> None:
    """A reference is named, a digest is not shown, and of an address only its host (S9, S20)."""
    hook = {"url": "https://hooks.example/t0ken", "secret": {"env": "HOOK_SECRET"}}

    text = "\n".join(created("EventHandler", {"webhook": hook}, plain))
    text += _lines(FieldChange("webhook", FieldOperation.SET, None, hook), kind="EventHandler")
    text += _lines(FieldChange("webhook", FieldOperation.CLEAR, hook | {"secret": "hmac-sha256:abc"}, None))

    assert "t0ken" not in text
    assert "abc" not in text
    assert "HOOK_SECRET" in text


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("rules[web].match.protocol", ("tcp", "udp", "icmp")),
        ("rules[a].b[c]].direction", ("uplink", "downlink")),
        ("nothing[of].this", ()),
    ],
)
def test_a_path_leads_to_its_place_in_the_kind(path: str, found: tuple[str, ...]) -> None:
    """Names of items may hold dots and brackets; what is unknown has a place without facts."""
    place = place_at(kind_named("RoutingPolicy").shape, path)

    assert place.choices == found
    assert (place is PLAIN) is (found == ())
