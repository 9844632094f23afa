"""The members of a plan file: none is missing, none is added, none has another type; the schema says the same."""

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reconciler.errors import PlanFileError
from reconciler.plan.canonical_json import canonical, digest, digest_of_bytes
from reconciler.plan.document import plan_schema
from reconciler.plan.planfile import decode

SAVED = Path(__file__).parents[2] / "golden" / "plans" / "saved"
EVERY = json.loads((SAVED / "every-member.json").read_bytes())
Path_ = tuple[str | int, ...]

# The names in these members are data: of groups, kinds, SIMs and fields.
_MAPS = {"before", "after", "secretDigests", "causedBy", "unlisted", "files", "activation", "owned", "others"}
_MAPS |= {"former", "held", "users", "othersGroups", "nets", "reference"}
_ANY = {"before", "after", "activation"}


def _is_map(path: Path_) -> bool:
    return path[-1:] != () and (path[-1] in _MAPS or path[-2:] == ("facts", "sims"))


def _is_any(path: Path_) -> bool:
    """Whether a place holds any JSON value: within a spec, and before and after of a field."""
    return any(name in _ANY for name in path[:-1]) or (path[-1:] != () and path[-1] in {"before", "after"})


def _places(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    yield path, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from _places(one, (*path, name))


def _shape(path: Path_) -> Path_:
    return tuple("[...]" if isinstance(name, int) else name for name in path)


# One place of each shape, with a value where one of them has any.
PLACES = {
    _shape(path): (path, value)
    for path, value in sorted(_places(EVERY), key=lambda one: one[1] not in ([], {}))
    if not _is_any(path)
}.values()


def _place(path: Path_) -> str:
    text = "$"
    for end, name in enumerate(path):
        text += "[...]" if _is_map(path[:end]) or isinstance(name, int) else f".{name}"
    return text


def _changed(path: Path_, edit: str) -> dict[str, Any]:
    """The document with one place removed, given another type, or with a member added to it."""
    document: dict[str, Any] = json.loads(json.dumps(EVERY))
    holder: Any = document
    for name in path[:-1]:
        holder = holder[name]
    if edit == "removed":
        del holder[path[-1]]
    elif edit == "added":
        (holder[path[-1]] if path else document)["unknown"] = None
    else:
        holder[path[-1]] = [0.5] if edit == "list" else 0.5
    return document


def _edits() -> Iterator[tuple[str, Path_, str]]:
    """Each edit of each member, and the place that has to be named."""
    for path, value in PLACES:
        is_object = isinstance(value, dict) and not _is_map(path)
        if is_object:
            yield "added", path, _place(path)
        if path and isinstance(path[-1], str) and not _is_map(path[:-1]) and path[-1] != "uncompared":
            yield "removed", path, _place(path[:-1])
        if path:
            yield "number", path, _place(path)
            yield "list", path, _place(path) + ("[...]" if isinstance(value, list) else "")


def _refusal(content: bytes) -> str:
    with pytest.raises(PlanFileError) as refused:
        decode(content, "plan.json")
    assert refused.value.exit_code == 4
    return str(refused.value)


def _sealed(body: str) -> bytes:
    """A plan file around the text of a body, with digests that fit it."""
    header = {"digest": digest_of_bytes(body.encode()), "origin": EVERY["origin"]}
    document = canonical({**header, "plan": None, "seal": digest(header)}).decode()
    return (document.replace('"plan":null', f'"plan":{body}') + "\n").encode()


BODY = canonical(EVERY["plan"]).decode()


def test_there_is_a_value_for_every_member() -> None:
    """The file from which the edits are drawn has each list and each map filled; notes are of shadowed rules only."""
    assert [path[-1] for path, value in PLACES if value in ([], {})] == ["notes"]
    assert len(list(_edits())) > 500


def test_each_member_that_is_missing_added_or_of_another_type_is_refused_at_its_place() -> None:
    """The message names the object that lacks a member or has one too many, or the value."""
    found = [
        (edit, path, re.sub(r"\[\d+\]", "[...]", _refusal(canonical(_changed(path, edit)))), _said(place))
        for edit, path, place in _edits()
    ]

    assert [one for one in found if one[2] != one[3]] == []


def _said(place: str) -> str:
    return f"plan.json is not a plan file: {place} does not fit the format"


@pytest.mark.slow
def test_the_schema_refuses_what_the_reader_refuses() -> None:
    """Both come from one declaration; so a program that checks a plan file by the schema finds the same mistakes."""
    schema = jsonschema.Draft202012Validator(plan_schema())
    accepted = [(edit, path) for edit, path, _ in _edits() if schema.is_valid(_changed(path, edit))]

    assert accepted == []


@pytest.mark.parametrize("path", sorted(SAVED.glob("*.json")), ids=lambda path: path.stem)
def test_every_plan_file_fits_the_schema(path: Path) -> None:
    """The schema that is published is the one of the files that are written."""
    assert jsonschema.Draft202012Validator(plan_schema()).is_valid(json.loads(path.read_bytes()))


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('"serial":', '"serial":-', "$.plan.basis.serial"),
        ('"isEstablished":true', '"isEstablished":1', "$.plan.facts.isEstablished"),
        ('"isEstablished":true', '"isEstablished":"true"', "$.plan.facts.isEstablished"),
        ('"protect":false', '"protect":0', "$.plan.changes[0].protect"),
        ('"managed":38', '"managed":38.0', "$.plan.roster.managed"),
        ('"managed":38', '"managed":true', "$.plan.roster.managed"),
        ('"managed":38', '"managed":"38"', "$.plan.roster.managed"),
        ('"managed":38', '"managed":-1', "$.plan.roster.managed"),
        ('"action":"move"', '"action":"Move"', "$.plan.roster.changes[0].action"),
        ('"most":"5%"', '"most":"5"', "$.plan.grounds.limits[0].most"),
        ('"most":"5%"', '"most":"5%\\n"', "$.plan.grounds.limits[0].most"),
        ('"foreign":["VSlice/f"]', '"foreign":["VSlice"]', "$.plan.grounds.foreign[0]"),
        ('"foreign":["VSlice/f"]', '"foreign":["VSlice/f\\n"]', "$.plan.grounds.foreign[0]"),
        ('"foreign":["VSlice/f"]', '"foreign":["/f"]', "$.plan.grounds.foreign[0]"),
        ('{"env":"TOKEN"}', '{"env":"TOKEN","file":"token"}', "$.plan.uncompared[1].reference"),
        ('{"env":"TOKEN"}', "{}", "$.plan.uncompared[1].reference"),
        ('{"env":"TOKEN"}', '{"env":null}', "$.plan.uncompared[1].reference[...]"),
        ('{"env":"TOKEN"}', '{"name":"TOKEN"}', "$.plan.uncompared[1].reference"),
        ('"missing":["2"]', f'"missing":["{"2" * 101}"]', "$.plan.roster.missing[0]"),
        ('"sims.csv":"sha256:', '"sims.csv":"sha512:', "$.plan.roster.files[...]"),
    ],
)
def test_a_value_that_almost_fits_is_refused_at_its_place(old: str, new: str, place: str) -> None:
    """No value is converted: neither the text of a number, nor 1 for true, nor a whole number that is written 38.0."""
    assert BODY.count(old) >= 1

    assert _refusal(_sealed(BODY.replace(old, new, 1))) == _said(place)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"managed":38', '"managed":38,"managed":38'),
        ('"managed":38', '"managed":7,"managed":38'),
        ('"managed":38', '"managed" :38'),
        ('{"basis":', '{ "basis":'),
        ('"x":1e+16', '"x":1e16'),
        ('"displayName":"a', '"displayName":"\\u0061'),
        ('"z":[0.1,', '"z":[0.1,'),
    ],
    ids=["twice", "another before", "space", "space at the front", "number", "escape", "as it is"],
)
def test_values_that_are_written_differently_are_refused_under_a_digest_that_fits(old: str, new: str) -> None:
    """A plan has one form: a member that comes twice could be read in two ways (S15)."""
    assert BODY.count(old) >= 1
    content = _sealed(BODY.replace(old, new, 1))

    if new == old:
        assert decode(content, "plan.json")[1] == EVERY["digest"]
    else:
        assert _refusal(content) == "plan.json contradicts itself: it is not written as plans are"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "9" * 5000, '"\\ud800"', '"\\udc00x"'])
def test_values_that_json_does_not_have_are_no_plan_file(number: str) -> None:
    """Numbers that are none, numbers beyond all bounds and half letters are refused at any place."""
    content = _sealed(BODY.replace('"x":1e+16', f'"x":{number}'))

    assert _refusal(content).startswith("plan.json is not a plan file")


@pytest.mark.parametrize("depth", [300, 900, 2_000, 100_000])
def test_a_value_of_any_depth_is_read_or_refused(depth: int) -> None:
    """Nesting ends with a message, not with a traceback."""
    content = _sealed(BODY.replace('"x":1e+16', f'"x":{"[" * depth}{"]" * depth}'))

    with contextlib.suppress(PlanFileError):
        decode(content, "plan.json")
