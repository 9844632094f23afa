"""The memory of an estate is never wrong, whatever happened to the file."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from reconciler.manifests.estate_cache import EstateCache
from reconciler.manifests.manifest_text import Quoted
from reconciler.manifests.yaml_reader import read_documents
from reconciler.model.address import Address
from reconciler.model.resource import Lifecycle, Resource
from reconciler.operations.validate import CACHE, Checked, check

NET = Resource(
    Address("VSlice", "fleet-net"),
    {"subnets": ["100.64.0.0/16"], "dns": None, "displayName": Quoted("é")},
    {"team": "fleet"},
    Lifecycle(renamed_from="older-net", protect=True, retain=True),
)
ESTATE = """\
apiVersion: reconciler.dev/v1alpha1
kind: VSlice
metadata: {name: fleet-net}
spec: {subnets: [100.64.0.0/16]}
---
apiVersion: reconciler.dev/v1alpha1
kind: RoutingTarget
metadata:
  name: fleet-internet
spec:
  vslice: existing:other-net
  redundancyZone: europe-primary
  internet: {}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A cache that knows one document."""
    path = tmp_path / ".reconciler" / "cache" / "estate"
    cache = EstateCache.open(path)
    cache.put(cache.key(b"text"), NET)
    cache.save()
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An estate of two documents that was checked once."""
    (tmp_path / ".reconciler").mkdir()
    (tmp_path / "estate.yaml").write_text(ESTATE, encoding="utf-8")
    assert check(tmp_path).diagnostics == ()
    return tmp_path


def known(path: Path, text: bytes = b"text") -> Resource | None:
    """The knowledge of the cache in a file about a document."""
    cache = EstateCache.open(path)
    return cache.get(cache.key(text))


def recalled(root: Path) -> bool:
    """Whether the cache knows the estate as a whole."""
    return EstateCache.open(root / CACHE).recall(root, paths=(), max_files=10) is not None


def meaning(checked: Checked) -> object:
    """All that loading an estate gives, as values."""
    built = checked.loaded.built
    places = [built.origins.span(str(address), ("spec",)) for address in built.estate]
    return (
        dict(built.estate),
        list(built.estate),
        places,
        checked.loaded.digest,
        checked.loaded.outward,
        checked.loaded.configuration,
    )


def test_what_was_put_comes_back(path: Path) -> None:
    """A resource comes back equal, and made anew each time; another text is not known."""
    assert known(path) == NET
    assert known(path) is not known(path)
    assert known(path, b"text ") is None


def test_an_estate_that_was_found_sound_is_recalled_as_it_was_loaded(root: Path) -> None:
    """Resources, their order, places, digest, settings and references outwards are those of loading it again."""
    warm = check(root)
    assert recalled(root)
    assert meaning(warm) == meaning(check(root, remember=False))


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "estate.yaml").write_text(ESTATE + "\n", encoding="utf-8"),
        lambda root: (root / "estate.yaml").rename(root / "other.yaml"),
        lambda root: (root / "empty.yaml").write_text("", encoding="utf-8"),
        lambda root: (root / "link.yaml").symlink_to(root / "estate.yaml"),
        lambda root: (root / "reconciler.yaml").write_text("kind: Estate\n", encoding="utf-8"),
        lambda root: (root / "estate.yaml").unlink(),
    ],
)
def test_whatever_changes_the_estate_is_not_recalled(root: Path, change: object) -> None:
    """Another byte, name, file or setting, and the estate is loaded and validated again."""
    assert recalled(root)
    change(root)  # type: ignore[operator]  # a function of the table above
    assert not recalled(root)


def test_another_folder_of_the_same_files_has_its_own_name(root: Path) -> None:
    """Without settings the folder names the estate, so a moved estate is not the one that was remembered."""
    moved = root.with_name("moved")
    root.rename(moved)
    assert not recalled(moved)


def test_an_estate_with_a_finding_is_reported_in_each_run(root: Path) -> None:
    """Neither errors nor warnings are remembered away."""
    (root / "broken.yaml").write_text(ESTATE.replace("fleet-", "other-").replace("/16", "/33"), encoding="utf-8")
    first, second = check(root), check(root)
    assert first.diagnostics == second.diagnostics != ()
    assert not recalled(root)


def test_one_edit_is_seen_among_documents_that_are_known(root: Path) -> None:
    """Where one document changed, the others come from the cache and it does not."""
    (root / "estate.yaml").write_text(ESTATE.replace("100.64.0.0/16", "100.65.0.0/16"), encoding="utf-8")
    edited = check(root)
    assert edited.loaded.built.estate[Address("VSlice", "fleet-net")].spec == {"subnets": ["100.65.0.0/16"]}
    assert meaning(edited) == meaning(check(root, remember=False)) == meaning(check(root))


def test_what_was_not_used_is_forgotten(path: Path) -> None:
    """After a run the cache holds the documents of that run and no others."""
    cache = EstateCache.open(path)
    cache.put(cache.key(b"new"), NET)
    cache.save()
    assert known(path, b"new") == NET
    assert known(path) is None


def test_an_unchanged_cache_is_not_written(root: Path) -> None:
    """A run that used all that was known and learned nothing leaves the file alone."""
    before = (root / CACHE).stat().st_mtime_ns, (root / CACHE).stat().st_ino
    check(root)
    assert ((root / CACHE).stat().st_mtime_ns, (root / CACHE).stat().st_ino) == before


def test_every_damage_makes_it_empty(path: Path) -> None:
    """A flipped bit, a cut or an addition anywhere is noticed; the cache is then empty."""
    good = path.read_bytes()
    for position in range(len(good)):
        with path.open("r+b") as file:
            file.seek(position)
            file.write(bytes([good[position] ^ 0x10]))
        assert known(path) is None
        with path.open("r+b") as file:
            file.write(good)
    assert known(path) == NET
    for size in (0, 1, len(good) // 2, len(good) - 1, len(good) + 1):
        os.truncate(path, size)
        assert known(path) is None
        with path.open("r+b") as file:
            file.write(good)
            file.truncate()


def test_a_cache_that_came_from_elsewhere_is_ignored(path: Path) -> None:
    """A copy has another inode: data cannot be sent along with a checkout that differ from its text."""
    copy = path.with_name("copy")
    shutil.copyfile(path, copy)
    assert known(copy) is None
    path.unlink()
    path.symlink_to(copy)
    assert known(path) is None


def test_what_is_no_cache_is_ignored_and_replaced(tmp_path: Path) -> None:
    """A folder, a pipe or another file in its place is an empty cache, and opening it does not wait."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "other").write_bytes(b"\x80" * 100)
    for name in ("pipe", "folder", "other", "none", "other/below"):
        cache = EstateCache.open(tmp_path / name)
        key = cache.key(b"text")
        assert cache.get(key) is None
        cache.put(key, NET)
        cache.save()
    assert known(tmp_path / "other") == NET


def test_the_file_is_private_and_nothing_is_left_beside_it(path: Path) -> None:
    """The cache holds manifests, so only its owner reads it; writing leaves no other file."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_document_with_a_problem_has_no_key(tmp_path: Path) -> None:
    """A mistake is reported in each run, not in the first alone."""
    cache = EstateCache.open(tmp_path / "cache")
    problems: list[object] = []
    found = read_documents("f.yaml", b"a: 1\n---\nb: 1\nb: 2\n", problems.append, cache=cache)
    assert len(found) == len(problems) == 1
    assert found[0].key is not None
