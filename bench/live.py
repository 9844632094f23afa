"""The live twin of a generated estate: made once through the simulator, served as canned pages."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from reconciler.control_plane.transport import IN_PROCESS_ORIGIN, Transport
from reconciler.kinds import kinds
from reconciler.simulator.application import Simulator

PAGE = 1000


@contextmanager
def live_pages(folder: Path, pages: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Apply the estate to an embedded platform, record its list pages, and serve them; the origin."""
    apply = [sys.executable, "-m", "reconciler", "apply", "--auto-approve", "--platform", "embedded"]
    subprocess.run(
        apply, cwd=folder, env=dict(environment), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    pages.mkdir()
    simulator = Simulator(folder / ".reconciler" / "platform.db")
    transport = Transport(IN_PROCESS_ORIGIN, "bench", wsgi=simulator.wsgi)
    _record(transport, pages)
    transport.close()
    simulator.close()
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.canned", str(pages)],
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


def _record(transport: Transport, pages: Path) -> None:
    import msgspec

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
