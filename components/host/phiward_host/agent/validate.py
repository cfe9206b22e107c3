"""Whether the files' own checkers accept a change, before anything on the host is touched."""

import os
import traceback
from collections.abc import Sequence

from phiward_host.agent.command import command
from phiward_host.agent.difference import Difference, owner_ids
from phiward_host.agent.plan import File, Plan, Validator
from phiward_host.common import files, paths, process, trees
from phiward_host.common.errors import Refused
from phiward_host.common.log import RootLog


def validate(plan: Plan, differing: Difference) -> None:
    """Runs the checkers in a private mount namespace, with the staged files laid over /etc. Raises Refused."""
    changed = {file.path for file, _ in differing.files} | {gone.path for gone in differing.gone}
    due = [entry for entry in plan.validators if changed & set(entry.files)]
    if not due:
        return
    answer, reply = os.pipe()
    child = os.fork()
    if child == 0:
        refusal = "its validator could not be started"
        try:
            refusal = lay_over_and_check(plan, due, differing)
        except BaseException:
            RootLog(plan.unit).write(traceback.format_exc())
        finally:
            os.write(reply, refusal.encode())
            os._exit(0)
    os.close(reply)
    refusal = files.read_pipe(answer)
    os.waitpid(child, 0)
    if refusal:
        log = RootLog(plan.unit).path
        raise Refused(f"{refusal}; nothing was changed; see {log} on the host for the validator's output")


def lay_over_and_check(plan: Plan, due: Sequence[Validator], differing: Difference) -> str:
    """What is refused, for the operator; an empty text if nothing is. The mounts end with this process."""
    lay_over(plan.unit)
    for gone in differing.gone:
        if gone.path.startswith("/etc/"):
            trees.remove_tree(gone.path)
    for file, data in differing.files:
        if file.path.startswith("/etc/"):
            files.make_directory(os.path.dirname(file.path), 0o755)
            files.write(file.path, data, owner=owner_ids(file.owner) or (0, 0), mode=file.mode)
    for entry in due:
        done = process.run(entry.argv)
        if done.code != 0:
            RootLog(plan.unit).write(f"{entry.id} exited {done.code}:", done.stdout, done.stderr)
            return f"{', '.join(judged(entry, [file for file, _ in differing.files]))}: rejected by {entry.id}"
    return ""


def judged(entry: Validator, changed: Sequence[File]) -> list[str]:
    """Which of the changed files a checker was asked about."""
    return [file.path for file in changed if file.path in entry.files]


def lay_over(unit: str) -> None:
    """Gives this process its own mount namespace, in which what is written to /etc is kept in memory."""
    os.unshare(os.CLONE_NEWNS)
    over = f"{paths.RUN}/over"
    files.make_directory(over)
    command(unit, ["mount", "--make-rprivate", "/"])
    command(unit, ["mount", "-t", "tmpfs", "-o", "mode=0700", "tmpfs", over])
    files.make_directory(f"{over}/upper")
    files.make_directory(f"{over}/work")
    options = f"lowerdir=/etc,upperdir={over}/upper,workdir={over}/work"
    command(unit, ["mount", "-t", "overlay", "overlay", "-o", options, "/etc"])
