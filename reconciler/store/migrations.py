"""From an older store to this version's: one transaction, after a backup (I18)."""

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, update

from reconciler.store.tables import META

Migration = Callable[[Connection], None]

MIGRATIONS: Mapping[int, Migration] = {}
"""What brings a store from the schema version that is the key to the next one."""


def migrate(connection: Connection, found: int, current: int, steps: Mapping[int, Migration] = MIGRATIONS) -> None:
    """Bring the store from version `found` to `current`, inside the caller's transaction."""
    for version in range(found, current):
        steps[version](connection)
    connection.execute(update(META).where(META.c.key == "schema_version").values(value=str(current)))
