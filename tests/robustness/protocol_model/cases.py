"""Which promises the protocol keeps for each verb, and which of them is lost with which rule."""

from collections.abc import Mapping

from tests.robustness.protocol_model.model import Verb
from tests.robustness.protocol_model.verbs import Change, Create, Delete, Seen, Switch, Terminate

TWICE, ORPHAN, STOLEN = "created twice", "orphan", "stole a foreign object"
DISOWNED = "called ours somebody else's"
UNDONE, FALSE = "a late request undid an edit", "said to be done, and is not"
OVERTAKEN, AGAIN = "an old request undid a later run", "terminated while an earlier request may land"
_EDITS = dict.fromkeys(
    ("rereads", "intends_first", "drains", "fences", "fences_recovery", "asks_before_sending_again",
     "pause_is_bounded"),
    UNDONE,
)  # fmt: skip

VERBS: Mapping[str, Verb] = {
    "create": Create(),
    "create that is delivered twice": Create(doubles=1),
    "create where names are not unique": Create("any"),
    "update": Change(),
    "update after an edit": Seen(),
    "move in bulk, taken partly": Change(2, "partly"),
    "move in bulk after an edit": Seen(2, "partly"),
    "delete": Delete(),
    "suspend and resume": Switch(),
    "terminate": Terminate(),
}
UNBOUNDED = frozenset({"create", "create that is delivered twice"})
"""Safe even where a holder may sleep between its last look at the lease and the request, for however long."""

LOAD_BEARING: Mapping[str, Mapping[str, str]] = {
    "create": {
        "intends_first": ORPHAN,
        "keeps_intents": ORPHAN,
        "adopts_by_content": STOLEN,
        "confirms_by_reading": STOLEN,
    },
    "create that is delivered twice": {
        "intends_first": ORPHAN,
        "keeps_intents": ORPHAN,
        "adopts_by_content": STOLEN,
        "confirms_by_reading": STOLEN,
        "asks_own_intents": DISOWNED,
    },
    "create where names are not unique": {
        **dict.fromkeys(_EDITS, TWICE),
        "intends_first": ORPHAN,
        "adopts_by_content": STOLEN,
        "confirms_by_reading": STOLEN,
    },
    "update": {**_EDITS, "confirms_by_reading": FALSE},
    "update after an edit": {"rereads": UNDONE, "confirms_by_reading": FALSE},
    "move in bulk, taken partly": {**_EDITS, "confirms_by_reading": FALSE},
    "move in bulk after an edit": {"rereads": UNDONE, "confirms_by_reading": FALSE, "sends_what_is_missing": UNDONE},
    "delete": {"confirms_by_reading": FALSE, "deletes_by_id": "deleted a foreign object"},
    "suspend and resume": {
        **{rule: OVERTAKEN for rule in _EDITS if rule != "rereads"},
        "confirms_by_reading": OVERTAKEN,
    },
    "terminate": {**dict.fromkeys(_EDITS, AGAIN), "confirms_by_reading": FALSE},
}
"""For each verb the rules without which a promise is broken, and the promise that is broken first."""
