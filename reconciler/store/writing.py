"""
Statements that are run for each change, made once.

SQLAlchemy says them in the words of each database; the driver gets them directly, since finding, binding and wrapping a
statement anew takes ten times as long as running it, while all others wait for the one who writes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from sqlalchemy import ClauseElement, ColumnElement, Connection, Dialect, Table, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import Insert

RowValues = Mapping[str, Any]


class Prepared:
    """
    A statement whose parameters are named. `build` makes it for a database by its name in SQLAlchemy.

    Parameters are text, numbers, truth values and None. Raises what SQLAlchemy raises for the driver's errors.
    """

    def __init__(self, build: Callable[[str], ClauseElement]) -> None:
        self._build = build
        self._texts: dict[str, tuple[str, RowValues]] = {}

    def run(self, connection: Connection, rows: Sequence[RowValues]) -> None:
        """Run it once for each of the rows, if there are any."""
        if not rows:
            return
        text, constants = self._text(connection.dialect)
        with _Cursor(connection) as cursor:
            cursor.call(cursor.raw.executemany, text, [{**constants, **row} for row in rows])

    def first(self, connection: Connection, row: RowValues) -> tuple[Any, ...] | None:
        """The first row that it finds, or None."""
        text, constants = self._text(connection.dialect)
        with _Cursor(connection) as cursor:
            cursor.call(cursor.raw.execute, text, {**constants, **row})
            found = cursor.call(cursor.raw.fetchone)
        return None if found is None else tuple(found)

    def _text(self, dialect: Dialect) -> tuple[str, RowValues]:
        found = self._texts.get(dialect.name)
        if found is None:
            named = sqlite.dialect(paramstyle="named") if dialect.name == "sqlite" else dialect
            compiled = self._build(dialect.name).compile(dialect=named)
            constants = {name: value for name, value in compiled.params.items() if value is not None}
            found = self._texts[dialect.name] = (str(compiled), constants)
        return found


class _Cursor:
    """A cursor of the driver, inside of the transaction of a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.raw = connection.connection.cursor()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.raw.close()

    def call(self, method: Callable[..., Any], *arguments: Any) -> Any:
        """Call the driver; its errors come as those of SQLAlchemy, without statement and values."""
        base = self._connection.dialect.loaded_dbapi.Error
        try:
            return method(*arguments)
        except base as error:
            raise DBAPIError.instance(None, None, error, base, dialect=self._connection.dialect) from error


def upsert(
    dialect: str, table: Table, keys: Sequence[str], instead: Mapping[str, Any], kept: Sequence[str] = ()
) -> Insert:
    """
    Insert a row of all columns; where one with these `keys` exists, overwrite it, but for the columns of `instead`.

    Those become what `instead` says of the row that is there. Columns of `kept` stay where the new row has nothing.
    """
    inserting = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    values: dict[str, ColumnElement[Any]] = {
        column.name: inserting.excluded[column.name] for column in table.columns if column.name not in keys
    }
    values |= {name: func.coalesce(inserting.excluded[name], table.c[name]) for name in kept}
    return inserting.on_conflict_do_update(index_elements=list(keys), set_=values | dict(instead))
