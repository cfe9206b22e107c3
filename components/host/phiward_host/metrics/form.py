"""The text of metrics, as Prometheus reads it: how ours is written, and what is let pass of any.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import re
from collections.abc import Collection, Mapping, Sequence

from phiward_host.common.errors import Refused

# Of one host. An exporter of a machine with many disks says a twentieth of this.
MOST_BYTES = 2 << 20
MOST_LINES, MOST_LINE = 20_000, 4096
# How names begin of what a host measures: none is that of a metric of the watching programs themselves.
PREFIXES = ("node_", "phiward_")
NAME = r"[a-z][a-zA-Z0-9_]{0,199}"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]{0,99}="(?:[^"\\\n]|\\["\\n]){0,1024}"'
SAMPLE = re.compile(
    rf"({NAME})(?:\{{{LABEL}(?:,{LABEL}){{0,19}},?\}})? (?:[-+]?[0-9][0-9.]{{0,30}}(?:e[-+]?[0-9]{{1,3}})?|[-+]Inf|NaN)"
)
COMMENT = re.compile(rf"# (?:HELP|TYPE) ({NAME})(?: [^\n]*)?")
ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n"}


def family(name: str, samples: Sequence[tuple[Mapping[str, str], float]]) -> str:
    """One metric with its samples, each of other labels; nothing where there are none."""
    return "".join(f"{name}{_labels(labels)} {value:.17g}\n" for labels, value in samples)


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    pairs = (f'{name}="{"".join(ESCAPED.get(each, each) for each in value)}"' for name, value in labels.items())
    return f"{{{','.join(pairs)}}}"


def checked(body: bytes, prefixes: Collection[str] = PREFIXES) -> str:
    """The samples of metrics whose names begin so. Raises Refused, which repeats nothing of it.

    Comments are left out, types among them: to the Pushgateway a metric has one type on all hosts, so that a host which
    said another one first would keep out all that the others send.
    """
    if len(body) > MOST_BYTES:
        raise Refused(f"metrics: found more than {MOST_BYTES} bytes")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("metrics: found what is not UTF-8") from None
    # Only by line ends: other characters that Python takes for one may be in a label.
    lines = text.split("\n")
    if lines.pop() != "":
        raise Refused("metrics: found a last line without its end")
    if len(lines) > MOST_LINES:
        raise Refused(f"metrics: found {len(lines)} lines, allowed: {MOST_LINES}")
    for number, line in enumerate(lines, 1):
        found = SAMPLE.fullmatch(line) or COMMENT.fullmatch(line) if len(line) <= MOST_LINE else None
        if found is None or not found[1].startswith(tuple(prefixes)):
            raise Refused(f"metrics: line {number} is none of a metric that is taken, or of another form")
    return "".join(f"{line}\n" for line in lines if not line.startswith("#"))
