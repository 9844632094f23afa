"""Files that the command line names: what is replaced, what is written into, what is read, and what is left alone."""

import os
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from reconciler.errors import UsageError
from reconciler.named_files import create_file, read_named, write_named
from tests.features.cli.desk import Desk
from tests.features.cli.scenarios import declared

HINT = "name another file"


def _read(path: Path, limit: int = 1000) -> bytes:
    return read_named(path, limit=limit, noun="the plan", hint=HINT)


def _write(path: Path, content: bytes = b"new") -> None:
    write_named(path, content, option="--out")


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- written ----------------------------------------------------------------------------------------------------------


def test_a_regular_file_is_replaced_and_keeps_its_permissions(tmp_path: Path) -> None:
    """The result replaces the old one at once; nobody can read more than before."""
    path = tmp_path / "x.plan"
    path.write_bytes(b"old")
    path.chmod(0o600)

    _write(path)

    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode), _names(tmp_path)) == (b"new", 0o600, ["x.plan"])


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_a_link_and_its_file_is_written(tmp_path: Path, exists: bool) -> None:
    """People keep a name for the newest plan; the file behind it is what they mean."""
    target, link = tmp_path / "plans" / "today.plan", tmp_path / "newest.plan"
    target.parent.mkdir()
    if exists:
        target.write_bytes(b"old")
    link.symlink_to(target)

    _write(link)

    assert (link.is_symlink(), target.read_bytes()) == (True, b"new")


def test_a_link_in_a_circle_is_refused(tmp_path: Path) -> None:
    """There is no file behind it."""
    path = tmp_path / "a"
    path.symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(path)

    with pytest.raises(UsageError):
        _write(path)

    assert _names(tmp_path) == ["a", "b"]


def test_a_pipe_is_written_into_and_stays_a_pipe(tmp_path: Path) -> None:
    """`mkfifo` is how people hand a plan to another program."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    seen: list[bytes] = []
    reader = threading.Thread(target=lambda: seen.append(path.read_bytes()))
    reader.start()

    _write(path, b"x" * 200_000)
    reader.join(timeout=20)

    assert (seen, stat.S_ISFIFO(path.stat().st_mode)) == ([b"x" * 200_000], True)


def test_a_link_to_a_pipe_is_written_into(tmp_path: Path) -> None:
    """The link and the pipe both stay."""
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    seen: list[bytes] = []
    reader = threading.Thread(target=lambda: seen.append(pipe.read_bytes()))
    reader.start()

    _write(link)
    reader.join(timeout=20)

    assert (seen, link.is_symlink(), stat.S_ISFIFO(pipe.stat().st_mode)) == ([b"new"], True, True)


def test_an_open_descriptor_is_written_into(tmp_path: Path) -> None:
    """A shell's `>(…)` and `3>file` are paths of descriptors; nothing is replaced or cut."""
    reading, writing = os.pipe()
    _write(Path(f"/dev/fd/{writing}"))
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read() == b"new"

    log = tmp_path / "log"
    with log.open("wb") as file:
        file.write(b"before ")
        file.flush()
        _write(Path(f"/proc/self/fd/{file.fileno()}"))
    assert log.read_bytes() == b"before new"


@pytest.mark.parametrize("sort", ["folder", "socket", "device"])
def test_what_is_no_file_is_refused_and_left_alone(tmp_path: Path, sort: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device is only claimed here, by its status: no test touches a real one."""
    path = tmp_path / "it"
    if sort == "folder":
        path.mkdir()
    elif sort == "socket":
        with socket.socket(socket.AF_UNIX) as listener:
            monkeypatch.chdir(tmp_path)
            listener.bind("it")
    else:
        path.write_bytes(b"kept")
        real = Path.lstat

        def lstat(self: Path) -> os.stat_result:
            found = real(self)
            if self != path:
                return found
            return os.stat_result((stat.S_IFCHR | 0o666, *found[1:]))

        monkeypatch.setattr(Path, "lstat", lstat)
    before = path.stat().st_ino

    with pytest.raises(UsageError, match=f"a {sort}, which is not replaced"):
        _write(path)

    assert (path.stat().st_ino, _names(tmp_path)) == (before, ["it"])


def test_a_new_file_is_never_written_through_a_broken_link(tmp_path: Path) -> None:
    """`init` makes files that are not there: a link that leads nowhere is there."""
    (tmp_path / "reconciler.yaml").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(FileExistsError):
        create_file(tmp_path / "reconciler.yaml", b"x")
    desk = Desk(tmp_path)

    assert desk.run("init") == 64
    assert _names(tmp_path) == ["reconciler.yaml"]


# --- read -------------------------------------------------------------------------------------------------------------


def test_a_file_a_pipe_and_a_descriptor_are_read(tmp_path: Path) -> None:
    """All three are how people name an input."""
    path, pipe = tmp_path / "x.plan", tmp_path / "pipe"
    path.write_bytes(b"plan")
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(b"piped"))
    writer.start()
    with path.open("rb") as opened:
        found = (_read(path), _read(pipe), _read(Path(f"/dev/fd/{opened.fileno()}")))
    writer.join(timeout=20)

    assert found == (b"plan", b"piped", b"plan")


@pytest.mark.parametrize("sort", ["folder", "nothing", "circle", "long name", "socket"])
def test_what_cannot_be_read_is_wrong_usage(tmp_path: Path, sort: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is one message with the path."""
    path = tmp_path / ("x" * 300 if sort == "long name" else "it")
    if sort == "folder":
        path.mkdir()
    elif sort == "circle":
        path.symlink_to(path)
    elif sort == "socket":
        monkeypatch.chdir(tmp_path)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("it")

    with pytest.raises(UsageError, match=str(path)):
        _read(path)


def test_an_endless_pipe_is_read_up_to_the_limit(tmp_path: Path) -> None:
    """A generator that never ends fills no memory."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def write() -> None:
        with pipe.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 65536)
            except BrokenPipeError:
                pass

    writer = threading.Thread(target=write)
    writer.start()
    with pytest.raises(UsageError, match="more than 1 MiB"):
        _read(pipe, limit=1024 * 1024)
    writer.join(timeout=20)
    assert not writer.is_alive()


# --- from the command line --------------------------------------------------------------------------------------------


def test_a_plan_goes_through_pipes(tmp_path: Path) -> None:
    """`plan --out /dev/stdout | show -`: the plan on standard output, the report on the other stream."""
    desk = Desk(tmp_path / "desk")
    declared(desk)
    process = desk.start("plan", "--out", "/dev/stdout")
    out, err = process.communicate(timeout=60)
    (desk.folder / "saved.plan").write_bytes(out)

    assert process.returncode == 0
    assert b"Plan: " in err
    assert desk.run("show", "saved.plan") == 0


def test_a_plan_is_shown_from_standard_input_and_from_a_shell_substitution(tmp_path: Path) -> None:
    """`-` and `<(…)` are read like files."""
    desk = Desk(tmp_path / "desk")
    declared(desk)
    assert desk.run("plan", "--out", "x.plan") == 0
    script = f'"{sys.executable}" -m reconciler show - < x.plan && "{sys.executable}" -m reconciler show <(cat x.plan)'
    ended = subprocess.run(
        ["bash", "-c", script], cwd=desk.folder, env=desk.environment, capture_output=True, timeout=60, check=False
    )

    assert (ended.returncode, ended.stdout.count(b"Plan: ")) == (0, 2)


@pytest.mark.parametrize(
    "name", ["estate/fleet.yaml", "reconciler.yaml", ".reconciler/state.db", "notes.txt", "newest.plan"]
)
def test_a_plan_is_not_saved_over_a_file_that_is_no_plan(tmp_path: Path, name: str) -> None:
    """A mistyped `--out` would cost a manifest, the configuration or the store; a link to one is no other name."""
    desk = Desk(tmp_path / "desk")
    declared(desk)
    assert desk.run("apply", "--auto-approve") == 0
    (desk.folder / "notes.txt").write_bytes(b"mine")
    (desk.folder / "newest.plan").symlink_to("estate/fleet.yaml")
    before = (desk.folder / name).read_bytes()

    assert (desk.run("plan", "--out", name), (desk.folder / name).read_bytes()) == (64, before)


def test_a_plan_is_saved_over_an_earlier_plan_and_over_an_empty_file(tmp_path: Path) -> None:
    """A pipeline uses one name again and again, and `mktemp` makes the file first."""
    desk = Desk(tmp_path / "desk")
    declared(desk)
    (desk.folder / "x.plan").write_bytes(b"")

    assert [desk.run("plan", "--out", "x.plan") for _ in range(2)] == [0, 0]
    assert desk.run("show", "x.plan") == 0
