"""
The REST adapter: the port to the platform over its wire format.

Reads are complete or refused (I10) and retried; writes are sent once. Not-found comes in two forms: HTTP 404, and HTTP
200 with ``success: false`` and the message "Record not found".
"""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reconciler.control_plane import codec
from reconciler.control_plane.answers import ADDRESS_HINT, understood
from reconciler.control_plane.errors import AbsentCollection, OutcomeUnknown, ProtocolViolation
from reconciler.control_plane.exchange import Exchange, Resolver
from reconciler.control_plane.listing import PAGE_SIZE, ListedObject, ListPage, ListReader
from reconciler.control_plane.patching import edited, item_bodies, replacement
from reconciler.control_plane.paths import WirePaths
from reconciler.control_plane.port import Receipt, Step, Verb
from reconciler.control_plane.retry import Waiting
from reconciler.control_plane.spelling import respelt_items
from reconciler.control_plane.transport import Transport
from reconciler.diffing.naming import name_unnamed
from reconciler.kinds import kind_named, object_kinds
from reconciler.model.catalogue import WordList
from reconciler.model.kind import Kind
from reconciler.model.snapshot import Account, Observed, Sealed, Snapshot
from reconciler.model.wire import Items

if TYPE_CHECKING:
    from reconciler.control_plane.sims import RestSims

_LONGEST_MONIKER = 30


class RestControlPlane:
    """
    The platform behind a transport. Implements `reconciler.control_plane.port.ControlPlane`.

    `digest` makes keyed digests of the secrets that the platform answers; `resolve` finds the value of a secret
    reference in the last step before sending. `sleep` and `jitter` come from the environment. When `stop` is set, no
    read is tried again.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        digest: Callable[[str], str],
        resolve: Resolver,
        sleep: Callable[[float], None],
        jitter: Callable[[], float],
        paths: WirePaths | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self.exchange = Exchange(transport, resolve, Waiting(sleep, jitter, stop or threading.Event()))
        self._digest = digest
        self._paths = paths or WirePaths()
        self._deleted: set[str] = set()

    @property
    def sims(self) -> "RestSims":
        """The SIMs of the account."""
        from reconciler.control_plane.sims import RestSims

        return RestSims(self.exchange, self._paths)

    @property
    def is_local(self) -> bool:
        """Whether the platform is the simulator in this process."""
        return self.exchange.transport.is_local

    def account(self) -> Account:
        """The account that the token belongs to. Raises `Unauthorised` when the token is not accepted."""
        self.exchange.require("/apitokens/verify")
        return Account(self.exchange.transport.origin)

    def snapshot(self, names: Sequence[str] | None = None, *, keep: bool = False) -> Snapshot:
        """Everything of the given kinds, completely, or `IncompleteRead`; `keep`: with the answers."""
        chosen = [kind_named(name) for name in names] if names is not None else list(object_kinds().values())
        with understood("GET of all objects"), ThreadPoolExecutor(self.exchange.at_once) as pool:
            found = dict(zip((kind.name for kind in chosen), pool.map(self._listed, chosen), strict=True))
            absent = {name: rows for name, rows in found.items() if isinstance(rows, AbsentCollection)}
            if len(absent) == len(chosen) and absent:
                # An account has something: the address of the platform is wrong.
                raise next(iter(absent.values()))
            lists = {name: rows for name, rows in found.items() if not isinstance(rows, AbsentCollection)}
            chosen = [kind for kind in chosen if kind.name in lists]
            parts = {kind.name: self._sub_collections(kind, lists[kind.name], pool) for kind in chosen}
        with understood("GET of all objects"):
            told = (
                (kind.wire.account, payload) for kind in chosen if kind.wire.account for payload in lists[kind.name]
            )
            identity = next((payload[member] for member, payload in told if payload.get(member)), None)
            seen = (
                self._observed(kind, payload, parts[kind.name].get(payload.get("id", ""), {}), keep=keep)
                for kind in chosen
                for payload in lists[kind.name]
            )
            return Snapshot(Account(self.exchange.transport.origin, identity), seen, absent=absent)

    def objects(self, name: str) -> list[Observed]:
        """Every object of a kind with its payload as it came, completely."""
        kind = kind_named(name)
        path = f"GET of all {name}"
        with understood(path), ThreadPoolExecutor(self.exchange.at_once) as pool:
            payloads = self.payloads(kind)
            parts = self._sub_collections(kind, payloads, pool)
            return [self._observed(kind, one, parts.get(one.get("id", ""), {}), keep=True) for one in payloads]

    def word_list(self, name: str) -> WordList:
        """One of the platform's own lists; one that is absent or cannot be read says why."""
        from reconciler.control_plane.word_lists import read_list

        return read_list(self.exchange, self._paths, name)

    def read_many(self, kind: str, keys: Collection[str]) -> dict[str, Observed]:
        """Those of these objects that are there, by id or moniker, out of one complete list, with sub-collections."""
        facts = kind_named(kind)
        found: dict[str, Observed] = {}
        # The platform compares monikers without regard to case.
        wanted = {key.lower(): key for key in keys}
        with understood(f"GET /{facts.wire.collection}"), ThreadPoolExecutor(self.exchange.at_once) as pool:
            listed = self.payloads(facts)
            asked = [payload for payload in listed if not wanted.keys().isdisjoint(_names(payload))]
            parts = self._sub_collections(facts, asked, pool, beside=listed)
            for payload in asked:
                live = self._observed(facts, payload, parts.get(payload["id"], {}), keep=False)
                found |= {wanted[name]: live for name in _names(payload) if name in wanted}
        return found

    def read(self, kind: str, key: str) -> Observed | None:
        """
        One object by id or moniker with its sub-collections, or None when it is not there.

        That an object with an id is gone is believed when the complete list has it no longer either, or when the
        platform accepted its deletion (I10): one wrong answer on the way must not let us forget what is ours.
        """
        facts = kind_named(kind)
        path = f"/{facts.wire.collection}/{quote(key, safe='')}"
        answer = self.exchange.get(path)
        if answer.is_absent:
            is_proven = len(key) <= _LONGEST_MONIKER or key in self._deleted
            if not is_proven and any(row.get("id") == key for row in self.payloads(facts)):
                message = f"GET {path} says that it is not there, but the list of the platform has it"
                raise ProtocolViolation(message)
            return None
        with understood(f"GET {path}"):
            payload = _mapping(answer.data, path)
            items = {part.segment: self.part(facts, payload, part) for part in facts.wire.items}
            return self._observed(facts, payload, items, keep=True)

    def send(self, step: Step, current: Observed | None) -> Receipt:
        """Send one step, once; see the port for what it raises."""
        receipt = self._sent(step, current)
        # Only a create makes the object that the step is about: what other requests answer is the id of something else.
        return receipt if step.verb is Verb.CREATE else Receipt(None, receipt.status)

    def _sent(self, step: Step, current: Observed | None) -> Receipt:
        kind = kind_named(step.address.kind)
        base = f"/{kind.wire.collection}"
        key = quote(step.remote_id or step.moniker, safe="")
        match step.verb:
            case Verb.CREATE:
                return self._create(kind, step)
            case Verb.UPDATE:
                return self.exchange.write("PUT", f"{base}/{key}", self._replacement(kind, step, current))
            case Verb.DELETE:
                receipt = self.exchange.write("DELETE", f"{base}/{key}", None, absent_is_fine=True)
                if receipt.status == 200:
                    self._deleted.add(step.remote_id or "")
                return receipt
            case Verb.ADD:
                part = _part(kind, step)
                raw = current.raw.items.get(part.segment) if current is not None and current.raw is not None else None
                bodies = item_bodies(kind, part, step.items, step.spec or {}, raw or ())
                path = f"{base}/{key}/{self._paths.segment(part.segment)}"
                if part.batch:
                    return self.exchange.write("POST", path, bodies)
                receipts = [self.exchange.write("POST", path, content) for content in bodies]
                return receipts[-1]
            case Verb.REMOVE:
                return self._remove(kind, step, f"{base}/{key}")

    def _create(self, kind: Kind, step: Step) -> Receipt:
        written = codec.body(kind, step.spec or {}, step.moniker, for_update=False)
        for part in kind.wire.items:
            if part.member:
                written[part.member] = list(part.encode(step.spec or {}).values()) or None
        receipt = self.exchange.write("POST", f"/{kind.wire.collection}", written)
        if not receipt.remote_id:
            message = f"the platform accepted {step.address} but answered no id"
            raise OutcomeUnknown(message)
        return receipt

    def _replacement(self, kind: Kind, step: Step, current: Observed | None) -> dict[str, Any]:
        if current is None or current.raw is None:
            message = f"{step.address} has to be read before it is replaced"
            raise ValueError(message)
        plain = codec.decode(kind, current.raw.payload, current.raw.items, seal=None)
        managed = step.spec or {}
        live = name_unnamed(kind, plain.spec, step.before or {}, managed)
        wanted = edited(kind, live, managed)
        return {"id": current.remote_id, **replacement(kind, current.raw.payload, live, wanted, step.moniker)}

    def _remove(self, kind: Kind, step: Step, path: str) -> Receipt:
        part = _part(kind, step)
        payload = _mapping(self.exchange.require(path).data, path)
        items = respelt_items(part, self.part(kind, payload, part))
        live = {codec.identity_of(kind, part, item): item for item in items}
        receipt = Receipt()
        for identity in step.items:
            if identity in live:
                name = quote(part.delete_key(live[identity]), safe="")
                segment = self._paths.segment(part.segment)
                receipt = self.exchange.write("DELETE", f"{path}/{segment}/{name}", None, absent_is_fine=True)
        return receipt

    def _observed(
        self, kind: Kind, payload: Mapping[str, Any], items: Mapping[str, Sequence[Any]], *, keep: bool
    ) -> Observed:
        seen = codec.decode(kind, payload, items, seal=self._digest)
        return seen._replace(raw=Sealed(payload, items)) if keep else seen

    def _listed(self, kind: Kind) -> list[ListedObject] | AbsentCollection:
        try:
            return self.payloads(kind)
        except AbsentCollection as error:
            return error

    def payloads(self, kind: Kind) -> list[ListedObject]:
        """Every object of a collection as it came, completely."""
        return ListReader(self._page, at_once=self.exchange.at_once).rows(f"/{kind.wire.collection}")

    def part(self, kind: Kind, payload: Mapping[str, Any], part: Items) -> Sequence[Any]:
        """The items of one sub-collection of an object, as they came."""
        payload = codec.cased(kind, payload)
        embedded = payload.get(part.embedded or part.member or "")
        if embedded is not None:
            return list(embedded)
        if part.embedded or not part.applies(payload):
            return []
        path = f"/{kind.wire.collection}/{quote(payload['id'], safe='')}/{self._paths.segment(part.segment)}"
        return self._get_list(path)

    def _get_list(self, path: str) -> Sequence[Any]:
        data = self.exchange.require(path).data
        if data is None:
            return []
        if not isinstance(data, list):
            message = f"GET {path} answered {type(data).__name__} where a list is expected"
            raise ProtocolViolation(message)
        return data

    def _sub_collections(
        self,
        kind: Kind,
        payloads: Sequence[Mapping[str, Any]],
        pool: ThreadPoolExecutor,
        *,
        beside: Sequence[Mapping[str, Any]] = (),
    ) -> Mapping[str, Mapping[str, Sequence[Any]]]:
        """The sub-collections of these payloads, which are all of the kind, or some of those `beside`."""
        found: dict[str, dict[str, Sequence[Any]]] = {}
        for part in kind.wire.items:
            if not part.needed(beside or payloads):
                continue
            lists = pool.map(lambda payload, part=part: self.part(kind, payload, part), payloads)
            for payload, items in zip(payloads, lists, strict=True):
                found.setdefault(payload["id"], {})[part.segment] = items
        return found

    def _page(self, path: str, offset: int) -> ListPage:
        where = f"{path}?limit={PAGE_SIZE}&offset={offset}"
        answer = self.exchange.get(where)
        if answer.is_absent:
            raise AbsentCollection(f"GET {where}", answer.messages, status=answer.status, hint=ADDRESS_HINT)
        return ListPage.of(answer.data, answer.total, path)


def _names(payload: Mapping[str, Any]) -> tuple[str, str]:
    return payload["id"].lower(), str(payload.get("moniker", "")).lower()


def _part(kind: Kind, step: Step) -> Items:
    return next(part for part in kind.wire.items if part.segment == step.segment)


def _mapping(data: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        message = f"GET {path} answered {type(data).__name__} where an object is expected"
        raise ProtocolViolation(message)
    return data
