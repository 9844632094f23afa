"""
One deadline for a whole exchange: an answer that drips byte by byte is given up in time, headers included (F11).

The HTTP library limits each wait on the socket; a server that sends a byte before each of them is over would hold us
for ever. So every wait is cut to what is left of the exchange.
"""

import ssl
import threading
from collections.abc import Callable
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
        """As the inner one; what is encrypted is timed as well."""
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
        """As the parent."""
        return _Stream(super().connect_tcp(*args, **kwargs), self._deadline)


class _Transport(httpx2.HTTPTransport):
    """The library's transport over connections of ours."""

    def __init__(
        self, context: ssl.SSLContext, *, connections: int, deadline: Deadline, proxy: httpx2.Proxy | None
    ) -> None:
        super().__init__(verify=context)
        shared: dict[str, Any] = {
            "ssl_context": context,
            "max_connections": connections,
            "max_keepalive_connections": connections,
            "keepalive_expiry": 5.0,
            "network_backend": _Backend(deadline),
        }
        self._pool = (
            httpcore2.ConnectionPool(**shared)
            if proxy is None
            else httpcore2.HTTPProxy(str(proxy.url), proxy_auth=proxy.raw_auth, **shared)
        )


def timed_transport(
    context: ssl.SSLContext, *, connections: int, deadline: Deadline, proxy: str | None = None
) -> httpx2.BaseTransport:
    """A transport over the network under a deadline, through a proxy where one is named."""
    through = None if proxy is None else httpx2.Proxy(proxy)
    return _Transport(context, connections=connections, deadline=deadline, proxy=through)
