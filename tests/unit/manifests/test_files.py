"""Finding and reading files: everything below the root that may be read, and nothing else."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.diagnostics import Diagnostic
from reconciler.manifests import files
from reconciler.manifests.files import manifest_files
from reconciler.manifests.opened_files import FileRefused, read_below

CONTENT = b"kind: VSlice\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An estate with files that are manifests and others that are none, and a secret beside it."""
    (tmp_path / "outside.yaml").write_bytes(b"secret")
    root = tmp_path / "estate"
    for name in (
        "reconciler.yaml",
        "b.yaml",
        "a.yml",
        "notes.txt",
        ".hidden.yaml",
        "groups/z.yaml",
        "groups/a/b.yaml",
        "groups/reconciler.yaml",
        ".git/x.yaml",
        "node_modules/x.yaml",
        "groups/node_modules/x.yaml",
        "empty/x.json",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(CONTENT)
    return root


def found(root: Path, *paths: str, max_files: int = 2_000) -> tuple[list[str], list[tuple[str, str]]]:
    """The names of the files, and code and file of each problem."""
    problems: list[Diagnostic] = []
    names = [source.file for source in manifest_files(root, paths, problems.append, max_files=max_files)]
    for problem in problems:
        assert problem.span
        assert problem.detail
        assert problem.hint
        assert "secret" not in problem.detail
    return names, [(problem.code.id, problem.span.file) for problem in problems if problem.span]


def _open_descriptors() -> int:
    """How many files this process has open; 0 where the system does not say."""
    listing = Path("/proc/self/fd")
    return len(list(listing.iterdir())) if listing.is_dir() else 0


@contextmanager
def _no_descriptor_is_left() -> Iterator[None]:
    before = _open_descriptors()
    yield
    assert _open_descriptors() == before


def test_a_folder_gives_its_manifests_at_any_depth(root: Path) -> None:
    """Files come by path; hidden ones, packages of node, other suffixes and the configuration are skipped."""
    with _no_descriptor_is_left():
        assert found(root, ".") == (
            ["a.yml", "b.yaml", "groups/a/b.yaml", "groups/reconciler.yaml", "groups/z.yaml"],
            [],
        )


def test_files_and_folders_are_each_read_once(root: Path) -> None:
    """A file that is named twice, or by itself and by its folder, is one file; a named one may have any suffix."""
    assert found(root, "groups/", "groups/z.yaml", "./groups//a", "notes.txt", "reconciler.yaml") == (
        ["groups/a/b.yaml", "groups/reconciler.yaml", "groups/z.yaml", "notes.txt"],
        [],
    )


def test_the_content_is_the_bytes_of_the_file(root: Path) -> None:
    """Nothing is decoded or changed."""
    (source,) = manifest_files(root, ["b.yaml"], lambda _: None)
    assert source.content == CONTENT
    assert read_below(root, "groups/z.yaml", len(CONTENT)) == CONTENT


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/etc/hostname", "R123"), ("~/x.yaml", "R123"), ("../outside.yaml", "R123"),
        ("groups/../../outside.yaml", "R123"),
        ("", "R123"), ("a\0b", "R123"), ("a\nb", "R123"), ("a\udc80b", "R123"), ("x" * 5_000, "R123"),
        ("none.yaml", "R121"), ("none/x.yaml", "R121"), ("b.yaml/x", "R121"), ("n" * 300, "R122"),
    ],
)  # fmt: skip
def test_a_path_that_leads_nowhere_or_out_is_refused(root: Path, path: str, code: str) -> None:
    """A path is relative, stays below the root and exists; the other paths are read all the same."""
    names, problems = found(root, path, "b.yaml")
    assert names == ["b.yaml"]
    assert [number for number, _ in problems] == [code]
    with pytest.raises(FileRefused) as refusal:
        read_below(root, path, 100)
    assert refusal.value.code.id == code


def test_links_are_not_followed(root: Path) -> None:
    """A link to a file or a folder, in a folder, on the way or named itself, is refused and not read."""
    (root / "link.yaml").symlink_to(root.parent / "outside.yaml")
    (root / "linked").symlink_to(root / "groups")
    (root / "up").symlink_to(root.parent)
    (root / "broken.yaml").symlink_to(root / "nowhere")
    (root / "readme").symlink_to(root / "notes.txt")
    (root / "gone").symlink_to(root / "nowhere")
    names, problems = found(root, ".")
    assert not {"link.yaml", "linked/z.yaml"} & set(names)
    assert problems == [("R124", "broken.yaml"), ("R124", "link.yaml"), ("R124", "linked"), ("R124", "up")]
    for path in ("link.yaml", "linked/z.yaml", "up/outside.yaml", "linked"):
        assert found(root, path) == ([], [("R124", path)])
        with pytest.raises(FileRefused):
            read_below(root, path, 100)


def test_the_root_itself_may_be_a_link(root: Path) -> None:
    """Where the estate is, is the user's choice."""
    link = root.parent / "current"
    link.symlink_to(root)
    assert found(link, "b.yaml") == (["b.yaml"], [])


def test_what_is_no_regular_file_is_refused_without_waiting(root: Path) -> None:
    """A pipe or a socket with the name of a manifest does not make the reader wait."""
    os.mkfifo(root / "pipe.yaml")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(root)
        try:
            server.bind("socket.yaml")
        finally:
            os.chdir(here)
        names, problems = found(root, ".")
    assert "b.yaml" in names
    assert problems == [("R125", "pipe.yaml"), ("R125", "socket.yaml")]
    with pytest.raises(FileRefused):
        read_below(root, "groups", 100)
    with pytest.raises(FileRefused):
        read_below(root, ".", 100)


def test_a_file_over_the_limit_is_refused(root: Path) -> None:
    """One byte too many is too many, and the others are read."""
    (root / "b.yaml").write_bytes(b"#" * (5 * 1024 * 1024 + 1))
    (root / "a.yml").write_bytes(b"#" * (5 * 1024 * 1024))
    assert found(root, "a.yml", "b.yaml") == (["a.yml"], [("R105", "b.yaml")])
    with pytest.raises(FileRefused):
        read_below(root, "groups/z.yaml", len(CONTENT) - 1)


def test_too_many_files_end_the_reading(root: Path) -> None:
    """After the limit nothing more is read, which is said once."""
    names, problems = found(root, ".", max_files=2)
    assert len(names) == 2
    assert [code for code, _ in problems] == ["R126"]
    assert found(root, ".", max_files=5)[1] == []


def test_too_many_bytes_end_the_reading(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of an estate have a limit together."""
    monkeypatch.setattr(files, "MAX_TREE_BYTES", 3 * len(CONTENT))
    names, problems = found(root, ".")
    assert len(names) == 3
    assert [code for code, _ in problems] == ["R127"]


def test_a_name_that_cannot_be_shown_is_refused(root: Path) -> None:
    """A file name with controls or bytes that are no text is reported in a form that can be printed."""
    for name in (b"bell\x07.yaml", b"latin\xe9.yaml"):
        (root / os.fsdecode(name)).write_bytes(CONTENT)
    _, problems = found(root, ".")
    assert problems == [("R122", "bell\ufffd.yaml"), ("R122", "latin\ufffd.yaml")]


def test_folders_that_never_end_are_refused(root: Path) -> None:
    """The depth of folders has a limit, which is reached with a diagnostic and not with a full table of files."""
    deep = root.joinpath(*["d"] * 40)
    deep.mkdir(parents=True)
    (deep / "x.yaml").write_bytes(CONTENT)
    with _no_descriptor_is_left():
        names, problems = found(root, ".")
    assert "b.yaml" in names
    assert [code for code, _ in problems] == ["R122"]


@contextmanager
def _without_privileges() -> Iterator[None]:
    """As somebody whom permissions hold for: the administrator, who may read every file, becomes nobody meanwhile."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_without_permission_is_reported(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that the system refuses is reported, and the others are read."""
    root.chmod(0o755)
    (root / "a.yml").chmod(0o644)
    (root / "b.yaml").chmod(0)
    # From within: nobody may not pass the folders above.
    monkeypatch.chdir(root)
    with _without_privileges():
        assert found(Path(), "a.yml", "b.yaml") == (["a.yml"], [("R122", "b.yaml")])


def test_a_missing_root_is_reported(tmp_path: Path) -> None:
    """A root that does not exist is one diagnostic."""
    names, problems = found(tmp_path / "none", ".")
    assert names == []
    assert [code for code, _ in problems] == ["R121"]


@given(st.text(max_size=30))
def test_whatever_the_path_is_there_is_an_answer(path: str) -> None:
    """A path gives bytes or a refusal with code, shown name, detail and hint."""
    with pytest.raises(FileRefused) as refusal:
        read_below(Path(__file__).parent, "no-such-folder/" + path, 100)
    assert refusal.value.detail
    assert refusal.value.hint
    refusal.value.file.encode()
