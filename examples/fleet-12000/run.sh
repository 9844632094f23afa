#!/bin/sh
# From an empty platform to an empty plan, then 1,204 vehicles from the United Kingdom to Germany: run.sh RECONCILER
# It works in a copy that is thrown away, so that the clone stays clean and the run can be repeated.
set -eu
reconciler=$1
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cp -R "$(dirname "$0")/." "$copy/"
rm -rf "$copy/.reconciler"
# The embedded platform is meant here, whatever account the caller's environment points at.
# A person consents here; in a pipeline a waiver takes the place of --allow.
unset STACUITY_TOKEN CI
STACUITY_HOST=embedded
export STACUITY_HOST
cd "$copy"

step() {
    printf '\n$ reconciler %s\n' "$*"
    "$reconciler" "$@"
}

nothing_left() {
    code=0
    step plan --detailed-exitcode || code=$?
    if [ "$code" -eq 2 ]; then
        echo "The plan is not empty: apply did not do all that the plan before it said." >&2
        exit 1
    fi
    [ "$code" -eq 0 ] || exit "$code"
}

step validate
# On a real account the SIMs are there already: the supplier has allocated them. Here they are put there as pending.
step simulate --stock sims --state .reconciler/platform.db --no-serve
step apply --auto-approve
nothing_left

printf '\n$ sed -n 2,1205p sims/uk.csv | cut -d, -f1 >> relocated/to-de.csv\n'
sed -n 2,1205p sims/uk.csv | cut -d, -f1 >> relocated/to-de.csv
# More SIMs than one plan moves without consent (500): the plan is shown and refused, and the number is the consent.
code=0
step plan --out move.plan || code=$?
[ "$code" -eq 3 ] || { echo "The guard over moves did not refuse 1,204 of them." >&2; exit 1; }
step apply move.plan --auto-approve --allow simMoves=1204
nothing_left
printf '\nThe estate was applied, 1,204 vehicles were relocated, and the last plan is empty.\n'
