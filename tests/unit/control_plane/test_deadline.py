"""One exchange ends in time, and its errors are those of the HTTP client."""

import socket
import threading
from contextlib import closing, suppress

import httpcore2
import httpx2
import pytest

from reconciler.control_plane.deadline import client_errors
from reconciler.control_plane.errors import OutcomeUnknown
from reconciler.control_plane.transport import HttpAnswer, Transport

# A pool never lets this one out.
INNER = {"ConnectionNotAvailable"}
NAMES = [
    name
    for name, error in vars(httpcore2).items()
    if isinstance(error, type) and issubclass(error, Exception) and name not in INNER
]


@pytest.mark.parametrize("name", NAMES)
def test_each_error_of_a_connection_is_raised_as_the_clients_of_that_name(name: str) -> None:
    """Callers of the client know no other library: a refusal stays a refusal, with its words."""
    with pytest.raises(httpx2.TransportError) as caught, client_errors():
        raise getattr(httpcore2, name)("the reason")

    assert (type(caught.value).__name__, str(caught.value)) == (name, "the reason")


def _answering(pieces: list[bytes], pause_seconds: float) -> tuple[socket.socket, str]:
    """A server on loopback that answers one request piece by piece, and its address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with closing(connection):
                connection.recv(65536)
                for piece in pieces:
                    connection.sendall(piece)
                    stop.wait(pause_seconds)

    stop = threading.Event()
    threading.Thread(target=serve, daemon=True).start()
    return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_an_answer_over_the_network_is_read_whole() -> None:
    """Status, body and the header of a wait come through the pool as the server sent them."""
    head = b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\n"
    listener, origin = _answering([head, b"bo", b"dy"], 0.0)
    with closing(listener), closing(Transport(origin, "token")) as transport:
        assert transport.send("GET", "/vslices") == HttpAnswer(503, b"body", "7")


def test_an_answer_that_drips_is_given_up_in_time() -> None:
    """Each wait is short enough, and together they are too long: the exchange ends at its deadline."""
    drips = [b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n", *[b"x"] * 400]
    listener, origin = _answering(drips, 0.02)
    with closing(listener), closing(Transport(origin, "token", total_seconds=0.2)) as transport:
        with pytest.raises(OutcomeUnknown) as caught:
            transport.send("GET", "/vslices")
        # The wait itself is cut, or none is begun any more.
        assert str(caught.value).rpartition(": ")[0] == f"no whole answer to GET /vslices from {origin}"
