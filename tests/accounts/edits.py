"""One random edit of an exported estate, and everything that it changes on the platform."""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any, Self

import yaml

from reconciler.kinds import kind_named, object_kinds
from reconciler.manifests.writer import written
from reconciler.model.shape import Shape
from tests.accounts.platform import Platform
from tests.oracles import COLLECTIONS

_PARTS = {
    "vslices": "subnets",
    "eventmaps": "subscriptions",
    "operatorpolicies": "entries",
    "regionalpolicies": "entries",
}
_FOLLOWS = frozenset(
    {
        "summarydescription",
        "precedence",
        "hasinstance",
        "hasmultipleinstances",
        "edgeserviceinstanceid",
        "routingredundancyzonename",
        "regionalgatewaymoniker",
        "regionalgatewayname",
    }
)
_WORDS = {
    "europe": "asia-pacific",
    "asia-pacific": "europe",
    "north-america": "europe",
    "unlimited": "10mbits",
    "10mbits": "unlimited",
    "europe-primary": "europe-secondary",
    "north-america-secondary": "north-america-primary",
    "443": "444",
    "10.0.0.0/8": "10.0.0.0/9",
}


def edit(folder: Path, random: Random) -> tuple[str, str] | None:
    """Edit one field of one object, or one cell of one SIM; the object and the field, None where nothing can be."""
    files = sorted(
        path for path in folder.rglob("*") if path.suffix in {".yaml", ".csv"} and path.name != "not-managed.csv"
    )
    for path in random.sample(files, len(files)):
        found = _cell(path, random) if path.suffix == ".csv" else _field(path, random)
        if found is not None:
            return found
    return None


def _field(path: Path, random: Random) -> tuple[str, str] | None:
    documents = list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader))
    number = random.randrange(len(documents))
    document = documents[number]
    if document["kind"] not in object_kinds():
        return None
    shape = kind_named(document["kind"]).shape
    places = list(_places(document["spec"], shape, ()))
    if not places:
        return None
    steps, place = random.choice(places)
    holder = document["spec"]
    for step in steps[:-1]:
        holder = holder[step]
    holder[steps[-1]] = _other(holder[steps[-1]], place)
    texts = path.read_text(encoding="utf-8").split("\n---\n")
    # Numbers and booleans stay what they are: the loader types a value by its field.
    texts[number] = "\n".join(line for line in texts[number].splitlines() if line.startswith("#"))
    texts[number] += f"\n{written(_typed(document, kind_named(document['kind']).shape)).decode()}".rstrip("\n")
    path.write_text("\n---\n".join(texts) + "\n", encoding="utf-8")
    return f"{document['kind']}/{document['metadata']['name']}", ".".join(map(str, steps))


def _places(value: Any, shape: Shape, steps: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Shape]]:
    """The scalars that an edit may change: no identity, reference, secret, immutable or null one."""
    for name, inner in value.items():
        place = shape.members[name]
        here = (*steps, name)
        if place.immutable or place.reference or place.secret or place.secret_url or place.read_only:
            continue
        if isinstance(inner, Mapping):
            yield from _places(inner, place, here)
        elif isinstance(inner, list):
            item = place.item
            for number, one in enumerate(inner):
                if item is not None and item.members and isinstance(one, Mapping):
                    kept = {key: known for key, known in one.items() if key not in place.item_key}
                    yield from _places(kept, item, (*here, number))
        elif inner not in {"null", ""} and _other(inner, place) != inner:
            yield here, place


def _other(value: str, place: Shape) -> str:
    """Another value for a field, the same one where none is known."""
    if value in {"true", "false"}:
        return "false" if value == "true" else "true"
    if place.choices:
        return str(next(word for word in (*place.choices, value) if word != value))
    if value in _WORDS:
        return _WORDS[value]
    if value.isdecimal():
        return str(int(value) + 1 if int(value) < 90 else int(value) - 1)
    return f"{value[:30]} edited" if " " in value or value.isalpha() else value


def _typed(document: Any, shape: Shape) -> Any:
    return {**document, "spec": _typed_value(document["spec"], shape)}


def _typed_value(value: Any, shape: Shape | None) -> Any:
    if isinstance(value, Mapping):
        members = shape.members if shape else {}
        return {name: _typed_value(inner, members.get(name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [_typed_value(one, shape.item if shape else None) for one in value]
    is_text = shape is not None and shape.type is str and not shape.nullable
    is_word = value not in _PLAIN and not value.lstrip("-").isdecimal()
    return value if is_text or is_word else _Bare(value)


_PLAIN = frozenset({"true", "false", "null"})


class _Bare(int):
    """A scalar that is written without quotes."""

    def __new__(cls, text: str) -> Self:
        found = super().__new__(cls, 0)
        found.text = text
        return found

    text: str

    def __str__(self) -> str:
        return self.text


def _cell(path: Path, random: Random) -> tuple[str, str] | None:
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    if len(rows) < 2:
        return None
    row = random.choice(rows[1:])
    column = random.choice(("displayName", "reference", "tags"))
    place = rows[0].index(column)
    row[place] = f"{row[place]} edited" if row[place] and '"' not in row[place] else f"edited {row[0][-6:]}"
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    path.write_text(stream.getvalue(), encoding="utf-8")
    return f"SIM {row[0]}", column


def state(account: Platform) -> dict[str, Any]:
    """Every leaf of every object and SIM of the account, by its path; items are told apart by what they are about."""
    found: dict[str, Any] = {}
    for collection in COLLECTIONS:
        for payload in account.client.get(f"/{collection}?limit=1000"):
            place = f"{collection}/{payload['id']}"
            found |= dict(_leaves(place, payload))
            if (part := _PARTS.get(collection)) is not None:
                items = account.client.get(f"/{collection}/{payload['id']}/{part}")
                for item in items:
                    key = "/".join(str(item.get(name)) for name in ("iso3", "operatorId", "subnetAddress")).upper()
                    found |= dict(_leaves(f"{place}/{part}[{key}]", item))
    for number, sim in account.simulator.dump()["endpoints"].items():
        found |= dict(_leaves(f"endpoints/{number}", sim))
    return found


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        if "moniker" in value and ("id" in value or "key" in value) and "/" in path and "." in path:
            yield path, value["moniker"]
            return
        for name, inner in value.items():
            # A rule or an entry that is edited may be another one to the platform.
            is_new_id = name == "id" and ("[" in path or "entries" in path)
            if name.lower() not in _FOLLOWS and not is_new_id:
                yield from _leaves(f"{path}.{name}", inner)
    elif path.endswith(".tags"):
        yield path, value
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(f"{path}[{number}]", inner)
    else:
        yield path, value.upper() if path.endswith(".iso3") and isinstance(value, str) else value
