"""
The stock of SIMs: narrow rows, read in pages and written in bulk, so that a million of them load and list quickly.

A SIM's id is a prefix of the account and the row's number, so that no id has to be stored or searched.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from reconciler.simulator.paging import Page, select
from reconciler.simulator.seed import ENUMS
from reconciler.simulator.settings import Settings
from reconciler.simulator.store import Row, Tables, dumps

PENDING, ACTIVE, SUSPENDED, TERMINATED = 30, 50, 60, 70
DETACHED, IDLE, ONLINE = 20, 30, 40

_COLUMNS = "n, iccid, status, network, grp, reference, extra, changed"
_BY_KEY = {
    name: {row["key"]: row for row in ENUMS[name].values()} for name in ("endpointStatus", "endpointNetworkStatus")
}
STATUS_JSON = {key: dumps(row) for key, row in _BY_KEY["endpointStatus"].items()}
_NETWORK_JSON = {key: dumps(row) for key, row in _BY_KEY["endpointNetworkStatus"].items()}
_UNSET = '"name":null,"tags":[],"imei":null,"imeiLock":null,"latestActivity":null,' + ",".join(
    f'"usageRolling{span}":0' for span in ("24H", "7D", "28D", "1Y")
)
_GUID = re.compile(r"[0-9a-f]{8}-0000-4000-8000-[0-9a-f]{12}")


@dataclass(slots=True)
class Sim:
    """One SIM; `extra` holds the members that most SIMs never have."""

    n: int
    iccid: str
    status: int
    network: int
    group: str | None
    reference: str | None
    extra: dict[str, Any] = field(default_factory=dict)
    changed: float | None = None


@dataclass(frozen=True, slots=True)
class _Group:
    """The group in a SIM's answer, as JSON text without the outer braces."""

    text: str


_NO_GROUP = _Group('"endpointGroup":null,"vslice":null,"routingPolicyId":null')


class Sims:
    """SIMs of one account in the store. Runs inside transactions of the caller."""

    def __init__(self, store: Tables, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        digest = hashlib.sha256(settings.account.encode()).hexdigest()
        self._prefix = f"{digest[:8]}-0000-4000-8000-"
        shown = f'"{settings.account}"' if settings.account_id == "shown" else "null"
        self._customer = f'"customerId":{shown}'

    def id_of(self, n: int) -> str:
        """The id of the SIM with this number."""
        return f"{self._prefix}{n:012x}"

    def add(self, iccids: Iterable[str], group: Row | None, status: int, at: float) -> list[int]:
        """Put SIMs into the stock; those that are there already move to the group and status. Answers their numbers."""
        key = group.id if group else None
        first = self.store.execute("SELECT coalesce(max(n), 0) FROM sim").fetchone()[0]
        self.store.execute_many(
            "INSERT INTO sim (iccid, status, network, grp, changed) VALUES (?, ?, ?, ?, ?) ON CONFLICT (iccid)"
            " DO UPDATE SET status = excluded.status, grp = excluded.grp, changed = excluded.changed",
            ((iccid, status, DETACHED if status == ACTIVE else 10, key, at) for iccid in iccids),
        )
        self.touch(None if key is None else [key])
        new = [row[0] for row in self.store.execute("SELECT n FROM sim WHERE n > ? ORDER BY n", (first,))]
        self._count(len(new))
        return new

    def _count(self, more: int) -> None:
        """Keep the number of SIMs, since counting a million rows for each page would cost more than the page."""
        self.store.set_value("sims", int(self.store.value("sims", 0)) + more)

    def find(self, key: str) -> Sim | None:
        """A SIM by id, ICCID or reference."""
        low = key.lower()
        if _GUID.fullmatch(low):
            if not low.startswith(self._prefix):
                return None
            return self._one("n = ?", int(low[-12:], 16))
        return self._one("iccid = ?", key) or self._one("reference = ?", key)

    def _one(self, condition: str, value: Any) -> Sim | None:
        row = self.store.execute(f"SELECT {_COLUMNS} FROM sim WHERE {condition}", (value,)).fetchone()
        return None if row is None else _sim(row)

    def save(self, sims: Sequence[Sim]) -> None:
        """Write back changed SIMs."""
        self.store.execute_many(
            "UPDATE sim SET status = ?, network = ?, grp = ?, reference = ?, extra = ?, changed = ? WHERE n = ?",
            (
                (s.status, s.network, s.group, s.reference, dumps(s.extra) if s.extra else None, s.changed, s.n)
                for s in sims
            ),
        )

    def touch(self, groups: Iterable[str] | None) -> None:
        """Drop the kept answers that count SIMs: these groups and their VSlices."""
        for key in set(groups or ()):
            self.store.drop_answers([key])
            self.store.execute(
                "UPDATE object SET rendered = NULL WHERE rendered IS NOT NULL AND id IN"
                " (SELECT target FROM reference WHERE source = ? AND role = 'vslice')",
                (key,),
            )

    def purge(self, before: float) -> list[str]:
        """Forget SIMs that were terminated before a time (D-44); answers their ids."""
        rows = self.store.execute("SELECT n FROM sim WHERE status = 70 AND changed <= ?", (before,)).fetchall()
        for table in ("sim", "keyvalue", "address"):
            self.store.execute_many(f"DELETE FROM {table} WHERE n = ?", rows)
        if rows:
            self._count(-len(rows))
        return [self.id_of(row[0]) for row in rows]

    def page(self, page: Page) -> tuple[list[str], int]:
        """A page of the list, rendered, and the total."""
        total = int(self.store.value("sims", 0))
        last = self.store.execute("SELECT coalesce(max(n), 0) FROM sim").fetchone()[0]
        if not page.is_plain:
            return self._filtered(page)
        # Numbers without gaps, which is the rule until a purge, make the offset a key: page 900 costs what page 1 does.
        where, start = ("WHERE n > ?", page.offset) if total == last else ("WHERE n > 0 OR ? < 0", 0)
        skip = 0 if total == last else page.offset
        rows = self.store.execute(
            f"SELECT {_COLUMNS} FROM sim {where} ORDER BY n LIMIT ? OFFSET ?", (start, page.count, skip)
        )
        return self.render(rows.fetchall()), total

    def _filtered(self, page: Page) -> tuple[list[str], int]:
        """Filters on the group are answered from its index, the rest row by row."""
        wanted = [value for name, value in page.filters if name in {"endpointgroup", "iccid"}]
        clauses, values = ["1"], []
        for name, value in page.filters:
            if name == "endpointgroup":
                clauses.append(
                    "grp IN (SELECT id FROM object WHERE collection = 'EndpointGroups' AND instr(moniker, ?) > 0)"
                )
                values.append(value)
            elif name == "iccid":
                clauses.append("instr(iccid, ?) > 0")
                values.append(value)
        condition = " AND ".join(clauses)
        if len(wanted) == len(page.filters) and not page.order:
            total = self.store.execute(f"SELECT count(*) FROM sim WHERE {condition}", values).fetchone()[0]
            rows = self.store.execute(
                f"SELECT {_COLUMNS} FROM sim WHERE {condition} ORDER BY n LIMIT ? OFFSET ?",
                (*values, page.count, page.offset),
            )
            return self.render(rows.fetchall()), total
        rows = self.store.execute(f"SELECT {_COLUMNS} FROM sim WHERE {condition} ORDER BY n", values)
        return select(self.render(rows.fetchall()), page)

    def render(self, rows: Sequence[Sequence[Any]]) -> list[str]:
        """SIM rows as JSON texts."""
        groups: dict[str | None, _Group] = {None: _NO_GROUP}
        for key in {row[4] for row in rows} - {None}:
            groups[key] = self._group(key)
        addresses = self._addresses(rows)
        return [self._text(row, groups[row[4]], addresses.get(row[0])) for row in rows]

    def _group(self, key: str) -> _Group:
        row = self.store.by_id(key)
        vslice = self.store.by_id(row.state["vslice"])
        refs = [dumps({"id": one.id, "moniker": one.moniker, "name": one.name}) for one in (row, vslice)]
        policy = dumps(row.state["routingPolicy"])
        return _Group(f'"endpointGroup":{refs[0]},"vslice":{refs[1]},"routingPolicyId":{policy}')

    def memberships(self, sim: Sim) -> list[dict[str, Any]]:
        """The groups of a SIM: its primary one, and those in which it has an address, each with that."""
        rows = self.store.execute("SELECT grp, address, origin FROM address WHERE n = ?", (sim.n,)).fetchall()
        found = {key: (_dotted(address), origin == "static") for key, address, origin in rows}
        keys = [sim.group, *sorted(found.keys() - {sim.group})] if sim.group is not None else []
        return [
            {
                "endpointGroup": {"id": group.id, "moniker": group.moniker, "name": group.name},
                "endpointGroupType": {"moniker": "primary" if key == sim.group else "secondary"},
                "ipAddress": found.get(key, (None, False))[0],
                "isStatic": found.get(key, (None, False))[1],
            }
            for key in keys
            for group in (self.store.by_id(key),)
        ]

    def _addresses(self, rows: Sequence[Sequence[Any]]) -> dict[int, tuple[int, str]]:
        if not rows:
            return {}
        found = self.store.execute(
            "SELECT sim.n, address.address, origin FROM address JOIN sim ON sim.n = address.n AND sim.grp = address.grp"
            " WHERE address.n BETWEEN ? AND ?",
            (rows[0][0], rows[-1][0]),
        )
        return {n: (address, origin) for n, address, origin in found}

    def _text(self, row: Sequence[Any], group: _Group, address: tuple[int, str] | None) -> str:
        n, iccid, status, network, _, reference, extra, _ = row
        ip = f'"{_dotted(address[0])}"' if address else "null"
        static = ip if address and address[1] == "static" else "null"
        imsi = f"23450{n:010d}"
        known_as = "null" if reference is None else dumps(reference)
        return (
            f'{{"id":"{self._prefix}{n:012x}","epid":"{n:06x}","iccid":"{iccid}","imsi":"{imsi}","msisdn":null,"eid":null,'
            f'"identities":[{{"imsi":"{imsi}","active":true}}],"reference":{known_as},'
            f'"endpointStatus":{STATUS_JSON[status]},"endpointNetworkStatus":{_NETWORK_JSON[network]},{group.text},'
            f'"ipAddress":{ip},"staticIpAddress":{static},{_UNSET if extra is None else _extra(json.loads(extra))},'
            f'"latestRatType":null,"latestServingOperatorDescription":null,"latestCountryName":null,{self._customer}}}'
        )


def _sim(row: Sequence[Any]) -> Sim:
    n, iccid, status, network, group, reference, extra, changed = row
    return Sim(n, iccid, status, network, group, reference, json.loads(extra) if extra else {}, changed)


def _extra(extra: dict[str, Any]) -> str:
    shown = {name: extra.get(name) for name in ("name", "tags", "imei", "imeiLock", "latestActivity")}
    shown["tags"] = shown["tags"] or []
    if shown["latestActivity"] is not None:
        shown["latestActivity"] = stamp(shown["latestActivity"])
    usage = extra.get("usage", {})
    return dumps({**shown, **{f"usageRolling{span}": usage.get(span, 0) for span in ("24H", "7D", "28D", "1Y")}})[1:-1]


def stamp(at: float) -> str:
    """A time as the platform writes it: UTC, whole seconds."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _dotted(address: int) -> str:
    return ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))
