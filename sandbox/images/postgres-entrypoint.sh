#!/bin/sh
# Makes the database cluster at the first start, then becomes the server. It is written for an account that is not root.
set -eu

case "${1:-}" in
  postgres) ;;
  -* | "") set -- postgres "$@" ;;
  *) exec "$@" ;;
esac

say() { printf '%s\n' "$*" >&2; }

user="${POSTGRES_USER:-postgres}"
database="${POSTGRES_DB:-$user}"
fresh="$PGDATA/.initdb"

# PG_VERSION is moved to its place last of all: without it no server ever ran here, and what lies beside $fresh is of a first
# start that was cut off.
if [ ! -e "$PGDATA/PG_VERSION" ]; then
  if [ -e "$fresh" ]; then
    say "the first start was cut off: beginning again"
    for entry in "$PGDATA"/* "$PGDATA"/.[!.]*; do
      [ "$entry" = "$PGDATA/lost+found" ] || rm -rf "$entry"
    done
  fi
  if [ -z "${POSTGRES_PASSWORD_FILE:-}" ]; then
    say "POSTGRES_PASSWORD_FILE is not set: name the file with the password of user $user"
    exit 1
  fi
  mkdir -p "$PGDATA"
  chmod 0700 "$PGDATA" || true
  mkdir "$fresh"
  # The last of an option given twice counts. The arguments are split at spaces, as the official image does.
  # shellcheck disable=SC2086
  initdb --pgdata="$fresh/data" --username="$user" --pwfile="$POSTGRES_PASSWORD_FILE" --encoding=UTF8 --locale=C.UTF-8 \
    --no-instructions --data-checksums --auth-local=peer --auth-host=scram-sha-256 --set=listen_addresses='*' ${POSTGRES_INITDB_ARGS:-}
  method=$(postgres -D "$fresh/data" -C password_encryption)
  printf '\nhost all all all %s\n' "$method" >>"$fresh/data/pg_hba.conf"
  if [ "$database" != postgres ]; then
    name=$(printf %s "$database" | sed 's/"/""/g')
    printf 'CREATE DATABASE "%s"\n' "$name" | postgres --single -D "$fresh/data" postgres >/dev/null
  fi
  for entry in "$fresh"/data/*; do
    [ "$entry" = "$fresh/data/PG_VERSION" ] || mv "$entry" "$PGDATA/"
  done
  sync -f "$PGDATA"
  mv "$fresh/data/PG_VERSION" "$PGDATA/"
  rmdir "$fresh/data" "$fresh"
fi

exec "$@"
