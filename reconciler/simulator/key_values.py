"""Key values of SIMs; the case of keys is preserved."""

import json
from typing import Any

from reconciler.simulator.body import Body
from reconciler.simulator.refusals import Breach, Malformed, NotFound
from reconciler.simulator.store import Tables, dumps

_LONGEST_KEY = 200


def listed(store: Tables, number: int) -> list[dict[str, Any]]:
    """The key values of a SIM, by key."""
    rows = store.execute("SELECT key, value FROM keyvalue WHERE n = ? ORDER BY key", (number,))
    return [{"key": name, "value": json.loads(value)} for name, value in rows]


def put(store: Tables, number: int, name: str, data: Any) -> Any:
    """Set one: a string or a number. Answers the value."""
    value = Body(data).raw("value")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Malformed("$.value", "The member value must be a string or a number.")
    if not 0 < len(name) <= _LONGEST_KEY:
        raise Breach(f"A key has 1 to {_LONGEST_KEY} characters.")
    store.execute("INSERT OR REPLACE INTO keyvalue VALUES (?, ?, ?)", (number, name, dumps(value)))
    return value


def remove(store: Tables, number: int, name: str) -> None:
    """Remove one, or `NotFound`."""
    if not store.execute("DELETE FROM keyvalue WHERE n = ? AND key = ?", (number, name)).rowcount:
        raise NotFound
