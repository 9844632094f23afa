"""
An estate that loses input, and what people, programs and machines do to it.

An estate of a size that exceeds the limits, in a folder, applied. Each loss does to the folder what people, programs
and machines do, and says how the command is typed then.
"""

import gzip
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.features.sims.estate import HEAD, NETWORK, group, iccids

LARGE, SMALL = 60, 4
MANY_POLICIES, FEW_POLICIES = 8, 2
NUMBERS = iccids(4 * LARGE)


class Follows(StrEnum):
    """
    The consequence of a loss.

    *Refused*: the loss can be recognised; exit code 8 at any size. *Guarded*: it looks like an edit that is too large;
    exit code 3. *Shown*: it looks like an edit within the limits; exit code 0, and the plan says what goes, how many,
    and where they were declared. *Kept*: nothing is lost, as only what was named is considered or all is still found;
    exit code 0 and nothing goes.
    """

    REFUSED = "refused"
    GUARDED = "guarded"
    SHOWN = "shown"
    KEPT = "kept"


@dataclass(frozen=True)
class Loss:
    """
    One way: what happens to the folder, what follows, and the rest of the command line.

    `shown` are words of the plan in which the same loss stays within the limits; without them it is guarded there too.
    """

    follows: Follows
    happen: Callable[[Path], object]
    arguments: tuple[str, ...] = ()
    standard_input: bytes | None = None
    shown: tuple[str, ...] = ()

    @property
    def follows_within_the_limits(self) -> Follows:
        """The consequence in an estate of which the loss is small."""
        return Follows.SHOWN if self.shown else self.follows


def documents(*parts: str) -> str:
    """Manifests as one file."""
    pieces = [piece for part in parts for piece in part.split("---\n") if piece.strip()]
    return "---\n".join(HEAD + piece.lstrip() for piece in pieces)


def exclusive_set(name: str, target: str, source: str) -> str:
    """A set whose group has no other SIMs: what it loses is suspended."""
    return (
        f"kind: EndpointSet\nmetadata: {{name: {name}}}\n"
        f"spec: {{group: {target}, authority: exclusive, onRemove: suspend, members: [{source}]}}\n"
    )


def policies(count: int, first: int = 0) -> str:
    """Operator policies as documents."""
    return "---\n".join(
        f"kind: OperatorPolicy\nmetadata: {{name: policy-{number:02}}}\nspec: {{default: allow}}\n"
        for number in range(first, first + count)
    )


def csv(numbers: list[str]) -> str:
    """A list of SIMs with names."""
    return "iccid,name\n" + "".join(f"{number},Van {place}\n" for place, number in enumerate(numbers, 1))


def declare(folder: Path, size: int) -> dict[str, list[str]]:
    """The estate in a folder; the SIMs that it speaks of, by group."""
    parts = {"fleet-uk": NUMBERS[:size], "fleet-de": NUMBERS[size : 2 * size], "fleet-fr": NUMBERS[2 * size : 3 * size]}
    middle, count = size // 2, MANY_POLICIES if size == LARGE else FEW_POLICIES
    rows = ", ".join(f'{{iccid: "{number}"}}' for number in parts["fleet-fr"])
    texts = {
        "reconciler.yaml": HEAD + "kind: Estate\nmetadata: {name: lossy}\nspec: {manifests: [estate]}\n",
        "estate/network.yaml": documents(NETWORK),
        "estate/groups.yaml": documents(*(group(name) for name in parts)),
        "estate/sets/uk.yaml": documents(exclusive_set("set-uk", "fleet-uk", "{file: {path: sims/uk.csv}}")),
        "estate/sets/de.yaml": documents(exclusive_set("set-de", "fleet-de", "{file: {path: 'sims/de-*.csv'}}")),
        "estate/sets/fr.yaml": documents(exclusive_set("set-fr", "fleet-fr", f"{{list: [{rows}]}}")),
        "estate/policies/one.yaml": documents(policies(count)),
        "estate/policies/two.yaml": documents(policies(count, count)),
        "sims/uk.csv": csv(parts["fleet-uk"]),
        "sims/de-a.csv": csv(parts["fleet-de"][:middle]),
        "sims/de-b.csv": csv(parts["fleet-de"][middle:]),
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return parts


def text_of(name: str, change: Callable[[str], str]) -> Callable[[Path], object]:
    """The text of a file becomes another one."""
    return lambda folder: (folder / name).write_text(change((folder / name).read_text()))


def bytes_of(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    """The bytes of a file become other ones."""
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes()))


def gone(name: str) -> Callable[[Path], object]:
    """A file or a folder is not there."""

    def remove(folder: Path) -> None:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return remove


def emptied(name: str) -> Callable[[Path], object]:
    """A folder is there and empty."""

    def empty(folder: Path) -> None:
        shutil.rmtree(folder / name)
        (folder / name).mkdir()

    return empty


def configured(manifests: str) -> Callable[[Path], object]:
    """The configuration names other manifests."""
    return text_of("reconciler.yaml", lambda text: text.replace("[estate]", manifests))


def list_of_uk(change: Callable[[str], str]) -> Callable[[Path], object]:
    """The list of one group becomes another one."""
    return text_of("sims/uk.csv", change)


def set_of_uk(old: str, new: str) -> Callable[[Path], object]:
    """The set that reads that list is edited."""
    return text_of("estate/sets/uk.yaml", lambda text: text.replace(old, new))


def packed(folder: Path) -> None:
    """The list is compressed, and the file is cut as by a full disk."""
    content = gzip.compress((folder / "sims/uk.csv").read_bytes())
    (folder / "sims/uk.csv.gz").write_bytes(content[: len(content) // 2])
    set_of_uk("uk.csv", "uk.csv.gz")(folder)


def linked(folder: Path) -> None:
    """The folder is a link to a place that is not mounted."""
    shutil.rmtree(folder / "estate/sets")
    (folder / "estate/sets").symlink_to(folder / "mount/sets")
    configured("[estate, estate/sets]")(folder)


def dangling(name: str) -> Callable[[Path], object]:
    """A file is a link to what is not mounted."""

    def link(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).symlink_to(folder / "mount" / "missing")

    return link


def nothing(folder: Path) -> None:
    """The folder is as it was: the command line is what is wrong."""


def half(text: str) -> str:
    """The first half of the lines."""
    lines = text.splitlines(keepends=True)
    return "".join(lines[: len(lines) // 2])


def commented(text: str) -> str:
    """Every line is a comment."""
    return "".join(f"# {line}" for line in text.splitlines(keepends=True))
