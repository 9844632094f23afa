"""Actors that take turns: real threads of which one runs, chosen by a seed, on a clock that only waiting turns."""

import random
import threading
from collections.abc import Callable


class Killed(BaseException):
    """The process of an actor is gone."""


class Actor:
    """
    One process of a history. Its threads call `Baton.turn` at every seam, one at a time.

    `is_dead`: killed; whatever it still tries has no effect.
    """

    def __init__(self, name: str, work: Callable[["Actor"], None]) -> None:
        self.name = name
        self.work = work
        self.wakes_at = 0.0
        self.is_dead = False
        self.is_done = False
        self.crash: BaseException | None = None
        self.gate = threading.Lock()
        self.gate.acquire()


class Baton:
    """The process that runs. `now` is the time of the history in seconds; it passes only when nobody can run."""

    def __init__(self, chance: random.Random, now: float) -> None:
        self._chance = chance
        self._actors: list[Actor] = []
        self._over = threading.Lock()
        self.now = now

    def run(self, actors: list[Actor]) -> None:
        """Let all of them do their work; ends when the last one does. Raises what an actor did not expect."""
        self._actors = list(actors)
        self._over.acquire()
        threads = [threading.Thread(target=self._live, args=(actor,), daemon=True) for actor in actors]
        for thread in threads:
            thread.start()
        self._next().gate.release()
        with self._over:
            pass
        for thread in threads:
            thread.join()
        for actor in actors:
            if actor.crash is not None:
                raise actor.crash

    def _live(self, actor: Actor) -> None:
        with actor.gate:
            try:
                actor.work(actor)
            except Killed:
                pass
            except BaseException as error:  # noqa: BLE001 - it is raised where the history was begun
                actor.crash = error
            actor.is_done = True
            self._actors.remove(actor)
            if self._actors:
                self._next().gate.release()
            else:
                self._over.release()

    def turn(self, actor: Actor, seconds: float = 0.0) -> None:
        """A moment at which others may come first; with `seconds`, not before that much time has passed."""
        if seconds > 0:
            actor.wakes_at = self.now + seconds
        following = self._next()
        if following is not actor:
            following.gate.release()
            actor.gate.acquire()

    def _next(self) -> Actor:
        ready = [actor for actor in self._actors if actor.wakes_at <= self.now]
        if not ready:
            self.now = min(actor.wakes_at for actor in self._actors)
            ready = [actor for actor in self._actors if actor.wakes_at <= self.now]
        return ready[0] if len(ready) == 1 else self._chance.choice(ready)
