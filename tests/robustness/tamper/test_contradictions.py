"""A plan file whose parts do not fit together is refused, however well its digest was made."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import PlanFileError
from reconciler.plan.canonical_json import canonical, digest
from reconciler.plan.planfile import decode, encode
from tests.robustness.faults.house import House, resource

STALE = 4
Document = dict[str, Any]


@pytest.fixture
def document(tmp_path: Path) -> Document:
    """The plan of an estate with one change of every action that writes."""
    house = House(tmp_path)
    hook = resource("EventHandler", "noc-hook", webhook={"url": "https://noc.example/in"})
    house.make(
        resource("OperatorPolicy", "first-ops", default="allow"),
        resource("OperatorPolicy", "other-ops", default="allow"),
        resource("EventMap", "other-map", scope="account"),
        hook,
    )
    plan = house.plan(
        resource("OperatorPolicy", "first-ops", default="reject-hard"),
        resource("EventMap", "fleet-map", scope="account"),
        resource("EventMap", "other-map", scope="vslice"),
        resource("VSlice", "new-net", subnets=["10.0.0.0/16"], eventMap="fleet-map"),
        hook,
    )
    document: Document = json.loads(encode(plan))
    return document


def resealed(document: Document) -> bytes:
    """As somebody writes it who knows how digests are made."""
    found = digest(document["plan"])
    header = {"digest": found, "origin": document["origin"]}
    return canonical({**document, "digest": found, "seal": digest(header)}) + b"\n"


def change(document: Document, action: str, kind: str = "") -> Document:
    """The first change with an action, of a kind."""
    changes = document["plan"]["changes"]
    return next(change for change in changes if change["action"] == action and change["address"].startswith(kind))


def _renamed_secret(document: Document) -> None:
    change(document, "create")["secretDigests"] = {"displayName": "hmac-sha256:0"}


def _unkeyed_secret(document: Document) -> None:
    webhook = {"url": "hmac-sha256:unkeyed"}
    edited = change(document, "update")
    edited.update(address="EventHandler/noc-hook", liveMoniker="noc-hook", before={"webhook": webhook})
    edited.update(after={"webhook": dict(webhook)})


def _immutable_update(document: Document) -> None:
    edited = change(document, "update")
    edited.update(address="VSlice/old-net", liveMoniker="old-net")
    edited.update(before={"subnets": ["10.1.0.0/16"]}, after={"subnets": ["10.0.0.0/16"]})


def _created_sim(document: Document) -> None:
    change(document, "create", "EventMap").update(address="Endpoint/one", after={}, filled=[])


FORGERIES: dict[str, Callable[[Document], Any]] = {
    "another value than the one that is shown": lambda d: change(d, "update")["after"].update(default="allow"),
    "another field than the one that is shown": lambda d: change(d, "update")["after"].update(displayName="Ours"),
    "fields that are left out": lambda d: change(d, "update").update(fields=[]),
    "fields that are invented": lambda d: change(d, "create").update(fields=change(d, "update")["fields"]),
    "another reversibility": lambda d: change(d, "delete").update(reversibility="reversible"),
    "another total": lambda d: d["plan"]["summary"].update(delete=0),
    "an effect without SIMs": lambda d: change(d, "create")["impact"].update(effect="at once"),
    "a creation with something before": lambda d: change(d, "create").update(before={}),
    "a creation of something that exists": lambda d: change(d, "create").update(remoteId="1"),
    "an update without before": lambda d: change(d, "update").update(before=None),
    "an update without after": lambda d: change(d, "update").update(after=None),
    "an update without a fingerprint": lambda d: change(d, "update").update(fingerprint=None),
    "a deletion with something after": lambda d: change(d, "delete").update(after={}),
    "a deletion that is an update": lambda d: change(d, "delete").update(action="update"),
    "a replacement that is an update": lambda d: change(d, "replace").update(action="update"),
    "an update that is a replacement": lambda d: change(d, "update").update(action="replace"),
    "an update that is an adoption": lambda d: change(d, "update").update(action="adopt"),
    "an adoption besides a deletion": lambda d: change(d, "delete").update(adopts=True),
    "a field that no such object has": lambda d: change(d, "create")["after"].update(backdoor=True),
    "a field that is filled and not written": lambda d: change(d, "create").update(filled=["backdoor"]),
    "a field that hides behind being filled": lambda d: change(d, "update").update(filled=["default"]),
    "a digest of what is no secret": _renamed_secret,
    "a secret that was seen without a key": _unkeyed_secret,
    "an update of what cannot change": _immutable_update,
    "a creation of what is no object": _created_sim,
    "waiting for nothing": lambda d: change(d, "replace").update(waitsFor=["VSlice/other-net"]),
    "not waiting for what it refers to": lambda d: change(d, "create", "VSlice").update(waitsFor=[]),
    "an order in which it waits for the later": lambda d: d["plan"]["changes"].reverse(),
    "a change that is listed twice": lambda d: d["plan"]["changes"].append(change(d, "delete")),
    "an object that is changed twice": lambda d: change(d, "delete").update(remoteId=change(d, "update")["remoteId"]),
    "a kind that there is not": lambda d: change(d, "create").update(address="Backdoor/one"),
    "a value of another type": lambda d: change(d, "create", "VSlice")["after"].update(subnets={"10.0.0.0/16": True}),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_plan_that_contradicts_itself_is_refused(document: Document, name: str) -> None:
    """One member is edited and the digest made anew: exit code 4."""
    decode(resealed(document), "plan.json")
    FORGERIES[name](document)
    with pytest.raises(PlanFileError) as caught:
        decode(resealed(document), "plan.json")
    assert caught.value.exit_code == 4


def test_a_plan_that_shows_the_forged_value_is_no_contradiction(document: Document) -> None:
    """A plan that is edited before, after and in what is shown alike is another plan, with another digest."""
    first = decode(resealed(document), "plan.json")[1]
    edited = change(document, "update")
    edited["after"]["displayName"] = "Ours"
    edited["before"]["displayName"] = "Theirs"
    edited["fields"] = [
        {"path": "displayName", "operation": "edit", "before": "Theirs", "after": "Ours"},
        *edited["fields"],
    ]
    assert decode(resealed(document), "plan.json")[1] != first
