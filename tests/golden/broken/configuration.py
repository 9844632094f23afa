"""Mistakes in `reconciler.yaml`, the file at the root of an estate."""

from collections.abc import Iterator

from tests.golden.broken.case import SUPPORT, Case, add, codes, drop, put
from tests.golden.broken.sound import HEAD, SUPPORT_FILE

CONFIGURATION = "reconciler.yaml"
SOUND_CONFIGURATION = (
    HEAD
    + f"""\
kind: Estate
metadata:
  name: test-estate
spec:
  account:
    type: integrated
  manifests: [{SUPPORT}]
  store: sqlite:.reconciler/state.db
"""
)

# path, raw value, words
WRONG: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("apiVersion", "reconciler.dev/v2", ("reconciler.dev/v1alpha1",)),
    ("kind", "Estates", ("Estate",)),
    ("kind", "VSlice", ("Estate",)),
    ("metadata.name", "[one]", ("name",)),
    ("metadata.name", '""', ("name",)),
    ("spec.account", "integrated", ("account",)),
    ("spec.account.type", "core", ("integrated", "edge")),
    ("spec.account.type", "Edge", ("edge",)),
    ("spec.account.type", "null", ("type",)),
    ("spec.manifests", SUPPORT, ("manifests",)),
    ("spec.manifests", "{a: b}", ("manifests",)),
    ("spec.manifests", "[nowhere/]", ("nowhere",)),
    ("spec.manifests", "[../]", ("..",)),
    ("spec.manifests", "[/etc]", ("/etc",)),
    ("spec.manifests", "[[a]]", ("manifests",)),
    ("spec.manifests", "[null]", ("manifests",)),
    ("spec.store", "mysql://db.example/state", ("sqlite", "postgresql")),
    ("spec.store", "state.db", ("sqlite",)),
    ("spec.store", "[a]", ("store",)),
    ("spec.store", '""', ("store",)),
    ("spec.store", "{file: state.db}", ("env",)),
    ("spec.store", "postgresql://user:tops3cret-tops3cret@db.example/state", ("env",)),
    ("spec", "[]", ("spec",)),
    ("spec", "text", ("spec",)),
)

# mapping, line, words
UNKNOWN: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("spec", "manifest: [estate/]", ("manifest", "manifests")),
    ("spec", "adoption: refuse", ("adoption", "--adopt")),
    ("spec", "adoption: declared", ("adoption", "--adopt")),
    ("spec", "token: 0123456789abcdef0123456789abcdef", ("token", "STACUITY_TOKEN")),
    ("spec", "platform: https://api.example/api/v1", ("platform", "--platform")),
    ("spec.account", "token: 0123456789abcdef0123456789abcdef", ("token",)),
    ("spec.account", "kind: edge", ("kind",)),
    ("spec", "guardrails: 5", ("guardrails",)),
    ("spec", "guardrails: {terminations: -5}", ("guardrails", "terminations")),
    ("", "specs: {}", ("specs", "spec")),
)


def _files(text: str | bytes) -> dict[str, bytes]:
    return {CONFIGURATION: text if isinstance(text, bytes) else text.encode(), **SUPPORT_FILE}


def _cases() -> Iterator[Case]:
    loading = frozenset(f"R{number}" for number in range(101, 130))
    expect = codes(121, 123, 201, 202, 204, 205, 207, 212, 213, 214)
    for path, raw, words in WRONG:
        cut = put(SOUND_CONFIGURATION, path, raw)
        yield Case(f"configuration: {path} = {raw}", _files(cut.text), expect, cut.line, words, CONFIGURATION)
    for path, raw, words in UNKNOWN:
        cut = add(SOUND_CONFIGURATION, path, raw)
        name = f"configuration: {path or 'document'} + {raw}"
        yield Case(name, _files(cut.text), expect, cut.line, words, CONFIGURATION)
    for path in ("apiVersion", "kind", "metadata", "spec"):
        text = drop(SOUND_CONFIGURATION, path)
        yield Case(f"configuration: without {path}", _files(text), expect, None, (path,), CONFIGURATION)
    rows: tuple[tuple[str, str | bytes], ...] = (
        ("not YAML", "spec: [\n"),
        ("binary", b"\0\1\2\3"),
        ("a list", "- a\n"),
        ("empty", ""),
        ("two documents", SOUND_CONFIGURATION + "---\n" + SOUND_CONFIGURATION),
        ("a duplicate key", SOUND_CONFIGURATION + "spec: {}\n"),
        ("an alias", SOUND_CONFIGURATION.replace("test-estate", "*name")),
    )
    for label, content in rows:
        yield Case(f"configuration: {label}", _files(content), expect | loading, None, (), CONFIGURATION)


CONFIGURATION_CASES: tuple[Case, ...] = tuple(_cases())
