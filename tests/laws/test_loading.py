"""The laws of loading: the order of what is written says nothing, and whatever is written is answered."""

import random
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.diagnostics import Severity
from reconciler.kinds import kinds
from reconciler.manifests.writer import manifests
from reconciler.model.resource import PLAIN_LIFECYCLE, Resource, Resources
from reconciler.operations.validate import Checked, check
from reconciler.plan.planfile import encode
from reconciler.reports.diagnostics import render
from tests.laws import paper
from tests.laws.effort import tried
from tests.laws.estates import History, estates, histories

_ENVELOPE = b"apiVersion: reconciler.dev/v1alpha1\nkind: %s\nmetadata: {name: an-object}\nspec: %s\n"
_MOST_FILES = 4


def _checked(files: Mapping[str, bytes]) -> Checked:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        return check(Path(folder), remember=False)


# --- 10: order says nothing ---------------------------------------------------------------------------------------


@tried(20)
@given(histories(), st.randoms(use_true_random=False), st.randoms(use_true_random=False))
def test_a_plan_does_not_depend_on_where_and_in_which_order_things_are_written(
    history: History, one: random.Random, other: random.Random
) -> None:
    """Law 10: members, documents and files in another order give the same plan, byte for byte."""
    plain = Resources(row._replace(lifecycle=PLAIN_LIFECYCLE) for row in history.after.values())

    plans = [paper.plan_of(history.before, _written(plain, chance)) for chance in (one, other)]

    assert encode(plans[0]) == encode(plans[1])
    assert encode(plans[0]) == encode(paper.plan_of(history.before, plain))


def _written(estate: Resources, chance: random.Random) -> Resources:
    """The estate after it was written into some files in some order and loaded again."""
    files: dict[str, list[Resource]] = {}
    for row in chance.sample(list(estate.values()), len(estate)):
        name = f"{chance.choice('abcdefgh')}{chance.randrange(_MOST_FILES)}.yaml"
        files.setdefault(name, []).append(row._replace(spec=_turned(row.spec, chance)))
    return _checked({name: manifests(rows) for name, rows in files.items()}).sound().built.estate


def _turned(value: Any, chance: random.Random) -> Any:
    if isinstance(value, Mapping):
        return {name: _turned(value[name], chance) for name in chance.sample(list(value), len(value))}
    return [_turned(item, chance) for item in value] if isinstance(value, list) else value


@tried(25)
@given(estates())
def test_what_is_written_as_yaml_is_loaded_as_it_was(estate: Resources) -> None:
    """Every value survives the writer and the strict loader: unusual letters, signs, blanks, numbers as text."""
    loaded = _checked({"estate.yaml": manifests(estate.values())}).sound().built.estate

    assert {row.address: row.spec for row in loaded.values()} == {row.address: row.spec for row in estate.values()}


# --- 11: an answer to everything ----------------------------------------------------------------------------------


def _answers(content: bytes) -> None:
    """The loader gives values or findings, each of which can be shown; what is an error has a place."""
    checked = _checked({"estate.yaml": content})
    for found in checked.diagnostics:
        assert found.span is not None or found.severity is not Severity.ERROR or found.address is not None
    render(checked.diagnostics, checked.loaded.sources)
    assert checked.has_errors or isinstance(checked.sound().built.estate, Resources)


@tried(150)
@given(st.binary(max_size=200))
@example(b"\xff\xfe")
@example(b"\x00")
@example(b"a: " + b"[" * 2000)
@example(b"- " * 2000)
@example(b"a: &a [*a]")
@example(b"? [a, b]\n: c")
@example(b"%YAML 9.9\n---\na")
@example(b"--- !!python/object:os.system {}\n")
@example(b"a: \xf0\x9f\xa6\n")
@example(b"\xef\xbb\xbfkind: VSlice\n")
@example(b"a: 1\n" * 3000)
def test_any_bytes_are_answered(content: bytes) -> None:
    """Law 11: values or diagnostics for whatever bytes come in, never an exception."""
    _answers(content)


_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["GBR", "existing:x", "10.0.0.0/8", "", " ", "0x10", "1e3", "~", "no", "2026-01-01", "a-target"]),
)
_NAMES = st.sampled_from(
    sorted({name for kind in kinds().values() for name in kind.shape.members} | {"env", "name", "secretRef", "x", ""})
)
_TREES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4), max_leaves=12
)


@tried(150)
@given(st.sampled_from(sorted(kinds())), _TREES)
def test_any_tree_in_the_place_of_a_spec_is_answered(kind: str, spec: Any) -> None:
    """Law 11, past the parser: values of every shape where the kinds expect others."""
    _answers(_ENVELOPE % (kind.encode(), _flow(spec).encode()))


@tried(150)
@given(estates(only=("EventHandler", "VSlice", "RoutingTarget", "RoutingPolicy")), st.data())
def test_a_manifest_with_something_torn_out_put_in_or_swapped_is_answered(
    estate: Resources, data: st.DataObject
) -> None:
    """Law 11, close to what people write: a sound manifest with one or a few mistakes."""
    content = manifests(estate.values()) or b"kind: VSlice\n"
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        end = min(len(content), start + data.draw(st.integers(0, 12)))
        put = data.draw(st.sampled_from(_MISTAKES) | st.binary(max_size=4))
        content = content[:start] + put + content[end:]
    _answers(content)


_MISTAKES: Sequence[bytes] = (
    b"", b"\t", b":", b": ", b"- ", b"[", b"]", b"{", b"}", b"&a ", b"*a", b"!!str ", b"|", b">", b"'", b'"', b"#",
    b"\n", b"\r", b"\r\n", b"---\n", b"...\n", b"%", b"@", b"`", b"? ", b"<<: ", b"null", b"~", b"yes", b"\xc2\x85",
    b"\xe2\x80\xa8", b"  ", b"\n  ", b",",
)  # fmt: skip


def _flow(value: Any) -> str:
    """A value as YAML in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(name)}: {_flow(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
