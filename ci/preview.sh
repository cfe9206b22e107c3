#!/bin/sh
# Shows what `up` would change in the stack PHIWARD_STACK, here and in the summary of a job of GitHub's. Reaches no host.
set -eu
shown=$(mktemp)
trap 'rm -f "$shown"' EXIT
code=0
npx phiward preview --stack "$PHIWARD_STACK" >"$shown" || code=$?
cat "$shown"
# Indented, it is text, whatever a resource is called.
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  { printf '### Preview of %s\n\n' "$PHIWARD_STACK"; sed 's/^/    /' "$shown"; } >>"$GITHUB_STEP_SUMMARY"
fi
exit "$code"
