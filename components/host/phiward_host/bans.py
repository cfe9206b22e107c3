"""What fail2ban's server holds of its jails, all asked at once: a client for each question takes longer to start.

And whom it bans, and whom of those nobody refuses; and the end of an address's bans.
"""

import ipaddress
import json
from collections.abc import Sequence

from phiward_host.banned import by_jail, is_refused, jails_of, not_refused
from phiward_host.common import cli, process
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.log import RootLog

LOG = RootLog("bans")
USAGE = "bans settings JAIL… | bans held | bans missing | bans lift ADDRESS"
# What `get JAIL …` of fail2ban-client(1) is asked.
SETTINGS = ("maxretry", "findtime", "bantime", "actions", "journalmatch", "ignoreip")
PROMPT = "fail2ban> "
ANSWER_SECONDS = 30
# So many addresses of a jail are named; all are counted. An attack may have thousands banned.
MOST_NAMED = 20


def main(words: Sequence[str]) -> int:
    """`bans settings JAIL…`: each line of each answer as `JAIL SETTING LINE`; `bans missing`: each as `JAIL ADDRESS`.

    `bans held`: JSON, the jails that ban anyone. `bans lift ADDRESS`: the jails that had it, one a line. Exit codes as
    of cli.main.
    """
    return cli.main("the bans program", LOG, lambda: _run(words))


def _run(words: Sequence[str]) -> int:
    answer, jails = cli.choose(words, {"settings": settings, "held": held, "missing": missing, "lift": lift}, USAGE)
    for line in answer(jails):
        print(line)
    return cli.DONE


def settings(jails: Sequence[str]) -> list[str]:
    """What the server holds of each jail. Raises Failed where it leaves a question without an answer."""
    questions = [(jail, setting) for jail in jails for setting in SETTINGS]
    asked = "".join(f"get {jail} {setting}\n" for jail, setting in questions)
    done = process.logged(["fail2ban-client", "-i"], LOG, stdin=f"{asked}exit\n", timeout=ANSWER_SECONDS)
    # After the greeting, a prompt before each question, and before `exit`.
    answers = [answer.strip() for answer in done.stdout.split(PROMPT)[1:-1]]
    if len(answers) != len(questions) or "" in answers:
        missing = questions[answers.index("") if "" in answers else min(len(answers), len(questions) - 1)]
        raise Failed(f"fail2ban does not say the {missing[1]} of its jail {missing[0]}; see {LOG.path} on the host")
    return [
        f"{jail} {setting} {line}"
        for (jail, setting), answer in zip(questions, answers, strict=True)
        for line in answer.splitlines()
    ]


def held(words: Sequence[str]) -> list[str]:
    """How many addresses each jail bans, and those it banned last. Raises Failed where fail2ban cannot be asked."""
    if words:
        raise Refused(f"found {' '.join(words)!r} after held, allowed: {USAGE}")
    rows = [
        {"jail": jail, "count": len(addresses), "addresses": addresses[:MOST_NAMED]}
        for jail, addresses in sorted(by_jail().items())
    ]
    return [json.dumps(rows)]


def missing(words: Sequence[str]) -> list[str]:
    """Bans that are in fail2ban's list alone. Raises Failed where it cannot be asked."""
    if words:
        raise Refused(f"found {' '.join(words)!r} after missing, allowed: {USAGE}")
    return [f"{jail} {address}" for jail, address in not_refused()]


def lift(words: Sequence[str]) -> list[str]:
    """Ends every ban of one address, and returns the jails that had it. Raises Failed where one is left."""
    try:
        (word,) = words
        address = str(ipaddress.ip_address(word))
    except ValueError as error:
        raise Refused(f"found something else after lift, allowed: one address; {USAGE}") from error
    if "%" in address:
        raise Refused(f"found an address with a zone after lift, allowed: one without; {USAGE}")
    jails = jails_of(address)
    # Also out of fail2ban's memory, so that no restart brings it back; counts of its failures end with it.
    process.must("", ["fail2ban-client", "unban", address], LOG)
    left = jails_of(address)
    if left:
        raise Failed(f"fail2ban bans the address again, by {', '.join(left)}: it goes on failing")
    still = [jail for jail in jails if is_refused(jail, address)]
    if still:
        raise Failed(
            f"fail2ban lifted the ban, and it is still in effect by {', '.join(still)}; see {LOG.path} on the host"
        )
    return jails
