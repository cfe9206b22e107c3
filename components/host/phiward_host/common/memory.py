"""How much memory a program may take that reads what others wrote."""

import os
import resource


def bound() -> None:
    """From here on, this program and each that it starts may take three quarters of the machine's memory at most.

    What is at the other end of a repository may answer without end, and restic reads what it asks for whole: then it
    ends, and not the databases of the host.
    """
    limit = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 3 // 4
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
