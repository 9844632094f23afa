"""
Which object a document is about that could not be read or understood: what kind and name can still be told of it.

Somebody declared that object, so that what refers to it is no mistake of its own. Whoever asks gets rather too many
addresses than too few: the document itself is reported in any case, and nothing is planned before it is sound.
"""

import re
from collections.abc import Iterable
from itertools import islice

from reconciler.kinds import kinds
from reconciler.model.address import Address

_MOST_NAMES = 100

# A key at the beginning of a line, or in braces; possessive, so that no text takes long.
_KIND = re.compile(r"""(?:^|[{,]\s*+)["']?kind["']?[ \t]*+:\s*+["']?(\w++)""", re.MULTILINE)
# The block below the key: everything up to the next line that begins in the first column.
_METADATA = re.compile(
    r"""(?:^|[{,]\s*+)["']?metadata["']?[ \t]*+:([^\n]*+(?:\n(?:[ \t#][^\n]*+)?+)*+)""", re.MULTILINE
)
_NAME = re.compile(r"""(?:^\s*+|[{,]\s*+)["']?name["']?[ \t]*+:[ \t]*+["']?([^\s"',{}]++)""", re.MULTILINE)


def meant(kind_names: Iterable[object], names: Iterable[object]) -> set[Address]:
    """The addresses that these kinds and names may make; a kind that does not exist may stand for any."""
    known = kinds()
    given = [kind for kind in kind_names if isinstance(kind, str) and kind in known]
    return {
        Address(kind, str.__str__(name)) for name in names if isinstance(name, str) for kind in given or list(known)
    }


def meant_by(text: bytes) -> set[Address]:
    """The addresses that a document may declare whose text is no YAML that is read."""
    words = text.decode(errors="replace")
    names = (found[1] for block in _METADATA.finditer(words) for found in _NAME.finditer(block[1]))
    return meant({found[1] for found in islice(_KIND.finditer(words), _MOST_NAMES)}, islice(names, _MOST_NAMES))
