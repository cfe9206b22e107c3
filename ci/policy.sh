#!/bin/sh
# Judges the stack PHIWARD_STACK, and writes a report for each FORMAT=FILE below PHIWARD_REPORTS; a FORMAT alone is printed. Needs no
# secret, token or network. Exits as `phiward policy` does: 1 where the policies refuse the stack, with every report written.
set -eu
reports=${PHIWARD_REPORTS:-reports}
mkdir -p "$reports"
code=0
for report in "$@"; do
  case $report in
    *=*) set -- --format "${report%%=*}" --output "$reports/${report#*=}" ;;
    *) set -- --format "$report" ;;
  esac
  npx phiward policy --stack "${PHIWARD_STACK:-prod}" "$@" || code=$?
  # It was not judged: there is nothing to report.
  [ "$code" -le 1 ] || exit "$code"
done
exit "$code"
