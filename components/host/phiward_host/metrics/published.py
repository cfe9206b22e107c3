"""What other programs of this host publish as files, in the form of node-exporter's textfile collector."""

import re

from phiward_host.common import files
from phiward_host.common.errors import Failed

DIRECTORY = "/var/lib/prometheus/node-exporter"
MOST_BYTES = 1 << 20
SAMPLE = re.compile(r"([a-z_]+)\{([^}]*)\} ([0-9]{1,15})")
LABEL = re.compile(r'([a-z_]+)="([^"\\]*)"')


def samples(file: str, metric: str) -> list[tuple[dict[str, str], float]]:
    """The labels and the value of each sample of a metric in a file; none where it is not there. Raises Failed."""
    path = f"{DIRECTORY}/{file}"
    try:
        text = files.read(path, MOST_BYTES).decode()
    except FileNotFoundError:
        return []
    except UnicodeDecodeError:
        raise Failed(f"{path}: found what is not UTF-8") from None
    found = (SAMPLE.fullmatch(line) for line in text.splitlines())
    return [(dict(LABEL.findall(each[2])), float(each[3])) for each in found if each is not None and each[1] == metric]
