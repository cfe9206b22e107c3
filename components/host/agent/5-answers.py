"""Part 5: what the agent can be asked."""
import contextlib
import glob
import json
import os
import re
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor


def front(body, digest):
    """Leaves this agent on the host and hands the request to a transient systemd unit, which outlives the connection."""
    os.makedirs(f"{BASE}/units", mode=0o700, exist_ok=True)
    os.chmod(BASE, 0o700)
    request = json.loads(body)
    if not stands(f"{BASE}/agent.py", request["agent"].encode(), (0, 0), 0o700):
        write(f"{BASE}/agent.py", request["agent"].encode(), mode=0o700)
    stale = [name for name, text in SYSTEMD_UNITS.items() if not stands(f"/etc/systemd/system/{name}", text.encode(), (0, 0), 0o644)]
    for name in stale:
        write(f"/etc/systemd/system/{name}", SYSTEMD_UNITS[name].encode(), mode=0o644)
    if stale:
        command("agent", ["systemctl", "daemon-reload"])
    if not os.path.islink("/etc/systemd/system/multi-user.target.wants/phiward-recover.service"):
        command("agent", ["systemctl", "enable", "--quiet", "phiward-recover.service"])
    unit = request["plan"]["unit"]
    whole = os.memfd_create("request")
    os.write(whole, f"phiward {len(body)} {digest}\n".encode())
    view = memoryview(body)
    while view:
        view = view[os.write(whole, view):]
    os.lseek(whole, 0, os.SEEK_SET)
    os.dup2(whole, 0)
    os.execvpe("systemd-run", [
        "systemd-run", "--quiet", "--pipe", "--wait", "--collect", f"--unit=phiward-apply-{unit}-{os.getpid()}",
        f"--description=Apply the plan of {unit}", f"--property=RuntimeMaxSec={APPLY_SECONDS}", "--setenv=PHIWARD_STAGE=unit",
        f"--property=OnFailure=phiward-recover@{unit}.service", *sys.orig_argv], ENVIRONMENT)


def verify(plans, generations):
    """Asks the host every check, equal questions once; a unit at another generation than the deployed one fails too."""
    checks = [(plan["unit"], check) for plan in plans for check in plan["checks"]]
    container = os.path.exists("/run/systemd/container")
    questions = list({tuple(check["argv"]) for _, check in checks if not (container and "skipInContainer" in check)})
    with ThreadPoolExecutor(4) as pool:
        answers = dict(zip(questions, pool.map(lambda argv: run(list(argv), timeout=30), questions)))
    results = []
    for unit, digest in generations.items():
        found = Transaction(unit).generation()["hash"]
        result = {"unit": unit, "id": f"{unit}-generation", "status": "pass"}
        if found != digest:
            result |= {"status": "fail", "expected": {"kind": "equals", "text": digest}, "seen": str(found), "exit": 0}
        results.append(result)
    for unit, check in checks:
        result = {"unit": unit, "id": check["id"], "status": "pass"}
        if container and "skipInContainer" in check:
            result |= {"status": "skipped", "reason": check["skipInContainer"]}
        else:
            code, out, err = answers[tuple(check["argv"])]
            if not judge(check["expect"], code, out):
                result |= {"status": "fail", "expected": check["expect"], "seen": seen(check["expect"], out, err), "exit": code}
        results.append(result)
    return {"results": results}


def seen(expect, out, err):
    """The part of an answer that says why it is not the expected one."""
    if expect["kind"] == "lines" and out:
        present = {line.strip().lower() for line in out.splitlines()}
        words = {line.split()[0].lower() for line in expect["lines"] if line.lower() not in present and line.split()}
        out = "\n".join(line for line in out.splitlines() if line.split() and line.split()[0].lower() in words) or out
    elif expect["kind"] == "lacks":
        out = "\n".join(line for line in out.splitlines() if re.search(expect["pattern"], line)) or out
    return (out.rstrip() or err.rstrip())[:500]


def status(plans, handed):
    """Each unit's generation, whether it waits for confirmation or was rolled back, and what of it has drifted."""
    units = {}
    for plan in plans:
        transaction = Transaction(plan["unit"])
        differing = difference(plan, handed, installed=False)
        drift = [f["path"] for f, _ in differing["files"]] + [e["path"] for e in differing["directories"]] + [path for _, path in differing["gone"]]
        drift += [f"{entry['noun']} {member}" for entry, member in differing["members"] if entry["remove"]]
        steps = [step for step in plan["steps"] if not ("notInContainer" in step and os.path.exists("/run/systemd/container"))]
        drift += [step["id"] for step in steps if step["when"]["kind"] == "state" and not holds(step["when"]["unless"])]
        units[plan["unit"]] = {"generation": transaction.generation()["hash"], "waits": transaction.manifest is not None,
                               "rolledBack": (read_json(f"{transaction.home}/rolled-back.json") or {}).get("hash"), "drift": drift}
    return {"units": units}


def inventory(plans):
    """What the exclusive sets would remove from a server that is in use."""
    found = []
    for plan in plans:
        differing = difference(plan, {}, installed=False)
        for noun, path in differing["gone"]:
            _, keys, _ = run(["ssh-keygen", "-lf", path]) if "authorized" in os.path.basename(path) else (0, "", "")
            found.append({"unit": plan["unit"], "noun": noun, "name": path, "holds": keys.splitlines()})
        found += [{"unit": plan["unit"], "noun": entry["noun"], "name": member, "holds": []} for entry, member in differing["members"]]
    return {"found": found}


def confirm(words):
    """Keeps a guarded change. That this very connection came about is the proof that nobody is locked out."""
    unit, digest = words
    with lock(f"confirm {unit}"):
        transaction = Transaction(unit)
        found = transaction.generation()["hash"]
        # A repair of drift keeps the generation: taken back, only its note tells.
        taken_back = transaction.manifest is None and (read_json(f"{transaction.home}/rolled-back.json") or {}).get("hash") == digest
        if found != digest or taken_back:
            raise Refused(f"{unit}: the host holds {str(found)[:12]}, and what is to be confirmed is {digest[:12]}: the change was taken back or never made; "
                          "see what differs, then run make up, which applies it again")
        if transaction.manifest is not None:
            transaction.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{transaction.home}/rolled-back.json")
    return {"unit": unit, "status": "confirmed", "generation": digest}


def rollback(unit, digest):
    """The dead-man's switch: takes back a change that nobody confirmed in time."""
    with lock(f"rollback {unit}", APPLY_SECONDS):
        transaction = Transaction(unit)
        due = transaction.manifest and transaction.manifest["hash"] == digest
        if not due or time.clock_gettime(time.CLOCK_BOOTTIME) < transaction.manifest["deadline"] - 0.5:
            return
        transaction.roll_back("nobody confirmed it in time")


def recover(which):
    """Ends what was interrupted: a unit whose apply died, or, at boot, every change that nobody confirmed."""
    with lock(f"recover {which}", APPLY_SECONDS):
        for path in glob.glob(f"{BASE}/units/{'*' if which == '--boot' else which}/transaction"):
            transaction = Transaction(path.split("/")[-2])
            if which == "--boot" or transaction.manifest is None or transaction.manifest["state"] == "open":
                transaction.roll_back("it was interrupted", boot=which == "--boot")


def answer(request, body, digest, words):
    if request is None:
        actions = {"confirm": lambda: confirm(sys.stdin.read().split()), "rollback": lambda: rollback(*words[1:]), "recover": lambda: recover(*words[1:])}
        return actions[words[0]]()
    mode, handed = request["mode"], request.get("secrets", {})
    if mode == "apply":
        if os.environ.get("PHIWARD_STAGE") != "unit":
            front(body, digest)
        with lock(f"apply {request['plan']['unit']}"):
            return Apply(request["plan"], handed, digest)()
    if mode == "verify":
        return verify(request["plans"], request["generations"])
    if mode == "status":
        return status(request["plans"], handed)
    if mode == "inventory":
        return inventory(request["plans"])
    raise Refused(f"mode {mode}: unknown to this agent")


def main():
    """One JSON line on standard output. Exit 1: refused or a check failed, 2: could not run; one sentence says why."""
    # The bootstrap (envelope.ts) hands these over; they are missing when the host's own copy is run.
    request, body, digest = (globals().get(name) for name in ("REQUEST", "BODY", "DIGEST"))
    os.umask(0o077)
    try:
        result = answer(request, body, digest, sys.argv[1:])
        failed = [entry for entry in result["results"] if entry["status"] == "fail"] if request and request.get("strict") else []
        for entry in failed:
            print(f"phiward: {entry['id']}: expected {json.dumps(entry['expected'])}, seen {entry['seen']!r}", file=sys.stderr)
        code = 1 if failed else 0
    except Refused as refusal:
        unit = request.get("plan", {}).get("unit") if request else None
        print(f"phiward: {unit + ': ' if unit else ''}{refusal}", file=sys.stderr)
        return 1
    except Exception as error:  # never a stack trace for the operator: it may hold a secret
        path = log("agent", traceback.format_exc())
        print(f"phiward: the agent failed ({type(error).__name__}); the trace is in {path} on the host", file=sys.stderr)
        return 2
    with contextlib.suppress(BrokenPipeError):  # the connection may be gone; the work is done all the same
        if result is not None:
            print(json.dumps(result, separators=(",", ":")), flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
