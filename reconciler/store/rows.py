"""Inventory rows and owned objects, one for the other; both ways to read a store use it, so they cannot disagree."""

import json
from collections.abc import Mapping
from typing import Any

from reconciler.errors import StoreError
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory, Origin, Owned

TABLES = frozenset({"meta", "lock", "run", "plan_ledger", "resource", "sim", "action", "fact"})
RESTORE = "restore the file from a backup, or rebuild it by adopting what is live: reconciler adopt"


def encoded(value: Any) -> str:
    """A JSON value as it stands in a column: canonical, so that equal values are equal text."""
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
        "last_applied": encoded(dict(owned.last_applied)),
        "secret_hmacs": encoded(dict(owned.secret_digests)),
    }


def owned_of(row: Mapping[str, Any]) -> Owned:
    """The owned object of a row; `StoreError` when the row makes no sense."""
    try:
        return Owned(
            Address.parse(row["addr"]),
            str(row["remote_id"]),
            str(row["moniker"]),
            origin=Origin(row["origin"]),
            protect=bool(row["protect"]),
            last_applied=json.loads(row["last_applied"]),
            secret_digests=json.loads(row["secret_hmacs"]),
            row_version=int(row["row_version"]),
            retain=bool(row["retain"]),
            source=row["source"],
        )
    except (ValueError, TypeError, KeyError, IndexError) as error:
        message = f"the store has a row that makes no sense ({type(error).__name__})"
        raise StoreError(message, hint=RESTORE) from error


def inventory_of(meta: Mapping[str, str], rows: list[Owned]) -> Inventory:
    """The inventory of a store's meta table and rows."""
    return Inventory(
        lineage=meta["lineage"],
        owned={owned.address: owned for owned in rows},
        pinned_account=meta.get("account_id"),
        pinned_origin=meta.get("api_origin"),
        serial=int(meta.get("serial", "0")),
    )


def check_meta(meta: Mapping[str, str], *, current: int, where: str) -> int:
    """
    The schema version of a store that this program can read.

    Raises `StoreError` for a store written by a newer version, or one without identity (I18).
    """
    text = meta.get("schema_version", "")
    if not text.isdecimal() or "lineage" not in meta or "hmac_key" not in meta:
        message = f"{where} is not a store of reconciler, or is damaged"
        raise StoreError(message, hint=RESTORE)
    version = int(text)
    if version > current:
        message = f"{where} was written by a newer version of reconciler (schema {version}, this one knows {current})"
        raise StoreError(message, hint="upgrade reconciler; the store was left as it is")
    return version
