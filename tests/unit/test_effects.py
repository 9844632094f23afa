"""Effects: each kind says what SIMs notice of each of its fields and of each action."""

import pytest

from reconciler.kinds import kind_named, kinds
from reconciler.kinds.endpoint import STATE, VALUES
from reconciler.kinds.endpoint_group import IDLE
from reconciler.kinds.vslice import NETWORK_END, ROOM
from reconciler.model.effects import (
    APN,
    CHECK_IN,
    CLEARED,
    EVENTS,
    FROM_NONE,
    LABEL,
    LOCK,
    RENAME,
    TRAFFIC,
    Effect,
    gravest,
    in_words,
    is_within,
)
from reconciler.model.kind import Kind
from reconciler.reports.reference import explained, noticed
from reconciler.rulebook import cited, entries


def _leaves(kind: Kind) -> list[str]:
    """The places of a shape that have nothing below them."""
    places = [path for path, _ in kind.shape.walk()]
    return [path for path in places if not any(other != path and is_within(other, path) for other in places)]


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.name)
def test_every_field_of_every_kind_has_an_effect(kind: Kind) -> None:
    """Each leaf of the shape has one entry, its own or that of a place around it; no entry is for nothing."""
    covering = {leaf: [entry for entry in kind.effects.fields if is_within(leaf, entry)] for leaf in _leaves(kind)}
    assert {leaf: found for leaf, found in covering.items() if len(found) != 1} == {}
    assert set(kind.effects.fields) - {entry for found in covering.values() for entry in found} == set()
    assert set(kind.effects.added) <= {path for path, shape in kind.shape.walk() if shape.item is not None}


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.name)
def test_a_name_for_people_disturbs_nobody_whatever_has_it(kind: Kind) -> None:
    """Another displayName is a label of every kind that has one, as are names and descriptions of rules."""
    labels = ("displayName", "description", "reference", "tags", "rules[].name", "rules[].description")
    found = {path: kind.effects.of_edit(path) for path, _ in kind.shape.walk() if path in labels}
    assert set(found.values()) <= {LABEL}


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.name)
def test_nothing_that_ends_or_is_made_anew_keeps_sessions(kind: Kind) -> None:
    """No text for a deletion or a replacement says that open sessions are kept."""
    texts = [kind.effects.delete.text, kind.effects.replace.text]
    assert [text for text in texts if "are kept" in text] == []


@pytest.mark.parametrize(
    ("kind", "path", "effect"),
    [
        ("VSlice", "dns", kind_named("VSlice").effects.fields["dns"]),
        ("VSlice", "dns.servers[1.1.1.1]", kind_named("VSlice").effects.fields["dns"]),
        ("VSlice", "eventMap", EVENTS),
        ("EndpointGroup", "sessionInactivity.seconds", IDLE),
        ("EndpointGroup", "operatorPolicy", CHECK_IN),
        ("EndpointGroup", "routingPolicy", TRAFFIC),
        ("EndpointGroup", "secondaryGroups[b]", APN),
        ("RoutingPolicy", "rules[to-dc].target", TRAFFIC),
        ("RoutingPolicy", "rules[to-dc]", TRAFFIC),
        ("RoutingPolicy", "rules[to-dc].description", LABEL),
        ("RoutingPolicy", "rules[a.b]c].target", TRAFFIC),
        ("OperatorPolicy", "entries[DE/26201].action", CHECK_IN),
        ("EventHandler", "webhook.url", EVENTS),
        ("Endpoint", "imeiLock", LOCK),
        ("Endpoint", "keyValues", VALUES),
        ("Endpoint", "state", STATE),
        ("EdgeService", "metadata.name", RENAME),
    ],
)
def test_an_edit_has_the_effect_of_its_field(kind: str, path: str, effect: Effect) -> None:
    """Items of lists are named by their identity; a place with several fields has the gravest of their effects."""
    assert kind_named(kind).effects.of_edit(path) == effect


def test_a_further_subnet_is_room_and_a_removed_one_is_not() -> None:
    """Adding to a list may disturb nobody where taking away does."""
    effects = kind_named("VSlice").effects
    assert effects.of_edit("subnets[10.0.0.0/8]", is_addition=True) == ROOM
    assert effects.of_edit("subnets[10.0.0.0/8]").is_noticed


def test_several_effects_read_gravest_first_and_labels_only_alone() -> None:
    """An effect that nobody notices is said only alone; kept sessions are not promised beside ended ones."""
    assert in_words([LABEL]) == "label only"
    assert in_words([LABEL, EVENTS, CHECK_IN]) == f"{CHECK_IN.text}; {EVENTS.text}"
    assert in_words([TRAFFIC, NETWORK_END]) == NETWORK_END.text
    assert in_words([]) == ""
    assert gravest([]) is None


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.name)
def test_explain_shows_the_whole_table_of_a_kind(kind: Kind) -> None:
    """Every field that has an entry, every value of its own, every addition and every action, each with its text."""
    table = dict(noticed(kind))
    edited = {place for what in table if what.startswith("edit of ") for place in what[8:].split(", ")}
    special = {f"{place} to {value}" for place, values in kind.effects.values.items() for value in values}
    assert edited == set(kind.effects.fields) | special
    assert {what.removeprefix("a further item of ") for what in table if "further" in what} == set(kind.effects.added)
    actions = ("create", "replace", "delete")
    assert {name: table[name] for name in actions} == {name: getattr(kind.effects, name).text for name in actions}
    page = explained(kind.name, kind.shape, "")
    assert page is not None
    assert [line for line in (f"   {what}: {text}" for what, text in table.items()) if line not in page] == []


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.name)
def test_an_edit_of_what_is_fixed_at_creation_is_explained_as_a_replacement(kind: Kind) -> None:
    """The text of an edit would promise less than what happens."""
    fixed = [path for path, shape in kind.shape.walk() if shape.immutable and path in kind.effects.fields]
    said = {
        place: text for what, text in noticed(kind) if what.startswith("edit of ") for place in what[8:].split(", ")
    }
    assert {said[path] for path in fixed} <= {kind.effects.replace.text}


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.name)
def test_values_with_effects_of_their_own_are_values_of_their_fields(kind: Kind) -> None:
    """A choice of the field, null where it can be cleared, or a first value; where choices differ, all are told."""
    shapes = dict(kind.shape.walk())
    for name, values in kind.effects.values.items():
        shape = shapes[name]
        possible = {*shape.choices, *([CLEARED] if shape.nullable else []), FROM_NONE}
        assert set(values) <= possible
        assert not shape.choices or set(values) >= set(shape.choices)


def test_the_effects_cite_rules_of_the_book() -> None:
    """Each number in the text of an effect is one that `explain` knows."""
    tables = [kind.effects for kind in kinds().values()]
    used = {
        effect for table in tables for effect in (*table.fields.values(), table.create, table.replace, table.delete)
    }
    used |= {
        effect for table in tables for values in (table.added, *table.values.values()) for effect in values.values()
    }
    assert {number for effect in used for number in cited(effect.text)} <= set(entries())
