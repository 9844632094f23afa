"""A server of canned list pages, cheap enough not to be what is measured. Loopback only; it ends with its parent."""

import asyncio
import sys
from pathlib import Path

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_ABSENT = b'{"success":false,"messages":["Record not found"]}'
_LONGEST_SECONDS = 1800


class Pages(asyncio.Protocol):
    """Answers each request with the page of its path."""

    def __init__(self, pages: dict[str, bytes]) -> None:
        self._pages = pages
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = transport if isinstance(transport, asyncio.Transport) else None

    def data_received(self, data: bytes) -> None:
        """Answer every whole request."""
        self._buffer += data
        while b"\r\n\r\n" in self._buffer and self._transport is not None:
            head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
            body = self._pages.get(head.split(b" ", 2)[1].decode(), _ABSENT)
            self._transport.write(_ANSWER % len(body) + body)


async def _serve(pages: dict[str, bytes]) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Pages(pages), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(None, sys.stdin.read), _LONGEST_SECONDS)


if __name__ == "__main__":
    recorded = Path(sys.argv[1]).glob("*.path")
    asyncio.run(_serve({path.read_text(): path.with_suffix(".json").read_bytes() for path in recorded}))
