"""The sender of a host: each quarter of a minute it asks what there is to ask, and brings the answers to its vault.

Nothing waits for a vault that is away: what is brought then is what is measured then.
"""

import time

from phiward_host.common import cli, files
from phiward_host.common.errors import Failed, Refused
from phiward_host.metrics import form, loopback, push
from phiward_host.metrics.gauges import Gauges
from phiward_host.metrics.link import Link, NotTaken
from phiward_host.metrics.served import Asking
from phiward_host.metrics.settings import Exporter, MetricsSettings

EVERY_SECONDS = 15.0
# The vault's firewall refuses an address that opens six connections within half a minute.
PAUSES = (15.0, 15.0, 30.0, 60.0)
# When the vault took metrics last. Its directory ends with the unit (systemd.exec(5), RuntimeDirectory=).
TAKEN = "/run/phiward-metrics/taken"
LATE_SECONDS, WAIT_SECONDS = 120.0, 40.0


class Way:
    """How metrics get to the Pushgateway: by the vault's gate, and on the vault directly."""

    def __init__(self, settings: MetricsSettings) -> None:
        self._settings = settings
        self._link: Link | None = None

    def bring(self, text: str) -> None:
        """Raises NotTaken, Failed, OSError and ValueError; after all but the first the next one connects again."""
        vault = self._settings.vault
        if vault is None:
            return push.put(self._settings.host, text)
        self._link = self._link or Link(vault)
        try:
            return self._link.send(text)
        except NotTaken:
            raise
        except BaseException:
            self._link.end()
            self._link = None
            raise


def send(settings: MetricsSettings) -> int:
    """Sends for ever; ends by a signal alone."""
    gauges, way, asking = Gauges(), Way(settings), Asking(settings.served)
    asking.begin()
    said, failures = "", 0
    while True:
        began = time.monotonic()
        try:
            way.bring(gathered(settings.exporters, gauges) + asking.text())
            files.write(TAKEN, b"")
            said, failures = "", 0
        except (Failed, Refused, OSError, ValueError) as error:
            words = f"no metrics were sent: {error}"
            # Not four times a minute while the vault is away.
            if words != said:
                cli.complain(words)
            said, failures = words, 0 if isinstance(error, NotTaken) else failures + 1
        pause = PAUSES[min(failures, len(PAUSES)) - 1] if failures else EVERY_SECONDS
        time.sleep(max(1.0, pause - (time.monotonic() - began)))


def gathered(exporters: tuple[Exporter, ...], gauges: Gauges) -> str:
    """What all of them say. One that does not answer, or says what is not its own, is left out, and known by that."""
    texts, up = [gauges.text()], list[tuple[dict[str, str], float]]()
    for exporter in exporters:
        try:
            body = loopback.ask("GET", exporter.port, "/metrics", most=form.MOST_BYTES // 2)
            texts.append(form.checked(body, (exporter.prefix,)))
            up.append(({"exporter": exporter.name}, 1.0))
        except (Failed, Refused):
            up.append(({"exporter": exporter.name}, 0.0))
    return "".join([*texts, form.family("phiward_exporter_up", up)])


def arrives(_: MetricsSettings) -> int:
    """Whether the vault took metrics of this host now, by its own word. Raises Failed."""
    limit = time.monotonic() + WAIT_SECONDS
    while True:
        found = files.status(TAKEN)
        age = None if found is None else time.time() - found.st_mtime
        if age is not None and abs(age) <= LATE_SECONDS:
            print("arrive", flush=True)
            return cli.DONE
        if time.monotonic() > limit:
            when = "none" if age is None else f"none for {age / 60:.0f} minutes"
            raise Failed(f"the vault has taken {when}; see journalctl --unit=phiward-metrics")
        time.sleep(1)
