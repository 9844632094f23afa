"""
Forty ways to lose input, and what follows of each.

An estate of a size that exceeds the limits, in a folder, applied. Each loss does to the folder what people, programs
and machines do, and says how the command is typed then.
"""

import gzip
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.sims.estate import HEAD, NETWORK, group, iccids

LARGE, SMALL = 60, 4
NUMBERS = iccids(4 * LARGE)


class Follows(StrEnum):
    """
    What follows of a loss.

    *Refused*: the loss can be recognised; exit code 8 at any size. *Guarded*: it looks like an edit that is too large;
    exit code 3. *Kept*: only what was named is considered, so nothing is lost; exit code 0 and nothing goes.
    """

    REFUSED = "refused"
    GUARDED = "guarded"
    KEPT = "kept"


@dataclass(frozen=True)
class Loss:
    """One way: what happens to the folder, what follows, and the rest of the command line."""

    follows: Follows
    happen: Callable[[Path], object]
    arguments: tuple[str, ...] = ()
    standard_input: bytes | None = None


def _documents(*parts: str) -> str:
    pieces = [piece for part in parts for piece in part.split("---\n") if piece.strip()]
    return "---\n".join(HEAD + piece.lstrip() for piece in pieces)


def _set(name: str, target: str, source: str) -> str:
    return (
        f"kind: EndpointSet\nmetadata: {{name: {name}}}\n"
        f"spec: {{group: {target}, authority: exclusive, onRemove: suspend, members: [{source}]}}\n"
    )


def _policies(count: int, first: int = 0) -> str:
    return "---\n".join(
        f"kind: OperatorPolicy\nmetadata: {{name: policy-{number:02}}}\nspec: {{default: allow}}\n"
        for number in range(first, first + count)
    )


def _csv(numbers: list[str]) -> str:
    return "iccid,name\n" + "".join(f"{number},Van {place}\n" for place, number in enumerate(numbers, 1))


def declare(folder: Path, size: int) -> dict[str, list[str]]:
    """The estate in a folder; the SIMs that it speaks of, by group."""
    parts = {"fleet-uk": NUMBERS[:size], "fleet-de": NUMBERS[size : 2 * size], "fleet-fr": NUMBERS[2 * size : 3 * size]}
    half = size // 2
    rows = ", ".join(f'{{iccid: "{number}"}}' for number in parts["fleet-fr"])
    texts = {
        "reconciler.yaml": HEAD + "kind: Estate\nmetadata: {name: lossy}\nspec: {manifests: [estate]}\n",
        "estate/network.yaml": _documents(NETWORK),
        "estate/groups.yaml": _documents(*(group(name) for name in parts)),
        "estate/sets/uk.yaml": _documents(_set("set-uk", "fleet-uk", "{file: {path: sims/uk.csv}}")),
        "estate/sets/de.yaml": _documents(_set("set-de", "fleet-de", "{file: {path: 'sims/de-*.csv'}}")),
        "estate/sets/fr.yaml": _documents(_set("set-fr", "fleet-fr", f"{{list: [{rows}]}}")),
        "estate/policies/one.yaml": _documents(_policies(8)),
        "estate/policies/two.yaml": _documents(_policies(8, 8)),
        "sims/uk.csv": _csv(parts["fleet-uk"]),
        "sims/de-a.csv": _csv(parts["fleet-de"][:half]),
        "sims/de-b.csv": _csv(parts["fleet-de"][half:]),
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return parts


def _text(name: str, change: Callable[[str], str]) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(change((folder / name).read_text()))


def _bytes(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes()))


def _gone(name: str) -> Callable[[Path], object]:
    def remove(folder: Path) -> None:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return remove


def _emptied(name: str) -> Callable[[Path], object]:
    def empty(folder: Path) -> None:
        shutil.rmtree(folder / name)
        (folder / name).mkdir()

    return empty


def _configured(manifests: str) -> Callable[[Path], object]:
    return _text("reconciler.yaml", lambda text: text.replace("[estate]", manifests))


def _uk(change: Callable[[str], str]) -> Callable[[Path], object]:
    return _text("sims/uk.csv", change)


def _set_uk(old: str, new: str) -> Callable[[Path], object]:
    return _text("estate/sets/uk.yaml", lambda text: text.replace(old, new))


def _packed(folder: Path) -> None:
    """The list is compressed, and the file is cut as by a full disk."""
    content = gzip.compress((folder / "sims/uk.csv").read_bytes())
    (folder / "sims/uk.csv.gz").write_bytes(content[: len(content) // 2])
    _set_uk("uk.csv", "uk.csv.gz")(folder)


def _linked(folder: Path) -> None:
    """The folder is a link to a place that is not mounted."""
    shutil.rmtree(folder / "estate/sets")
    (folder / "estate/sets").symlink_to(folder / "mount/sets")
    _configured("[estate, estate/sets]")(folder)


def _nothing(folder: Path) -> None:
    """The folder is as it was: the command line is what is wrong."""


def _half(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(lines[: len(lines) // 2])


def _commented(text: str) -> str:
    return "".join(f"# {line}" for line in text.splitlines(keepends=True))


_MAP = "kind: EventMap\nmetadata: {name: a-map}\nspec: {scope: account}\n"
_LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 99\n"
_PIN = "sims/uk.csv, sha256: " + "0" * 64
R, G, K = Follows.REFUSED, Follows.GUARDED, Follows.KEPT
LOSSES: Mapping[str, Loss] = {
    # Manifests of the whole estate.
    "the folder of manifests is emptied": Loss(G, _emptied("estate")),
    "the folder of manifests is gone": Loss(R, _gone("estate")),
    "the configuration names no manifests": Loss(R, _configured("[]")),
    "the configuration names another folder": Loss(R, _configured("[estates]")),
    "the configuration names a part": Loss(G, _configured("[estate/network.yaml, estate/groups.yaml]")),
    "the folder of policies is emptied": Loss(G, _emptied("estate/policies")),
    "the folder of policies is gone": Loss(G, _gone("estate/policies")),
    "half of the policies are on another branch": Loss(G, _gone("estate/policies/two.yaml")),
    "all lines of the policies are comments": Loss(
        G,
        lambda f: [_text(f"estate/policies/{name}.yaml", _commented)(f) for name in ("one", "two")],
    ),
    "the file of policies is emptied": Loss(G, _text("estate/policies/one.yaml", lambda _: "")),
    "the file of policies has blank lines only": Loss(G, _text("estate/policies/one.yaml", lambda _: "\n---\n\n")),
    "the file of policies is cut between documents": Loss(
        G, _text("estate/policies/one.yaml", lambda t: "---\n".join(t.split("---\n")[:2]))
    ),
    "the file of policies is cut in a document": Loss(
        R, _text("estate/policies/one.yaml", lambda t: t[: len(t) // 2].rpartition("spec")[0])
    ),
    "the file of policies has another suffix": Loss(
        G, lambda f: (f / "estate/policies/one.yaml").rename(f / "estate/policies/one.yaml.bak")
    ),
    "the file of policies is hidden": Loss(
        G, lambda f: (f / "estate/policies/one.yaml").rename(f / "estate/policies/.one.yaml")
    ),
    "the file of policies is a pointer of Git LFS": Loss(R, _text("estate/policies/one.yaml", lambda _: _LFS)),
    "the file of policies has markers of a merge": Loss(
        R, _text("estate/policies/one.yaml", lambda t: f"<<<<<<< HEAD\n{_half(t)}=======\n{t}>>>>>>> other\n")
    ),
    "the file of policies is UTF-16": Loss(
        R, _bytes("estate/policies/one.yaml", lambda b: b.decode().encode("utf-16"))
    ),
    "the file of policies holds another kind": Loss(
        G,
        _text(
            "estate/policies/one.yaml",
            lambda _: _documents("kind: EventMap\nmetadata: {name: a-map}\nspec: {scope: account}\n"),
        ),
    ),
    "a linked folder points at what is not mounted": Loss(R, _linked),
    # What is named on the command line.
    "standard input is empty": Loss(R, _nothing, ("-f", "-"), b""),
    "standard input is comments": Loss(R, _nothing, ("-f", "-"), b"# nothing was rendered\n---\n"),
    "a generator failed and printed an error": Loss(R, _nothing, ("-f", "-"), b"Traceback: no such template\n"),
    "a generator printed the first part": Loss(K, _nothing, ("-f", "-"), _documents(_policies(2)).encode()),
    "one file is named, as with kubectl": Loss(K, _nothing, ("-f", "estate/policies/one.yaml")),
    "one folder is named": Loss(K, _nothing, ("-f", "estate/policies")),
    "a file is named that is not there": Loss(R, _nothing, ("-f", "estate/polices.yaml")),
    "a folder without manifests is named": Loss(R, _nothing, ("-f", "sims")),
    "one file is named with --prune": Loss(G, _nothing, ("-f", "estate/policies/one.yaml", "--prune")),
    # Files and lists of SIMs.
    "a list has its heading only": Loss(G, _uk(lambda t: t.splitlines(keepends=True)[0])),
    "a list is cut between rows": Loss(G, _uk(_half)),
    "a list is cut in a row": Loss(R, _uk(lambda t: t[: len(t) * 2 // 3 - len("x")].rpartition(",")[0][:-3])),
    "a list is empty": Loss(R, _uk(lambda _: "")),
    "a list is gone": Loss(R, _gone("sims/uk.csv")),
    "a list is not the one that was pinned": Loss(R, _set_uk("sims/uk.csv", _PIN)),
    "a list is a pointer of Git LFS": Loss(R, _uk(lambda _: _LFS)),
    "a list has markers of a merge": Loss(R, _uk(lambda t: f"{_half(t)}<<<<<<< HEAD\n=======\n>>>>>>> other\n")),
    "a list is UTF-16": Loss(R, _bytes("sims/uk.csv", lambda b: b.decode().encode("utf-16"))),
    "a compressed list is cut": Loss(R, _packed),
    "a list has another heading": Loss(R, _uk(lambda t: t.replace("iccid", "sim"))),
    "another column is read": Loss(R, _set_uk("sims/uk.csv", "sims/uk.csv, columns: {iccid: name}")),
    "a pattern matches nothing": Loss(R, _text("estate/sets/de.yaml", lambda t: t.replace("de-*", "germany-*"))),
    "a pattern has lost one of two files": Loss(G, _gone("sims/de-b.csv")),
    "a list in a manifest is emptied": Loss(
        G, lambda f: (f / "estate/sets/fr.yaml").write_text(_documents(_set("set-fr", "fleet-fr", "{list: []}")))
    ),
    "everything is excluded": Loss(
        G, _set_uk("onRemove: suspend,", "onRemove: suspend, exclude: [{file: {path: sims/uk.csv}}],")
    ),
}
