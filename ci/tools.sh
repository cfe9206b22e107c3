#!/bin/sh
# Installs what a deploy or a verification uses beside Node.js and Pulumi, where it is missing: on a runner, and in a container.
set -eu
missing=
for tool in ssh:openssh-client nmap:nmap curl:curl openssl:openssl; do
  command -v "${tool%%:*}" >/dev/null || missing="$missing ${tool#*:}"
done
[ -n "$missing" ] || exit 0
as_root=
[ "$(id -u)" -eq 0 ] || as_root=sudo
$as_root apt-get update -qq
# One word a package.
# shellcheck disable=SC2086
$as_root apt-get install -qq --yes --no-install-recommends $missing
