"""Waits for the requests that nginx had begun when it was reloaded: what answers them, containers and logins, may be about to go."""
import glob
import sys
import time

# Whoever declares longer answers than this has them cut off by a deploy.
SECONDS = 120
# A reload is over for the caller when it is asked for; the old workers hear of it when the new ones are up.
BEGINS_WITHIN = 1
OLD_WORKER = b"nginx: worker process is shutting down"


def busy():
    """Whether a worker of an earlier configuration still runs."""
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                if file.read().startswith(OLD_WORKER):
                    return True
        except OSError:
            continue
    return False


def main():
    limit = time.monotonic() + SECONDS
    time.sleep(BEGINS_WITHIN)
    while busy() and time.monotonic() < limit:
        time.sleep(0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
