#!/bin/sh
# Prints the interpreter to build the environment with: find_python.sh [PYTHON | --version MAJOR.MINOR]
# A PYTHON that works is taken as it is given. Otherwise the PATH is searched, then the folders of the usual version managers.
# A name alone proves nothing (a version manager's shim may point nowhere), so each candidate is asked. The lock has no
# builds for other implementations than CPython and none for its free-threaded variant.
usable() {
    "$1" -c '
import ensurepip, sys, sysconfig, venv
wanted = sys.argv[1].split(".") if sys.argv[1] else []
suits = not wanted or [str(part) for part in sys.version_info[:2]] == wanted
usual = sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED")
sys.exit(not (suits and usual and sys.version_info >= (3, 11)))
' "$2" </dev/null >/dev/null 2>&1
}

# One pattern of folders a line. A folder that does not exist stays a pattern, and is no program.
folders() {
    cat <<PLACES
${PYENV_ROOT:-${HOME:-}/.pyenv}/versions/$1*/bin
${ASDF_DATA_DIR:-${HOME:-}/.asdf}/installs/python/$1*/bin
${MISE_DATA_DIR:-${XDG_DATA_HOME:-${HOME:-}/.local/share}/mise}/installs/python/$1*/bin
${UV_PYTHON_INSTALL_DIR:-${XDG_DATA_HOME:-${HOME:-}/.local/share}/uv/python}/cpython-$1*/bin
${RYE_HOME:-${HOME:-}/.rye}/py/cpython@$1*/bin
${RUNNER_TOOL_CACHE:-/opt/hostedtoolcache}/Python/$1*/*/bin
/opt/hostedtoolcache/Python/$1*/*/bin
/opt/python/$1*/bin
/opt/python$1*/bin
/opt/homebrew/bin
/usr/local/bin
/usr/bin
/Library/Frameworks/Python.framework/Versions/$1/bin
PLACES
}

find_version() {
    candidate=$(command -v "python$1") && usable "$candidate" "$1" && echo "$candidate" && return 0
    # Only line ends part the patterns, so that a home with a blank in its name is one place.
    patterns=$(folders "$1")
    IFS='
'
    for folder in $patterns; do
        for candidate in "$folder/python$1" "$folder/python3"; do
            [ -x "$candidate" ] && usable "$candidate" "$1" && echo "$candidate" && return 0
        done
    done
    return 1
}

if [ "${1:-}" = --version ]; then
    find_version "$2" && exit 0
    echo "No Python $2 with the venv and ensurepip modules was found on the PATH or in a version manager's folder." >&2
    exit 1
fi
if [ -n "${1:-}" ]; then
    usable "$1" "" && echo "$1" && exit 0
    case $1 in
        # A name alone is searched for like any other version.
        python3.[0-9]*) find_version "${1#python}" && exit 0 ;;
    esac
    echo "PYTHON=$1 is not a CPython 3.11 or newer with the venv and ensurepip modules." >&2
    exit 1
fi
for version in 3.13 3.12 3.11; do
    find_version "$version" && exit 0
done
if usable python3 ""; then
    echo python3
    exit 0
fi
echo "No Python 3.11 or newer with the venv and ensurepip modules was found on the PATH or in a version manager's folder." >&2
echo "Install one (on Debian: apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3 ..." >&2
exit 1
