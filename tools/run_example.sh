#!/bin/sh
# Takes an example through its whole life on the embedded platform: run_example.sh RECONCILER ESTATE
# It works in a copy that is thrown away, so that the clone stays clean and the run can be repeated.
set -eu
reconciler=$1
estate=$2
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cp -R "$estate/." "$copy/"
rm -rf "$copy/.reconciler"
if [ -f "$copy/example.env" ]; then
    # Made-up values for the secrets that the manifests refer to.
    set -a
    . "$copy/example.env"
    set +a
    # In a pipeline, secrets are read only where the caller names them.
    RECONCILER_SECRETS=$(sed -n 's/^export \([A-Z0-9_]*\)=.*/\1/p' "$copy/example.env")
    export RECONCILER_SECRETS
fi
# The embedded platform is meant here, whatever account the caller's environment points at.
unset STACUITY_TOKEN
STACUITY_HOST=embedded
export STACUITY_HOST
cd "$copy"

step() {
    printf '\n$ reconciler %s\n' "$*"
    "$reconciler" "$@"
}

step validate
step plan
step apply --auto-approve
code=0
step plan --detailed-exitcode || code=$?
case $code in
    0) printf '\nThe estate was applied, and the second plan is empty.\n' ;;
    2) echo "The second plan is not empty: apply did not do all that the plan said." >&2 && exit 1 ;;
    *) exit "$code" ;;
esac
