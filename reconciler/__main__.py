"""`python -m reconciler` is the command line."""

from reconciler.cli.main import run

if __name__ == "__main__":
    run()
