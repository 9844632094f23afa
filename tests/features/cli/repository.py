"""An estate in a Git repository: commits, and trees that no checkout would make."""

import os
import subprocess
from pathlib import Path

from tests.features.cli.guarded import Guarded

_PERSON = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false")


def git(root: Path, *words: str, given: bytes = b"") -> str:
    """One command of Git in a folder, without the settings of this machine."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "-C", str(root), *_PERSON, *words], env=environment, input=given, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def committed(estate: Guarded, message: str = "one") -> str:
    """Commit the manifests of an estate as they are: the id of the commit."""
    if not (estate.root / ".git").exists():
        git(estate.root, "init", "--quiet", "--initial-branch=main")
        (estate.root / ".git" / "info").mkdir(exist_ok=True)
        (estate.root / ".git" / "info" / "exclude").write_text(".reconciler/\n", encoding="utf-8")
    git(estate.root, "add", "--all")
    git(estate.root, "commit", "--quiet", "--allow-empty", "-m", message)
    return git(estate.root, "rev-parse", "HEAD")


def with_entry(root: Path, path: str, mode: str, target: str) -> None:
    """Commit an entry of the tree that is no file: a link to a target, or a submodule at a commit."""
    identity = target if mode == "160000" else git(root, "hash-object", "-w", "--stdin", given=target.encode())
    git(root, "update-index", "--add", "--cacheinfo", f"{mode},{identity},{path}")
    git(root, "commit", "--quiet", "-m", f"{mode} {path}")


def with_raw_path(root: Path, path: str) -> None:
    """Commit a tree with a path in one entry as it is: Git itself would not write it."""
    blob = git(root, "hash-object", "-w", "--stdin", given=b"kind: VSlice\n")
    entry = b"100644 " + path.encode() + b"\0" + bytes.fromhex(blob)
    tree = git(root, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", given=entry)
    commit = git(root, "commit-tree", tree, "-m", "raw")
    git(root, "update-ref", "refs/heads/raw", commit)
