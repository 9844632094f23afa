"""Documents that are remembered: never wrong, whatever happened to the file."""

import os
import shutil
import stat
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.manifests.document_cache import MISS, DocumentCache
from reconciler.manifests.yaml_source import Quoted, read_documents

DATA = {"a": ["1", Quoted("no"), None, {"b": "é\n"}], "c": Quoted("")}


def _types(data: object) -> object:
    if isinstance(data, dict):
        return {key: _types(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_types(item) for item in data]
    return type(data), data


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A cache that knows one document."""
    path = tmp_path / ".reconciler" / "cache" / "documents"
    cache = DocumentCache.open(path)
    cache.put(b"text", DATA)
    cache.save()
    return path


def test_what_was_put_comes_back(path: Path) -> None:
    """Data come back as they were, with quotes remembered, and made anew each time."""
    cache = DocumentCache.open(path)
    found = cache.get(b"text")
    assert _types(found) == _types(DATA)
    assert cache.get(b"text") is not found
    assert cache.get(b"text ") is MISS


@given(
    st.recursive(
        st.none() | st.text() | st.builds(Quoted, st.text()),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    )
)
def test_any_data_of_a_document_survive(data: object) -> None:
    """Whatever a document can hold is given back equal and of the same types."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "cache")
        cache = DocumentCache.open(path)
        cache.put(b"x", data)
        cache.save()
        assert _types(DocumentCache.open(path).get(b"x")) == _types(data)


def test_a_null_document_is_not_a_miss(path: Path) -> None:
    """None is data like any other."""
    cache = DocumentCache.open(path)
    cache.put(b"null", None)
    cache.save()
    assert DocumentCache.open(path).get(b"null") is None


def test_what_was_not_used_is_forgotten(path: Path) -> None:
    """After a run the cache holds the documents of that run and no others."""
    cache = DocumentCache.open(path)
    cache.put(b"new", ["1"])
    cache.save()
    again = DocumentCache.open(path)
    assert again.get(b"new") == ["1"]
    assert again.get(b"text") is MISS


def test_an_unchanged_cache_is_not_written(path: Path) -> None:
    """A run that used all that was known and learned nothing leaves the file alone."""
    before = path.stat().st_mtime_ns, path.stat().st_ino
    cache = DocumentCache.open(path)
    cache.get(b"text")
    cache.save()
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_every_damage_makes_it_empty(path: Path) -> None:
    """A flipped bit, a cut or an addition anywhere is noticed; the cache is then empty."""
    good = path.read_bytes()
    for position in range(len(good)):
        with path.open("r+b") as file:
            file.seek(position)
            file.write(bytes([good[position] ^ 0x10]))
        assert DocumentCache.open(path).get(b"text") is MISS
        with path.open("r+b") as file:
            file.write(good)
    assert DocumentCache.open(path).get(b"text") is not MISS
    for size in (0, 1, len(good) // 2, len(good) - 1, len(good) + 1):
        os.truncate(path, size)
        assert DocumentCache.open(path).get(b"text") is MISS
        path.open("r+b").close()
        with path.open("r+b") as file:
            file.write(good)
            file.truncate()


def test_a_cache_that_came_from_elsewhere_is_ignored(path: Path) -> None:
    """A copy has another inode: data cannot be sent along with a checkout that differ from its text."""
    copy = path.with_name("copy")
    shutil.copyfile(path, copy)
    assert DocumentCache.open(copy).get(b"text") is MISS
    path.unlink()
    path.symlink_to(copy)
    assert DocumentCache.open(path).get(b"text") is MISS


def test_what_is_no_cache_is_ignored_and_replaced(tmp_path: Path) -> None:
    """A folder, a pipe or another file in its place is an empty cache, and opening it does not wait."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "other").write_bytes(b"\x80" * 100)
    for name in ("pipe", "folder", "other", "none", "other/below"):
        cache = DocumentCache.open(tmp_path / name)
        assert cache.get(b"text") is MISS
        cache.put(b"text", DATA)
        cache.save()
    assert DocumentCache.open(tmp_path / "other").get(b"text") == DATA


def test_the_file_is_private_and_nothing_is_left_beside_it(path: Path) -> None:
    """The cache holds manifests, so only its owner reads it; writing leaves no other file."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_document_with_a_problem_is_not_remembered(tmp_path: Path) -> None:
    """A mistake is reported in each run, not in the first alone."""
    for _ in range(2):
        cache = DocumentCache.open(tmp_path / "cache")
        problems: list[object] = []
        found = read_documents("f.yaml", b"a: 1\n---\nb: 1\nb: 2\n", problems.append, cache=cache)
        cache.save()
        assert len(found) == len(problems) == 1
