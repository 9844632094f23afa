"""
`python -m reconciler` and the installed program: the command line, and nothing before it can be interrupted badly.

Only `sys` is imported outside of the guard: Ctrl-C during the imports ends the program as it does later.
"""

import sys

_INTERRUPTED = 130


def main() -> None:
    """Run the program; it ends here."""
    try:
        from reconciler.cli.main import run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        sys.exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
