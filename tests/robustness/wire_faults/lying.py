"""
Platforms whose lists lie (F13), one for each seed: what they have is known, so it is known what a plan must be.

A platform of this kind is in the place of the network: it answers reads and refuses writes. Every lie is about
lists; a question for one object is answered truly.
"""

import itertools
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from reconciler.control_plane.errors import ControlPlaneError
from reconciler.control_plane.rest import RestControlPlane
from reconciler.control_plane.transport import HttpAnswer
from reconciler.manifests.declarations import Loaded
from reconciler.model.address import Address
from reconciler.model.inventory import Inventory, Owned
from reconciler.operations.planning import read_and_plan as make_plan
from reconciler.plan.planfile import encode

Row = dict[str, Any]
LIES = (
    "honest", "total too large", "total too small", "moving total", "no total", "row twice", "row missing",
    "row twice, row missing", "row of somebody else", "pages overlap", "pages with gaps", "short pages",
    "empty page early", "another order each time", "offset ignored", "limit ignored", "no such page", "no list",
    "rows without ids", "the same page again", "half of it, consistently", "nothing at all",
)  # fmt: skip
HARMLESS_ORIGIN = "https://platform.example/api/v1"
_UNTRUE_OF_SIMS = {"row of somebody else", "half of it, consistently", "nothing at all"}
"""Lies without a contradiction. Of an object that is ours the platform is asked by itself; of SIMs it is believed."""


@dataclass
class LyingPlatform:
    """`rows` by collection in lower case; `lies` by collection; `limit` is the most rows of a page of its own."""

    rows: Mapping[str, Sequence[Row]]
    lies: Mapping[str, str]
    chance: random.Random
    limit: int
    rate: float
    origin: str = HARMLESS_ORIGIN
    is_local: bool = True
    asked: list[str] = field(default_factory=list)

    def send(self, method: str, path: str, content: bytes | None = None) -> HttpAnswer:
        """HttpAnswer a read."""
        assert method == "GET", f"{method} {path} {content!r}"
        self.asked.append(path)
        where, _, query = path.strip("/").partition("?")
        collection, *key = where.lower().split("/")
        if len(key) > 1:
            return _answer([], None)
        rows = self.rows.get(collection, ())
        if key:
            found = [row for row in rows if key[0] in {row["id"], row.get("moniker")}]
            return (
                _answer(found[0], None)
                if found
                else HttpAnswer(404, b'{"success":false,"messages":["Record not found"]}')
            )
        options = {name: int(value[0]) for name, value in parse_qs(query).items()}
        return self._page(
            rows, self.lies.get(collection, "honest"), options.get("offset", 0), options.get("limit", 100)
        )

    def _page(self, rows: Sequence[Row], lie: str, offset: int, limit: int) -> HttpAnswer:
        limit = min(limit, self.limit)
        total: int | None = len(rows)
        is_on = self.chance.random() < self.rate
        if lie == "half of it, consistently":
            rows, total = rows[::2], len(rows[::2])
        elif lie == "nothing at all":
            rows, total = (), 0
        elif lie == "row of somebody else":
            # The same each time, so that nothing but a question for the one that is left out can tell.
            rows = [*rows[:-1], {**rows[-1], "id": "f" * 36, "moniker": "somebody-else"}] if rows else rows
        elif lie == "no total":
            total = None
        elif lie == "another order each time":
            rows = self.chance.sample(rows, len(rows))
        page = list(rows[offset : offset + limit])
        if not is_on:
            return _answer(page, total)
        return self._spoiled(lie, rows, page, offset, limit, total)

    def _spoiled(  # noqa: C901, PLR0912, PLR0917 - one table of lies, a line for each
        self, lie: str, rows: Sequence[Row], page: list[Row], offset: int, limit: int, total: int | None
    ) -> HttpAnswer:
        count, pick = len(rows), self.chance.randrange(max(1, len(page)))
        match lie:
            case "total too large":
                total = count + self.chance.randint(1, 5)
            case "total too small":
                total = max(0, count - self.chance.randint(1, 5))
            case "moving total":
                total = max(0, count + self.chance.randint(-3, 3))
            case "row twice":
                page += page[pick : pick + 1]
            case "row missing" | "short pages":
                del page[pick : pick + (1 if lie == "row missing" else 3)]
            case "row twice, row missing" if page and count > 1:
                page[pick] = rows[self.chance.randrange(count)]
            case "pages overlap":
                page = list(rows[max(0, offset - 1) :][:limit])
            case "pages with gaps":
                page = list(rows[offset + (1 if offset else 0) :][:limit])
            case "empty page early" | "no such page":
                page = [] if offset or lie == "no such page" else page
            case "offset ignored" | "the same page again":
                page = list(rows[:limit])
            case "limit ignored":
                page = list(rows[offset:])
            case "no list":
                return self.chance.choice(
                    [_answer(None, total), _answer({"rows": page}, total), HttpAnswer(200, b"[]")]
                )
            case "rows without ids" if page:
                page[pick] = {name: value for name, value in page[pick].items() if name not in {"id", "iccid"}}
        return _answer(page, total)


def _answer(data: Any, total: int | None) -> HttpAnswer:
    body = {"success": True, "messages": [], "data": data} | ({} if total is None else {"totalItems": total})
    return HttpAnswer(200, json.dumps(body).encode())


def policies(count: int) -> list[Row]:
    """Operator policies as the platform answers them."""
    return [
        {
            "id": f"00000000-0000-4000-8000-{number:012d}",
            "name": f"policy-{number}",
            "moniker": f"policy-{number}",
            "entries": [{"id": f"e{number}", "operatorId": None, "iso3": None, "steeringProfileEntryAction": "allow"}],
        }
        for number in range(count)
    ]


_GROUPS: Sequence[Row] = [
    {"id": f"00000000-0000-4000-9000-{number:012d}", "name": name, "moniker": name, "type": {"moniker": "primary"}}
    for number, name in enumerate(("fleet-a", "fleet-b"))
]


def sims(iccids: Sequence[str], groups: Sequence[str | None]) -> list[Row]:
    """SIMs as the platform answers them, each in a group."""
    return [
        {
            "id": f"s{number}",
            "iccid": iccid,
            "endpointStatus": {"moniker": "active"},
            "endpointGroup": None if group is None else {"moniker": group},
        }
        for number, (iccid, group) in enumerate(zip(iccids, groups, strict=True))
    ]


def owned(rows: Sequence[Row], lineage: str = "lineage") -> Inventory:
    """An inventory that has all of them."""
    found = [
        Owned(Address("OperatorPolicy", row["moniker"]), row["id"], row["moniker"], last_applied={"default": "allow"})
        for row in rows
    ]
    return Inventory(lineage, {row.address: row for row in found}, None, HARMLESS_ORIGIN)


def planned(platform: LyingPlatform, loaded: Loaded, inventory: Inventory) -> bytes | None:
    """The plan that is made of what a platform says; None when it is refused."""
    # The platform is in the place of the network, so it is no transport by name.
    transport: Any = platform
    control_plane = RestControlPlane(
        transport,
        digest=str,
        resolve=str,
        sleep=lambda _seconds: None,
        jitter=lambda: 0.0,
    )
    try:
        made = make_plan(
            loaded, control_plane, inventory=inventory, digest_secret=str, find_secret=lambda _reference: None
        )
    except ControlPlaneError as error:
        return None if error.exit_code == 10 else b"another exit code"
    return encode(made.plan)


@dataclass
class Liars:
    """
    Platforms by seed, and the estate that plans are made for.

    `loaded` declares some of the policies that are there, some that are not, and a set of SIMs, some of which are
    elsewhere.
    """

    loaded: Loaded
    iccids: Sequence[str]
    truths: dict[tuple[int, int], bytes] = field(default_factory=dict)
    told: int = 0
    refused: int = 0

    def tell(self, seed: int) -> str | None:
        """The mistake in the plan of one seed's platform, in words; None when the plan is right or refused."""
        chance = random.Random(seed)
        count, sim_count = chance.randint(0, 12), chance.randint(0, len(self.iccids))
        lies = {
            "operatorpolicies": chance.choice(LIES),
            "endpoints": chance.choice([lie for lie in LIES if lie not in _UNTRUE_OF_SIMS]),
        }
        if chance.random() < 0.5:
            lies[chance.choice(sorted(lies))] = "honest"
        limit, rate = chance.randint(1, 6), chance.choice((0.1, 0.3, 1.0))
        platform = self._platform(count, sim_count, lies, chance=chance, limit=limit, rate=rate)
        inventory = owned(platform.rows["operatorpolicies"])
        found = planned(platform, self.loaded, inventory)
        self.told += 1
        if found is None:
            self.refused += 1
            return None
        key = (count, sim_count)
        if key not in self.truths:
            honest = self._platform(count, sim_count, {}, chance=chance, limit=1000, rate=0.0)
            truth = planned(honest, self.loaded, inventory)
            assert truth is not None
            self.truths[key] = truth
        if found == self.truths[key]:
            return None
        return f"seed {seed}: a plan was made of lies: {lies}, {count} policies, {sim_count} SIMs, {limit} a page"

    def _platform(
        self, count: int, sim_count: int, lies: Mapping[str, str], *, chance: random.Random, limit: int, rate: float
    ) -> LyingPlatform:
        groups = list(itertools.islice(itertools.cycle((None, "fleet-a", "fleet-b")), sim_count))
        rows = {"operatorpolicies": policies(count), "endpoints": sims(self.iccids[:sim_count], groups)}
        return LyingPlatform(rows | {"endpointgroups": _GROUPS}, lies, chance, limit, rate)
