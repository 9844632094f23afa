"""
A pooler of transactions before a PostgreSQL server, as far as our client can tell one.

It lends a session of the server for one transaction, the one that was given back last first. It takes the client's
start itself and answers with what the server said to its own; no password, no TLS.
"""

import contextlib
import socket
import struct
import threading
from types import TracebackType
from typing import Self

_READY = b"Z"
_IDLE = b"I"
_TLS = 80877103
_ENCRYPTION = 80877104


class Pooler:
    """Listens on loopback; `port` is where. Sessions of the server have only what is asked of them here."""

    def __init__(self, port: int, *, user: str, database: str) -> None:
        self._server_port = port
        self._start = {"user": user, "database": database}
        self._free: list[socket.socket] = []
        self._greeting = b""
        self._turn = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = [self._listener]
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._open.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError):
            while True:
                (length,) = struct.unpack("!I", _exactly(client, 4))
                if struct.unpack("!I", _exactly(client, length - 4)[:4])[0] not in {_TLS, _ENCRYPTION}:
                    break
                client.sendall(b"N")
            self._give_back(self._lent())
            client.sendall(self._greeting)
            while True:
                first = _message(client)
                if first[:1] == b"X":
                    return
                server = self._lent()
                self._one_transaction(client, server, first)
                self._give_back(server)

    def _one_transaction(self, client: socket.socket, server: socket.socket, message: bytes) -> None:
        while True:
            server.sendall(message)
            # Simple queries and syncs are answered up to the sign that the server is ready.
            while message[:1] not in {b"Q", b"S"}:
                message = _message(client)
                server.sendall(message)
            while (answer := _message(server))[:1] != _READY:
                client.sendall(answer)
            client.sendall(answer)
            if answer[5:6] == _IDLE:
                return
            message = _message(client)

    def _lent(self) -> socket.socket:
        with self._turn:
            return self._free.pop() if self._free else self._connected()

    def _give_back(self, server: socket.socket) -> None:
        with self._turn:
            self._free.append(server)

    def _connected(self) -> socket.socket:
        server = socket.create_connection(("127.0.0.1", self._server_port))
        self._open.append(server)
        words = b"".join(f"{name}\0{value}\0".encode() for name, value in self._start.items())
        body = struct.pack("!I", 196608) + words + b"\0"
        server.sendall(struct.pack("!I", len(body) + 4) + body)
        greeting = b""
        while (answer := _message(server))[:1] != _READY:
            greeting += answer
        self._greeting = greeting + answer
        return server


def _exactly(stream: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        part = stream.recv(size - len(found))
        if not part:
            raise EOFError
        found += part
    return found


def _message(stream: socket.socket) -> bytes:
    head = _exactly(stream, 5)
    return head + _exactly(stream, struct.unpack("!I", head[1:])[0] - 4)
