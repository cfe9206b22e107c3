"""What the plans write for the programs: the golden files of the TypeScript tests, so that both sides hold one form."""

import pathlib

ROOT = pathlib.Path(__file__).parents[3] / "test"


def golden(name: str) -> list[str]:
    """Paths of all golden files of this name under /etc/phiward. Fails where there is none."""
    found = sorted(str(path) for path in ROOT.glob(f"**/golden/**/etc/phiward/{name}"))
    if not found:
        raise AssertionError(f"no golden file {name} under {ROOT}")
    return found
