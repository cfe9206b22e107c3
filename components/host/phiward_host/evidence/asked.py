"""What is asked of this host: by whom, to whom it is encrypted, and what the operator's own machine declares of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

from phiward_host.common.decode import Fields, as_bool, as_strs, dict_of, optional
from phiward_host.common.decode import as_str as text
from phiward_host.common.errors import Refused
from phiward_host.integrity.settings import Settings

MODES = ("evidence", "findings", "kept")
Mode = Literal["evidence", "findings", "kept"]


@dataclass(frozen=True)
class Asked:
    """`digests` has what each file of the plans may hold, by its path: nothing where only the host knows it.

    `since` is a time in seconds since 1970: of logs and changes, what came after it. `of` is another host, of which
    this one keeps records. `memory`: all memory too, which is as large as the host's RAM.
    """

    mode: Mode
    host: str
    nonce: str
    recipient: str | None
    since: float
    declared: Settings
    digests: Mapping[str, list[str]]
    of: str | None
    memory: bool = False

    @classmethod
    def from_fields(cls, fields: Fields) -> Self:
        """Raises Refused."""
        mode, nonce = fields.text("mode"), fields.text("nonce")
        if mode not in MODES:
            raise Refused(f"mode: found another one, allowed: {', '.join(MODES)}")
        if re.fullmatch(r"[0-9a-f]{32}", nonce) is None:
            raise Refused("nonce: found another text, allowed: 32 hexadecimal digits")
        return cls(
            mode,
            fields.text("host"),
            nonce,
            fields.read("recipient", optional(text)),
            float(fields.integer("since")),
            fields.read("declared", Settings.from_json),
            fields.read("digests", dict_of(as_strs)),
            fields.read_or("of", optional(text), None),
            fields.read_or("memory", as_bool, False),
        )
