"""The modules of the programs' archives, compiled once for this host's Python (phiward_host/__init__.py loads them)."""

import contextlib
import io
import marshal
import os
from importlib.util import MAGIC_NUMBER

import phiward_host
from phiward_host.common import files
from phiward_host.common.errors import Damaged

# Without the time and size of a source, which is not beside it: the name of the whole has a hash of all sources.
HEADER = MAGIC_NUMBER + bytes(12)


def keep(paths: list[str]) -> None:
    """Leaves the modules of these archives compiled, and no others. Programs start without them too, only slower.

    So an archive that is not there, or damaged, and a full disk are passed over: the caller may be about to mend that.
    """
    names: list[str] = []
    for path in paths:
        with contextlib.suppress(OSError, Damaged):
            names.append(_keep(files.read(path)))
    with contextlib.suppress(OSError):
        for name in files.names_if_any(phiward_host.COMPILED):
            if name not in names:
                files.remove(f"{phiward_host.COMPILED}/{name}")


def _keep(archive: bytes) -> str:
    name = phiward_host.compiled_name(archive)
    path = f"{phiward_host.COMPILED}/{name}"
    if not files.exists(path):
        files.make_directory(phiward_host.COMPILED, 0o755)
        files.write(path, _compile(archive), mode=0o644)
    return name


def _compile(archive: bytes) -> bytes:
    """An archive of the compiled modules of an archive of sources. Raises Damaged."""
    # It takes longer to load than most programs need in all, and there is nothing to compile most of the time.
    from zipfile import BadZipFile, ZipFile

    result = io.BytesIO()
    try:
        with ZipFile(io.BytesIO(archive)) as sources, ZipFile(result, "w") as target:
            for name in sources.namelist():
                module, extension = os.path.splitext(name)
                if extension == ".py":
                    code = compile(sources.read(name), name, "exec", dont_inherit=True)
                    target.writestr(f"{module}.pyc", HEADER + marshal.dumps(code))
    except (BadZipFile, SyntaxError) as error:
        raise Damaged(f"an archive of programs cannot be compiled: {error}") from None
    return result.getvalue()
