"""Live state beside declared state, as tables and documents."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from reconciler.diffing.fields import FieldChange
from reconciler.diffing.seen import SeenObject, SeenSimRow
from reconciler.kinds import kind_named
from reconciler.model.json_text import json_text
from reconciler.reports.diagnostics import escaped
from reconciler.reports.tables import comma_separated, table
from reconciler.reports.values import place_at, shown

VERSION = "1.0"
_MOST_PATHS = 3
_LONGEST_CELL = 60
_PRINTERS = {"table": table, "wide": table, "csv": comma_separated}
_SIM_HEADINGS = ("ICCID", "STATE", "NETWORK", "GROUP", "DECLARED", "NAME", "REFERENCE", "TAGS", "ADDRESS")
_WIDE_SIM_HEADINGS = (*_SIM_HEADINGS, "IMSI", "IMEI", "IMEI LOCK", "FIXED ADDRESS", "DECLARED BY")


def object_lines(kind_name: str, rows: Sequence[SeenObject], form: str) -> Iterator[str]:
    """The objects of a kind in lines: a table, a wide one, CSV, or names alone."""
    if form == "name":
        return (escaped(str(row.address)) for row in rows)
    kind = kind_named(kind_name)
    scope = kind.scope if kind.scope in kind.shape.members else None
    counts = [name for name, _ in kind.wire.counts]
    outputs = [name for name, _ in kind.wire.outputs]
    is_wide = form in {"wide", "csv"}
    headings = ["NAME", "STATE", *([scope.upper()] if scope else []), *(name.upper() for name in counts), "OWNER"]
    headings += ["TITLE", *(_spaced(name) for name in outputs), "ID", "DECLARED AT"] if is_wide else ["DIFFERENCES"]
    cells = (_cells(row, scope, counts, outputs, is_wide=is_wide) for row in rows)
    return _PRINTERS[form](headings, cells)


def _cells(
    row: SeenObject, scope: str | None, counts: Sequence[str], outputs: Sequence[str], *, is_wide: bool
) -> list[str]:
    spec = row.live if row.live is not None else row.declared or {}
    found = [row.address.name, str(row.relation)]
    found += [str(spec.get(scope) or "")] if scope else []
    found += [f"{row.counts[name]:,}" if name in row.counts else "" for name in counts]
    found.append("the platform" if row.belongs_to_platform else row.owner or "")
    if not is_wide:
        return [*found, _paths(row)]
    found.append(str(spec.get("displayName") or ""))
    found += [str(row.outputs.get(name, "")) for name in outputs]
    return [*found, row.remote_id or "", row.source or ""]


def _paths(row: SeenObject) -> str:
    paths = [change.path for change in row.differences]
    if row.declared_as is not None and row.declared_as != row.address:
        paths.insert(0, f"declared as {row.declared_as.name}")
    more = f" and {len(paths) - _MOST_PATHS} more" if len(paths) > _MOST_PATHS else ""
    return ", ".join(paths[:_MOST_PATHS]) + more


def _spaced(name: str) -> str:
    return "".join(f" {letter}" if letter.isupper() else letter for letter in name).upper()


def object_document(row: SeenObject) -> dict[str, Any]:
    """One object as a document."""
    return {
        "address": str(row.address),
        "state": str(row.relation),
        "id": row.remote_id,
        "owner": row.owner,
        "belongsToPlatform": row.belongs_to_platform,
        "declaredAs": None if row.declared_as is None else str(row.declared_as),
        "declaredAt": row.source,
        "counts": dict(row.counts),
        "outputs": dict(row.outputs),
        "live": None if row.live is None else dict(row.live),
        "declared": None if row.declared is None else dict(row.declared),
        "differences": [_change(change) for change in row.differences],
    }


def _change(change: FieldChange) -> dict[str, Any]:
    return {"path": change.path, "live": change.before, "declared": change.after}


def objects_document(rows: Iterable[SeenObject]) -> dict[str, Any]:
    """Objects as a document."""
    return {"formatVersion": VERSION, "objects": [object_document(row) for row in rows]}


def kinds_lines(rows: Sequence[tuple[str, int, int, int]], form: str) -> Iterator[str]:
    """A line for each kind: how many are live, declared, and not declared."""
    if form == "name":
        return (name for name, *_ in rows)
    cells = ((name, f"{live:,}", f"{declared:,}", f"{alone:,}") for name, live, declared, alone in rows)
    return _PRINTERS[form](("KIND", "LIVE", "DECLARED", "UNDECLARED"), cells)


def kinds_document(rows: Sequence[tuple[str, int, int, int]]) -> dict[str, Any]:
    """The counts of each kind as a document."""
    names = ("kind", "live", "declared", "undeclared")
    return {"formatVersion": VERSION, "kinds": [dict(zip(names, row, strict=True)) for row in rows]}


def sim_lines(rows: Iterable[SeenSimRow], form: str) -> Iterator[str]:
    """SIMs in lines, as they come."""
    if form == "name":
        return (row.iccid for row in rows)
    is_wide = form in {"wide", "csv"}
    return _PRINTERS[form](
        _WIDE_SIM_HEADINGS if is_wide else _SIM_HEADINGS, (_sim_cells(row, is_wide=is_wide) for row in rows)
    )


def _sim_cells(row: SeenSimRow, *, is_wide: bool) -> list[str]:
    sim = row.live
    if sim is None:
        cells = [row.iccid, "missing", "", "", f"in {row.wanted.get('group') or '?'}", "", "", "", ""]
        return [*cells, "", "", "", "", row.declared_by or ""] if is_wide else cells
    cells = [
        row.iccid,
        sim.status,
        sim.network,
        sim.group or "",
        _declared(row),
        sim.name or "",
        sim.reference or "",
        ";".join(sim.tags or ()),
        sim.ip_address or "",
    ]
    if not is_wide:
        return cells
    imei = sim.imei if isinstance(sim.imei, str) else ""
    return [*cells, ";".join(sim.imsis), imei, sim.imei_lock or "", sim.static_ip_address or "", row.declared_by or ""]


def _declared(row: SeenSimRow) -> str:
    if row.declared_by is None:
        return ""
    return ", ".join(_wanted(name, value) for name, (_, value) in row.differences.items()) or "same"


def _wanted(name: str, value: Any) -> str:
    text = ";".join(map(str, value)) if isinstance(value, list | tuple) else "null" if value is None else str(value)
    return f"{name} {text[:_LONGEST_CELL]}"


def sim_document(row: SeenSimRow) -> dict[str, Any]:
    """One SIM of a list as a document."""
    sim = row.live
    live = None
    if sim is not None:
        live = {
            "state": sim.status,
            "network": sim.network or None,
            "group": sim.group,
            "displayName": sim.name,
            "reference": sim.reference,
            "tags": list(sim.tags or ()),
            "ipAddress": sim.ip_address,
            "staticIPv4": sim.static_ip_address,
            "imsis": list(sim.imsis),
            "imei": sim.imei,
            "imeiLock": sim.imei_lock,
        }
    return {
        "iccid": row.iccid,
        "live": live,
        "declaredBy": row.declared_by,
        "declared": dict(row.wanted),
        "differences": {name: {"live": old, "declared": new} for name, (old, new) in row.differences.items()},
    }


def described(row: SeenObject, referrers: Sequence[str]) -> Iterator[str]:
    """One object in full: facts, outputs, every field live beside declared, and who refers to it."""
    kind = kind_named(row.address.kind)
    yield escaped(str(row.address))
    facts = {"state": str(row.relation), "id": row.remote_id, "owner": row.owner}
    if row.belongs_to_platform:
        facts["owner"] = "the platform"
    if row.declared_as is not None:
        facts["declared"] = f"{row.source or ''}" + (
            f" as {row.declared_as.name}" if row.declared_as != row.address else ""
        )
    facts |= {name: f"{count:,}" for name, count in row.counts.items()}
    facts |= {_spaced(name).lower(): str(value) for name, value in row.outputs.items()}
    yield from _aligned(facts)
    live, declared = row.live or {}, row.declared or {}
    yield ""
    yield "Fields (a field that is not declared keeps its live value):"
    differing = {change.path.split("[")[0].split(".")[0] for change in row.differences}
    for name, place in kind.shape.members.items():
        if name not in live and name not in declared:
            continue
        if live.get(name) is None and name not in declared:
            continue
        mark = "+" if row.live is None else "~" if name in differing else "=" if name in declared else " "
        value = live.get(name) if row.live is not None else declared.get(name)
        yield from _field(mark, name, value, place)
    if row.differences:
        yield ""
        yield "Differences (live -> declared):"
        for change in row.differences:
            place = place_at(kind.shape, change.path)
            yield f"  ~ {escaped(change.path)}: {shown(change.before, place)} -> {shown(change.after, place)}"
    if referrers:
        yield ""
        yield "Referred to by:"
        yield from (f"  {escaped(name)}" for name in referrers)


def _field(mark: str, name: str, value: Any, place: Any) -> Iterator[str]:
    if isinstance(value, list) and value and place.item is not None and place.item.members:
        yield f"  {mark} {name}:"
        yield from (f"      {shown(item, place.item)}" for item in value)
    elif isinstance(value, Mapping) and place.members and value:
        yield f"  {mark} {name}:"
        for inner, found in value.items():
            yield f"      {escaped(str(inner))}: {shown(found, place.members.get(inner, place))}"
    else:
        yield f"  {mark} {name}: {shown(value, place)}"


def _aligned(facts: Mapping[str, Any]) -> Iterator[str]:
    known = {name: value for name, value in facts.items() if value not in (None, "")}
    width = max(map(len, known), default=0) + 1
    yield from (f"  {name + ':':<{width}} {escaped(str(value))}" for name, value in known.items())


def described_sim(document: Mapping[str, Any]) -> Iterator[str]:
    """One SIM in full, from its document."""
    yield f"SIM {escaped(document['iccid'])}"
    live = document["live"] or {}
    yield from _aligned(
        {
            "state": live.get("state") or "not in the account",
            "network": live.get("network"),
            "group": live.get("group"),
            "name": live.get("displayName"),
            "reference": live.get("reference"),
            "tags": ", ".join(live.get("tags") or ()),
            "IMSIs": ", ".join(live.get("imsis") or ()),
            "IMEI": live.get("imei"),
            "IMEI lock": live.get("imeiLock"),
            "declared by": document["declaredBy"],
        }
    )
    if document["memberships"]:
        yield ""
        yield "Memberships:"
        cells = (
            (one["group"], one["type"], one["address"] or "", "fixed" if one["isFixed"] else "")
            for one in document["memberships"]
        )
        yield from (f"  {line}" for line in table(("GROUP", "TYPE", "ADDRESS", ""), cells))
    if document["keyValues"]:
        yield ""
        yield "Key values:"
        yield from (f"  {escaped(name)}: {escaped(value)}" for name, value in document["keyValues"].items())
    if document["differences"]:
        yield ""
        yield "Differences (live -> declared):"
        for name, found in document["differences"].items():
            yield f"  ~ {escaped(name)}: {shown(found['live'])} -> {shown(found['declared'])}"
    elif document["declaredBy"] and document["live"]:
        yield ""
        yield "As declared."


def json_row(body: Any) -> str:
    """A document on one line."""
    return json_text(body, separators=(",", ":"))
