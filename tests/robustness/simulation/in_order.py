"""A pool that works in the caller's thread: what is asked for is done at once, and in the same order each time."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from typing import Any, Self, TypeVar
from unittest.mock import patch

_T = TypeVar("_T")
_USERS = (
    "reconciler.apply.run",
    "reconciler.apply.driver",
    "reconciler.control_plane.rest",
    "reconciler.control_plane.listing",
)


class InOrder:
    """The part of `concurrent.futures.ThreadPoolExecutor` that is used."""

    def __init__(self, max_workers: int | None = None, **_options: Any) -> None:
        self.max_workers = max_workers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left to wait for."""

    def submit(self, work: Callable[..., _T], *arguments: Any) -> "Future[_T]":
        """Do it now."""
        future: Future[_T] = Future()
        try:
            future.set_result(work(*arguments))
        except BaseException as error:  # noqa: BLE001 - as a pool does
            future.set_exception(error)
        return future

    def map(self, work: Callable[..., _T], *iterables: Iterable[Any]) -> Iterator[_T]:
        """One after the other, as they are asked for."""
        return (work(*arguments) for arguments in zip(*iterables, strict=False))


@contextmanager
def one_thread() -> Iterator[None]:
    """No threads that race each other within a process of a history: which came first is no matter of a seed."""
    with ExitStack() as exits:
        for module in _USERS:
            exits.enter_context(patch(f"{module}.ThreadPoolExecutor", InOrder))
        yield
