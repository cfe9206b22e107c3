/** The units that bring metrics to the vault, and take them there. */
import { CONFINEMENT } from "../../plan/confinement";
import { LOG_DIRECTORY, programCommand } from "../../plan/programs";
import type { MetricsSettings } from "./settings";

/** Begins again for ever: a vault that is away for a day comes back. It is root's for the host's key and for our own records. */
export function senderText({ vault }: MetricsSettings): string {
  return `[Unit]
Description=${vault === null ? "Bring what is measured here to what watches" : "Bring what is measured here to the vault"}
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${programCommand("metrics", "send").join(" ")}
RuntimeDirectory=phiward-metrics
RuntimeDirectoryMode=0700
Restart=always
RestartSec=15s
RestartSteps=5
RestartMaxDelaySec=2min
MemoryMax=256M
TasksMax=64
Nice=10
${CONFINEMENT}
ReadWritePaths=-${LOG_DIRECTORY}
ProtectHome=yes
CapabilityBoundingSet=${vault === null ? "\nIPAddressDeny=any\nIPAddressAllow=localhost" : ""}

[Install]
WantedBy=multi-user.target
`;
}

/** Where the gate leads to: each host has one connection, and one more while the last one ends. */
export const SOCKET_TEXT = `[Unit]
Description=Metrics of other hosts, from their accounts

[Socket]
ListenStream=/run/phiward-metrics-taken/socket
SocketMode=0666
DirectoryMode=0755
RemoveOnStop=yes
Accept=yes
MaxConnections=128
MaxConnectionsPerSource=2

[Install]
WantedBy=sockets.target
`;

/** An account that is there while it runs, with no right but to reach the loopback address. */
export const RECEIVER_TEXT = `[Unit]
Description=The metrics of one host
CollectMode=inactive-or-failed

[Service]
Type=exec
DynamicUser=yes
User=phiward-metrics
ExecStart=${programCommand("metrics", "receive").join(" ")}
StandardInput=socket
StandardOutput=socket
StandardError=journal
IPAddressDeny=any
IPAddressAllow=localhost
SocketBindDeny=any
MemoryMax=64M
TasksMax=8
CPUQuota=20%
Nice=10
${CONFINEMENT}
ProtectHome=yes
ProtectProc=invisible
CapabilityBoundingSet=
`;
