"""From an older store to this version's: step by step in one transaction, after a backup (I18)."""

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, update

from reconciler.store.tables import FIRST_SCHEMA_VERSION, META

Migration = Callable[[Connection], None]

MIGRATIONS: Mapping[int, Migration] = {}
"""What brings a store from the schema version that is the key to the next one; no version is left out."""


def latest(steps: Mapping[int, Migration]) -> int:
    """The schema version that a store has after all of these steps."""
    return FIRST_SCHEMA_VERSION + len(steps)


def migrate(connection: Connection, found: int, steps: Mapping[int, Migration]) -> None:
    """Bring the store from version `found` to the latest, inside the caller's transaction."""
    for version in range(found, latest(steps)):
        steps[version](connection)
    written = str(latest(steps))
    connection.execute(update(META).where(META.c.key == "schema_version").values(value=written))
