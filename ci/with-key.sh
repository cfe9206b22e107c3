#!/bin/sh
# Runs a command with an SSH agent that holds the key in PHIWARD_SSH_KEY. The key is written to no file, and the command does not get it.
set -eu
if [ -z "${PHIWARD_SSH_KEY:-}" ]; then
  echo "PHIWARD_SSH_KEY: found nothing, allowed: the private key of the deploy account, as a secret of this environment" >&2
  exit 2
fi
eval "$(ssh-agent -s)" >/dev/null
trap 'ssh-agent -k >/dev/null' EXIT
trap 'exit 143' HUP INT TERM
# A key that was pasted may have the line ends of another system.
printf '%s\n' "$PHIWARD_SSH_KEY" | tr -d '\r' | ssh-add -q -t 7200 -
unset PHIWARD_SSH_KEY
"$@"
