"""What commands read from the environment and standard input."""

import sys
from collections.abc import Mapping, Sequence

from reconciler.environment import setting
from reconciler.errors import UsageError

_MOST_FILES = 1_000_000
_LARGEST_INPUT = 5 * 1024 * 1024


def max_files(environ: Mapping[str, str]) -> int:
    """The limit on manifest files: ``RECONCILER_MAX_FILES``, or 2,000 (S1)."""
    text = setting(environ, "RECONCILER_MAX_FILES") or "2000"
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) <= _MOST_FILES:
        message = f"RECONCILER_MAX_FILES must be a number from 1 to 1000000, not {text[:20]!r}"
        raise UsageError(message, hint="unset it, or set it to the number of manifest files")
    return int(text)


def standard_input(paths: Sequence[str]) -> bytes | None:
    """The bytes of standard input when ``-`` is the one path, else None."""
    if "-" not in paths:
        return None
    if len(paths) > 1:
        message = "- (standard input) cannot be combined with other files"
        raise UsageError(message, hint="give either -f - or -f PATH")
    return sys.stdin.buffer.read(_LARGEST_INPUT + 1)
