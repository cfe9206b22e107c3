#!/bin/sh
# Runs every check on the hosts of the stack PHIWARD_STACK. Below PHIWARD_REPORTS, drift.md names what is not as it should be; of answers
# of hosts nothing is in it, for more people read reports than may log in. Without drift there is no such file.
set -eu
reports=${PHIWARD_REPORTS:-reports}
mkdir -p "$reports"
rm -f "$reports/drift.md"
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
code=0
npx phiward verify --stack "$PHIWARD_STACK" --json >"$answer" || code=$?
# By the Node.js that the project brings: an image for Pulumi may have an older one.
PATH="$PWD/node_modules/.bin:$PATH"
[ "$code" -eq 0 ] || node "$(dirname "$0")/drift.ts" "$PHIWARD_STACK" "$code" <"$answer" | tee "$reports/drift.md"
exit "$code"
