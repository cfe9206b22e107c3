/** The units that make the status page: each minute, by an account that is there meanwhile and reaches this machine alone. */

import { CONFINEMENT } from "../../plan/confinement";
import { programCommand } from "../../plan/programs";
import { timerText } from "../../plan/systemd";

/** What makes the page. */
export const PAGE_SERVICE = "phiward-status-page.service";
/** What has it made. */
export const PAGE_TIMER = "phiward-status-page.timer";
/** Where systemd keeps the page: in a directory of root's, since its account is there for a time only. */
export const PAGE = "/run/private/phiward-status-page/page.html";

// Three lines of the journal for each minute would say nothing: what goes wrong is a warning.
export const PAGE_SERVICE_TEXT = `[Unit]
Description=Make the page that shows how the hosts are
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=${programCommand("monitor", "page").join(" ")}
DynamicUser=yes
RuntimeDirectory=phiward-status-page
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
IPAddressDeny=any
IPAddressAllow=127.0.0.1
SocketBindDeny=any
TimeoutStartSec=50s
MemoryMax=96M
TasksMax=8
CPUQuota=50%
Nice=10
LogLevelMax=notice
${CONFINEMENT}
ProtectHome=yes
ProtectProc=invisible
CapabilityBoundingSet=
`;

export const PAGE_TIMER_TEXT = timerText("Make the page that shows how the hosts are, each minute", "*:0/1", "AccuracySec=10s");
