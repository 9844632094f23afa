"""The notes of a database of its own accord while appliers race: who took the lock when, and who decided what."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from tests.robustness.kills.stores import PostgresStore, SqliteStore, StoreUnderTest

_CLOCKS_DIFFER_SECONDS = 0.01

_SQLITE = """
CREATE TABLE held (at REAL, former INTEGER, epoch INTEGER, holder TEXT, lease_until REAL);
CREATE TABLE decided (epoch INTEGER, current INTEGER);
CREATE TRIGGER watch_lock AFTER UPDATE ON lock WHEN NEW.epoch <> OLD.epoch BEGIN
  INSERT INTO held VALUES
    ((julianday('now') - 2440587.5) * 86400.0, OLD.epoch, NEW.epoch, OLD.run_id, OLD.lease_until); END;
CREATE TRIGGER watch_new AFTER INSERT ON resource BEGIN INSERT INTO decided SELECT NEW.epoch, epoch FROM lock; END;
CREATE TRIGGER watch_edit AFTER UPDATE ON resource BEGIN INSERT INTO decided SELECT NEW.epoch, epoch FROM lock; END;
CREATE TRIGGER watch_intent AFTER INSERT ON action BEGIN INSERT INTO decided SELECT NEW.epoch, epoch FROM lock; END;
"""
_POSTGRES = """
DROP TABLE IF EXISTS held, decided;
CREATE TABLE held (at float, former bigint, epoch bigint, holder text, lease_until float);
CREATE TABLE decided (epoch bigint, current bigint);
CREATE OR REPLACE FUNCTION watch_lock() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.epoch <> OLD.epoch THEN INSERT INTO held VALUES
    (extract(epoch FROM clock_timestamp()), OLD.epoch, NEW.epoch, OLD.run_id, OLD.lease_until); END IF;
  RETURN NEW; END $$;
CREATE OR REPLACE FUNCTION watch_decision() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO decided SELECT NEW.epoch, epoch FROM lock; RETURN NEW; END $$;
CREATE OR REPLACE TRIGGER watch_lock AFTER UPDATE ON lock FOR EACH ROW EXECUTE FUNCTION watch_lock();
CREATE OR REPLACE TRIGGER watch_resource AFTER INSERT OR UPDATE ON resource
  FOR EACH ROW EXECUTE FUNCTION watch_decision();
CREATE OR REPLACE TRIGGER watch_intent AFTER INSERT ON action FOR EACH ROW EXECUTE FUNCTION watch_decision();
"""


@dataclass(frozen=True, slots=True)
class Noted:
    """Each change of the lock's epoch (when, from, to, holder before, end of its lease), and epochs of decisions."""

    held: list[Any]
    decided: list[Any]

    def broken(self) -> list[str]:
        """Epochs that do not grow by one, holders that overlap by the database's time, decisions of an old epoch."""
        found = [f"epoch {new} after {old}" for _, old, new, _, _ in self.held if new != old + 1]
        seen = [new for _, _, new, _, _ in self.held]
        found += [f"epochs in the order {seen}"] if seen != sorted(set(seen)) else []
        found += [
            f"epoch {new} began {end - at:.3f} s before the lease of {holder} ended"
            for at, _, new, holder, end in self.held
            if holder is not None and at + _CLOCKS_DIFFER_SECONDS < end
        ]
        return found + [
            f"epoch {epoch} decided while {now} had the lock" for epoch, now in self.decided if epoch != now
        ]


def watch(store: StoreUnderTest) -> None:
    """Begin to take notes in a store that nobody uses yet."""
    if isinstance(store, SqliteStore):
        connection = sqlite3.connect(store.path)
        connection.executescript(_SQLITE)
        connection.close()
        return
    _asked(store, _POSTGRES, ())


def holder(store: StoreUnderTest) -> int | None:
    """The process that has the lock right now."""
    query = "SELECT pid FROM lock"
    if isinstance(store, SqliteStore):
        connection = sqlite3.connect(store.path)
        found = connection.execute(query).fetchone()
        connection.close()
    else:
        import psycopg

        with psycopg.connect(store.name) as database:
            found = database.execute(query).fetchone()
    return None if found is None else found[0]


def noted(store: StoreUnderTest) -> Noted:
    """The events that were noted."""
    queries = ("SELECT * FROM held ORDER BY at, epoch", "SELECT DISTINCT * FROM decided")
    if isinstance(store, SqliteStore):
        connection = sqlite3.connect(store.path)
        found = [connection.execute(query).fetchall() for query in queries]
        connection.close()
    else:
        found = _asked(store, "", queries)
    return Noted(*found)


def _asked(store: StoreUnderTest, script: str, queries: tuple[str, ...]) -> list[Any]:
    assert isinstance(store, PostgresStore)

    def act(connection: Any) -> list[Any]:
        if script:
            connection.execute(script)
        return [connection.execute(query).fetchall() for query in queries]

    answers: list[Any] = store.asked(act)
    return answers
