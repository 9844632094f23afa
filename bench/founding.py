"""
An estate that is applied already, made in seconds: `python -m bench.founding FOLDER PAGES`.

The declared objects are created on a simulator, request by request but without a plan; the pages of its lists
are recorded; and the inventory is written as an apply would have left it. Nobody has to believe that: a plan of the
estate is accepted only if it finds no change.
"""

import sys
from pathlib import Path

from bench.live import record
from reconciler.control_plane import codec
from reconciler.control_plane.transport import IN_PROCESS_ORIGIN, Transport
from reconciler.diffing.canonical import created
from reconciler.environment import system
from reconciler.kinds import kind_named
from reconciler.model.inventory import Owned
from reconciler.model.resource import Resource
from reconciler.operations.validate import check
from reconciler.simulator.application import Simulator
from reconciler.store.location import StoreLocation
from reconciler.store.records import Settlement
from reconciler.store.store import Store


def found(folder: Path, pages: Path) -> int:
    """Create what is declared in `folder`, in the order of its files, and write `pages`; how many objects there are."""
    loaded = check(folder, remember=False, max_files=100_000).sound()
    simulator = Simulator()
    transport = Transport(IN_PROCESS_ORIGIN, "bench", wsgi=simulator.wsgi)
    owned = [_created(transport, resource) for resource in loaded.built.estate.values()]
    record(transport, pages)
    transport.close()
    simulator.close()
    environment = system()
    (folder / ".reconciler").mkdir(mode=0o700, exist_ok=True)
    location = StoreLocation.parse("sqlite:.reconciler/state.db", folder)
    with Store.open(location, estate=loaded.configuration.name, create=True, environment=environment) as store:
        epoch = store.acquire("bench")
        store.settle(epoch, Settlement(upserts=tuple(owned)))
        store.release(epoch)
    return len(owned)


def _created(transport: Transport, resource: Resource) -> Owned:
    import msgspec

    kind, name = kind_named(resource.address.kind), resource.address.name
    spec = created(kind, name, resource.spec)
    body = codec.body(kind, spec, name, for_update=False)
    for part in kind.wire.items:
        if part.member:
            body[part.member] = list(part.encode(spec).values()) or None
    answer = transport.send("POST", f"/{kind.wire.collection}", msgspec.json.encode(body))
    told = msgspec.json.decode(answer.content)
    if answer.status != 200 or not told.get("success"):
        message = f"{resource.address} was refused: {answer.content[:500]!r}"
        raise SystemExit(message)
    # Defaults that a create fills in are not declared.
    declared = {field: value for field, value in spec.items() if field in resource.spec}
    return Owned(resource.address, told["data"], name, last_applied=declared)


if __name__ == "__main__":
    print(found(Path(sys.argv[1]), Path(sys.argv[2])))
