"""
The hint for each error of a database: a store is damaged only where the database says so.

A disk that is full, a lock, or a missing right leaves the store sound; going back to a backup would then lose what is
in it.
"""

from typing import Any

from reconciler.store.rows import RESTORE

FULL = "the store is sound: make room on its disk, then run `reconciler recover`, or apply again"
FAILING = (
    "the store keeps what it had: check its disk, which may also be full (`reconciler store doctor`), "
    "then run `reconciler recover`"
)
READONLY = (
    "the store is sound: check the permissions of its file and folder, and whether the file system is mounted "
    "read-only (`reconciler store doctor`)"
)
BUSY = "the store is sound: another process holds it; wait until that is done, then run this again"
REACH = "check that the database is up and can be reached, then run `reconciler store doctor`"
CHECK = "the store is sound: nothing of this was written; run `reconciler store doctor`"
STRANGER = (
    "the platform was reset, or another one answers: check --platform and the token, then run `reconciler store doctor`"
)
_SERVER_FULL = "the store is sound: make room on the database's server, then run `reconciler recover`, or apply again"
_SERVER_READONLY = "the store is sound: name the primary, not a standby, and a role that may write"
_RIGHTS = "the store is sound: give the role of the address the right to read and write the store's tables"

# SQLite has one text for each of its errors.
_TEXTS = (
    ("disk is full", FULL),
    ("disk I/O error", FAILING),
    ("readonly database", READONLY),
    ("unable to open database file", READONLY),
    ("access permission denied", READONLY),
    ("authorization denied", READONLY),
    ("is locked", BUSY),
    ("locking protocol", BUSY),
    ("interrupted", BUSY),
    ("constraint failed", CHECK),
)
# The codes of the SQL standard and of PostgreSQL.
_STATES = {
    "53100": _SERVER_FULL,
    "25006": _SERVER_READONLY,
    "42501": _RIGHTS,
    "40001": BUSY,
    "40P01": BUSY,
    "55P03": BUSY,
    "57014": BUSY,
    "42P01": RESTORE,
    "42703": RESTORE,
    "XX001": RESTORE,
    "XX002": RESTORE,
}
_INTEGRITY = "23"
_SAME_OBJECT = ("UNIQUE constraint failed: resource.kind, resource.remote_id", "resource_kind_remote_id_key")


def words_of(error: BaseException) -> str:
    """The text of a driver's error, on one line; without the values that PostgreSQL adds as a detail."""
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    return " ".join(str(primary or error).split())


def is_known_object(words: str) -> bool:
    """Whether a complaint in these words means that an object of the platform is in the store under another name."""
    return any(sign in words for sign in _SAME_OBJECT)


def file_hint(words: str) -> str:
    """The hint for a SQLite store that complains in these words."""
    return next((hint for sign, hint in _TEXTS if sign in words), RESTORE)


def server_hint(error: Any) -> str:
    """The hint for a PostgreSQL store whose driver raises this error."""
    state = getattr(error, "sqlstate", None) or ""
    return CHECK if state.startswith(_INTEGRITY) else _STATES.get(state, REACH)
