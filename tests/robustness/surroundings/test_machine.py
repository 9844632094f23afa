"""The machine itself: terminals that cannot show a letter, memory that ends, and Ctrl-C at any moment."""

import gzip
import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.features.cli.desk import ROOT, Desk
from tests.features.cli.scenarios import declared
from tests.features.sims.estate import HEAD, NETWORK, from_file, group


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "ascii", "cp437", "utf-8"])
def test_a_terminal_that_cannot_show_a_letter_is_no_bug(tmp_path: Path, encoding: str) -> None:
    """Signs become plain ones, letters become escapes; the exit code is the command's."""
    desk = Desk(tmp_path / "desk", {"PYTHONIOENCODING": encoding})
    declared(desk)
    desk.edit("estate/fleet.yaml", "Fleet", "Fl\N{LATIN SMALL LETTER O WITH MACRON}te \N{ROCKET}")

    assert desk.run("plan") == 0
    assert desk.run("explain", "EndpointGroup") == 0


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "cp437"])
def test_json_stays_json_whatever_the_encoding(tmp_path: Path, encoding: str) -> None:
    """A letter that the encoding lacks is an escape that JSON has too."""
    desk = Desk(tmp_path / "desk", {"PYTHONIOENCODING": encoding})
    declared(desk)
    name = "Fl\N{LATIN SMALL LETTER O WITH MACRON}te \N{ROCKET}"
    desk.edit("estate/fleet.yaml", "Fleet", name)
    out, _ = desk.start("plan", "-o", "json").communicate(timeout=60)

    changes = json.loads(out.decode(encoding))["plan"]["changes"]
    assert [c["after"]["displayName"] for c in changes if c["address"] == "VSlice/fleet-net"] == [name]


def test_bytes_of_a_name_that_is_no_text_go_out_as_they_came() -> None:
    """A file name that is not UTF-8 is printed as the bytes that it has."""
    script = "import sys\nfrom reconciler.cli.streams import attach\nattach()\nprint('x\\udcff')"
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )

    assert ended.stdout == b"x\xff\n"


def _bomb(folder: Path, block: bytes, mebibytes: int) -> None:
    """An estate whose file of SIMs is small, and large when it is unpacked."""
    documents = (NETWORK, group("fleet-uk"), from_file("all-sims", "fleet-uk", "sims/a.csv.gz"))
    parts = [part for document in documents for part in document.split("---\n")]
    (folder / "estate.yaml").write_text("---\n".join(HEAD + part.lstrip() for part in parts), encoding="utf-8")
    (folder / "sims").mkdir()
    # Members of one MiB, one after the other: a file in gzip may have many, and they are packed only once.
    mebibyte = gzip.compress(block * (1024 * 1024 // len(block)), 1)
    (folder / "sims" / "a.csv.gz").write_bytes(gzip.compress(b"iccid\n") + mebibyte * mebibytes)


@pytest.mark.slow
def test_too_little_memory_is_said_and_is_no_bug(tmp_path: Path) -> None:
    """The exit code is the one for results that could not be made (74), and JSON is a document all the same."""
    desk = Desk(tmp_path / "desk")
    _bomb(desk.folder, b"8" * 1024, 190)
    limit = 240 * 1024 * 1024
    ended = subprocess.run(
        [sys.executable, "-m", "reconciler", "validate", "-o", "json"],
        cwd=desk.folder,
        env=desk.environment,
        capture_output=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )

    assert (ended.returncode, ended.stderr.splitlines()[0]) == (74, b"error: there is not enough memory")
    assert json.loads(ended.stdout)["exitCode"] == 74


@pytest.mark.slow
@pytest.mark.parametrize(
    ("block", "mebibytes"),
    [(sign * 1024, 190) for sign in (b"a", b",", b"\n", b'"', b"\r", b"\0", b"1\r\n\r")] + [(b"a" * 1024, 400)],
)
def test_a_small_file_that_unpacks_to_a_large_one_is_refused_within_the_limits(
    tmp_path: Path, block: bytes, mebibytes: int
) -> None:
    """No more than 200 MiB are unpacked, in no more than 512 MiB of memory (S3); 190 MiB are copied once at most."""
    desk = Desk(tmp_path / "desk")
    _bomb(desk.folder, block, mebibytes)
    # The kernel hands the peak of the parent on through `exec` in `ru_maxrss`; `VmHWM` begins anew.
    script = "import re; from reconciler.cli.main import main\ntry:\n main(['validate'])\nfinally:\n"
    script += " print(int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]) // 1024)"
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=desk.folder,
        env=desk.environment,
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 8
    assert int(ended.stdout.split()[-1]) < 512


MOMENTS = 16
AT_A_MOMENT = """
import signal, sys
from itertools import count
# A shell starts what runs in the background with this signal ignored, and a test may run there.
signal.signal(signal.SIGINT, signal.default_int_handler)
moment, seen = int(sys.argv.pop(1)), count(1)
def watch(event, _):
    if next(seen) == moment:
        signal.raise_signal(signal.SIGINT)
try:
    # The interpreter's own start is not ours: the signal comes once our code has the word.
    sys.addaudithook(watch)
    from reconciler.__main__ import main
    main()
except KeyboardInterrupt:
    sys.exit(130)
finally:
    if not moment:
        print(next(seen), file=sys.stderr)
"""


@pytest.mark.slow
def test_ctrl_c_is_heard_from_the_first_import_on(tmp_path: Path) -> None:
    """At whatever moment of the start it comes: at most one word and 130, never a traceback."""
    desk = Desk(tmp_path / "desk")
    declared(desk)

    def ended(moment: int) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-c", AT_A_MOMENT, str(moment), "validate"],
            cwd=desk.folder,
            env=desk.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    # A moment is something that the interpreter notes: an import, a file that is opened, code that is read.
    undisturbed = ended(0)
    moments = int(undisturbed.stderr.split()[-1])
    found = [ended(1 + place * (moments - 2) // (MOMENTS - 1)) for place in range(MOMENTS)]

    assert (undisturbed.returncode, moments > 1_000) == (0, True)
    assert [(each.returncode, each.stderr.replace("Interrupted.", "").strip()) for each in found] == [
        (130, "")
    ] * MOMENTS


@pytest.mark.parametrize("command", ["plan", "validate", "init", "simulate --no-serve --state x.db"])
def test_a_folder_that_was_removed_is_said_and_is_no_bug(tmp_path: Path, command: str) -> None:
    """The shell is in a folder that somebody else removed, such as a checkout that was made again."""
    script = f'mkdir gone && cd gone && rmdir ../gone && exec "{sys.executable}" -m reconciler {command}'
    ended = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=Desk(tmp_path / "desk").environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert (ended.returncode, b"the current folder does not exist any more" in ended.stderr) == (64, True)
