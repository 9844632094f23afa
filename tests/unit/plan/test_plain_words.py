"""The words that redaction leaves as they are: names and values that manifests and plans say in clear."""

from collections import Counter

from reconciler.diffing.fields import FieldChange, FieldOperation
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory, Owned
from reconciler.model.resource import Resource, Resources
from reconciler.plan.action import Action
from reconciler.plan.plain_words import plain_words, plain_words_of, plain_words_of_inventory
from reconciler.plan.plan import Drift, Unmanaged
from reconciler.plan.roster import RosterPlan, SimEdit
from tests.unit.plan.plans import change, plan

GROUP, HOOK = Address("EndpointGroup", "fleet-uk"), Address("EventHandler", "noc-hook")


def test_an_estate_says_its_names_and_all_its_texts() -> None:
    """At any depth, names of members included; numbers, booleans and null are no texts."""
    spec = {
        "displayName": "Fleet",
        "tags": ["a", ["b"]],
        "inner": {"deep": ({"x": "y"},)},
        "n": 5,
        "t": True,
        "z": None,
    }

    found = Counter(plain_words(Resources([Resource(GROUP, spec), Resource(HOOK, {})])))

    assert found == Counter(
        (
            *("EndpointGroup/fleet-uk", "fleet-uk", "EventHandler/noc-hook", "noc-hook"),
            *("displayName", "Fleet", "tags", "a", "b", "inner", "deep", "x", "y", "n", "t", "z"),
        )
    )


def test_a_plan_says_what_changes_before_and_after() -> None:
    """Its objects, their ids and live names, drift and unmanaged objects; reasons and notes may quote somebody."""
    given = plan(
        change(
            GROUP, Action.UPDATE, before={"apn": "old"}, after={"apn": "new"}, live_moniker="live", remote_id="id-1"
        ),
        change(HOOK, Action.CREATE, after=None, notes=("a note",)),
        drift=(Drift(HOOK, (FieldChange("webhook.url", FieldOperation.EDIT, "was", {"is": ["now"]}),)),),
        unmanaged=(Unmanaged(Address("VSlice", "other-net"), owner="another"),),
        roster=RosterPlan(edits=(SimEdit("EndpointSet/all", "1", {"reference": "van"}, {"reference": "lorry"}),)),
    )

    assert set(plain_words_of(given)) == {
        *("EndpointGroup/fleet-uk", "fleet-uk", "live", "id-1", "apn", "old", "new"),
        *("EventHandler/noc-hook", "noc-hook", ""),
        *("was", "is", "now", "VSlice/other-net", "other-net"),
        *("EndpointSet/all", "reference", "van", "lorry"),
    }


def test_an_inventory_says_what_is_owned_and_as_what() -> None:
    """Names, ids and the values that were last applied, of the estate by its name."""
    row = Owned(HOOK, "id-1", "noc", last_applied={"displayName": "NOC"})

    found = set(plain_words_of_inventory(Inventory("lineage", {HOOK: row}, estate="team-a")))

    assert found == {"team-a", "EventHandler/noc-hook", "noc-hook", "id-1", "noc", "displayName", "NOC"}


def test_nothing_says_nothing() -> None:
    """An empty estate, an empty plan and a store that is not there leave nothing out of redaction."""
    found = [plain_words(Resources([])), plain_words_of(plan()), plain_words_of_inventory(None)]

    assert [list(words) for words in found] == [[], [], []]
