"""
The roster of an estate: Endpoints and EndpointSets with their lists and files, put together into one compact map.

A million rows become neither resources nor dictionaries. Where something is wrong, files are read once more to find the
places.

Length: one map is built here from every sort of source, and the same sources are read again for places.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from reconciler.diagnostics import DUPLICATE_SIM, INVALID_SIM_FILE, Diagnostic, Related, Report
from reconciler.environment import uncollected
from reconciler.kinds import sim_kind, sim_set_kind
from reconciler.manifests.opened_files import FileRefused, read_below
from reconciler.manifests.reserved_files import HIDDEN_ONLY, SIM_FILE_ENDINGS, ReservedFiles
from reconciler.manifests.roster_checks import check_settings
from reconciler.manifests.sim_files import read_sims, refused
from reconciler.manifests.sim_rows import numbered
from reconciler.manifests.sim_text import LARGEST_FILE_BYTES, MOST_SHOWN
from reconciler.model.references import bare
from reconciler.model.reserved_variables import is_hidden
from reconciler.model.resource import Resource, Resources
from reconciler.model.roster import ATTRIBUTES, Roster, Selector, SimSet
from reconciler.positions import Origins, Span

MOST_FILES = 10_000
_GLOB = frozenset("*?[")


def has_sims(estate: Resources) -> bool:
    """Whether the estate speaks of SIMs at all."""
    return bool(estate.of_kind(sim_kind().name) or estate.of_kind(sim_set_kind().name))


def read_roster(
    root: Path, estate: Resources, origins: Origins, report: Report, reserved: ReservedFiles = HIDDEN_ONLY
) -> Roster:
    """The roster that an estate declares; whatever is wrong with lists and files goes to `report`."""
    with uncollected():
        building = _Building(root, origins, report, reserved)
        for name in sorted(estate.of_kind(sim_set_kind().name)):
            building.add_set(estate.of_kind(sim_set_kind().name)[name])
        for name in sorted(estate.of_kind(sim_kind().name)):
            building.add_endpoint(estate.of_kind(sim_kind().name)[name])
        building.close()
        check_settings(building.roster, estate, origins, building.listed_again, report)
    return replace(building.roster, rows=building.rows)


@dataclass(slots=True)
class _Building:
    """A roster in the making, and where each part of it came from."""

    root: Path
    origins: Origins
    report: Report
    reserved: ReservedFiles
    roster: Roster = field(default_factory=Roster)
    listed: int = 0
    referred: dict[str, Span | None] = field(default_factory=dict)
    sources: list[tuple[int, str, Any]] = field(default_factory=list)

    def add_set(self, resource: Resource) -> None:
        """One EndpointSet."""
        spec, number = resource.spec, len(self.roster.sets)
        chosen = spec.get("onRemove", "report")
        limits = spec.get("limits") or {}
        excluded: set[int] = set()
        by_reference: set[str] = set()
        selectors: list[Selector] = []
        for place, source in enumerate(spec.get("exclude") or ()):
            path = ("spec", "exclude", place)
            by_reference.update(row["reference"] for row in source.get("list") or () if "iccid" not in row)
            if "select" not in source:
                excluded.update(iccid for part, _ in self._rows(resource, source, path) for iccid in part)
        for place, source in enumerate(spec["members"]):
            path = ("spec", "members", place)
            if "select" in source:
                selectors.append(_selector(source["select"]))
                continue
            for iccids, settings in self._rows(resource, source, path):
                self._add(number, [i for i in iccids if i not in excluded] if excluded else iccids, settings)
            for row_number, row in enumerate(source.get("list") or ()):
                if "reference" in row and "iccid" not in row:
                    self._refer(number, row, resource, (*path, "list", row_number, "reference"))
            self.sources.append((number, str(resource.address), (path, source)))
        self.roster.sets.append(
            SimSet(
                address=str(resource.address),
                group=bare(spec["group"]) if spec.get("group") else None,
                is_exclusive=spec.get("authority") == "exclusive",
                move_to=bare(chosen["moveTo"]) if isinstance(chosen, Mapping) else None,
                suspends=chosen == "suspend",
                batch=limits.get("batch", 500),
                most_moves=limits.get("maxMoves"),
                attributes=dict(spec.get("attributes") or {}),
                selectors=tuple(selectors),
                excluded=tuple(_selector(s["select"]) for s in spec.get("exclude") or () if "select" in s),
                excluded_references=frozenset(by_reference),
            )
        )
        if excluded:
            self.roster.excluded[number] = frozenset(excluded)

    def add_endpoint(self, resource: Resource) -> None:
        """One Endpoint: a set of one, or settings of a SIM that some set lists."""
        spec, number = resource.spec, len(self.roster.sets)
        iccid = int(spec["iccid"])
        group = spec.get("group")
        settings = {name: spec[name] for name in ATTRIBUTES if name in spec}
        if iccid in self.roster.endpoints:
            first = self.roster.sets[self.roster.endpoints[iccid]].address
            path = ("spec", "iccid")
            self._twice(f"{iccid} has two Endpoints.", resource, path, self.origins.span(first, path))
        self.roster.endpoints[iccid] = number
        self.roster.said[iccid] = tuple(spec)
        if "activationCode" in spec:
            self.roster.activation[iccid] = spec["activationCode"]
        one = SimSet(address=str(resource.address), group=bare(group) if group else None)
        self.roster.sets.append(one)
        if group is not None:
            self._add(number, [iccid], {})
        self.sources.append((number, str(resource.address), (("spec", "iccid"), {"list": [{"iccid": spec["iccid"]}]})))
        if settings:
            self.roster.settings[iccid] = {**self.roster.settings.get(iccid, {}), **settings}

    def _add(self, number: int, iccids: list[int], settings: Mapping[int, Mapping[str, Any]]) -> None:
        self.listed += len(iccids)
        self.roster.members.update(dict.fromkeys(iccids, number))
        for iccid, found in settings.items():
            if self.roster.members.get(iccid) == number:
                self.roster.settings[iccid] = found

    def _twice(self, detail: str, resource: Resource, path: tuple[str | int, ...], first: Span | None) -> None:
        address, related = str(resource.address), (Related("it is listed here first", first),)
        self.report(Diagnostic(DUPLICATE_SIM, detail, "Remove one of the two.", address, path, related=related))

    def _refer(self, number: int, row: Mapping[str, Any], resource: Resource, path: tuple[str | int, ...]) -> None:
        name = row["reference"]
        if name in self.roster.references:
            self._twice(f"The SIM with the reference {name} is listed twice.", resource, path, self.referred[name])
            return
        self.referred[name] = self.origins.span(str(resource.address), path)
        self.roster.references[name] = number
        self.roster.reference_rows[name] = _row(self.referred[name])
        settings = {word: row[word] for word in ATTRIBUTES if word in row and word != "reference"}
        if settings:
            self.roster.settings_by_reference[name] = settings

    def _rows(
        self, resource: Resource, source: Mapping[str, Any], path: tuple[str | int, ...]
    ) -> Iterator[tuple[list[int], Mapping[int, Mapping[str, Any]]]]:
        """The SIMs of one list, or of each file of a pattern."""
        if "list" in source:
            rows = [row for row in source["list"] if "iccid" in row]
            settings = {
                int(row["iccid"]): {word: row[word] for word in ATTRIBUTES if word in row}
                for row in rows
                if len(row) > 1
            }
            yield [int(row["iccid"]) for row in rows], settings
        if "file" in source:
            yield from self._files(resource, source["file"], path)

    def _files(
        self, resource: Resource, source: Mapping[str, Any], path: tuple[str | int, ...]
    ) -> Iterator[tuple[list[int], Mapping[int, Mapping[str, Any]]]]:
        # Asked for only when something is wrong: a place costs parsing the document again.
        span = partial(self.origins.span, str(resource.address), (*path, "file", "path"))
        names = files_of(self.root, source["path"])
        if not names:
            detail = f"No file matches {source['path']}."
            self.report(
                Diagnostic(INVALID_SIM_FILE, detail, "Check the path; it is below the estate's folder.", span=span())
            )
        if "sha256" in source and len(names) > 1:
            detail = "A digest pins one file, but the path is a pattern for several."
            self.report(Diagnostic(INVALID_SIM_FILE, detail, "Name one file, or remove sha256.", span=span()))
        for name in names:
            content = self._content(name, span)
            if content is None:
                continue
            digest = sha256(content).hexdigest()
            if source.get("sha256", digest) != digest:
                detail = f"{name} has the digest {digest}, not the one that is pinned."
                hint = "Check the change of the file, then write the new digest."
                place = self.origins.span(str(resource.address), (*path, "file", "sha256"))
                self.report(Diagnostic(INVALID_SIM_FILE, detail, hint, span=place))
            self.roster.files[name] = f"sha256:{digest}"
            columns = {"iccid": "iccid", **(source.get("columns") or {})}
            check_digits = source.get("checkDigit", True)
            clears = source.get("emptyCells") == "clear"
            found = read_sims(
                name, content, columns, check_digits=check_digits, report=self.report, clears_empty=clears
            )
            yield found.iccids, found.settings

    def _content(self, name: str, span: Callable[[], Span | None]) -> bytes | None:
        try:
            self.reserved.check(self.root, name, SIM_FILE_ENDINGS)
            return read_below(self.root, name, LARGEST_FILE_BYTES)
        except FileRefused as error:
            refused(error, self.report, span())
            return None

    def close(self) -> None:
        """Name every SIM that is listed twice, with both places."""
        if self.listed == len(self.roster.members):
            return
        counts = Counter(iccid for _, iccid, _ in self.listed_again())
        twice = {iccid for iccid, count in counts.items() if count > 1}
        first: dict[int, Span | None] = {}
        told = 0
        for address, iccid, place in self.listed_again():
            if iccid not in twice:
                continue
            if iccid not in first:
                first[iccid] = place()
                continue
            told += 1
            if told <= MOST_SHOWN:
                related = (Related("it is listed here first", first[iccid]),)
                detail = f"{iccid} is listed twice."
                hint = "A SIM is in one primary group at a time; remove one of the two."
                self.report(Diagnostic(DUPLICATE_SIM, detail, hint, address, span=place(), related=related))
        if told > MOST_SHOWN:
            detail = f"{told:,} SIMs are listed more than once; the first {MOST_SHOWN} are shown."
            self.report(Diagnostic(DUPLICATE_SIM, detail, "Mend the source that the files are made from.", None))

    def listed_again(self) -> Iterator[tuple[str, int, Callable[[], Span | None]]]:
        """Every listed SIM once more, with the address that lists it and how to find its place."""
        endpoints = set(self.roster.endpoints.values())
        for number, address, (path, source) in self.sources:
            excluded = self.roster.excluded.get(number, frozenset())
            for iccid, place in self._source_again(address, path, source):
                # An Endpoint without a group adds settings to a SIM; it does not list it.
                is_listing = self.roster.sets[number].group is not None or number not in endpoints
                if iccid not in excluded and is_listing:
                    yield address, iccid, place

    def rows(self, wanted: AbstractSet[int]) -> dict[int, str]:
        """
        The places of listed SIMs as ``file:line``; only lists and files that have any of the SIMs are read again.

        A file that is another one by then names no lines: they would be those of other SIMs.
        """
        members, found = self.roster.members, dict[int, str]()
        sets = {members[iccid] for iccid in wanted if iccid in members}
        with uncollected():
            for number, address, (path, source) in self.sources:
                if number not in sets:
                    continue
                for iccid, place in self._source_again(address, path, source):
                    if iccid in wanted and members.get(iccid) == number:
                        found[iccid] = _row(place())
        return found

    def _source_again(
        self, address: str, path: tuple[str | int, ...], source: Mapping[str, Any]
    ) -> Iterator[tuple[int, Callable[[], Span | None]]]:
        for place, row in enumerate(source.get("list") or ()):
            if "iccid" in row:
                where = path if path[-1] == "iccid" else (*path, "list", place, "iccid")
                yield int(row["iccid"]), partial(self.origins.span, address, where)
        if "file" not in source:
            return
        column = (source["file"].get("columns") or {}).get("iccid", "iccid")
        for name in files_of(self.root, source["file"]["path"]):
            content = self._content(name, lambda: None)
            if content is not None and self.roster.files.get(name) == f"sha256:{sha256(content).hexdigest()}":
                yield from numbered(name, content, column)


def _row(span: Span | None) -> str:
    return f"{span.file}:{span.line}" if span is not None else ""


def _selector(select: Mapping[str, Any]) -> Selector:
    tags = select.get("tags") or {}
    return Selector(
        groups=frozenset(map(bare, select["from"]["groups"])),
        all_tags=frozenset(tags.get("all") or ()),
        any_tags=frozenset(tags.get("any") or ()),
        no_tags=frozenset(tags.get("none") or ()),
        reference=select.get("reference"),
    )


def files_of(root: Path, pattern: str) -> list[str]:
    """The files that a path or pattern names, in order, relative to the root. Links are refused when they are read."""
    if not _GLOB & set(pattern):
        return [pattern]
    found: Iterable[Path] = (path for path in root.glob(pattern) if not path.is_dir())
    names = (path.relative_to(root) for path in found)
    # As in a shell, a pattern is for no hidden file.
    return sorted(name.as_posix() for name in names if not is_hidden(name.parts))[:MOST_FILES]
