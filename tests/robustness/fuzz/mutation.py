"""Mutators: bytes, lines, JSON values and rows of known inputs, changed by a seed into ones that nobody thought of."""

import json
import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import Any

_LONGEST = 200_000
_WORDS = (
    b"", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3\x28", b"\xe2\x80\xae", b"\r", b"\t", b"---\n", b"...\n", b"&a ",
    b"*a", b"<<: ", b"!!python/object:os.system ", b"!!binary ", b"? ", b"- ", b": ", b"{", b"}", b"[", b"]", b"{{",
    b"${x}", b"'", b'"', b"|", b">", b"%YAML 1.1\n", b"null", b"~", b"yes", b"NO", b"010", b"0x1f", b"1e999", b"-0",
    b".nan", b".inf", b"12:30:45", b"9" * 400, b"8.94E+18", b"2026-01-01", b"/../../etc/passwd", b"existing:",
    b"\\u0000", b"\\ud800", b"NaN", b"Infinity", b"1e400", b",", b";", b"=cmd", b"[" * 300, b"{a: " * 100, b"a" * 5000,
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**400, 1e300, "", "x", "\0", "\ud800", "x" * 40_000, [], {}, [[]], {"": None},
    "existing:x", "100.64.0.0/10", {"secretRef": {"env": "X"}}, [None], {"id": 1}, "OperatorPolicy/x", "../x", 2**63,
)  # fmt: skip


def mutated(corpus: Sequence[bytes], chance: random.Random) -> bytes:
    """One new input out of those that are known."""
    found = chance.choice(corpus)
    sort = chance.random()
    if sort < 0.35 and (changed := _structured(found, chance)) is not None:
        return changed
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        found = chance.choice(_MUTATORS if sort < 0.8 else (_lines,))(found, corpus, chance)[:_LONGEST]
    return found


_CELLS: tuple[Any, ...] = (
    None, 0, -1, 1, 2**62, 1.5, 1e308, "", "x", "\0", b"", b"\xff\x00", "[]", "{}", "null", "[[", '{"a": NaN}',
    '{"items": 3}', "9" * 400, "x" * 40_000, "[" * 5_000, "OperatorPolicy/x", "Nothing/x", "intent", "live",
)  # fmt: skip
_WAL, _ROLLBACK = b"\x02\x02", b"\x01\x01"
_VERSIONS = slice(18, 20)


def with_rows_changed(corpus: Sequence[bytes], chance: random.Random) -> bytes:
    """
    A database that SQLite takes, with cells, rows or tables that are not as they were written.

    Hardly any file with other bytes gets past SQLite itself: what lies behind would see nothing of the fuzzing.
    """
    content = bytearray(chance.choice(corpus))
    is_log = bytes(content[_VERSIONS]) == _WAL
    content[_VERSIONS] = _ROLLBACK
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.deserialize(bytes(content))
        for _ in range(chance.choice((1, 1, 2, 5))):
            # A change that the constraints of the schema refuse is left out.
            with suppress(sqlite3.Error):
                _change_a_row(database, chance)
        changed = bytearray(database.serialize())
    if is_log:
        changed[_VERSIONS] = _WAL
    return bytes(changed)


def _change_a_row(database: sqlite3.Connection, chance: random.Random) -> None:
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    table = chance.choice([name for name in tables if not name.startswith("sqlite_")])
    columns = [row[1] for row in database.execute(f"PRAGMA table_info('{table}')")]
    column, rows = chance.choice(columns), [row for (row,) in database.execute(f"SELECT rowid FROM '{table}'")]
    row = chance.choice(rows) if rows else 0
    sort = chance.random()
    if sort < 0.05:
        database.execute(f"DROP TABLE '{table}'" if chance.random() < 0.5 else f"DELETE FROM '{table}'")
    elif sort < 0.1:
        database.execute(f'ALTER TABLE \'{table}\' RENAME COLUMN "{column}" TO "{column}_2"')
    elif sort < 0.2:
        database.execute(f"DELETE FROM '{table}' WHERE rowid = ?", (row,))
    else:
        old = database.execute(f"SELECT \"{column}\" FROM '{table}' WHERE rowid = ?", (row,)).fetchone()
        value = _cell(old[0] if old else None, chance)
        database.execute(f"UPDATE '{table}' SET \"{column}\" = ? WHERE rowid = ?", (value, row))


def _cell(old: Any, chance: random.Random) -> Any:
    if isinstance(old, str) and chance.random() < 0.6:
        found = mutated([old.encode("utf-8", "surrogatepass")], chance)
        return found.decode("utf-8", "replace") if chance.random() < 0.9 else found
    if isinstance(old, int | float) and chance.random() < 0.5:
        return old + chance.choice((-1, 1, 10**6, -(10**6)))
    return chance.choice(_CELLS)


def _place(found: bytes, chance: random.Random) -> int:
    return chance.randrange(len(found) + 1)


def _flip(found: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    if not found:
        return found
    place = chance.randrange(len(found))
    return found[:place] + bytes([found[place] ^ (1 << chance.randrange(8))]) + found[place + 1 :]


def _insert(found: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    place = _place(found, chance)
    return found[:place] + chance.choice(_WORDS) + found[place:]


def _replace(found: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    place = _place(found, chance)
    return found[:place] + chance.choice(_WORDS) + found[place + chance.randrange(20) :]


def _cut(found: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    start, end = sorted((_place(found, chance), _place(found, chance)))
    return found[:start] + found[end:] if chance.random() < 0.5 else found[:start]


def _again(found: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    start, end = sorted((_place(found, chance), _place(found, chance)))
    return found[:end] + found[start:end] * chance.choice((1, 1, 2, 50)) + found[end:]


def _splice(found: bytes, corpus: Sequence[bytes], chance: random.Random) -> bytes:
    other = chance.choice(corpus)
    return found[: _place(found, chance)] + other[_place(other, chance) :]


def _random(found: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    place = _place(found, chance)
    return found[:place] + chance.randbytes(chance.randrange(1, 30)) + found[place:]


def _lines(found: bytes, corpus: Sequence[bytes], chance: random.Random) -> bytes:
    """Lines removed, doubled, moved, indented, or with another value."""
    lines = found.splitlines(keepends=True)
    if not lines:
        return found
    place, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(6):
        case 0:
            del lines[place]
        case 1:
            lines.insert(other, lines[place])
        case 2:
            lines[place], lines[other] = lines[other], lines[place]
        case 3:
            lines[place] = b" " * chance.randrange(5) + lines[place]
        case 4:
            lines[place] = lines[place].lstrip()
        case _:
            key, colon, _rest = lines[place].partition(b":")
            lines[place] = key + colon + b" " + chance.choice(_WORDS) + b"\n"
    return b"".join(lines)


_MUTATORS = (_flip, _insert, _replace, _cut, _again, _splice, _random, _lines)


def _structured(found: bytes, chance: random.Random) -> bytes | None:
    """A JSON document with values changed in it; None when it is none."""
    try:
        document = json.loads(found)
    except (ValueError, RecursionError):
        return None
    for _ in range(chance.choice((1, 1, 2, 5))):
        document = _changed(document, chance)
    return json.dumps(document, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def _changed(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(list(value))
        match chance.randrange(8):
            case 0:
                return {other: inner for other, inner in value.items() if other != name}
            case 1:
                return {**value, chance.choice(("", "x", name.upper(), name + "2")): value[name]}
            case _:
                return {**value, name: _changed(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < 0.9:
        place = chance.randrange(len(value))
        match chance.randrange(6):
            case 0:
                return value[:place] + value[place + 1 :]
            case 1:
                return [*value, value[place]]
            case _:
                return [*value[:place], _changed(value[place], chance), *value[place + 1 :]]
    return chance.choice(_VALUES)
