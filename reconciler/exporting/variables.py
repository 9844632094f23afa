"""The environment variables that an export refers to secrets by."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from reconciler.diffing.canonical import with_secrets
from reconciler.exporting.urls import is_harmless
from reconciler.kinds import kind_named
from reconciler.model.address import Address
from reconciler.model.shape import Shape
from reconciler.model.snapshot import Observed

EXAMPLE_FILE = "secrets.example"
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_IN_VARIABLES = re.compile(r"[^A-Z0-9]+")
_HEAD = """\
# The secrets that these manifests refer to, one variable each. The platform's values are not written anywhere.
# Copy this file to a place outside of the repository, fill it in, and load it before plan and apply:
#   set -a; . ./secrets.env; set +a
# A variable that is not set means that the secret is not compared, and stays as it is.
"""


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable, with the object and the field whose secret it is to hold."""

    name: str
    address: Address
    path: str


Variables = Mapping[tuple[Address, str], Variable]


def variables_of(objects: Iterable[Observed], taken: frozenset[str] = frozenset()) -> Variables:
    """
    The environment variable of each secret, by object and field; no two secrets share one.

    Its name says kind, moniker and field. Names that differ only in signs that a variable cannot have get a digest of
    their own, all of them, so that none depends on the order. So does one that is `taken`.
    """
    wished: dict[tuple[Address, str], str] = {}
    for seen in objects:
        kind = kind_named(seen.address.kind)

        def note(path: str, value: Any, address: Address = seen.address, shape: Shape = kind.shape) -> Any:
            if not is_written(shape, path, value):
                words = (_WORD.sub("_", address.kind), address.name, _WORD.sub("_", path.rsplit(".", maxsplit=1)[-1]))
                wished[address, path] = _NOT_IN_VARIABLES.sub("_", "_".join(words).upper())
            return value

        with_secrets(kind, seen.spec, note)
    # Twice: a name with a digest may be what another object is called.
    names = _told_apart(_told_apart(wished, taken), taken)
    return {place: Variable(name, *place) for place, name in names.items()}


def is_written(shape: Shape, path: str, value: Any) -> bool:
    """Whether the value at a secret's place is written as it is: a URL without anything secret."""
    for name in path.split("."):
        shape = shape.members[name]
    return shape.secret_url and isinstance(value, str) and is_harmless(value)


def example(variables: Variables) -> bytes:
    """The file that lists the variables, without a value."""
    lines = [
        f"\n# {one.address} · spec.{one.path}\n{one.name}=\n"
        for one in sorted(variables.values(), key=lambda one: one.name)
    ]
    return (_HEAD + "".join(lines)).encode()


def _told_apart(names: Mapping[tuple[Address, str], str], taken: frozenset[str]) -> dict[tuple[Address, str], str]:
    counts = Counter((*names.values(), *taken))
    return {
        place: name if counts[name] == 1 else f"{name}_{sha256(repr(place).encode()).hexdigest()[:8].upper()}"
        for place, name in names.items()
    }
