"""One account under management: exported, validated, planned, adopted, exported again; and where that goes wrong."""

import csv
import io
import ipaddress
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.accounts.platform import Platform, tree
from tests.oracles import COLLECTIONS

_SECRETS = frozenset({"url", "bearertoken", "password", "presharedkey"})
_READ_ONLY = frozenset(
    {
        "id",
        "customerid",
        "endpointsassigned",
        "endpointgroupcount",
        "endpointcount",
        "summarydescription",
        "networkkey",
        "publicinstanceconfiguration",
        "localpublickey",
        "routingtargetstatus",
        "routingredundancyzonename",
        "active",
        "regionalgatewaymoniker",
        "regionalgatewayname",
        "routingpolicyid",
        "precedence",
        "regionalgatewaypolicyid",
        "available",
        "hasinstance",
        "hasmultipleinstances",
        "edgeserviceinstanceid",
        "edgeserviceinstanceids",
        "steeringprofileid",
        "eventmap.subscriptions",
        "description.service",
        "iconshape",
    }
)
_SAME = {"global": "account", "notify-terminate": "notifyandterminate", "endpoint": "endpointgroup"}
_PARTS = {"EventMaps": "subscriptions", "OperatorPolicies": "entries", "RegionalPolicies": "entries"}


def complaints(account: Platform, root: Path, *, is_plain: bool = False) -> list[str]:
    """Everything that is wrong with an export of the account and with what follows from it."""
    found: list[str] = []
    folder = root / "one" / "estate"
    exported = account.run("export", str(folder))
    account.environment |= secrets_of(account, folder)
    if exported.exit_code:
        return [f"export ended with {exported.exit_code}: {exported.output[-2500:]} {exported.exception!r}"]
    left_out = [
        line
        for line in exported.output.splitlines()
        if line.startswith("left out: ") and "belongs to the platform" not in line
    ]
    found += [f"an object is left out as a whole: {line}" for line in left_out]
    found += list(_told(account, folder, is_plain=is_plain))
    account.simulator.clear_log()
    for arguments in (
        ("validate",),
        ("plan", "--adopt", "--detailed-exitcode"),
        ("apply", "--adopt", "-y"),
        ("plan", "--detailed-exitcode"),
        ("drift",),
    ):
        result = account.run(*arguments, "-C", str(folder))
        is_adoption = arguments[:2] == ("plan", "--adopt")
        if result.exit_code not in ({0, 2} if is_adoption else {0}):
            found.append(
                f"{' '.join(arguments)} ended with {result.exit_code}: {result.output[-2500:]} {result.exception!r}"
            )
    found += [f"adoption wrote {row}" for row in account.written()]
    again = root / "two" / "estate"
    account.run("export", str(again))
    first, second = tree_of_export(folder), tree_of_export(again)
    found += [
        f"{name} differs in a second export"
        for name in sorted(first.keys() | second.keys())
        if first.get(name) != second.get(name)
    ]
    found += [
        f"{name} has {text.count(chr(10).encode())} lines"
        for name, text in first.items()
        if name.endswith(".yaml") and text.count(b"\n") > 3000
    ]
    return found


def secrets_of(account: Platform, folder: Path) -> dict[str, str]:
    """The values of the variables that an export lists, as the platform has them."""
    example = folder / "secrets.example"
    text = example.read_text(encoding="utf-8") if example.exists() else ""
    found = {}
    for address, path, name in re.findall(r"^# (\S+) · spec\.(\S+)\n(\w+)=$", text, re.MULTILINE):
        kind, _, moniker = address.partition("/")
        collection = next(one for one, known in COLLECTIONS.items() if known == kind)
        rows = (row for row in _lowered(account.reader.get(f"/{collection}?limit=1000")) if row["moniker"] == moniker)
        found[name] = str(next(_members(next(rows), path.rpartition(".")[2].lower()), ""))
    return found


def _members(value: Any, name: str) -> Iterator[Any]:
    """Every value of a member with this name, at any depth."""
    if isinstance(value, Mapping):
        yield from (inner for member, inner in value.items() if member == name and inner is not None)
        for inner in value.values():
            yield from _members(inner, name)


def tree_of_export(folder: Path) -> dict[str, bytes]:
    """The files of an export."""
    return tree(folder) if folder.is_dir() else {}


def _told(account: Platform, folder: Path, *, is_plain: bool) -> Iterator[str]:
    """Each live value that is neither in the manifest of its object nor in a row of the table."""
    documents: dict[str, list[Any]] = {}
    for file in folder.rglob("*.yaml"):
        for document in yaml.load_all(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader):
            documents.setdefault(f"{document['kind']}/{document['metadata']['name']}", []).append(document)
    table = folder / "not-managed.csv"
    rows = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8")))) if table.exists() else []
    if is_plain and rows:
        yield f"values that manifests can say have rows: {rows[:5]}"
    told: dict[str, set[str]] = {}
    for row in rows:
        told.setdefault(row["object"], set()).add(row["value"])
    for collection, kind in COLLECTIONS.items():
        for payload in _lowered(account.reader.get(f"/{collection}?limit=1000")):
            name = f"{kind}/{payload['moniker']}"
            if payload.get("isfixed"):
                continue
            part = next((segment for other, segment in _PARTS.items() if other.lower() == collection), None)
            items = _lowered(account.reader.get(f"/{collection}/{payload['id']}/{part}")) if part else []
            held = {
                normal
                for document in documents.get(name, ())
                for value in _scalars(document)
                for normal in forms(value)
            }
            for path, value in _leaves(payload, items):
                if _says_nothing(path, value, payload):
                    continue
                is_told = any(_shown(value).lower() in text.lower() for text in told.get(name, ()))
                if not (forms(value) & held or is_told):
                    yield f"{name}: {path} = {value!r} is neither in the manifest nor in the table"


def _says_nothing(path: str, value: Any, payload: Mapping[str, Any]) -> bool:
    """The word for idle sessions where none is ever idle, and a switch that follows from the user beside it."""
    if path.startswith(".sessioninactivityaction"):
        return value == "notify" and not payload.get("sessioninactivitytime")
    return path.endswith("basicauthenticationenabled") and bool(payload["instanceconfiguration"].get("username"))


def _lowered(value: Any) -> Any:
    """A value with its members in lower case, at any depth."""
    if isinstance(value, Mapping):
        return {name.lower(): _lowered(inner) for name, inner in value.items()}
    return [_lowered(one) for one in value] if isinstance(value, list) else value


def _leaves(payload: Mapping[str, Any], items: Any) -> Iterator[tuple[str, Any]]:
    yield from _walked("", {name: value for name, value in payload.items() if name not in {"entries", "subscriptions"}})
    for number, item in enumerate(items):
        kept = {name: value for name, value in item.items() if name != "eventmap"}
        if "eventendpoint" in kept:
            kept["eventendpoint"] = {"id": "", "moniker": kept["eventendpoint"]["moniker"]}
        yield from _walked(f"[{number}]", kept)


def _walked(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        if "moniker" in value and ("id" in value or "key" in value) and path:
            yield f"{path}.moniker", value["moniker"]
            return
        for name, inner in value.items():
            if name not in _READ_ONLY | _SECRETS and not _is_of_service(name, value):
                yield from _walked(f"{path}.{name}", inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _walked(f"{path}[{number}]", inner)
    elif value not in (None, "", False, 0, "0"):
        yield path, value


def _is_of_service(name: str, value: Mapping[str, Any]) -> bool:
    """Whether a member describes a service of the edge itself, or one that is not used."""
    if "edgeserviceinstanceids" not in value:
        return False
    return name in {"name", "moniker", "description"} or not value.get("hasinstance")


def _scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield name
            yield from _scalars(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _scalars(inner)
        yield ",".join(map(str, value))
    else:
        yield value


def forms(value: Any) -> set[str]:
    """The text of a value in the forms that mean the same."""
    text = _SAME.get(str(value).strip().lower(), str(value).strip().lower())
    named = re.fullmatch(r"\[([^\[\]]*)\] ?(.*)", text, re.DOTALL)
    if named and named[2]:
        # A rule's name is written into its description.
        return forms(named[2])
    text = named[1] if named else text
    bare = "".join(text.split())
    found = {text, bare, text.removeprefix("existing:"), bare.replace("-", "")}
    if re.fullmatch(r"[0-9,\-]+", bare):
        found.add(re.sub(r"(?<![0-9])0+(?=[0-9])", "", bare))
    if "/" in bare or "," in bare or "." in bare:
        found.add(",".join(sorted(map(_network, bare.split(",")))))
    return found


def _network(text: str) -> str:
    try:
        return str(ipaddress.IPv4Network(text, strict=False)) if "/" in text else str(ipaddress.IPv4Address(text))
    except ValueError:
        return text


def _shown(value: Any) -> str:
    import json

    text = json.dumps(value, ensure_ascii=False)
    text = "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in text)
    return text[:3999]
