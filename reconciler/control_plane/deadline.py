"""
One deadline for a whole exchange: an answer that drips byte by byte is given up in time, headers included (F11).

The HTTP library limits each wait on the socket; a server that sends a byte before each of them is over would hold us
for ever. So every wait is cut to what is left of the exchange.
"""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore2
import httpx2


class Deadline:
    """When the exchange of this thread has to be over. Thread-safe: each thread has an exchange of its own."""

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._until = threading.local()

    def begin(self) -> None:
        """An exchange of this thread begins."""
        self._until.moment = self._monotonic() + self._seconds

    def left(self, wished: float | None) -> float:
        """The seconds that a wait may take; `TimeoutError` when the exchange has to be over."""
        moment: float = self._until.moment
        left = moment - self._monotonic()
        if left <= 0:
            raise TimeoutError
        return left if wished is None else min(left, wished)


class _Stream(httpcore2.NetworkStream):
    """A connection whose every wait is cut to the deadline."""

    def __init__(self, inner: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As the inner one."""
        return self._inner.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As the inner one."""
        self._inner.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        """As the inner one."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """The inner stream under TLS; its reads and writes keep the deadline as well."""
        secured = self._inner.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """As the inner one."""
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.SyncBackend):
    """Makes connections whose every wait is cut to the deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore2.NetworkStream:
        """Connect as the parent does, under the deadline."""
        return _Stream(super().connect_tcp(*args, **kwargs), self._deadline)


_ERRORS: dict[type[Exception], type[httpx2.TransportError]] = {
    error: getattr(httpx2, name)
    for name, error in vars(httpcore2).items()
    if name in httpx2.__all__ and isinstance(error, type) and issubclass(error, Exception)
}
"""The client's error for each error of its connections: both libraries use the same names."""


@contextmanager
def client_errors() -> Iterator[None]:
    """Raise an error of a connection as the error of the client."""
    try:
        yield
    except tuple(_ERRORS) as error:
        wanted = next(_ERRORS[kind] for kind in type(error).__mro__ if kind in _ERRORS)
        raise wanted(str(error)) from error


class _Body(httpx2.SyncByteStream):
    """The body of an answer, as it arrives."""

    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with client_errors():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        """Give the connection back."""
        self._answer.close()


class TimedTransport(httpx2.BaseTransport):
    """
    The network under a deadline, through a proxy where one is named.

    The client's own transport accepts no connections of the caller's, so this one keeps the pool.
    """

    def __init__(
        self, context: ssl.SSLContext, *, connections: int, deadline: Deadline, proxy: str | None = None
    ) -> None:
        shared: dict[str, Any] = {
            "ssl_context": context,
            "max_connections": connections,
            "max_keepalive_connections": connections,
            "keepalive_expiry": 5.0,
            "network_backend": _Backend(deadline),
        }
        through = None if proxy is None else httpx2.Proxy(proxy)
        self._pool = (
            httpcore2.ConnectionPool(**shared)
            if through is None
            else httpcore2.HTTPProxy(str(through.url), proxy_auth=through.raw_auth, **shared)
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request; the body of the answer is read later."""
        url = request.url
        wire_url = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        headers, content = request.headers.raw, request.read()
        wire_request = httpcore2.Request(
            request.method, wire_url, headers=headers, content=content, extensions=request.extensions
        )
        with client_errors():
            answer = self._pool.handle_request(wire_request)
        return httpx2.Response(
            answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions
        )

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()
