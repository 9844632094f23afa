"""Serving over HTTP: only on this machine, only under its own name, with connections that are kept."""

import socket
import time

import pytest

from reconciler.errors import UsageError
from reconciler.simulator.application import Simulator
from reconciler.simulator.serve import serve
from tests.conformance.client import TOKEN, Client, vslice


def test_other_hosts_need_a_name_and_a_token() -> None:
    """A host that is not loopback is refused without both."""
    with pytest.raises(UsageError):
        serve(Simulator(token=TOKEN), "0.0.0.0", 0)
    with pytest.raises(UsageError):
        serve(Simulator(), "0.0.0.0", 0, expose="sim.example")
    serve(Simulator(token=TOKEN), "0.0.0.0", 0, expose="sim.example").stop()


def test_only_its_own_name_is_answered() -> None:
    """A page that rebinds a name to this machine gets nothing (S25)."""
    simulator = Simulator()
    with serve(simulator, port=0) as server:
        client = Client(simulator, server.url)
        for host, status in (
            ("evil.example", 403),
            ("localhost:1", 200),
            ("[::1]:80", 200),
            ("127.0.0.1.evil.example", 403),
        ):
            assert client.http.get("/apitokens/verify", headers={"Host": host}).status_code == status
        client.http.close()
    assert len(simulator.log()) == 2


def test_a_refused_body_does_not_spoil_the_connection() -> None:
    """The next request on a kept connection is read from its beginning."""
    simulator = Simulator(token=TOKEN)
    with serve(simulator, port=0) as server, socket.create_connection(("127.0.0.1", server.port)) as connection:
        stream = connection.makefile("rwb")
        for token, expected in (("wrong", b"401"), (TOKEN, b"200"), ("wrong", b"401"), (TOKEN, b"200")):
            body = b'{"name": "xxxxxxxxxxx"}'
            head = f"POST /api/v1/vslices HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
            stream.write(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            stream.flush()
            assert expected in stream.readline()
            length = 0
            while (line := stream.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length"):
                    length = int(line.split(b":")[1])
            stream.read(length)


def test_bodies_have_a_limit() -> None:
    """More than 10 MiB is refused before it is read, and so is a body without a length."""
    with serve(Simulator(token=TOKEN), port=0) as server:
        for header, expected in ((f"Content-Length: {11 << 20}", b"413"), ("Transfer-Encoding: chunked", b"411")):
            with (
                socket.create_connection(("127.0.0.1", server.port)) as connection,
                connection.makefile("rwb") as stream,
            ):
                stream.write(f"POST /api/v1/vslices HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\r\n".encode())
                stream.flush()
                assert expected in stream.readline()


def test_a_stop_ends_idle_connections_and_frees_the_port() -> None:
    """Another server can take the port at once; a second stop does no harm."""
    simulator = Simulator(token=TOKEN)
    server = serve(simulator, port=0).start()
    client = Client(simulator, server.url)
    client.get("/vslices")
    assert client.get("/vslices") == []
    started = time.monotonic()
    server.stop()
    server.stop()
    assert time.monotonic() - started < 3
    client.http.close()
    with serve(simulator, port=server.port) as again:
        client = Client(simulator, again.url)
        client.create("vslices", vslice())
        client.http.close()


def test_what_was_written_outlives_the_process(tmp_path: object) -> None:
    """A file has objects, clock and log when it is opened again; both ways end in the same state."""
    path = f"{tmp_path}/platform.db"
    first = Simulator(path, token=TOKEN)
    Client(first).create("vslices", vslice())
    first.advance(100)
    expected, requests = first.dump(), first.log()
    first.close()
    second = Simulator(path, token=TOKEN)
    assert (second.dump(), second.log()) == (expected, requests)
    assert second.time() > time.time() + 90
    second.clear_log()
    assert second.log() == []
    second.close()


def test_the_log_has_what_was_sent() -> None:
    """Method, path below the base, query, parsed body and status, in order."""
    simulator = Simulator(token=TOKEN)
    client = Client(simulator)
    client.create("vslices", vslice())
    client.get("/VSlices?limit=5")
    written, read = simulator.log()
    assert (written.method, written.path, written.body, written.status) == ("POST", "/vslices", vslice(), 200)
    assert (read.seq, read.method, read.path, read.query, read.body) == (2, "GET", "/VSlices", {"limit": "5"}, None)
