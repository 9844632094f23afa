"""
A proxy over real sockets between the client and a platform on this machine, which does to chosen exchanges what is bad.

It reads one whole request at a time, passes it on over a connection of its own, and gives back what came, or worse. So
a fault is placed by request, and it is known for each whether the platform executed it.
"""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

_PATIENCE = 10.0
_MOST = 1 << 16


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as it came over the wire, and the connection to answer on."""

    method: str
    path: str
    raw: bytes
    client: socket.socket

    def say(self, content: bytes) -> None:
        """Write to the client, which may have gone away."""
        with suppress(OSError):
            self.client.sendall(content)

    def reset(self) -> None:
        """Close the connection with a reset instead of an end."""
        with suppress(OSError):
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.client.close()


Handling = Callable[[Exchange, Callable[[], bytes]], bool]
"""Handle one exchange: `pass_on` executes it and answers what came. True: the connection may go on."""


def plainly(exchange: Exchange, pass_on: Callable[[], bytes]) -> bool:
    """No fault."""
    answer = pass_on()
    exchange.say(answer)
    return bool(answer)


class Proxy:
    """Listens on a port of its own for a platform at `upstream`; `handling` may be changed at any time."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self.handling: Handling = plainly
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self.port = int(self._listener.getsockname()[1])
        self.origin = f"http://127.0.0.1:{self.port}/api/v1"
        threading.Thread(target=self._accept, daemon=True, name="proxy").start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        for connection in list(self._open):
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True, name="proxied").start()

    def _serve(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.settimeout(_PATIENCE)
        platform: list[socket.socket] = []

        def pass_on() -> bytes:
            if not platform:
                platform.append(self._connected())
            platform[0].sendall(raw)
            return whole(platform[0])

        with client, suppress(OSError):
            while raw := whole(client):
                method, path, _ = raw.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
                if not self.handling(Exchange(method, path, raw, client), pass_on):
                    break
        for connection in platform:
            connection.close()
        self._open.discard(client)

    def _connected(self) -> socket.socket:
        platform = socket.create_connection(("127.0.0.1", self._upstream), timeout=_PATIENCE)
        platform.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return platform

    def pass_on(self, raw: bytes) -> bytes:
        """Execute a request over a connection of its own; the bytes of the answer."""
        with self._connected() as platform:
            platform.sendall(raw)
            return whole(platform)


def whole(connection: socket.socket) -> bytes:
    """One whole message with a Content-Length, or nothing when the other side is done."""
    found = b""
    while b"\r\n\r\n" not in found:
        more = connection.recv(_MOST)
        if not more:
            return b""
        found += more
    head, _, body = found.partition(b"\r\n\r\n")
    length = next(
        (int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        more = connection.recv(_MOST)
        if not more:
            break
        body += more
    return head + b"\r\n\r\n" + body
