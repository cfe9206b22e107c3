"""Fills every place that whoever runs this can write to, bytes first and then names, and holds it until it is ended.

Prints what each took, as JSON. No more than MOST bytes and NAMES names anywhere: a place that takes so much has no limit.
"""

import json
import os

MOST = 400 << 20
NAMES = 50_000
BLOCK = b"x" * (1 << 20)
SKIPPED = ("/proc", "/sys", "/dev/pts", "/dev/fd")


def places() -> list[str]:
    found = []
    for path, directories, _ in os.walk("/"):
        directories[:] = [name for name in directories if os.path.join(path, name) not in SKIPPED]
        if os.access(path, os.W_OK):
            found.append(path)
            directories[:] = []
    return found


def fill(path: str) -> tuple[int, int]:
    written = names = 0
    try:
        with open(f"{path}/fill", "wb", buffering=0) as file:
            while written < MOST:
                written += file.write(BLOCK)
    except OSError:
        pass
    try:
        os.makedirs(f"{path}/names", exist_ok=True)
        while names < NAMES:
            os.close(os.open(f"{path}/names/{names}", os.O_CREAT | os.O_WRONLY))
            names += 1
    except OSError:
        pass
    return written, names


print(json.dumps({path: fill(path) for path in places()}), flush=True)
os.execvp("sleep", ["sleep", "600"])
