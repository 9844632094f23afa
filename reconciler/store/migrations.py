"""Migrations of an older store to this version's schema: step by step in one transaction, after a backup (I18)."""

from collections.abc import Callable, Mapping

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    delete,
    insert,
    inspect,
    literal,
    select,
    update,
)

from reconciler.store.tables import FIRST_SCHEMA_VERSION, META

Migration = Callable[[Connection, str], None]
"""A step; it is told the name of the estate that migrates the store."""

_KEYS_OF_SCHEMA_2 = {
    "run": ("run_id",),
    "plan_ledger": ("plan_sha", "estate"),
    "resource": ("addr", "estate"),
    "sim": ("iccid",),
    "action": ("action_id",),
}


def _with_estates(connection: Connection, estate: str) -> None:
    """
    Schema 2: rows name their estate. All that the store has becomes the property of the estate that migrates it.

    The tables are made anew from what they are, since SQLite cannot change a key; nothing here depends on the tables
    of later versions.
    """
    meta = {row["key"]: row["value"] for row in connection.execute(select(META)).mappings()}
    lineage = meta["lineage"]
    former, made = MetaData(), MetaData()
    former.reflect(connection, only=list(_KEYS_OF_SCHEMA_2))
    estates = Table(
        "estate",
        made,
        Column("lineage", Text, primary_key=True),
        Column("name", Text, nullable=False, unique=True),
        Column("serial", BigInteger, nullable=False),
    )
    estates.create(connection)
    connection.execute(insert(estates).values(lineage=lineage, name=estate, serial=int(meta.get("serial", "0"))))
    for name, keys in _KEYS_OF_SCHEMA_2.items():
        _remake(connection, former.tables[name], made, keys, lineage)
    connection.execute(delete(META).where(META.c.key == "serial"))


def _remake(connection: Connection, old: Table, made: MetaData, keys: tuple[str, ...], lineage: str) -> None:
    quote = connection.dialect.identifier_preparer.quote
    for index in inspect(connection).get_indexes(old.name):
        if not index.get("duplicates_constraint") and index["name"]:
            connection.exec_driver_sql(f"DROP INDEX IF EXISTS {quote(index['name'])}")
    aside = f"{old.name}_of_schema_1"
    connection.exec_driver_sql(f"ALTER TABLE {quote(old.name)} RENAME TO {quote(aside)}")
    columns = [
        Column(column.name, column.type, primary_key=column.name in keys, nullable=column.nullable)
        for column in old.columns
    ]
    new = Table(old.name, made, *columns, Column("estate", Text, primary_key="estate" in keys, nullable=False))
    if old.name == "resource":
        new.append_constraint(UniqueConstraint("kind", "remote_id"))
    if old.name == "action":
        for name, column in (("state", "state"), ("natural_key", "natural_key"), ("plan", "plan_sha")):
            Index(f"action_by_{name}", new.c[column])
    new.create(connection)
    source = Table(aside, MetaData(), *(Column(column.name, column.type) for column in old.columns))
    names = [column.name for column in old.columns]
    found = select(*(source.c[name] for name in names), literal(lineage))
    connection.execute(insert(new).from_select([*names, "estate"], found))
    connection.exec_driver_sql(f"DROP TABLE {quote(aside)}")


MIGRATIONS: Mapping[int, Migration] = {1: _with_estates}
"""The migration from each schema version, which is the key, to the next one; no version is left out."""


def latest(steps: Mapping[int, Migration]) -> int:
    """The schema version that a store has after all of these steps."""
    return FIRST_SCHEMA_VERSION + len(steps)


def migrate(connection: Connection, found: int, steps: Mapping[int, Migration], estate: str) -> None:
    """Bring the store from version `found` to the latest, inside the caller's transaction."""
    for version in range(found, latest(steps)):
        steps[version](connection, estate)
    written = str(latest(steps))
    connection.execute(update(META).where(META.c.key == "schema_version").values(value=written))
