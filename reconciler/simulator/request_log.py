"""The log of requests: what arrived, in order, and what it was answered."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.simulator.requests import query_of
from reconciler.simulator.store import Tables

_TRIM_EVERY = 1000


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """
    One request as it arrived, and the status that it got.

    `path` is below the base, decoded; `query` has its names in lower case; `body` is the parsed JSON, or None. A
    `status` of 0: no answer was given.
    """

    seq: int
    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    status: int
    at: float


class RequestLog:
    """The log in the store. The caller serialises."""

    def __init__(self, store: Tables, most_rows: int) -> None:
        self._store = store
        self._most_rows = most_rows

    def begin(self, method: str, path: str, query: str, content: bytes, *, at: float) -> int:
        """Before the request runs, so that what a killed process had begun is in the log, without a status."""
        seq = self._store.execute(
            "INSERT INTO request (method, path, query, body, status, at) VALUES (?, ?, ?, ?, 0, ?)",
            (method, path, query, content or None, at),
        ).lastrowid
        row = seq or 0
        if row % _TRIM_EVERY == 0:
            self._store.execute("DELETE FROM request WHERE seq <= ?", (row - self._most_rows,))
        return row

    def finish(self, row: int, status: int) -> None:
        """After the request ran."""
        self._store.execute("UPDATE request SET status = ? WHERE seq = ?", (status, row))

    def read(self) -> list[LoggedRequest]:
        """The requests so far, oldest first."""
        rows = self._store.execute("SELECT seq, method, path, query, body, status, at FROM request ORDER BY seq")
        return [
            LoggedRequest(seq, method, path, query_of({"QUERY_STRING": query}), _json(body), status, at)
            for seq, method, path, query, body, status, at in rows.fetchall()
        ]

    def clear(self) -> None:
        """Forget the requests so far."""
        self._store.execute("DELETE FROM request")


def _json(content: bytes | None) -> Any:
    try:
        return json.loads(content) if content else None
    except (ValueError, RecursionError):
        return None
