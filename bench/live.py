"""
The live side of a generated estate: recorded from the simulator, served as canned pages.

The simulator is imported where it is needed: whoever only serves stays small.
"""

import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bench.measuring import ROOT, pinned

if TYPE_CHECKING:
    from reconciler.control_plane.transport import Transport

PAGE = 1000


@contextmanager
def served(pages: Path, environment: Mapping[str, str], cores: Collection[int] = ()) -> Iterator[str]:
    """Serve recorded pages, on these cores if any are named; the origin."""
    with pinned(cores):
        server = subprocess.Popen(
            [sys.executable, "-m", "bench.canned", str(pages)],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    try:
        port = server.stdout.readline().strip() if server.stdout else ""
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        server.communicate("")


def record(transport: "Transport", pages: Path) -> None:
    """Write every page of every list, and of the lists below objects, into a new folder."""
    import msgspec

    from reconciler.control_plane.transport import IN_PROCESS_ORIGIN
    from reconciler.kinds import kinds

    pages.mkdir()
    number = 0
    todo = ["/apitokens/verify", *(f"/{kind.wire.collection}?limit={PAGE}&offset=0" for kind in kinds().values())]
    listed = {f"/{kind.wire.collection}": kind for kind in kinds().values()}
    while todo:
        path = todo.pop()
        answer = transport.send("GET", path)
        (pages / f"{number}.path").write_text(urlsplit(IN_PROCESS_ORIGIN).path + path, encoding="utf-8")
        (pages / f"{number}.json").write_bytes(answer.content)
        number += 1
        collection, mark, query = path.partition("?")
        if not mark:
            continue
        body = msgspec.json.decode(answer.content)
        offset = int(query.rpartition("=")[2]) + len(body["data"])
        if offset < body["totalItems"]:
            todo.append(f"{collection}?limit={PAGE}&offset={offset}")
        segments = [part.segment for part in listed[collection].wire.items if not part.embedded and not part.refers_to]
        todo += [f"{collection}/{row['id']}/{segment}" for row in body["data"] for segment in segments]
