"""Part 8: what the program can be asked."""
import contextlib
import datetime
import json
import os
import sys
import traceback

CONFIG = "/etc/phiward/backup.json"
JOB_SECONDS = 7200


def first(config):
    """What a new host needs to have done once: each job that has not happened in time."""
    due = stale(config, read_json(STATUS, {}), datetime.datetime.now(datetime.timezone.utc))
    for job, work in {"backup": back_up, "check": check, "restore-test": test_restore}.items():
        if any(job in words for words in due):
            work(config)


def fresh(config, wanted):
    """Whether all jobs, or those of one kind, have happened in time."""
    words = stale(config, read_json(STATUS, {}), datetime.datetime.now(datetime.timezone.utc))
    words = [line for line in words if not wanted or f"good {wanted[0]} " in line]
    if words:
        raise Refused("; ".join(words))
    return "fresh"


def answer(config, verb, words):
    jobs = {"run": back_up, "check": check, "test-restore": test_restore, "first": first}
    if verb in jobs:
        with alone(verb, JOB_SECONDS):
            jobs[verb](config)
        return None
    if verb == "fresh":
        return fresh(config, words)
    if verb == "status":
        return json.dumps({"host": config["host"], "status": read_json(STATUS, {})})
    if verb == "restore":
        return json.dumps(restore(config, json.loads(sys.stdin.read())))
    raise Refused(f"{verb}: found no such verb, allowed: {', '.join([*jobs, 'fresh', 'status', 'restore'])}")


def main():
    """Exit 1: refused, with one sentence; 2: a fault of this program, whose trace is in the log."""
    os.umask(0o077)
    try:
        result = answer(read_json(CONFIG, None), sys.argv[1] if len(sys.argv) > 1 else "", sys.argv[2:])
    except Refused as refusal:
        print(f"phiward: {refusal}", file=sys.stderr)
        return 1
    except Exception as error:  # a trace may hold what a database said
        log(traceback.format_exc())
        print(f"phiward: the backup program failed ({type(error).__name__}); the trace is in {LOG} on the host", file=sys.stderr)
        return 2
    with contextlib.suppress(BrokenPipeError):
        if result is not None:
            print(result, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
