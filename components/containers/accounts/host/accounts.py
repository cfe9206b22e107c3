"""Who may use a host's databases: `accounts.py add|retire|check-added|check-retired CONFIG.json`.

A rotation adds new accounts beside the old ones, and retires the old ones when nothing uses them any more. Passwords are read
from files that root alone can read; they go nowhere: PostgreSQL gets a verifier that is computed here (RFC 5803), Redis a hash.
"""
import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import subprocess
import sys

ITERATIONS = 4096
# A service may do what it needs and nothing that is an operator's; libraries ask INFO whether a server is ready.
REDIS_COMMANDS = "+@all -@admin -@dangerous +info"


class Failed(Exception):
    """What was asked cannot be done; the message holds no secret."""


def inside(container, argv, stdin):
    """Runs a program in a container with `stdin`: nothing secret is ever an argument."""
    done = subprocess.run(["docker", "exec", "--interactive", container, *argv], input=stdin, capture_output=True, text=True,
                          errors="replace", timeout=120, check=False)
    if done.returncode != 0:
        words = re.sub(r"SCRAM-SHA-256\$\S+", "...", done.stderr.strip().split("\n")[0])[:300]
        raise Failed(f"{container}: {argv[0]} ended with exit code {done.returncode}: {words}")
    return done.stdout


def password(user):
    with open(user["secret"], encoding="ascii") as file:
        return file.read().strip()


# PostgreSQL

def psql(database, statements, into="postgres"):
    argv = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--host=/run/postgresql", "--username=postgres",
            f"--dbname={into}"]
    return inside(database["container"], argv, "\n".join(statements) + "\n")


def name(text):
    return '"' + text.replace('"', '""') + '"'


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def verifier(secret, salt, iterations=ITERATIONS):
    """What PostgreSQL keeps of a password: nobody can log in with it."""
    salted = hashlib.pbkdf2_hmac("sha256", secret.encode(), salt, iterations)
    client = hmac.digest(salted, b"Client Key", "sha256")
    stored, server = hashlib.sha256(client).digest(), hmac.digest(salted, b"Server Key", "sha256")
    text = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${iterations}:{text[0]}${text[1]}:{text[2]}"


def is_of(kept, secret):
    """Whether a verifier is this password's."""
    match = re.fullmatch(r"SCRAM-SHA-256\$(\d+):([^$]+)\$.*", kept)
    return match is not None and hmac.compare_digest(verifier(secret, base64.b64decode(match[2]), int(match[1])), kept)


def postgres_add(database):
    known = dict(line.split("|", 1) for line in psql(database, ["SELECT rolname || '|' || coalesce(rolpassword, '') FROM pg_authid;"]).splitlines())
    statements = ["REVOKE ALL ON DATABASE postgres FROM PUBLIC;", "REVOKE ALL ON DATABASE template1 FROM PUBLIC;"]
    for user in database["users"]:
        group, login, secret = user["service"], user["login"], password(user)
        harmless = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
        if group not in known:
            statements.append(f"CREATE ROLE {name(group)};")
        statements.append(f"ALTER ROLE {name(group)} NOLOGIN {harmless} PASSWORD NULL;")
        statements += [
            f"SELECT {literal(f'CREATE DATABASE {name(group)} OWNER {name(group)}')} "
            f"WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {literal(group)}) \\gexec",
            f"ALTER DATABASE {name(group)} OWNER TO {name(group)};",
            f"REVOKE ALL ON DATABASE {name(group)} FROM PUBLIC;",
        ]
        if login not in known:
            statements.append(f"CREATE ROLE {name(login)};")
        kept = known.get(login, "")
        if not is_of(kept, secret):
            kept = verifier(secret, secrets.token_bytes(16))
        statements += [
            f"ALTER ROLE {name(login)} LOGIN INHERIT {harmless} PASSWORD {literal(kept)};",
            f"GRANT {name(group)} TO {name(login)};",
            # What it makes belongs to the service, and not to a login that will be retired.
            f"ALTER ROLE {name(login)} SET role TO {literal(group)};",
        ]
    psql(database, statements)
    for user in database["users"]:
        psql(database, ["REVOKE ALL ON SCHEMA public FROM PUBLIC;"], user["service"])


def postgres_logins(database):
    return dict(line.split("|", 1) for line in
                psql(database, ["SELECT rolname || '|' || coalesce(rolpassword, '') FROM pg_authid WHERE rolcanlogin AND rolname <> 'postgres';"]).splitlines())


def postgres_added(database):
    found = postgres_logins(database)
    bases = psql(database, ["SELECT datname FROM pg_database;"]).splitlines()
    return all(user["service"] in bases and is_of(found.get(user["login"], ""), password(user)) for user in database["users"])


def postgres_retire(database):
    bases = psql(database, ["SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate;"]).splitlines()
    for login in sorted(set(postgres_logins(database)) - {user["login"] for user in database["users"]}):
        group = re.sub(r"_e[0-9]+$", "", login)
        psql(database, [
            f"ALTER ROLE {name(login)} NOLOGIN;",
            f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = {literal(login)};",
        ])
        for base in bases:
            # What it made past its group goes to the group, or to the superuser where there is none.
            psql(database, [
                f"SELECT format('REASSIGN OWNED BY %I TO %I', {literal(login)}, coalesce((SELECT rolname FROM pg_roles WHERE rolname = {literal(group)}), 'postgres')) \\gexec",
                f"DROP OWNED BY {name(login)};",
            ], base)
        psql(database, [f"DROP ROLE {name(login)};"])


def postgres_retired(database):
    return set(postgres_logins(database)) == {user["login"] for user in database["users"]}


# Redis

def redis_line(database, user):
    # Services that share a Redis have names of their own in it.
    keys = "~* &*" if len(database["users"]) == 1 else f"~{user['service']}:* &{user['service']}:*"
    return f"user {user['login']} on resetpass #{hashlib.sha256(password(user).encode()).hexdigest()} resetkeys resetchannels {keys} -@all {REDIS_COMMANDS}"


def redis_ask(database, *commands, user="phiward"):
    argv = ["redis-cli", "--no-auth-warning", "--user", user, "--pass", "none"]
    return inside(database["container"], argv, "\n".join(commands) + "\n").splitlines()


def redis_lines(database, keep_others):
    wanted = list(database["base"]) + [redis_line(database, user) for user in database["users"]]
    declared = {line.split()[1] for line in wanted}
    others = [line for line in redis_file(database) if line.split()[1] not in declared] if keep_others else []
    return wanted + others


def redis_file(database):
    try:
        with open(database["acl"], encoding="ascii") as file:
            return [line for line in file.read().splitlines() if line.startswith("user ")]
    except FileNotFoundError:
        return []


def redis_write(database, lines):
    """The file is the host's own, and Redis sees it read-only: nobody on its network can change who may do what."""
    new = database["acl"] + ".new"
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o440), "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
        os.fchown(file.fileno(), 0, database["group"])
        os.fchmod(file.fileno(), 0o440)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, database["acl"])
    # It ends the sessions of users that are gone, and those alone.
    answer = redis_ask(database, "ACL LOAD")
    if answer != ["OK"]:
        raise Failed(f"{database['container']}: ACL LOAD: {' '.join(answer)[:200]}")


def redis_live(database):
    return set(redis_ask(database, "ACL USERS"))


def redis_add(database):
    redis_write(database, redis_lines(database, keep_others=True))


def redis_added(database):
    lines = redis_lines(database, keep_others=False)
    if not set(lines) <= set(redis_file(database)) or not {line.split()[1] for line in lines} <= redis_live(database):
        return False
    return all(redis_ask(database, f"AUTH {user['login']} {password(user)}", user="health")[:1] == ["OK"] for user in database["users"])


def redis_retire(database):
    redis_write(database, redis_lines(database, keep_others=False))


def redis_retired(database):
    lines = redis_lines(database, keep_others=False)
    return sorted(lines) == sorted(redis_file(database)) and {line.split()[1] for line in lines} == redis_live(database)


ACTIONS = {
    "postgres": {"add": postgres_add, "retire": postgres_retire, "check-added": postgres_added, "check-retired": postgres_retired},
    "redis": {"add": redis_add, "retire": redis_retire, "check-added": redis_added, "check-retired": redis_retired},
}


def main():
    action, configuration = sys.argv[1:]
    with open(configuration, encoding="utf-8") as file:
        databases = json.load(file)
    try:
        answers = [ACTIONS[database["kind"]][action](database) for database in databases]
    except (Failed, OSError, subprocess.TimeoutExpired) as error:
        print(f"phiward: {error if isinstance(error, Failed) else type(error).__name__}", file=sys.stderr)
        return 1
    return 1 if False in answers else 0


if __name__ == "__main__":
    sys.exit(main())
