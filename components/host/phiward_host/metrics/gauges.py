"""What phiward itself can tell of a host in numbers, by names of checks, units, sites and kinds alone.

Each is asked alone: what one of them cannot tell hides none of the others, and is itself a number.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from phiward_host.agent import asked
from phiward_host.common import files, process
from phiward_host.common.errors import Failed, Refused
from phiward_host.common.text import ascii_of
from phiward_host.metrics import incident_clocks, keeping_out, published, scanned
from phiward_host.metrics.ages import Ages
from phiward_host.metrics.drift import Drift
from phiward_host.metrics.form import family
from phiward_host.metrics.updates import Updates

# Of one metric: a host on which all fails is told by a part of it.
MOST_SAMPLES = 300
MOST_LABEL = 200
RESTART = "/run/reboot-required"
SESSIONS, SESSION = "/run/systemd/sessions", re.compile(r"c?[0-9]{1,10}")
FAILED_UNITS = ["systemctl", "list-units", "--state=failed", "--plain", "--no-legend", "--no-pager", "--full"]

Samples = list[tuple[dict[str, str], float]]


class Gauges:
    """Those of one host, with what is kept from one time to the next."""

    def __init__(self) -> None:
        updates, drift, ages = Updates(), Drift(), Ages()
        self._families: Mapping[str, Callable[[], Samples]] = MappingProxyType(
            {
                "phiward_check_failing": _failing,
                "phiward_checks_last_run_timestamp_seconds": _last_run,
                "phiward_backup_last_success_timestamp_seconds": _backups,
                "phiward_certificate_expires_timestamp_seconds": _ends,
                "phiward_updates_pending": lambda: _by_kind(updates.pending()),
                "phiward_reboot_required": _restart,
                "phiward_login_sessions": _sessions,
                "phiward_undeclared": lambda: _by_kind(drift.counts()),
                "phiward_unit_failed": _units,
                "phiward_secret_made_timestamp_seconds": lambda: _labelled(ages.samples()),
                "phiward_vulnerabilities": scanned.waiting,
                "phiward_vulnerability_update_since_timestamp_seconds": scanned.oldest,
                "phiward_vulnerabilities_last_look_timestamp_seconds": scanned.looked,
                "phiward_lynis_index": scanned.index,
                "phiward_lynis_index_dropped": scanned.dropped,
                "phiward_lynis_findings": scanned.findings,
                "phiward_isolated": keeping_out.is_isolated,
                "phiward_isolated_since_timestamp_seconds": keeping_out.since,
                "phiward_kept_out": keeping_out.kept_out,
                "phiward_incident_clock_warns_timestamp_seconds": lambda: _labelled(incident_clocks.warns()),
                "phiward_incident_clock_ends_timestamp_seconds": lambda: _labelled(incident_clocks.ends()),
            }
        )

    def text(self) -> str:
        """All that can be told now."""
        untold: list[str] = []
        parts: list[str] = []
        for name, ask in self._families.items():
            try:
                parts.append(family(name, ask()[:MOST_SAMPLES]))
            except (Failed, Refused, OSError, ValueError):
                untold.append(name)
        told: Samples = [({"metric": name}, float(name in untold)) for name in self._families]
        return "".join([*parts, family("phiward_metric_untold", told)])


def _label(text: str) -> str:
    """As much of a name as a label has, and of it what any terminal shows."""
    return ascii_of(text, MOST_LABEL)


def _labelled(samples: Samples) -> Samples:
    return [({name: _label(text) for name, text in labels.items()}, value) for labels, value in samples]


def _by_kind(counts: Mapping[str, int]) -> Samples:
    return [({"kind": _label(kind)}, float(count)) for kind, count in sorted(counts.items())]


def _failing() -> Samples:
    last = asked.last_failed()
    pairs = sorted({(failed.check, failed.control) for failed in last.failed} if last is not None else ())
    return [({"check": _label(check), "control": _label(control)}, 1.0) for check, control in pairs]


def _last_run() -> Samples:
    last = asked.last_failed()
    return [] if last is None else [({}, last.at)]


def _backups() -> Samples:
    found = published.samples("phiward-backup.prom", "phiward_backup_last_success_timestamp_seconds")
    return [({"backup": _label(labels["repository"])}, at) for labels, at in found if labels.get("job") == "backup"]


def _ends() -> Samples:
    found = published.samples("phiward-certificates.prom", "phiward_certificate_expiry_seconds")
    return [({"site": _label(labels["site"])}, at) for labels, at in found if "site" in labels]


def _sessions() -> Samples:
    """Logins that last, by the names that systemd-logind gives their files."""
    try:
        names = files.names(SESSIONS)
    except FileNotFoundError:
        # No logind, as in a host that is starting.
        return []
    return [({}, float(sum(SESSION.fullmatch(name) is not None for name in names)))]


def _restart() -> Samples:
    return [({}, float(files.exists(RESTART)))]


def _units() -> Samples:
    done = process.run(FAILED_UNITS, timeout=20)
    if done.code != 0:
        raise Failed(f"units: {process.ended('systemctl', done.code)}")
    names = {line.split(" ", 1)[0] for line in done.stdout.splitlines() if line.strip()}
    return [({"unit": _label(name)}, 1.0) for name in sorted(names)]
