"""
Files of the tree that no manifest may name: hidden ones, and those that belong to whoever runs reconciler (S6).

Errors quote manifests and files of SIMs. The author of a manifest could else have any file quoted that lies below
the estate: the token, the store, the configuration of a version control. So a file is judged before it is opened, by
its name and by what it really is, since another name may lead to it.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Self

from reconciler.diagnostics import RESERVED_FILE
from reconciler.manifests.opened_files import FileRefused, components_of
from reconciler.model.reserved_variables import is_hidden

if TYPE_CHECKING:
    from reconciler.manifests.declarations import Configuration

MANIFEST_ENDINGS = (".yaml", ".yml", ".json")
SIM_FILE_ENDINGS = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet")
_BESIDE = ("", "-wal", "-shm", "-journal")
"""The endings of the files that a database writes beside its own."""


StoreOf = Callable[["Configuration"], Path | None]


def _no_store(_: "Configuration") -> Path | None:
    return None


@dataclass(frozen=True, slots=True)
class ReservedFiles:
    """
    The files that belong to the caller, and so are read for no manifest.

    `guarded` are the files of the token and the simulator, by device and number, and `store_of` finds the store's;
    `secrets` are the patterns by which the caller allows files as secrets. `judges_names`: the paths are named by the
    tree, not by the caller.
    """

    guarded: frozenset[tuple[int, int]] = frozenset()
    secrets: tuple[str, ...] = ()
    judges_names: bool = True
    store_of: StoreOf = _no_store

    @classmethod
    def of(
        cls,
        guarded: Iterable[Path | None],
        patterns: Iterable[str] = (),
        store_of: StoreOf = _no_store,
    ) -> Self:
        """The files at the caller's paths, whether they exist or not, with the patterns of ``--secrets``."""
        files = tuple(pattern.removeprefix("file:") for pattern in patterns if pattern.startswith("file:"))
        return cls(frozenset(_identities(guarded)), files, store_of=store_of)

    def in_estate(self, configuration: "Configuration") -> Self:
        """The same, with the store that an estate has."""
        return replace(self, guarded=self.guarded | set(_identities([self.store_of(configuration)])))

    def named_by_the_caller(self) -> Self:
        """The same for paths of the command line: the caller may name any file."""
        return replace(self, judges_names=False)

    def is_guarded(self, status: os.stat_result) -> bool:
        """Whether this file is one of the caller's, under whatever name."""
        return (status.st_dev, status.st_ino) in self.guarded

    def check(self, root: Path, file: str, endings: tuple[str, ...]) -> None:
        """Raise `FileRefused` for a file that no manifest may name; it is not opened."""
        names = components_of(file)
        shown = "/".join(names)
        if not self.judges_names:
            return
        if names and is_hidden(names):
            raise FileRefused(RESERVED_FILE, shown, "A name that begins with a dot is on the path.")
        if any(fits(pattern, shown) for pattern in self.secrets if not _is_open(pattern)):
            raise FileRefused(RESERVED_FILE, shown, "The caller allows the file as a secret.")
        try:
            status = root.joinpath(*names).stat()
        except (OSError, ValueError):
            # The code that opens it says what is wrong.
            return
        if self.is_guarded(status):
            raise FileRefused(RESERVED_FILE, shown, "The file belongs to reconciler.")
        if not stat.S_ISDIR(status.st_mode) and not shown.lower().endswith(endings):
            raise FileRefused(RESERVED_FILE, shown, f"Its name does not end with {', '.join(endings)}.")


def _identities(paths: Iterable[Path | None]) -> Iterator[tuple[int, int]]:
    for path in filter(None, paths):
        for end in _BESIDE:
            with suppress(OSError, ValueError):
                status = Path(f"{path}{end}").stat()
                yield status.st_dev, status.st_ino


HIDDEN_ONLY = ReservedFiles()
"""The reserved files where nothing is known of the caller's."""

NOTHING_RESERVED = ReservedFiles(judges_names=False)
"""No reserved files, for callers that name every file themselves."""


def fits(pattern: str, file: str) -> bool:
    """Whether a pattern such as ``secrets/*`` is for this file; a star stays within a folder."""
    wanted, found = pattern.split("/"), file.split("/")
    return len(wanted) == len(found) and all(map(fnmatchcase, found, wanted))


def _is_open(pattern: str) -> bool:
    """Whether a pattern says nothing of the file's name, and so is for all that lies in a folder."""
    return not pattern.rpartition("/")[2].strip("*")
