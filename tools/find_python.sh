#!/bin/sh
# Prints the interpreter to build the environment with: the one given, or the first suitable one on the PATH.
# A name alone proves nothing (a version manager's shim may point nowhere), so each candidate is asked.
usable() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

if [ -n "${1:-}" ]; then
    if usable "$1"; then
        echo "$1"
        exit 0
    fi
    echo "PYTHON=$1 is not a Python 3.11 or newer with the venv and ensurepip modules." >&2
    exit 1
fi
for candidate in python3.13 python3.12 python3.11 python3; do
    if usable "$candidate"; then
        echo "$candidate"
        exit 0
    fi
done
echo "No Python 3.11 or newer with the venv and ensurepip modules was found on the PATH." >&2
echo "Install one (on Debian: apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3 ..." >&2
exit 1
