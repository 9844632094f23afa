"""Everything that is on the platform, in a form that two platforms can be compared by: no ids, no times."""

import json
from typing import Any

from reconciler.simulator.platform import COLLECTIONS, Objects
from reconciler.simulator.sims import Sims

_REFERENCE = frozenset({"id", "moniker", "name", "key", "active", "type", "summaryDescription"})
_GENERATED = frozenset(
    {
        "id", "customerId", "routingPolicyId", "regionalGatewayPolicyId", "networkKey", "publicInstanceConfiguration",
        "localPublicKey", "edgeServiceInstanceId", "edgeServiceInstanceIds", "latestActivity", "epid", "imsi",
        "identities",
    }
)  # fmt: skip


def canonical(value: Any) -> Any:
    """References and enumerations as monikers, generated members left out."""
    if isinstance(value, list):
        return [canonical(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "moniker" in value and value.keys() <= _REFERENCE:
        return value["moniker"]
    return {name: canonical(item) for name, item in value.items() if name not in _GENERATED}


def contents(platform: Objects, sims: Sims) -> dict[str, Any]:
    """Objects by collection and moniker with their items, SIMs by ICCID with their key values."""
    found: dict[str, Any] = {}
    for collection in COLLECTIONS.values():
        objects: dict[str, Any] = {}
        for row in platform.store.objects(collection.name):
            shown = canonical(json.loads(platform.rendered(row)))
            for part in collection.parts.values():
                items = [
                    canonical(part.show(item, platform.world)) for item in platform.store.items(row.id, part.segment)
                ]
                first, rest = (items[:1], items[1:]) if part.keeps_first else ([], items)
                shown[part.segment] = first + sorted(rest, key=lambda item: json.dumps(item, sort_keys=True))
            name = row.moniker
            while name in objects:
                # Only with monikers that are not unique (A1): twins are told apart by their order.
                name += "'"
            objects[name] = shown
        found[collection.name] = dict(sorted(objects.items()))
    found["endpoints"] = _endpoints(platform, sims)
    return found


def _endpoints(platform: Objects, sims: Sims) -> dict[str, Any]:
    rows = platform.store.execute(
        "SELECT n, iccid, status, network, grp, reference, extra, changed FROM sim ORDER BY iccid"
    )
    pairs = platform.store.execute("SELECT iccid, key, value FROM keyvalue JOIN sim USING (n) ORDER BY iccid, key")
    values: dict[str, dict[str, Any]] = {}
    for iccid, key, value in pairs.fetchall():
        values.setdefault(iccid, {})[key] = json.loads(value)
    found = {}
    for row in rows.fetchall():
        shown = canonical(json.loads(sims.render([row])[0]))
        shown.pop("iccid")
        found[row[1]] = {**shown, "keyValues": values.get(row[1], {})}
    return found
