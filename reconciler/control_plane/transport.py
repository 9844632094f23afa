"""
The way to the platform: one HTTP client, over the network or straight into the simulator in this process.

Everything that keeps the token where it belongs is here (S13, I21): one origin, TLS verified, no redirects, no
proxies or `.netrc` from the environment, limits on size and time. The time is that of a whole exchange, however slowly
it drips (F11); the size is that of the answer when unpacked.
"""

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import httpx2

from reconciler import __version__
from reconciler.control_plane.deadline import Deadline, TimedTransport
from reconciler.control_plane.errors import OutcomeUnknown, Unreachable
from reconciler.control_plane.surroundings import is_loopback, proxy_for, trusted
from reconciler.errors import UsageError
from reconciler.redaction import KNOWN

CONNECT_SECONDS = 10.0
TOTAL_SECONDS = 45.0
LARGEST_ANSWER_BYTES = 64 * 1024 * 1024
IN_PROCESS_ORIGIN = "http://simulator.invalid/api/v1"

Wsgi = Callable[..., Any]
# A proxy that refuses has not passed anything on.
_NOTHING_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """One HTTP answer: status, headers that matter, and the body's bytes."""

    status: int
    content: bytes
    retry_after: str | None = None


class Transport:
    """
    Sends requests to one origin with one token. Thread-safe. Close it when done.

    `total_seconds` is the longest that one exchange may take, from connecting to the last byte. `variables` name
    proxies and trusted certificates. Raises `UsageError` for an origin, a proxy or certificates that cannot be used.
    """

    def __init__(
        self,
        origin: str,
        token: str,
        *,
        wsgi: Wsgi | None = None,
        connections: int = 32,
        total_seconds: float = TOTAL_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.origin = checked_origin(origin) if wsgi is None else origin
        proxy = proxy_for(self.origin, variables) if wsgi is None else None
        self._way = "" if proxy is None else f" through the proxy {proxy.shown}"
        self.is_local = wsgi is not None
        self._deadline = Deadline(total_seconds, monotonic)
        inner = (
            TimedTransport(
                # Reading the trusted certificates takes longer than asking a simulator on this machine, which has none.
                # Without them nothing is trusted, should this ever be used for more than plain http.
                trusted(variables) if self.origin.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
                connections=connections,
                deadline=self._deadline,
                proxy=None if proxy is None else proxy.url,
            )
            if wsgi is None
            else httpx2.WSGITransport(app=wsgi)
        )
        self._client = httpx2.Client(
            transport=inner,
            headers={
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                "Accept": "application/json",
                "User-Agent": f"reconciler/{__version__}",
            },
            timeout=httpx2.Timeout(total_seconds, connect=min(CONNECT_SECONDS, total_seconds)),
            follow_redirects=False,
            trust_env=False,
        )

    def send(self, method: str, path: str, content: bytes | None = None) -> HttpAnswer:
        """
        One request, once. `path` is relative to the origin and already escaped.

        Raises `Unreachable` when nothing was sent, `OutcomeUnknown` when something was and no whole answer came.
        """
        self._deadline.begin()
        try:
            with self._client.stream(method, self.origin + path, content=content) as response:
                chunks, size = [], 0
                for chunk in response.iter_bytes():
                    chunks.append(chunk)
                    size += len(chunk)
                    if size > LARGEST_ANSWER_BYTES:
                        message = f"{method} {path} was answered with more than 64 MiB"
                        raise OutcomeUnknown(message)
                return HttpAnswer(response.status_code, b"".join(chunks), _wait_of(response.headers))
        except _NOTHING_SENT as error:
            message = f"cannot reach {self.origin}{self._way}: {KNOWN.foreign(str(error)) or type(error).__name__}"
            raise Unreachable(message, hint="check --platform, the network and that the platform is up") from error
        except (httpx2.HTTPError, OSError) as error:
            # The platform in this process reports on its own disk: no secret, and all there is to go on.
            what = KNOWN.foreign(str(error)) if self.is_local and isinstance(error, OSError) else type(error).__name__
            message = f"no whole answer to {method} {path} from {self.origin}: {what}"
            raise OutcomeUnknown(message) from error

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()


def _wait_of(headers: httpx2.Headers) -> str | None:
    """Retry-After in seconds; a moment is counted from the platform's own clock, so that ours does not matter."""
    wished = headers.get("Retry-After")
    if wished is None or ":" not in wished:
        return wished
    try:
        until, now = parsedate_to_datetime(wished), parsedate_to_datetime(headers.get("Date", ""))
        return str(max(0.0, (until - now).total_seconds()))
    except (ValueError, TypeError, OverflowError):
        return wished


def checked_origin(origin: str) -> str:
    """The origin without trailing slash; `UsageError` unless it is https, or http to loopback (S13)."""
    try:
        parts = urlsplit(origin)
        is_sound = (
            parts.scheme in {"https", "http"}
            and bool(parts.hostname)
            and not (parts.query or parts.fragment or "@" in parts.netloc)
            and (parts.port is None or parts.port > 0)
            and origin.isprintable()
            and " " not in origin
            and bool(httpx2.URL(origin).host)
            # Raises ValueError for what the name resolver refuses: an empty label, or one of more than 63 letters.
            and bool((parts.hostname or "").encode("idna"))
        )
    except (ValueError, httpx2.InvalidURL):
        is_sound = False
    if not is_sound:
        # It may be the token in the wrong variable, or hold one before or after the host.
        is_plain = origin.startswith(("https://", "http://")) and not set(origin) & set("@?#")
        shown = repr(origin) if is_plain else "the text of --platform or STACUITY_HOST"
        message = f"not a platform address: {shown}"
        raise UsageError(message, hint="write it as https://api.stacuity.com/api/v1")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        message = f"plain http to {parts.hostname} would send the token in clear"
        raise UsageError(message, hint="use https; plain http is for a simulator on this machine only")
    return origin.rstrip("/")
