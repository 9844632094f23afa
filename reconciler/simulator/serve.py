"""
Serving the embedded platform over HTTP on this machine: threads, keep-alive, no delay, a stop that waits.

An attacker could use its port as a pivot (S25), so it listens on loopback unless told otherwise and given a token,
and it answers only to its own name (DNS rebinding).
"""

import io
import ipaddress
import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import unquote_to_bytes

from reconciler.errors import UsageError
from reconciler.simulator.application import Simulator
from reconciler.simulator.faults import ConnectionDropped
from reconciler.simulator.settings import LARGEST_BODY_BYTES

_IDLE_SECONDS = 75
_STOP_SECONDS = 5.0
_LONGEST_LINE = 65536


class Server:
    """A simulator behind a port. `url` is what clients take as the platform's address."""

    def __init__(self, simulator: Simulator, host: str, port: int, names: frozenset[str]) -> None:
        self._server = _HttpServer((host, port), type("_Bound", (_Handler,), {"simulator": simulator, "names": names}))
        self._thread: threading.Thread | None = None
        self._serving: int | None = None
        shown = f"[{host}]" if ":" in host else host
        self.port = int(self._server.server_address[1])
        self.url = f"http://{shown}:{self.port}/api/v1"

    def start(self) -> "Server":
        """Serve in a thread."""
        self._thread = threading.Thread(target=self.run_forever, name="simulator", daemon=True)
        self._thread.start()
        return self

    def run_forever(self) -> None:
        """Serve until `stop` is called from another thread or a signal interrupts; call `stop` afterwards."""
        self._serving = threading.get_ident()
        try:
            self._server.serve_forever(poll_interval=0.05)
        finally:
            self._serving = None

    def stop(self) -> None:
        """Take no more connections, let what is being answered finish, release the port. May be called twice."""
        is_running = self._thread is not None or self._serving is not None
        if is_running and self._serving != threading.get_ident():
            self._server.shutdown()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)
            self._thread = None
        self._server.server_close()
        self._server.end_connections()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def serve(
    simulator: Simulator,
    host: str = "127.0.0.1",
    port: int = 8080,
    *,
    expose: str | None = None,
    token: str | None = None,
) -> Server:
    """
    Bind a port (0: any free one); `start` or `run_forever` then serves.

    A host that is not loopback is refused with `UsageError` unless `expose` is the name by which clients reach it and
    the simulator has a `token`. So is a port that cannot be had.
    """
    if not _is_loopback(host) and (expose is None or not (token or simulator.has_token)):
        message = f"{host} can be reached from other machines"
        raise UsageError(message, hint="serve on 127.0.0.1, or name the host with --expose and set a token")
    names = {"localhost", "127.0.0.1", "::1", host.lower()} | ({expose.lower()} if expose else set())
    try:
        return Server(simulator, host, port, frozenset(names))
    except OSError as error:
        message = f"cannot serve on port {port} of {host}: {(error.strerror or str(error)).lower()}"
        raise UsageError(message, hint="end what is using it, or name another --port; 0 takes a free one") from error


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, peer = super().get_request()
        self._open.add(connection)
        return connection, peer

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        """Clients are told that nothing more is read; answers under way are still written."""
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
        deadline = time.monotonic() + _STOP_SECONDS
        while self._open and time.monotonic() < deadline:
            time.sleep(0.01)

    def server_bind(self) -> None:
        # The parent class looks the host's name up, which can take seconds and is never used.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


class _Handler(BaseHTTPRequestHandler):
    """One connection. `simulator` and `names` are set by the subclass of each server."""

    simulator: ClassVar[Simulator]
    names: ClassVar[frozenset[str]]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS
    wbufsize = -1
    server_version = "reconciler-simulator"
    sys_version = ""
    announced = 0

    def handle_one_request(self) -> None:
        """One request of the connection; any verb goes to the application, which knows what it takes."""
        try:
            self.raw_requestline = self.rfile.readline(_LONGEST_LINE + 1)
            if not self.raw_requestline or len(self.raw_requestline) > _LONGEST_LINE or not self.parse_request():
                self.close_connection = True
                return
            self._answer()
            self.wfile.flush()
        except OSError:
            # The client went away, or said nothing for too long.
            self.close_connection = True

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if objection := self._objection(length):
            self._refuse(*objection)
            return
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            # The client went away in the middle of its request: what came is no request.
            self.close_connection = True
            return
        path, _, query = self.path.partition("?")
        environ = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "CONTENT_LENGTH": length,
            "HTTP_AUTHORIZATION": self.headers.get("Authorization", ""),
            "HTTP_USER_AGENT": self.headers.get("User-Agent", ""),
            "wsgi.input": io.BytesIO(body),
        }
        try:
            content = b"".join(self.simulator.wsgi(environ, self._begin))
        except ConnectionDropped:
            self.close_connection = True
            return
        if self.command != "HEAD":
            self.wfile.write(content)
            # A truncated answer announced more than it has.
            self.close_connection = self.close_connection or len(content) != self.announced

    def _objection(self, length: str) -> tuple[int, str] | None:
        """The status and reason of a request that is refused before the application sees it; None for others."""
        host = self.headers.get("Host", "").lower()
        name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        if name not in self.names:
            return 403, "This name is not served here."
        if self.headers.get("Transfer-Encoding") or not length.isdecimal():
            return 411, "A Content-Length is required."
        if int(length[:18]) > LARGEST_BODY_BYTES:
            return 413, "The body is too large."
        return None

    def _begin(self, status: str, headers: list[tuple[str, str]]) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for key, value in headers:
            self.send_header(key, value)
        self.announced = int(dict(headers)["Content-Length"])
        self.end_headers()

    def _refuse(self, code: int, message: str) -> None:
        content = f'{{"success":false,"messages":["{message}"]}}'.encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
        self._begin(f"{code} Refused", [*headers, ("X-Simulator", "reconciler"), ("Connection", "close")])
        self.wfile.write(content)
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """The log is the simulator's own."""
