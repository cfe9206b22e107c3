"""The agent's own systemd units: what rolls an interrupted change back."""

from phiward_host.agent import retry
from phiward_host.agent.transaction import agent_path
from phiward_host.common import paths

DIRECTORY = "/etc/systemd/system"
AT_BOOT = "phiward-recover.service"
OF_A_UNIT = "phiward-recover@.service"


def texts() -> dict[str, str]:
    """Names and texts of the units."""
    # A unit of its own, so that what kills an apply does not kill its way back; killed itself, it starts again.
    service, limits = "\n".join(retry.SERVICE), "\n".join(retry.LIMITS)
    of_a_unit = f"""[Unit]
Description=Roll back the interrupted change of %i
{limits}
{retry.alert("%n")}

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 -I {agent_path()} recover %i
{service}
"""
    at_boot = f"""[Unit]
Description=Roll back changes that were not confirmed before the last shutdown
# Without the default dependencies: behind sysinit.target and ahead of network-pre.target it would close a circle with
# cloud-init.
DefaultDependencies=no
Conflicts=shutdown.target
After=local-fs.target
Before=network-pre.target ufw.service ssh.service fail2ban.service shutdown.target
ConditionPathExistsGlob={paths.BASE}/units/*/transaction
# What could not be rolled back then is tried again while the host runs.
OnFailure=phiward-recover@any.service

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 -I {agent_path()} recover --boot

[Install]
WantedBy=multi-user.target
"""
    return {OF_A_UNIT: of_a_unit, AT_BOOT: at_boot}
