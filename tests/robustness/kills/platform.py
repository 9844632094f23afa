"""The platform in a process of its own: it answers over HTTP, and lives on when those who ask are killed."""

import multiprocessing
import os
import queue
import signal
import threading
import time
from multiprocessing.connection import Connection
from typing import Any, Literal, Self, cast

from reconciler.simulator.application import Simulator
from reconciler.simulator.faults import ConnectionDropped
from reconciler.simulator.serve import serve
from reconciler.simulator.settings import Settings
from tests.oracles import Asked, World
from tests.robustness.kills.estate import populate

_SETTLING_SECONDS = 10.0
_AT_ONCE = frozenset({"now", "doom", "victim"})
Moment = Literal["before", "after"]


class Doom:
    """
    The end of a client at its `number`-th request: killed before it is carried out, or right after, with no answer.

    With `only_writes` reading is not counted.
    A client that is killed before request k is one that dies with the answer to request k - 1.
    """

    def __init__(self, number: int, moment: Moment, only_writes: bool) -> None:
        self.number, self.moment, self.only_writes = number, moment, only_writes
        self.victim: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._turn = threading.Lock()
        self._count = 0

    def wsgi(self, simulator: Simulator, environ: Any, start_response: Any) -> Any:
        """The simulator's answer, for as long as there is somebody to hear it."""
        is_counted = not self.only_writes or environ["REQUEST_METHOD"] != "GET"
        with self._turn:
            self._count += is_counted
            is_last = is_counted and self._count == self.number
        if not is_last:
            return simulator.wsgi(environ, start_response)
        answer = list(simulator.wsgi(environ, start_response)) if self.moment == "after" else []
        os.kill(self.victim.get(), signal.SIGKILL)
        if self.moment == "before":
            raise ConnectionDropped
        return answer


class _Current:
    """The simulator behind the port; it is another one for each run."""

    def __init__(self) -> None:
        self.has_token = False
        self.simulator = self.new()
        self.doom: Doom | None = None

    def new(self, image: bytes | None = None) -> Simulator:
        simulator = Simulator(settings=Settings(webhooks="off"))
        if image is not None:
            simulator.database.deserialize(image)
        return simulator

    def wsgi(self, environ: Any, start_response: Any) -> Any:
        if self.doom is None:
            return self.simulator.wsgi(environ, start_response)
        return self.doom.wsgi(self.simulator, environ, start_response)


def _serve(pipe: Connection) -> None:
    current = _Current()
    server = serve(cast("Simulator", current), port=0).start()
    pipe.send(server.url)
    opened = server._server._open
    while True:
        order, argument = pipe.recv()
        deadline = time.monotonic() + _SETTLING_SECONDS
        while opened and order not in _AT_ONCE and time.monotonic() < deadline:
            time.sleep(0.0005)
        simulator = current.simulator
        if order == "restore":
            current.simulator, current.doom = current.new(argument), None
            simulator.close()
            pipe.send(None)
        elif order == "populate":
            populate(simulator)
            pipe.send(None)
        elif order == "doom":
            current.doom = Doom(*argument)
            pipe.send(None)
        elif order == "victim":
            assert current.doom is not None
            current.doom.victim.put(argument)
            pipe.send(None)
        elif order == "image":
            simulator.clear_log()
            simulator.database.execute("DELETE FROM event")
            pipe.send(simulator.database.serialize())
        else:
            pipe.send(_world(simulator))


def _world(simulator: Simulator) -> World:
    rows = simulator.database.execute("SELECT collection, moniker, id FROM object").fetchall()
    names = {simulator._sims.id_of(n): iccid for n, iccid in simulator.database.execute("SELECT n, iccid FROM sim")}
    happened = simulator.database.execute("SELECT type, endpoint FROM event ORDER BY seq").fetchall()
    return World(
        simulator.dump(),
        {(collection, moniker): found for collection, moniker, found in rows},
        [Asked(row.method, row.path, row.body, row.status) for row in simulator.log()],
        [(kind, names[key]) for kind, key in happened if key in names],
    )


class Platform:
    """The process, seen from outside. Orders wait until no connection is open: nothing is under way then."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("fork")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other,), daemon=True)
        self._process.start()
        self.url = str(self._pipe.recv())

    def _order(self, order: str, argument: Any = None) -> Any:
        self._pipe.send((order, argument))
        return self._pipe.recv()

    def populate(self) -> None:
        """Put there what is not ours."""
        self._order("populate")

    def image(self) -> bytes:
        """Everything on it, to `restore`; what was asked and what happened is forgotten first."""
        return cast("bytes", self._order("image"))

    def restore(self, image: bytes | None) -> None:
        """Make it as it was; None: empty."""
        self._order("restore", image)

    def world(self) -> World:
        """The contents of the platform."""
        return cast("World", self._order("world"))

    def world_now(self) -> World:
        """The contents of the platform while a client is still connected, but waits for nothing."""
        return cast("World", self._order("now"))

    def doom(self, number: int, moment: Moment, *, only_writes: bool = False) -> None:
        """Kill the next client at a request; the platform is told with `victim` which process that is."""
        self._order("doom", (number, moment, only_writes))

    def victim(self, process: int) -> None:
        """The process to be killed."""
        self._order("victim", process)

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
