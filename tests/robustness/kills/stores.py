"""The store under test, seen from outside: put back as it was, and read by plain SQL."""

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from tests.oracles import Content

TABLES = ("meta", "estate", "lock", "run", "plan_ledger", "resource", "sim", "action", "fact")
_LONGEST_LEASE_SECONDS = 400
_SETTLING_SECONDS = 10.0


class StoreUnderTest(Protocol):
    """SQLite or PostgreSQL. `name` is what the estate calls it."""

    name: str

    def image(self) -> Any:
        """Everything in it, to `restore`."""

    def restore(self, image: Any) -> None:
        """Make it as it was; None: there is none."""

    def pass_time(self) -> None:
        """Let a dead holder's lease run out, where nothing else says that it is dead."""

    def read(self) -> Content:
        """The contents of the store, without changing it."""


class SqliteStore:
    """A file below the estate."""

    name = "sqlite:.reconciler/state.db"

    def __init__(self, root: Path) -> None:
        self._folder = root / ".reconciler"
        self.path = self._folder / "state.db"

    def image(self) -> bytes:
        """The file; nothing has it open."""
        journal = self.path.with_name("state.db-wal")
        assert not journal.exists() or not journal.stat().st_size
        return self.path.read_bytes()

    def restore(self, image: bytes | None) -> None:
        """Put the file back, and nothing else beside it."""
        shutil.rmtree(self._folder, ignore_errors=True)
        if image is not None:
            self._folder.mkdir(mode=0o700)
            self.path.write_bytes(image)
            self.path.chmod(0o600)

    def pass_time(self) -> None:
        """The operating system says whether the holder lives."""

    def read(self) -> Content:
        """From a copy, so that what a killed process left is still as it left it."""
        if not self.path.exists():
            return Content()
        with tempfile.TemporaryDirectory() as folder:
            for name in ("state.db", "state.db-wal"):
                if (found := self._folder / name).exists():
                    shutil.copy(found, folder)
            connection = sqlite3.connect(Path(folder, "state.db"))
            try:
                connection.row_factory = sqlite3.Row
                tables = {name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}")] for name in TABLES}
                return Content(tables, str(connection.execute("PRAGMA integrity_check").fetchone()[0]))
            except sqlite3.DatabaseError as error:
                return Content({}, str(error))
            finally:
                connection.close()


class PostgresStore:
    """A database of a server on this machine."""

    def __init__(self, url: str) -> None:
        self.name = url

    def asked(self, act: Callable[[Any], Any]) -> Any:
        """The answer to something that is asked once nobody else is connected."""
        import psycopg

        with psycopg.connect(self.name) as connection:
            self._wait_for_others(connection)
            return act(connection)

    @staticmethod
    def _wait_for_others(connection: Any) -> None:
        """Until the server has noticed that a client is gone: what that had begun is then over."""
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        deadline = time.monotonic() + _SETTLING_SECONDS
        while connection.execute(others).fetchone()[0] and time.monotonic() < deadline:
            connection.rollback()
            time.sleep(0.002)

    def image(self) -> dict[str, list[bytes]]:
        """Each table as the database copies it out."""

        def act(connection: Any) -> dict[str, list[bytes]]:
            found = {}
            for name in TABLES:
                with connection.cursor().copy(f"COPY {name} TO STDOUT") as copy:
                    found[name] = [bytes(part) for part in copy]
            return found

        return dict(self.asked(act))

    def restore(self, image: dict[str, list[bytes]] | None) -> None:
        """Put the rows back; without an image the tables go."""

        def act(connection: Any) -> None:
            if image is None:
                connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
                return
            connection.execute(";".join(f"DELETE FROM {name}" for name in TABLES))
            for name, parts in image.items():
                with connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                    for part in parts:
                        copy.write(part)
            connection.execute(
                "SELECT setval(pg_get_serial_sequence('fact', 'id'), 1 + (SELECT coalesce(max(id), 0) FROM fact))"
            )

        self.asked(act)

    def pass_time(self) -> None:
        """The database's clock cannot be turned: what is written moves into the past instead."""

        def act(connection: Any) -> None:
            if connection.execute("SELECT to_regclass('public.lock')").fetchone()[0] is None:
                return
            past = [_LONGEST_LEASE_SECONDS] * 2
            connection.execute("UPDATE lock SET lease_until = lease_until - %s, drain_until = drain_until - %s", past)
            connection.execute("UPDATE action SET updated = updated - %s", past[:1])

        self.asked(act)

    def read(self) -> Content:
        """The committed rows."""
        from psycopg.rows import dict_row

        def act(connection: Any) -> Content:
            if connection.execute("SELECT to_regclass('public.lock')").fetchone()[0] is None:
                return Content()
            cursor = connection.cursor(row_factory=dict_row)
            return Content({name: cursor.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES})

        found: Content = self.asked(act)
        return found
