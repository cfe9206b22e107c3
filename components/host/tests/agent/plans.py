"""Plans for tests: what a test does not state is empty."""

import os

from phiward_host.agent.plan import Plan

EMPTY: dict[str, object] = {
    "unit": "unit",
    "systems": ["debian 13"],
    "packages": [],
    "directories": [],
    "files": [],
    "absent": [],
    "writes": [],
    "sets": [],
    "made": [],
    "kept": [],
    "leavesFormerFiles": False,
    "validators": [],
    "steps": [],
    "checks": [],
    "reports": [],
    "deadManSeconds": None,
}
# Whoever runs the tests.
ME = f"{os.getuid()}:{os.getgid()}"


def plan_of(**parts: object) -> Plan:
    return Plan.from_json({**EMPTY, **parts}, "plan")


def file_of(path: str, content: dict[str, object], mode: str = "0644") -> dict[str, object]:
    return {"path": path, "owner": ME, "mode": mode, "content": content}
