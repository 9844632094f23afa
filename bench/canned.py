"""A server of canned list pages, cheap enough not to be what is measured. Loopback only; it ends with its parent."""

import asyncio
import json
import sys
from pathlib import Path

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_ABSENT = b'{"success":false,"messages":["Record not found"]}'
_PAGE_SIZE = 1000
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


def _with_ends(pages: dict[str, bytes]) -> dict[str, bytes]:
    """The pages and, after the last one of each list, an empty one: whoever sees only full pages asks for it."""
    ends = {}
    for path, body in pages.items():
        head, mark, offset = path.rpartition("&offset=")
        if not mark:
            continue
        if f"{head}{mark}{int(offset) + _PAGE_SIZE}" not in pages:
            last = json.loads(body)
            empty = b'{"success":true,"messages":[],"totalItems":%d,"data":[]}' % last.get("totalItems", 0)
            # A reader goes on where the rows ended, which may be within a page.
            ends[f"{head}{mark}{int(offset) + len(last.get('data', ()))}"] = empty
    return {**ends, **pages}


async def _serve(pages: dict[str, bytes]) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Pages(pages), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(None, sys.stdin.read), _LONGEST_SECONDS)


if __name__ == "__main__":
    recorded = Path(sys.argv[1]).glob("*.path")
    asyncio.run(_serve(_with_ends({path.read_text(): path.with_suffix(".json").read_bytes() for path in recorded})))
