"""Create, read, change and delete objects and their items, under the rules of each kind."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from reconciler.simulator.body import MOST_ITEMS, Body
from reconciler.simulator.refusals import Breach, Malformed, NotFound
from reconciler.simulator.rules import collections
from reconciler.simulator.settings import Settings
from reconciler.simulator.store import Item, Row, Tables, dumps
from reconciler.simulator.world import Collection, SubCollection, View

COLLECTIONS = collections()

_MONIKER = re.compile(r"[a-z0-9][a-z0-9_-]*")
_LONGEST_MONIKER = 30
_SHORTEST_NAME = 2


class Objects:
    """The objects of one account. Every method runs inside a transaction of the caller."""

    def __init__(self, store: Tables, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self.world = View(store, settings, COLLECTIONS)

    def found(self) -> None:
        """Put there what every account has."""
        for collection in COLLECTIONS.values():
            collection.found(self.world)

    def find(self, collection: Collection, key: str) -> Row:
        """The addressed object, or `NotFound`."""
        row = self.store.find(collection.name, key)
        if row is None:
            raise NotFound
        return row

    def rendered(self, row: Row) -> str:
        """An object as a GET answers it, as JSON text."""
        kept = self.store.execute("SELECT rendered FROM object WHERE id = ?", (row.id,)).fetchone()
        if kept is not None and kept[0] is not None:
            return str(kept[0])
        shown = COLLECTIONS[row.collection.lower()].show(row, self.world)
        text = dumps({"id": row.id, "name": row.name, "moniker": row.moniker, **shown})
        self.store.execute("UPDATE object SET rendered = ? WHERE id = ?", (text, row.id))
        return text

    def create(self, collection: Collection, data: Any) -> str:
        """A new object; answers its id."""
        body = Body(data)
        moniker, name = self._naming(collection, body, None)
        state = collection.accept(body, None, self.world)
        row = Row(self._new_id(collection), collection.name, moniker, name, state)
        self.store.save(row, ())
        collection.created(row, body, self.world)
        self._parent_items(collection, row, body)
        self._settle(collection, row)
        return row.id

    def change(self, collection: Collection, key: str, data: Any) -> str:
        """A PUT: what the body names is replaced, what it leaves out is kept; answers the id."""
        before = self.find(collection, key)
        body = Body(data)
        moniker, name = self._naming(collection, body, before)
        row = Row(before.id, collection.name, moniker, name, collection.accept(body, before.state, self.world))
        self.store.save(row, self._all_references(collection, row))
        if self.settings.put_entries == "replace":
            self._parent_items(collection, row, body)
        self._settle(collection, row)
        return row.id

    def delete(self, collection: Collection, key: str) -> str:
        """Delete an object that nothing refers to; answers its id."""
        row = self.find(collection, key)
        collection.removable(row, self.world)
        if users := self.store.referrers(row.id):
            by = ", ".join(sorted({f"{self.title(user)} '{user.moniker}'" for user, _ in users})[:5])
            raise Breach(f"The {collection.title} '{row.moniker}' is still used by the {by}.")
        self.store.remove(row)
        self.store.set_value(f"last deleted {collection.name}", row.id)
        return row.id

    def title(self, row: Row) -> str:
        """The name of this kind of object in messages."""
        return COLLECTIONS[row.collection.lower()].title

    def items(self, collection: Collection, key: str, part: SubCollection) -> list[Any]:
        """The items of a sub-collection as a GET answers them."""
        row = self.find(collection, key)
        return [part.show(item, self.world) for item in self.store.items(row.id, part.segment)]

    def add_items(self, collection: Collection, key: str, part: SubCollection, data: Any) -> Any:
        """A POST of one item or an array of them: adds, or changes those whose identity exists."""
        row = self.find(collection, key)
        items = self._upsert(row, part, data if isinstance(data, list) else [data])
        if self.settings.post_entries == "replace" and part.member:
            kept = {item.key for item in items}
            self._drop(row, part, lambda item: item.key not in kept)
        self._settle(collection, row)
        if part.created is not None:
            return [part.created(item, self.world) for item in items]
        return items[0].id if len(items) == 1 else row.id

    def remove_item(self, collection: Collection, key: str, part: SubCollection, name: str) -> str:
        """Delete one item by id or identity; answers the id of the owner."""
        row = self.find(collection, key)
        wanted = (part.key_of(name, self.world) or name).lower()
        items = self.store.items(row.id, part.segment)
        found = next((item for item in items if wanted in {item.id.lower(), item.key.lower()}), None)
        if found is None:
            raise NotFound
        part.remove(found, row, self.world)
        self.store.remove_item(found)
        self._settle(collection, row)
        return row.id

    def _new_id(self, collection: Collection) -> str:
        name = f"last deleted {collection.name}"
        last = self.store.value(name) if self.settings.id_reuse == "last" else None
        if last is not None:
            self.store.execute("DELETE FROM value WHERE name = ?", (name,))
            return str(last)
        return self.store.new_id(collection.name)

    def _naming(self, collection: Collection, body: Body, before: Row | None) -> tuple[str, str]:
        moniker = body.text("moniker") if body.has("moniker") or before is None else before.moniker
        name = body.text("name") if body.has("name") or before is None else before.name
        if moniker is None or name is None:
            raise Breach("moniker is required." if moniker is None else "name is required.")
        if not _MONIKER.fullmatch(moniker):
            raise Breach(f"'{moniker[:60]}' is not a valid moniker: lower-case letters, digits, - and _ are possible.")
        if not collection.shortest_moniker <= len(moniker) <= _LONGEST_MONIKER:
            least = f"{collection.shortest_moniker} to " if collection.shortest_moniker > 1 else "at most "
            raise Breach(f"The moniker '{moniker[:60]}' must have {least}{_LONGEST_MONIKER} characters.")
        if not _SHORTEST_NAME <= len(name) <= collection.longest_name:
            raise Breach(f"The name must have {_SHORTEST_NAME} to {collection.longest_name} characters.")
        other = self.store.find(collection.name, moniker)
        # Uniqueness is looked at only where the moniker is new, so that A1 off leaves older twins editable.
        is_new = before is None or before.moniker != moniker
        if is_new and other and self.settings.monikers == "unique" and other.id != (before.id if before else None):
            raise Breach(f"The moniker '{moniker}' is already used by another {collection.title}.")
        return moniker, name

    def _parent_items(self, collection: Collection, row: Row, body: Body) -> None:
        """Items in the parent's body: null leaves them, an array replaces the set."""
        for part in collection.parts.values():
            if part.member is None or body.raw(part.member) is None:
                continue
            data = body.raw(part.member)
            if not isinstance(data, list):
                raise Malformed(f"$.{part.member}", f"The member {part.member} must be an array.")
            kept = {item.key for item in self._upsert(row, part, data)}
            self._drop(row, part, lambda item, kept=kept: item.key not in kept)

    def _upsert(self, row: Row, part: SubCollection, data: Sequence[Any]) -> list[Item]:
        if len(data) > MOST_ITEMS:
            raise Breach(f"At most {MOST_ITEMS} {part.segment} are taken at once.")
        live = {item.key: item for item in self.store.items(row.id, part.segment)}
        seen: dict[str, Item] = {}
        for one in data:
            item = part.add(one, row, self.world)
            if item.key in seen:
                raise Breach(f"Two of the {part.segment} are for the same thing: {_readable(item)}.")
            if item.key in live:
                item = Item(live[item.key].id, item.owner, item.segment, item.key, item.state)
            self.store.save_item(item)
            seen[item.key] = item
        return list(seen.values())

    def _drop(self, row: Row, part: SubCollection, unwanted: Any) -> None:
        for item in self.store.items(row.id, part.segment):
            if unwanted(item):
                self.store.remove_item(item)

    def _all_references(self, collection: Collection, row: Row) -> Iterable[tuple[str, str]]:
        found = list(collection.references(row.state))
        for part in collection.parts.values():
            for item in self.store.items(row.id, part.segment):
                found.extend(part.references(item))
        return found

    def _settle(self, collection: Collection, row: Row) -> None:
        self.store.refer(row.id, self._all_references(collection, row))
        collection.settle(row, self.world)
        for part in collection.parts.values():
            part.settle(row, self.world)


def _readable(item: Item) -> str:
    parts = [part for part in item.key.split("|") if part]
    return " and ".join(parts) if parts else "the default"
