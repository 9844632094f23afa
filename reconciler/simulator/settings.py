"""
How the embedded platform behaves where the real one is not known: each assumption A1-A10 is a switch here.

The first value of each choice is the default and the recommended reading of the platform.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

ENDPOINT_PATHS: Mapping[str, str] = MappingProxyType(
    {
        "activate": "POST /endpoints",
        "list": "GET /endpoints",
        "read": "GET /endpoints/{key}",
        "edit": "PUT /endpoints/{key}",
        "assign": "POST /endpoints/assign",
        "status": "PUT /endpoints/{key}/status",
        "bulk-status": "POST /endpoints/status",
        "reset": "POST /endpoints/{key}/reset",
        "sms": "POST /endpoints/{key}/sms",
        "keyvalues": "GET /endpoints/{key}/keyvalues",
        "set-keyvalue": "PUT /endpoints/{key}/keyvalues/{name}",
        "remove-keyvalue": "DELETE /endpoints/{key}/keyvalues/{name}",
    }
)
"""
Verb and path of every operation on SIMs.

`Settings.paths` replaces rows, and those of items: ``remove EventMaps/subscriptions``, likewise with list and add.
"""

ACCOUNT = "0c5a1f0e-7b5d-4a53-9d5e-3f0c2ab81d77"
LARGEST_BODY_BYTES = 10 * 1024 * 1024
LARGEST_PAGE = 1000
MOST_ROWS_IN_ONE_ANSWER = 100_000


@dataclass(frozen=True, slots=True)
class Settings:
    """
    The switches.

    | switch | assumption | meaning |
    |---|---|---|
    | `monikers` | A1 | `unique` per collection, or `any` |
    | `consistency_lag_seconds` | A2 | how long reads go on answering from before a write |
    | late execution | A3 | a fault, not a switch: `Fault("late", …)` |
    | `id_reuse` | A4 | `never`, or `last`: the next object gets the id of the last one deleted in its collection |
    | `account_id` | A5 | whether `customerId` is `shown` or `hidden` |
    | `refused_status` | A6 | whether a scripted 401, 403 or 429 means `not-executed` or `executed` |
    | `suspension` | A7 | `reversible` or `final` |
    | `bulk` | A8 | bulk calls are `all-or-nothing`, or `partial`: what can be done is done |
    | `read_only_token` | A9 | a second token that may only read; None: there is none |
    | `post_entries` | A10 | a POST of entries or subscriptions `add`s (upserts), or does `replace` the set |
    """

    not_found: Literal[200, 404] = 200
    errors: Literal["envelope", "problem"] = "envelope"
    put_entries: Literal["replace", "ignore"] = "replace"
    post_entries: Literal["add", "replace"] = "add"
    monikers: Literal["unique", "any"] = "unique"
    consistency_lag_seconds: float = 0.0
    id_reuse: Literal["never", "last"] = "never"
    account_id: Literal["shown", "hidden"] = "shown"
    refused_status: Literal["not-executed", "executed"] = "not-executed"
    suspension: Literal["reversible", "final"] = "reversible"
    bulk: Literal["all-or-nothing", "partial"] = "all-or-nothing"
    read_only_token: str | None = None
    account: str = ACCOUNT
    without: frozenset[str] = frozenset()
    """Collections and lists that the account does not have, in lower case."""
    webhooks: Literal["loopback", "off", "anywhere"] = "loopback"
    activation_codes: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    most_log_rows: int = 200_000

    def path(self, operation: str, usual: str) -> tuple[str, str]:
        """Verb and path template of an operation; `usual` where `paths` says nothing of it."""
        verb, _, template = self.paths.get(operation, usual).partition(" ")
        return verb.upper(), template
