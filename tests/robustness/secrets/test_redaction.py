"""Known secrets are taken out of what leaves the program, in every form, at one place (I13)."""

import base64
import http.server
import json
import os
import random
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from reconciler.redaction import HIDDEN, KnownSecrets
from tests.robustness.secrets.desk import CONFIGURATION, HANDLER, write
from tests.robustness.secrets.finder import ENCODINGS, found_in

SECRETS = (
    "hunter2-and-more",
    "p@ss/w0rd?&=+%",
    "quo\"te\\back'slash",
    "Zürich-Ключ-鍵",
    "sixsix",
    "a b c d e f",
    "<tag>&amp;",
    "~._-!$()*,;:@",
)
SHORT = ("abc12", "k9", "ü")
TOKEN = "tok/en+with=signs~4711"
PASSWORD = "pw'of/the+store"


@pytest.mark.parametrize("value", SECRETS)
def test_the_finder_of_these_tests_finds_every_planted_secret(value: str) -> None:
    """A search that finds nothing proves something only if it finds what is there."""
    missed = [name for name, encode in ENCODINGS.items() if not found_in(f"refused: {encode(value)}, sorry", value)]

    assert missed == []


@pytest.mark.parametrize("value", SECRETS)
def test_no_text_has_a_known_secret_in_any_form(value: str) -> None:
    """In texts of others and in the program's own; the words around it stay."""
    known = KnownSecrets()
    known.know(value)
    texts = [f"refused: {encode(value)}, sorry" for encode in ENCODINGS.values()]

    left = [clean(text) for text in texts for clean in (known.foreign, known.own)]

    assert [text for text in left if found_in(text, value)] == []
    assert all(text.startswith("refused: ") and HIDDEN in text and text.endswith(", sorry") for text in left)


@pytest.mark.parametrize("value", SHORT)
def test_a_short_value_is_taken_out_of_texts_of_others_only(value: str) -> None:
    """Of fewer than six characters it may be a part of any word that the program says itself."""
    known = KnownSecrets()
    known.know(value)

    assert (known.foreign(f"bad {value}!"), known.own(f"bad {value}!")) == (f"bad {HIDDEN}!", f"bad {value}!")


def test_identifiers_digests_and_plain_values_stay_as_they_are() -> None:
    """A name that is equal to a secret, or holds one, stays a name; the same value elsewhere is taken out."""
    known = KnownSecrets()
    for value in ("sensor", "sensor-pages", "abcdef", "123456"):
        known.know(value)
    known.keep(lambda: ["EdgeService/sensor-pages", "sensor-pages"])
    digest = "0123abcdef" + "0" * 54
    said = f"EdgeService/sensor-pages {digest} 8988000000123456789 0a1b2c3d-0000-4000-8000-abcdef123456"

    assert known.own(f"{said}; sensor, {b'sensor-pages'.hex()}") == f"{said}; {HIDDEN}, {HIDDEN}"
    assert known.foreign("no sensor-pages here") == f"no {HIDDEN} here"


def test_a_long_secret_of_hexadecimal_digits_is_no_digest() -> None:
    """Only a part of a digest that may be there by accident stays."""
    known = KnownSecrets()
    value = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    known.know(value)

    assert known.own(f"key {value}, {value}00") == f"key {HIDDEN}, {HIDDEN}00"


def test_a_document_under_a_digest_is_written_exactly() -> None:
    """A plan in JSON would else not be the one that its digest names."""
    known = KnownSecrets()
    known.know("sensor-pages")

    with known.exactly():
        written = known.own('{"name":"sensor-pages"}')

    assert (written, known.own("sensor-pages")) == ('{"name":"sensor-pages"}', HIDDEN)


def test_a_document_keeps_the_names_of_its_members() -> None:
    """Only texts are cleaned; a program that reads the document finds every member where it looks for it."""
    known = KnownSecrets()
    for value in ("message", "exitCode", "sensor"):
        known.know(value)

    said = known.document({"message": ["a sensor", {"exitCode": 8, "sensor": None}], "ok": True})

    assert said == {"message": [f"a {HIDDEN}", {"exitCode": 8, "sensor": None}], "ok": True}


def test_what_a_run_knows_ends_with_it() -> None:
    """Outside of a run nothing is remembered, and a run within another shares its knowledge."""
    known = KnownSecrets(runs=0)
    known.know("before-any-run")
    known.begin()
    known.know("of-the-first-run")
    known.begin()
    known.know("of-the-inner-run")
    known.end()
    within = known.foreign("before-any-run of-the-first-run of-the-inner-run")
    known.end()
    known.begin()

    assert within == f"before-any-run {HIDDEN} {HIDDEN}"
    assert known.foreign("of-the-first-run of-the-inner-run") == "of-the-first-run of-the-inner-run"


def test_only_the_thread_of_a_document_under_a_digest_writes_exactly() -> None:
    """Messages of other threads are cleaned meanwhile."""
    known, said = KnownSecrets(), []
    known.know("sensor")

    with known.exactly():
        other = threading.Thread(target=lambda: said.append(known.own("a sensor")))
        other.start()
        other.join()
        said.append(known.own("a sensor"))

    assert said == [f"a {HIDDEN}", "a sensor"]


def test_many_secrets_at_once_leave_none() -> None:
    """300 values, some of them parts of others, each in an encoding that is drawn."""
    chance = random.Random(9)
    signs = "abcXYZ019-_/+=&%?\"'\\ üñ鍵<>:@"
    values = ["".join(chance.choices(signs, k=chance.randint(6, 30))).strip() + "qx" for _ in range(300)]
    known = KnownSecrets()
    for value in values:
        known.know(value)
    text = " | ".join(ENCODINGS[chance.choice(list(ENCODINGS))](value) for value in values)

    left = known.foreign(text)

    assert [value for value in values if found_in(left, value)] == []


def _quoting(sent: str) -> bytes:
    """A refusal that quotes what was sent, in every encoding, around the place where messages are cut."""
    messages = [f"{'x' * length}refused {encode(sent)}" for encode in ENCODINGS.values() for length in (0, 285)]
    return json.dumps({"success": False, "messages": messages}).encode()


@contextmanager
def _platform() -> Iterator[str]:
    """A platform that refuses everything and quotes the token."""

    class Quoting(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = _quoting(self.headers["Authorization"].removeprefix("Bearer "))
            self.send_response(400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quoting)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextmanager
def _database() -> Iterator[int]:
    """A server in the words of PostgreSQL that refuses everybody and quotes the password."""
    text = "no " + " ".join(encode(PASSWORD) for encode in ENCODINGS.values())
    fields = b"".join(sign + value.encode() + b"\0" for sign, value in ((b"S", "FATAL"), (b"C", "28P01"), (b"M", text)))
    answer = b"E" + struct.pack("!i", len(fields) + 5) + fields + b"\0"
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                first = connection.recv(4096)
                if first[4:8] in {struct.pack("!i", 80877103), struct.pack("!i", 80877104)}:
                    connection.sendall(b"N")
                    first = connection.recv(4096)
                connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _program(root: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PG", "STACUITY_", "RECONCILER_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "reconciler", *arguments, "--chdir", str(root)],
        env=kept | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_refusal_of_the_platform_that_quotes_the_token_does_not_show_it(tmp_path: Path, form: str) -> None:
    """Neither as a message nor in the document of a failure, also where the message is cut."""
    write(tmp_path, "reconciler.yaml", CONFIGURATION.format(store="sqlite:.reconciler/state.db"))
    with _platform() as origin:
        ended = _program(tmp_path, "plan", "-o", form, "--debug", STACUITY_HOST=origin, STACUITY_TOKEN=TOKEN)

    said = ended.stdout + ended.stderr
    assert (ended.returncode, HIDDEN in said, found_in(said, TOKEN)) == (10, True, False), said
    assert TOKEN[:12] not in said


@pytest.mark.slow
@pytest.mark.parametrize("place", ["address", "PGPASSWORD"])
def test_a_refusal_of_the_database_that_quotes_the_password_does_not_show_it(tmp_path: Path, place: str) -> None:
    """Whether the password is part of the address of the store or comes from the variable of libpq."""
    write(tmp_path, "reconciler.yaml", CONFIGURATION.format(store="{env: RECONCILER_STORE}"))
    with _database() as port:
        part = f":{ENCODINGS['quoted whole'](PASSWORD)}" if place == "address" else ""
        given = {"RECONCILER_STORE": f"postgresql://noc{part}@127.0.0.1:{port}/x"}
        given |= {} if part else {"PGPASSWORD": PASSWORD}
        ended = _program(tmp_path, "plan", "-o", "json", "--debug", STACUITY_HOST="embedded", **given)

    said = ended.stdout + ended.stderr
    assert (ended.returncode, HIDDEN in said, found_in(said, PASSWORD)) == (11, True, False), said


BUG = """
import base64, runpy, sys
from reconciler.operations import session
def broken(*_, **__):
    raise RuntimeError({text!r})
session.read_and_plan = broken
sys.argv[:] = ["reconciler", *sys.argv[1:]]
runpy.run_module("reconciler", run_name="__main__")
"""


@pytest.mark.slow
@pytest.mark.parametrize("encode", [ENCODINGS["plain"], ENCODINGS["in JSON"], ENCODINGS["as bytes"]])
def test_a_traceback_shows_no_secret(tmp_path: Path, encode: Callable[[str], str]) -> None:
    """The text of a bug may quote anything that the process knows, and a traceback quotes the line of the code."""
    write(tmp_path, "reconciler.yaml", CONFIGURATION.format(store="sqlite:.reconciler/state.db"))
    code = BUG.format(text=f"{encode(TOKEN)} {base64.b64encode(b'a' + TOKEN.encode()).decode()}")
    ended = subprocess.run(
        [sys.executable, "-c", code, "plan", "-o", "json", "--debug", "--chdir", str(tmp_path)],
        env=os.environ | {"STACUITY_HOST": "embedded", "STACUITY_TOKEN": TOKEN},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    said = ended.stdout + ended.stderr
    assert (ended.returncode, "Traceback" in said, HIDDEN in said) == (1, True, True), said
    assert not found_in(said, TOKEN)


OWN_WORDS = (
    "sent",
    "done",
    "intent",
    "create",
    "update",
    "digest",
    "formatVersion",
    "address",
    "EventHandler",
    "state",
)


@pytest.mark.slow
def test_secrets_that_are_equal_to_words_of_the_program_change_no_document(tmp_path: Path) -> None:
    """The plan, the run, the journal and the inventory have their own words, whatever the secrets are."""
    write(tmp_path, "reconciler.yaml", CONFIGURATION.format(store="sqlite:.reconciler/state.db"))
    given = {"STACUITY_HOST": "embedded", "STACUITY_TOKEN": "sha256", "RECONCILER_SECRETS": "*"}
    for place, word in enumerate(OWN_WORDS):
        handler = HANDLER.format(url=f"https://{place}.example.net/in", token=f"{{secretRef: {{env: WORD_{place}}}}}")
        write(tmp_path, f"hook-{place}.yaml", handler.replace("noc-hook", f"noc-hook-{place}"))
        given[f"WORD_{place}"] = word

    planned = _program(tmp_path, "plan", "-o", "json", **given)
    applied = _program(tmp_path, "apply", "-y", **given)
    listed = _program(tmp_path, "inventory", "list", "-o", "json", **given)
    drifted = _program(tmp_path, "drift", "-o", "json", **given)
    with closing(sqlite3.connect(tmp_path / ".reconciler" / "state.db")) as connection:
        facts = connection.execute("SELECT what, http_status FROM fact").fetchall()
        actions = connection.execute("SELECT op, state FROM action").fetchall()

    answers, names = [planned, applied, listed, drifted], [f"EventHandler/noc-hook-{place}" for place in range(10)]
    assert [ended.returncode for ended in answers] == [0, 0, 0, 0], answers
    assert [ended for ended in answers if HIDDEN in ended.stdout + ended.stderr] == []
    changes = json.loads(planned.stdout)["plan"]["changes"]
    assert [(change["address"], change["action"]) for change in changes] == [(name, "create") for name in names]
    assert [row["address"] for row in json.loads(listed.stdout)["owned"]] == names
    assert json.loads(drifted.stdout) == {"formatVersion": "1.0", "drift": [], "sims": []}
    assert (facts, actions) == ([("sent", 200)] * 10, [("create", "done")] * 10)


@pytest.mark.slow
def test_an_object_that_is_called_like_a_secret_is_planned_and_applied(tmp_path: Path) -> None:
    """The name stays in the text, in the document and in the plan file, whose digest is true."""
    write(tmp_path, "reconciler.yaml", CONFIGURATION.format(store="sqlite:.reconciler/state.db"))
    write(
        tmp_path, "hook.yaml", HANDLER.format(url="https://noc.example.net/in", token="{secretRef: {env: NOC_TOKEN}}")
    )
    given = {
        "STACUITY_HOST": "embedded",
        "NOC_TOKEN": "noc-hook",
        "STACUITY_TOKEN": TOKEN,
        "RECONCILER_SECRETS": "NOC_*",
    }

    text = _program(tmp_path, "plan", **given)
    planned = _program(tmp_path, "plan", "-o", "json", "--out", str(tmp_path / "a.plan"), **given)
    digest = json.loads(planned.stdout)["digest"]
    applied = _program(tmp_path, "apply", str(tmp_path / "a.plan"), "--expect", digest, "-y", **given)

    assert (text.returncode, "EventHandler/noc-hook" in text.stdout, HIDDEN in text.stdout) == (0, True, False), text
    assert (planned.returncode, HIDDEN in planned.stdout) == (0, False), planned
    assert (applied.returncode, applied.stderr.count(HIDDEN)) == (0, 0), applied
