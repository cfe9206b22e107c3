"""A database's own client (psql, redis-cli), run in the database's container."""

from collections.abc import Sequence

from phiward_host.common import docker, process
from phiward_host.common.errors import Failed
from phiward_host.databases.eviction import persistent
from phiward_host.databases.scram import redacted

ERROR_CHARACTERS = 300


def execute(container: str, argv: Sequence[str], stdin: str) -> list[str]:
    """Lines of standard output. Commands go by `stdin`: nothing secret is ever an argument.

    Where applications keep it out of the server, their sessions are ended. Raises Failed with the first line of the
    client's error, without any verifier in it.
    """
    done = persistent(container, lambda: docker.exec_in(container, argv, stdin=stdin))
    if done.code != 0:
        error = redacted(done.stderr.strip().split("\n")[0])[:ERROR_CHARACTERS]
        raise Failed(f"{container}: {process.ended(argv[0], done.code)}: {error}")
    # By line feeds alone: a value may have what Unicode calls a line's end (U+2028), and one row would be two.
    return done.stdout.removesuffix("\n").split("\n") if done.stdout else []
