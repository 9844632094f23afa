"""Inventory rows and owned objects, one for the other; both ways to read a store use it, so they cannot disagree."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from shlex import quote
from typing import Any

from reconciler.errors import EstateError, StoreError
from reconciler.model.address import Address
from reconciler.model.inventory import HeldSet, Inventory, Origin, Owned
from reconciler.store.records import Intent

_IS_KEY = re.compile(r"(?:[0-9a-f]{2})+").fullmatch
TABLES_OF_SCHEMA_1 = frozenset({"meta", "lock", "run", "plan_ledger", "resource", "sim", "action", "fact"})
TABLES = TABLES_OF_SCHEMA_1 | {"estate"}
COLUMNS = (
    "addr",
    "remote_id",
    "moniker",
    "origin",
    "protect",
    "retain",
    "source",
    "row_version",
    "last_applied",
    "secret_hmacs",
)
"""The columns that make an owned object, in the order in which `owned_of` takes them."""
SIMS_AS_OF = "sims_as_of:"
SETS = "sets:"
"""The key of what the lists of SIMs of an estate held, before its lineage."""
"""Where the store keeps the digest of the inputs that SIMs were last made as, by lineage."""
_NAMES = "$itemNames"
_ORIGINS = {origin.value: origin for origin in Origin}
RESTORE = (
    "restore it from a backup: reconciler store restore BACKUP; if there is none, move the file away "
    "(or name a new database), then take over what is live: reconciler adopt"
)


def encoded(value: Any) -> str:
    """A JSON value as the text of a column: canonical, so that equal values are equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def row_of(owned: Owned) -> dict[str, Any]:
    """The columns of an owned object, without those that the store keeps for itself."""
    return {
        "addr": str(owned.address),
        "kind": owned.address.kind,
        "remote_id": owned.remote_id,
        "moniker": owned.moniker,
        "origin": owned.origin.value,
        "protect": owned.protect,
        "retain": owned.retain,
        "source": owned.source,
        "last_applied": encoded(_with_names(owned)),
        "secret_hmacs": encoded(dict(owned.secret_digests)),
    }


def owned_of(rows: Sequence[Sequence[Any]]) -> list[Owned]:
    """The owned objects of rows that hold `COLUMNS` in this order; `StoreError` when a row makes no sense."""
    try:
        _check_texts(rows)
        applied = _objects([row[-2] for row in rows])
        digests = _objects([row[-1] for row in rows])
        names = [applied_to.pop(_NAMES, {}) for applied_to in applied]
        return [
            Owned(
                Address.parse(addr),
                remote_id,
                moniker,
                _ORIGINS[origin],
                bool(protect),
                bool(retain),
                source,
                last_applied,
                secret_digests,
                int(row_version),
                item_names,
            )
            for row, last_applied, secret_digests, item_names in zip(rows, applied, digests, names, strict=True)
            for addr, remote_id, moniker, origin, protect, retain, source, row_version, _, _ in (row,)
        ]
    except (ValueError, TypeError, KeyError, IndexError) as error:
        message = f"the store has a row that makes no sense ({type(error).__name__})"
        raise StoreError(message, hint=RESTORE) from error


def _with_names(owned: Owned) -> dict[str, Any]:
    """The fields that were last applied, with the names of list items under a key that no field has."""
    return {**owned.last_applied, _NAMES: owned.item_names} if owned.item_names else dict(owned.last_applied)


def intent_of(row: Mapping[str, Any]) -> Intent:
    """The intent of a row of the journal; `StoreError` when the row makes no sense."""
    try:
        return Intent(
            action_id=row["action_id"],
            plan_digest=row["plan_sha"],
            seq=row["seq"],
            verb=row["op"],
            address=Address.parse(row["addr"]),
            moniker=row["moniker"],
            natural_key=row["natural_key"],
            remote_id=row["remote_id"],
            segment=row["segment"],
            items=tuple(tuple(item) for item in json.loads(row["items"])),
            wanted=json.loads(row["wanted"]),
            fingerprint=row["pre_fp"],
            source=row["source"],
            protect=bool(row["protect"]),
            retain=bool(row["retain"]),
        )
    except (ValueError, TypeError) as error:
        message = f"the journal has a row that makes no sense ({type(error).__name__})"
        raise StoreError(message, hint=RESTORE) from error


def _check_texts(rows: Sequence[Sequence[Any]]) -> None:
    """`TypeError` unless ids, monikers and sources are text: SQLite keeps anything in a column of text."""
    if not all(type(row[1]) is str and type(row[2]) is str and isinstance(row[6], str | None) for row in rows):
        message = "not text"
        raise TypeError(message)


def _objects(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Many JSON objects at once, which takes half of the time; `ValueError` unless each is one object."""
    found = json.loads(f"[{','.join(texts)}]")
    if len(found) != len(texts) or not all(type(value) is dict for value in found):
        message = "not one object each"
        raise ValueError(message)
    return list(found)


def inventory_of(
    meta: Mapping[str, str],
    rows: list[Owned],
    *,
    estate: str,
    lineage: str | None,
    serial: int,
    is_established: bool,
    others: Mapping[tuple[str, str], str],
    begun: Mapping[Address, str],
) -> Inventory:
    """The inventory of an estate: the store's meta table, the estate's rows, and what other estates own or began."""
    return Inventory(
        lineage=lineage,
        owned={owned.address: owned for owned in rows},
        pinned_account=meta.get("account_id"),
        pinned_origin=meta.get("api_origin"),
        serial=serial,
        is_established=is_established,
        estate=estate,
        others=others,
        begun=begun,
        sets=sets_of(meta.get(f"{SETS}{lineage}", "{}")),
        slots=slots_in(meta, lineage, {owned.address for owned in rows}),
    )


def sets_of(text: str) -> dict[str, HeldSet]:
    """The lists of a note; none where it makes no sense, since only a sentence of a plan depends on it."""
    try:
        found = json.loads(text)
        return {
            str(address): HeldSet(str(group), int(sims), str(digest))
            for address, (group, sims, digest) in found.items()
        }
    except (AttributeError, TypeError, ValueError):
        return {}


SLOTS = "slots:"
"""The beginning of the key of the slots of an estate, before its lineage."""


def slots_in(meta: Mapping[str, str], lineage: str | None, owned: Collection[Address]) -> dict[Address, str]:
    """The slots of what is owned; `ValueError` for what is no such note."""
    found = json.loads(meta.get(f"{SLOTS}{lineage}", "{}"))
    if type(found) is not dict or not all(type(slot) is str for slot in found.values()):
        message = "the slots make no sense"
        raise ValueError(message)
    named = ((Address.parse(text), slot) for text, slot in found.items())
    return {address: slot for address, slot in named if address in owned}


def tables_needed(version: int) -> frozenset[str]:
    """The tables of a store of this schema version; of the first one where the version is not known."""
    return TABLES if version > 1 else TABLES_OF_SCHEMA_1


def check_meta(meta: Mapping[str, str], *, current: int, where: str) -> int:
    """
    The schema version of a store that this program can read.

    Raises `StoreError` for a store written by a newer version, or one without identity (I18).
    """
    text, key = (str(meta.get(name, "")) for name in ("schema_version", "hmac_key"))
    if not (text.isdecimal() and _IS_KEY(key) and meta.get("lineage")):
        message = f"{where} is not a store of reconciler, or is damaged"
        raise StoreError(message, hint=RESTORE)
    version = int(text)
    if version > current:
        message = f"{where} was written by a newer version of reconciler (schema {version}, this one knows {current})"
        raise StoreError(message, hint="upgrade reconciler; the store was left as it is")
    return version


def unclaimed(where: str, estate: str, objects: int) -> EstateError:
    """The refusal of a store from before estates that holds something: it does not say whose that is (ADR 0009)."""
    held = f"{objects:,} object{'' if objects == 1 else 's'}"
    message = f"{where} was written before stores knew estates, and does not say which estate owns its {held}"
    hint = (
        f"if {estate} does: reconciler store migrate; if that was OLD, and {estate} is its new name: "
        f"reconciler store rename-estate OLD {quote(estate)}; for a copy of another estate's folder, "
        "remove the copied store"
    )
    return EstateError(message, hint=hint)
