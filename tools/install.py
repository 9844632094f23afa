"""
Install a lock into the environment of the Python that runs this: `python tools/install.py LOCK [--into FOLDER]`.

A lock is complete, so pip resolves nothing: it installs the listed files, each checked against its hash, and asks no
index for anything else. A release that is published later can change nothing. Where and how to download is the caller's
choice, in pip's own settings; what pip's settings say about *what* to install or *where to put it* is not heard. Only
built wheels are installed: a build from source would fetch tools that no lock names.

This runs before anything is installed, with the standard library and the pip that the interpreter brings.
"""

import ast
import os
import subprocess
import sys

# Settings of pip that say where and how to download. Everything else would make an environment of another kind.
NETWORK = frozenset(
    {
        "cache_dir",
        "cert",
        "client_cert",
        "default_timeout",
        "extra_index_url",
        "find_links",
        "index_url",
        "keyring_provider",
        "no_cache_dir",
        "no_index",
        "proxy",
        "resume_retries",
        "retries",
        "timeout",
        "trusted_host",
        "use_deprecated",
        "use_feature",
    }
)
PIP = (sys.executable, "-m", "pip")
# Not heard, because they lead Python away from the environment that is being made.
_PYTHON = frozenset({"PYTHONHOME", "PYTHONPATH", "PYTHONSAFEPATH", "PYTHONWARNINGS", "PYTHONUSERBASE"})
_QUIET = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_CONFIG_FILE": os.devnull}


def settings() -> dict[str, str]:
    """The environment of pip: the caller's, with only those of pip's settings that concern the network."""
    inherited = {name: value for name, value in os.environ.items() if name not in _PYTHON}
    ours = {
        name: value
        for name, value in inherited.items()
        if not name.startswith("PIP_") or name.removeprefix("PIP_").lower() in NETWORK
    }
    listed = subprocess.run([*PIP, "config", "list"], env=inherited, capture_output=True, text=True, check=False)
    return {**_from_files(listed.stdout), **ours, **_QUIET}


def _from_files(listing: str) -> dict[str, str]:
    """The network settings of pip's configuration files, as variables. A setting for installing alone wins."""
    found: dict[str, dict[str, str]] = {"global": {}, "install": {}}
    for line in listing.splitlines():
        name, separator, value = line.partition("=")
        section, _, key = name.partition(".")
        key = key.replace("-", "_").lower()
        if separator and section in found and key in NETWORK:
            found[section][f"PIP_{key.upper()}"] = str(ast.literal_eval(value))
    return {**found["global"], **found["install"]}


def install(lock: str, folder: str | None) -> int:
    """Install exactly what the lock lists, into the environment or a folder; pip's exit code."""
    # --target merges badly with what is there, so the folder is always a new one (see the Makefile).
    place = ["--target", folder] if folder else ["--no-user"]
    exactly = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-compile"]
    command = [*PIP, "install", "-qq", *exactly, *place, "--requirement", lock]
    environment = settings()
    done = subprocess.run(command, env=environment, check=False).returncode
    if done:
        sys.stderr.write(f"pip could not install {lock}; its messages above say why. Run the same command again.\n")
    elif not folder:
        # The lock is checked as a whole: what each distribution says that it needs is there, in a release it accepts.
        checked = subprocess.run([*PIP, "check"], env=environment, capture_output=True, text=True, check=False)
        done = checked.returncode
        if done:
            sys.stderr.write(f"{lock} is incomplete; make it again with `make lock`:\n{checked.stdout}{checked.stderr}")
    return done


if __name__ == "__main__":
    sys.exit(install(sys.argv[1], sys.argv[3] if sys.argv[2:3] == ["--into"] else None))
