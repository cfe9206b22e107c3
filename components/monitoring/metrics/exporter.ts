/** Debian's node exporter, as it runs: what of it is asked, where it answers, and what it may do. */

import { CONFINEMENT } from "../../plan/confinement";
import { MONITORING_PORTS } from "../../plan/places";

export const EXPORTER = "prometheus-node-exporter.service";
export const EXPORTER_ADDRESS = `127.0.0.1:${String(MONITORING_PORTS.nodeExporter)}`;

/** What is collected: processors, memory, disks, networks and clocks. Each one costs memory and time on every host. */
const COLLECTORS = [
  ...["cpu", "diskstats", "filefd", "filesystem", "loadavg", "meminfo", "netdev", "pressure", "stat", "time", "uname", "vmstat"],
];

const ARGUMENTS = [
  `--web.listen-address=${EXPORTER_ADDRESS}`,
  // Of the exporter itself nobody asks.
  "--web.disable-exporter-metrics",
  "--web.max-requests=2",
  "--collector.disable-defaults",
  ...COLLECTORS.map((name) => `--collector.${name}`),
  // A container comes and goes with a network device and mounts of its own: their names would grow in number without end.
  "--collector.netdev.device-exclude=^(veth.*|br-.*|docker.*)$$",
  "--collector.filesystem.mount-points-exclude=^/(dev|proc|run|sys|snap|var/lib/docker|var/lib/containerd)($$|/)",
  // By default what an overlay lies on is left out as well, which may be the host's own root.
  "--collector.filesystem.fs-types-exclude=^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|mqueue|nsfs|proc|pstore|ramfs|securityfs|squashfs|sysfs|tracefs)$$",
];

/** Takes the place of the package's own command, whose settings may have it listen on every address. */
export const EXPORTER_TEXT = `[Unit]
StartLimitIntervalSec=0

[Service]
ExecStart=
ExecStart=/usr/bin/prometheus-node-exporter ${ARGUMENTS.join(" ")}
Restart=always
RestartSec=15s
IPAddressDeny=any
IPAddressAllow=localhost
MemoryMax=96M
TasksMax=32
Nice=10
Environment=GOMAXPROCS=1 GOGC=50
${CONFINEMENT}
# Counters of network devices come by it.
RestrictAddressFamilies=AF_NETLINK
ProtectHome=read-only
# The kernel gives a port below 30000 to nobody without it (net.ipv4.ip_unprivileged_port_start); this one is all that it is good for.
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
SocketBindAllow=ipv4:tcp:${String(MONITORING_PORTS.nodeExporter)}
SocketBindDeny=any
`;
