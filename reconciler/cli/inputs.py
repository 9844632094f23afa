"""What commands read from the environment and standard input."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.environment import setting
from reconciler.errors import UsageError
from reconciler.named_files import descriptor_of, is_pipe, read_named

_MOST_FILES = 1_000_000
_LARGEST_INPUT = 5 * 1024 * 1024


def max_files(environ: Mapping[str, str]) -> int:
    """The limit on manifest files: ``RECONCILER_MAX_FILES``, or 2,000 (S1)."""
    text = setting(environ, "RECONCILER_MAX_FILES") or "2000"
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) <= _MOST_FILES:
        message = f"RECONCILER_MAX_FILES must be a number from 1 to 1000000, not {text[:20]!r}"
        raise UsageError(message, hint="unset it, or set it to the number of manifest files")
    return int(text)


def standard_input(root: Path, paths: Sequence[str]) -> bytes | None:
    """
    The bytes of standard input or of a pipe when that is the one path, else None.

    ``-`` is standard input; a pipe is a FIFO, or a shell's ``<(…)``. Raises `UsageError` for a pipe beside other paths.
    """
    piped = [path for path in paths if path == "-" or is_pipe(root / path) or descriptor_of(Path(path)) is not None]
    if not piped:
        return None
    if len(paths) > 1:
        message = f"{'- (standard input)' if piped[0] == '-' else piped[0]} cannot be combined with other files"
        raise UsageError(message, hint=f"give either -f {piped[0]} or -f PATH")
    hint = "name a file below the estate, a pipe, or - for standard input"
    return read_named(
        Path(piped[0]) if piped[0] == "-" else root / piped[0], limit=_LARGEST_INPUT, noun="the manifest", hint=hint
    )
