"""
The truths after any story of kills and faults, judged without the engine.

Nothing here imports what it judges: the platform's request log and contents, the store's rows and the plan's document
are plain values. Each oracle answers with the violations that it found, in words.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

COLLECTIONS = {
    "vslices": "VSlice",
    "routingtargets": "RoutingTarget",
    "routingpolicies": "RoutingPolicy",
    "operatorpolicies": "OperatorPolicy",
    "regionalpolicies": "RegionalPolicy",
    "edgeservices": "EdgeService",
    "eventhandlers": "EventHandler",
    "eventmaps": "EventMap",
    "endpointgroups": "EndpointGroup",
}
"""The kind of each collection of the platform, in lower case."""
_KEPT = frozenset({"intent", "unknown", "void"})
_OPEN = frozenset({"intent", "unknown"})
_LINKED = ("action_id", "attempt", "epoch", "what", "http_status", "remote_id", "at")
_MAKES, _CHANGES, _UNMAKES = frozenset({"create", "replace"}), frozenset({"create", "update"}), {"delete", "replace"}
_TERMINATED = "endpointprovisioningstatussetterminated_v1"
_COUNTS = {"endpointsAssigned", "endpointGroupCount", "endpointCount"}

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that reached the platform: a path below its base, and the parsed body."""

    method: str
    path: str
    body: Any
    status: int

    @property
    def parts(self) -> list[str]:
        """The path's segments."""
        return self.path.strip("/").split("/")


@dataclass(frozen=True, slots=True)
class World:
    """
    The contents of the platform, and the requests that it got.

    `contents` has no ids and no times, `ids` are those of the objects by collection and moniker, `events` are what
    happened to SIMs: kind and ICCID, in order.
    """

    contents: Mapping[str, Mapping[str, Any]]
    ids: Mapping[tuple[str, str], str]
    log: Sequence[Asked]
    events: Sequence[tuple[str, str]]

    def mutations(self) -> Iterator[Asked]:
        """
        The requests that were to change something, in order.

        One of which only the head arrived, since its sender died before the body, is none.
        """
        return (row for row in self.log if row.method == "DELETE" or (row.method != "GET" and row.body is not None))


@dataclass(frozen=True, slots=True)
class Content:
    """The rows of each table of a store, and what the database says of its health; empty where there is no store."""

    tables: Mapping[str, Rows] = field(default_factory=dict)
    health: str = "ok"

    def __getitem__(self, table: str) -> Rows:
        return self.tables.get(table, ())


def outside_plan(before: World, after: World, plan: Mapping[str, Any]) -> list[str]:
    """(a) Requests that no change of the plan asks for."""
    actions = {change["address"]: change["action"] for change in plan["changes"]}
    sims = _planned_sims(plan)
    names = {found: (collection, name) for (collection, name), found in (*before.ids.items(), *after.ids.items())}
    return [
        f"outside the plan: {row.method} {row.path} {row.body}"
        for row in after.mutations()
        if not (_is_planned_sim(row, sims) if row.parts[0].lower() == "endpoints" else _is_planned(row, actions, names))
    ]


def _is_planned(row: Asked, actions: Mapping[str, str], names: Mapping[str, tuple[str, str]]) -> bool:
    collection, *rest = row.parts
    kind = COLLECTIONS.get(collection.lower(), collection)
    if not rest:
        name = row.body.get("moniker") if isinstance(row.body, dict) else None
        return row.method == "POST" and actions.get(f"{kind}/{name}") in _MAKES
    found = names.get(rest[0])
    # An object that was made and removed again has no name any more: nothing of a plan does that.
    action = None if found is None else actions.get(f"{kind}/{found[1]}")
    if len(rest) > 1:
        return action in {"create", "update", "replace", "delete"}
    return action in (_CHANGES if row.method == "PUT" else _UNMAKES if row.method == "DELETE" else set())


def _planned_sims(plan: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The changes that a SIM may see: (its ICCID, the group or state that it may get, or "edit")."""
    states = {"suspend": "suspended", "resume": "active", "terminate": "terminated"}
    may = set()
    for change in plan["roster"]["changes"]:
        for iccid in change["iccids"]:
            may.add((iccid, states.get(change["action"]) or change["target"]))
            if change["action"] == "activate":
                may.add((iccid, "activate"))
    return may | {(edit["iccid"], "edit") for edit in plan["roster"]["edits"]}


def _is_planned_sim(row: Asked, may: set[tuple[str, str]]) -> bool:
    body = row.body if isinstance(row.body, dict) else {}
    rest = row.parts[1:]
    if row.method == "POST" and not rest:
        return (str(body.get("iccid")), "activate") in may
    if row.method == "POST" and rest[0] in {"assign", "status"}:
        wanted = str(body.get("endpointGroup") or body.get("endpointStatus"))
        return all((iccid, wanted) in may for iccid in body["endpoints"])
    return (rest[0], "edit") in may


def done_twice(after: World) -> list[str]:
    """
    (b) Creations, activations, moves and deletions that reached the platform more than once.

    Only for stories without refusals: a request that was refused may be sent again.
    """
    count: Counter[tuple[str, ...]] = Counter()
    for row in after.mutations():
        body = row.body if isinstance(row.body, dict) else {}
        if row.method == "DELETE":
            count["DELETE", row.path] += 1
        elif row.method == "POST" and len(row.parts) == 1:
            count["POST", row.path.lower(), str(body.get("moniker") or body.get("iccid"))] += 1
        elif row.path.lower() == "/endpoints/assign":
            for iccid in body["endpoints"]:
                count["assign", str(body["endpointGroup"]), str(iccid)] += 1
    return [f"asked for {times} times: {' '.join(key)}" for key, times in count.items() if times > 1]


def orphaned(before: World, after: World, store: Content) -> list[str]:
    """(c) Objects that were created and are neither in the inventory nor the subject of a kept intent."""
    owned = {row["remote_id"] for row in store["resource"]}
    intended = {row["addr"] for row in store["action"] if row["op"] == "create" and row["state"] in _KEPT}
    return [
        f"orphan: {collection}/{name}"
        for (collection, name), found in after.ids.items()
        if found not in before.ids.values()
        and found not in owned
        and f"{COLLECTIONS[collection.lower()]}/{name}" not in intended
    ]


def touched(before: World, after: World, plan: Mapping[str, Any]) -> list[str]:
    """(d) Objects and SIMs that are no part of the plan and differ, but for counts of SIMs."""
    named = {change["address"] for change in plan["changes"]} | {iccid for iccid, _ in _planned_sims(plan)}
    return [
        f"touched: {collection}/{name}"
        for collection, found in before.contents.items()
        for name, shown in found.items()
        if f"{COLLECTIONS.get(collection.lower(), '')}/{name}" not in named
        and name not in named
        and _uncounted(after.contents[collection].get(name)) != _uncounted(shown)
    ]


def _uncounted(shown: Any) -> Any:
    return {key: value for key, value in shown.items() if key not in _COUNTS} if isinstance(shown, dict) else shown


def different(after: World, wanted: World) -> list[str]:
    """(e) Where the platform is not as an undisturbed run leaves it."""
    return [
        f"not as wanted: {collection}/{name}: {shown} instead of {expected}"
        for collection in wanted.contents
        for name in sorted(wanted.contents[collection].keys() | after.contents[collection].keys())
        for shown in (after.contents[collection].get(name),)
        for expected in (wanted.contents[collection].get(name),)
        if shown != expected
    ]


def terminated(after: World, consented: Iterable[str] = ()) -> list[str]:
    """(f) SIMs that were terminated without consent."""
    allowed = set(consented)
    return [f"terminated: {iccid}" for kind, iccid in after.events if kind == _TERMINATED and iccid not in allowed]


def epochs_broken(store: Content) -> list[str]:
    """(g) Epochs that do not increase from run to run, or decisions of an epoch that no run had."""
    numbers = [int(row["epoch"]) for row in store["run"]]
    current = max((int(row["epoch"]) for row in store["lock"]), default=0)
    found = [f"epoch {number} was had twice" for number, times in Counter(numbers).items() if times > 1]
    found += [f"a run had epoch {number}, the lock has {current}" for number in numbers if number > current]
    for row in (*store["action"], *store["fact"], *store["resource"]):
        if int(row["epoch"]) > current:
            found.append(f"epoch {row['epoch']} in a row, the lock has {current}")
    return found


def damaged(store: Content) -> list[str]:
    """The database is whole, and each fact has the digest of itself and of the one before."""
    found = [] if store.health == "ok" else [f"the database says: {store.health}"]
    previous = ""
    for row in sorted(store["fact"], key=lambda row: int(row["id"])):
        values = {name: row[name] for name in _LINKED}
        text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if row["prev_sha"] != previous or row["sha"] != hashlib.sha256((previous + text).encode()).hexdigest():
            return [*found, f"the chain of facts breaks at {row['id']}"]
        previous = row["sha"]
    return found


def unfinished(store: Content, after: World) -> list[str]:
    """
    Loose ends: open actions, and inventory rows of objects that are not there.

    A lock that a dead run still holds is none: whoever needs it next takes it over, and a run without work needs none.
    """
    found = [f"still open: {row['op']} {row['addr']}" for row in store["action"] if row["state"] in _OPEN]
    there = set(after.ids.values())
    return found + [f"owned, but gone: {row['addr']}" for row in store["resource"] if row["remote_id"] not in there]
