"""
Effects: what a change does to the SIMs behind an object, by field and by action.

Each kind states them in its own file, for every field (a test holds that). Impact counts the SIMs that a change
reaches only where its effect says that they notice: another displayName disturbs no SIM.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

RENAMING = "metadata.name"
"""The path under which a plan shows a rename."""

CLEARED = "null"
"""The value of a field that is cleared, in the table of values."""
FROM_NONE = "a first one"
"""Any value of a field that had none so far, in the table of values."""

_IDENTITY = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True, slots=True)
class Effect:
    """
    The effect on SIMs, in words, and how grave it is (`rank`, from 0).

    `is_noticed`: the SIMs behind the object count as touched. `ends_sessions`: open sessions may end, so no text may
    say that they are kept.
    """

    text: str
    rank: int
    is_noticed: bool = True
    ends_sessions: bool = False


LABEL = Effect("label only", 0, is_noticed=False)
RENAME = Effect("no SIM notices; programs that use the old moniker stop working (D-6)", 1, is_noticed=False)
NOBODY = Effect("no SIM uses it yet", 0, is_noticed=False)
EVENTS = Effect("at once; only events go elsewhere, traffic is not affected", 2)
SERVICE = Effect("at once; only access through this service changes (D-53)", 4)
CHECK_IN = Effect("at the next check-in of each device, which may take hours (D-34)", 5)
ADDRESS = Effect("another address from the next session of each device on (D-46)", 7)
TRAFFIC = Effect("at once; open sessions are kept, their traffic follows the new settings (D-40)", 8)
APN = Effect("devices that ask for the old APN get no session any more (D-18)", 11, ends_sessions=True)
LOCK = Effect("a SIM in another device is locked out", 12, ends_sessions=True)
UNLOCK = Effect("any device may use the SIM again", 2)
INTO_SERVICE = Effect("the SIM goes into service: devices may begin sessions (D-41)", 3)
MOVE = Effect("at once; the SIM follows the other group, and may lose its address (D-22, D-46)", 14, ends_sessions=True)
REMAKE = Effect("it ends and is made anew; what uses it is without it in between", 15, ends_sessions=True)
END = Effect("it ends; nothing may use it by then (D-52)", 16, ends_sessions=True)
LISTING = Effect("says which SIMs are meant; the plan counts what happens to each", 0, is_noticed=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """
    The effects of one kind.

    `fields` has an entry for every leaf of the shape (``rules[].target``), its own or that of a place around it, and
    says what an edit does; `added` what a further item of a list does, where that is less than an edit. `values` has
    the values of a field whose effect is another one than that of an edit to just any value.
    """

    fields: Mapping[str, Effect]
    create: Effect = NOBODY
    replace: Effect = REMAKE
    delete: Effect = END
    added: Mapping[str, Effect] = field(default_factory=lambda: MappingProxyType({}))
    values: Mapping[str, Mapping[str, Effect]] = field(default_factory=lambda: MappingProxyType({}))

    def of_edit(self, path: str, *, is_addition: bool = False) -> Effect:
        """The effect of an edit at a place of the spec; of a place with several leaves, that of the gravest."""
        if path == RENAMING:
            return RENAME
        place = _IDENTITY.sub("[]", path)
        stem = place.removesuffix("[]")
        if is_addition and place.endswith("[]") and stem in self.added:
            return self.added[stem]
        found = [effect for entry, effect in self.fields.items() if is_within(entry, stem)]
        around = [entry for entry in self.fields if is_within(stem, entry)]
        if not found and around:
            found = [self.fields[max(around, key=len)]]
        if not found:
            top = re.split(r"[.\[]", path, maxsplit=1)[0]
            found = [effect for entry, effect in self.fields.items() if is_within(entry, top)]
        # This version does not write a place that it does not know.
        return gravest(found) or LABEL

    def of_value(self, name: str, value: Any) -> Effect:
        """The effect of giving a field this value; None clears it."""
        shown = CLEARED if value is None else value
        special = self.values.get(name, {})
        return special[shown] if isinstance(shown, str) and shown in special else self.of_edit(name)


def is_within(place: str, around: str) -> bool:
    """Whether a place of a spec is another one or lies below it."""
    return place == around or place.startswith((f"{around}.", f"{around}["))


def gravest(effects: Iterable[Effect]) -> Effect | None:
    """The effect with the highest rank; None of none."""
    return max(effects, key=lambda effect: effect.rank, default=None)


def in_words(effects: Iterable[Effect]) -> str:
    """Several effects in one text, the gravest first; an effect that no SIM notices only if there is no other."""
    found = sorted(set(effects), key=lambda effect: (-effect.rank, effect.text))
    noticed = [effect for effect in found if effect.is_noticed]
    ends = any(effect.ends_sessions for effect in noticed)
    texts = [effect.text for effect in noticed or found if not (ends and _KEPT in effect.text)]
    return "; ".join(texts)


_KEPT = "sessions are kept"
