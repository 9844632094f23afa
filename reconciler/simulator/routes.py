"""Which request is which operation: paths in any case, keys decoded."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.simulator.answers import Answer, Listing, data, text_data, whole_list
from reconciler.simulator.endpoints import Endpoints
from reconciler.simulator.events import Events
from reconciler.simulator.paging import Page, page_of, select
from reconciler.simulator.platform import COLLECTIONS, Objects
from reconciler.simulator.refusals import Malformed, NotFound, WrongVerb
from reconciler.simulator.seed import (
    COUNTRIES,
    EVENT_TYPES,
    GATEWAYS,
    INSTANCES,
    OPERATORS,
    RATE_LIMITS,
    SUBSCRIPTION_TYPES,
    ZONES,
)
from reconciler.simulator.settings import ENDPOINT_PATHS, LARGEST_PAGE, Settings
from reconciler.simulator.sims import Sims
from reconciler.simulator.store import dumps
from reconciler.simulator.world import Collection, SubCollection


@dataclass(frozen=True, slots=True)
class Request:
    """One request below the base path."""

    method: str
    path: str
    query: Mapping[str, str]
    data: Any
    at: float


@dataclass(frozen=True, slots=True)
class Backend:
    """Everything that an operation works on."""

    platform: Objects
    sims: Sims
    events: Events
    endpoints: Endpoints


Operation = Callable[[Backend, Request, Mapping[str, str]], Answer]

_CATALOGUES: Mapping[str, tuple[dict[str, Any], ...]] = {
    "regionalgateways": GATEWAYS,
    "redundancyzones": tuple({k: v for k, v in row.items() if k != "gateway"} for row in ZONES),
    "routingtargettypeinstances": tuple({k: v for k, v in row.items() if k != "type"} for row in INSTANCES),
    "subscriptiontypes": SUBSCRIPTION_TYPES,
    "operators": OPERATORS,
    "eventtypes": tuple({k: v for k, v in row.items() if k != "scope"} for row in EVENT_TYPES.values()),
    "ratelimits": RATE_LIMITS,
    "countries": COUNTRIES,
}


class Router:
    """The table of operations, made once from the collections and the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rows: list[tuple[str, list[str], Operation]] = [("GET", ["apitokens", "verify"], _verify)]
        self._rows += [
            self._assumed(name, ENDPOINT_PATHS[name], operation) for name, operation in _ENDPOINT_OPERATIONS.items()
        ]
        self._rows.append(("GET", ["events"], _events))
        for collection in COLLECTIONS.values():
            self._rows.extend(self._collection(collection))
        self._rows += [("GET", [name], _catalogue(rows)) for name, rows in _CATALOGUES.items()]
        self._rows = [row for row in self._rows if row[1][0].lower() not in settings.without]
        # Most rows differ in their first word; a row that begins with a key matches any word.
        self._beginning = {
            first: [row for row in self._rows if row[1][0].lower() == first or row[1][0].startswith("{")]
            for first in {template[0].lower() for _, template, _ in self._rows}
        }
        self._others = [row for row in self._rows if row[1][0].startswith("{")]

    def _assumed(self, name: str, usual: str, operation: Operation) -> tuple[str, list[str], Operation]:
        verb, template = self._settings.path(name, usual)
        return verb, template.strip("/").split("/"), operation

    def _collection(self, collection: Collection) -> Iterator[tuple[str, list[str], Operation]]:
        name = collection.name
        yield "GET", [name], _list(collection)
        yield "POST", [name], lambda backend, request, keys: data(backend.platform.create(collection, request.data))
        yield (
            "GET",
            [name, "{key}"],
            lambda backend, request, keys: text_data(
                backend.platform.rendered(backend.platform.find(collection, keys["key"]))
            ),
        )
        yield (
            "PUT",
            [name, "{key}"],
            lambda backend, request, keys: data(backend.platform.change(collection, keys["key"], request.data)),
        )
        yield (
            "DELETE",
            [name, "{key}"],
            lambda backend, request, keys: data(backend.platform.delete(collection, keys["key"])),
        )
        for part in collection.parts.values():
            yield from self._part(collection, part)

    def _part(self, collection: Collection, part: SubCollection) -> Iterator[tuple[str, list[str], Operation]]:
        def listed(backend: Backend, request: Request, keys: Mapping[str, str]) -> Answer:
            return whole_list(backend.platform.items(collection, keys["key"], part))

        def added(backend: Backend, request: Request, keys: Mapping[str, str]) -> Answer:
            return data(backend.platform.add_items(collection, keys["key"], part, request.data))

        def removed(backend: Backend, request: Request, keys: Mapping[str, str]) -> Answer:
            return data(backend.platform.remove_item(collection, keys["key"], part, keys["item"]))

        name = f"{collection.name}/{part.segment}"
        place = f"/{collection.name}/{{key}}/{part.segment}"
        yield self._assumed(f"list {name}", f"GET {place}", listed)
        yield self._assumed(f"add {name}", f"POST {place}", added)
        yield self._assumed(f"remove {name}", f"DELETE {place}/{{item}}", removed)

    def answer(self, backend: Backend, request: Request) -> Answer:
        """Find the operation and run it; `NotFound` and `WrongVerb` where there is none."""
        segments = [part for part in request.path.split("/") if part]
        other_verbs = set()
        first = segments[0].lower() if segments else ""
        for verb, template, operation in self._beginning.get(first, self._others):
            keys = _match(template, segments)
            if keys is None:
                continue
            if verb == request.method:
                return operation(backend, request, keys)
            other_verbs.add(verb)
        if not other_verbs:
            raise NotFound
        raise WrongVerb(f"{request.method} is not possible here; possible: {', '.join(sorted(other_verbs))}.")


def _match(template: list[str], segments: list[str]) -> dict[str, str] | None:
    """The keys of a path; the last key takes the rest, since a subnet has a slash in its name."""
    if template[-1] in {"{item}", "{name}"} and len(segments) > len(template):
        segments = [*segments[: len(template) - 1], "/".join(segments[len(template) - 1 :])]
    if len(template) != len(segments):
        return None
    keys = {}
    for wanted, found in zip(template, segments, strict=True):
        if wanted.startswith("{"):
            keys[wanted.strip("{}")] = found
        elif wanted.lower() != found.lower():
            return None
    return keys


def _verify(backend: Backend, request: Request, keys: Mapping[str, str]) -> Answer:
    return Answer(body=dumps({"success": True, "messages": ["Congratulations, your API Token works."]}))


def _listing(rows: list[str], total: int, page: Page) -> Answer:
    return Answer(listing=Listing(rows, total, min(page.limit, LARGEST_PAGE), page.offset))


def _list(collection: Collection) -> Operation:
    def listed(backend: Backend, request: Request, keys: Mapping[str, str]) -> Answer:
        page = page_of(request.query)
        store, platform = backend.platform.store, backend.platform
        if not page.is_plain:
            rows = [platform.rendered(row) for row in store.objects(collection.name)]
            return _listing(*select(rows, page), page)
        total = store.execute("SELECT count(*) FROM object WHERE collection = ?", (collection.name,)).fetchone()[0]
        found = store.execute(
            "SELECT rendered, id FROM object WHERE collection = ? ORDER BY seq LIMIT ? OFFSET ?",
            (collection.name, page.count, page.offset),
        ).fetchall()
        return _listing([text or platform.rendered(store.by_id(key)) for text, key in found], total, page)

    return listed


def _catalogue(rows: tuple[dict[str, Any], ...]) -> Operation:
    texts = [dumps(row) for row in rows]

    def listed(backend: Backend, request: Request, keys: Mapping[str, str]) -> Answer:
        page = page_of(request.query)
        return _listing(*select(texts, page), page)

    return listed


def _endpoint_list(backend: Backend, request: Request, keys: Mapping[str, str]) -> Answer:
    page = page_of(request.query)
    return _listing(*backend.sims.page(page), page)


def _endpoint(backend: Backend, request: Request, keys: Mapping[str, str]) -> Answer:
    sim = backend.endpoints.find(keys["key"])
    row = (
        sim.n,
        sim.iccid,
        sim.status,
        sim.network,
        sim.group,
        sim.reference,
        dumps(sim.extra) if sim.extra else None,
        None,
    )
    # Memberships are assumed: the portal shows an address for each, and nobody knows what they are called on the wire.
    shown = dumps(backend.sims.memberships(sim))
    return text_data(f'{backend.sims.render([row])[0][:-1]},"memberships":{shown}}}')


def _bulk(results: list[dict[str, Any]]) -> Answer:
    failed = sum(not result["success"] for result in results)
    messages = [f"{failed} of {len(results)} items were refused"] if failed else []
    return Answer(body=dumps({"success": not failed, "messages": messages, "data": results}))


def _events(backend: Backend, request: Request, keys: Mapping[str, str]) -> Answer:
    page = page_of({name: value for name, value in request.query.items() if name in {"limit", "offset"}})
    if request.query.get("sortorder", "1") not in {"", "0", "1"}:
        raise Malformed("sortOrder", "sortOrder must be 0 or 1.")
    rows, total = backend.events.listed(request.query, page.count, page.offset)
    return _listing(rows, total, page)


_ENDPOINT_OPERATIONS: Mapping[str, Operation] = {
    "activate": lambda backend, request, keys: data(backend.endpoints.activate(request.data)),
    "list": _endpoint_list,
    "assign": lambda backend, request, keys: _bulk(backend.endpoints.assign(request.data)),
    "bulk-status": lambda backend, request, keys: _bulk(backend.endpoints.set_statuses(request.data)),
    "read": _endpoint,
    "edit": lambda backend, request, keys: data(backend.endpoints.edit(keys["key"], request.data)),
    "status": lambda backend, request, keys: data(backend.endpoints.set_status(keys["key"], request.data)),
    "reset": lambda backend, request, keys: data(backend.endpoints.reset(keys["key"], request.data)),
    "sms": lambda backend, request, keys: data(backend.endpoints.message(keys["key"], request.data)),
    "keyvalues": lambda backend, request, keys: whole_list(backend.endpoints.key_values(keys["key"])),
    "set-keyvalue": lambda backend, request, keys: data(
        backend.endpoints.set_key_value(keys["key"], keys["name"], request.data)
    ),
    "remove-keyvalue": lambda backend, request, keys: data(
        backend.endpoints.remove_key_value(keys["key"], keys["name"])
    ),
}
