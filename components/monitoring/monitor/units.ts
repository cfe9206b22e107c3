/** How the programs of the monitoring are run: Debian's units, with settings of ours that take the place of its own. */
import { CONFINEMENT } from "../../plan/confinement";
import type { AbsolutePath } from "../../plan/files";
import { MONITORING_PORTS } from "../../plan/places";
import { at } from "./prometheusText";
import type { MonitorSettings } from "./settings";

/** Debian's services, by what they are. */
export const SERVICES = {
  prometheus: "prometheus.service",
  alertmanager: "prometheus-alertmanager.service",
  pushgateway: "prometheus-pushgateway.service",
} as const;

/** Where Alertmanager's unit has its secrets. */
export const CREDENTIALS = `/run/credentials/${SERVICES.alertmanager}`;
/** Names of the secrets there, and of their files in SECRETS. */
export const HEARTBEAT_URL = "heartbeat-url";
/** The same, of PagerDuty's key. */
export const ROUTING_KEY = "routing-key";
/** The same, of the token that was put on the host by hand. */
export const TOKEN = "alert-token";
/** Directory of Alertmanager's secrets, which systemd hands to its unit. */
export const SECRETS = "/etc/phiward/monitor/secrets";

/** The directory of settings of a service. */
export function dropIns(service: string): AbsolutePath {
  return `/etc/systemd/system/${service}.d`;
}

// Go's collector of garbage keeps below it, long before the kernel ends the program.
const memory = (megabytes: number): string => `MemoryMax=${String(2 * megabytes)}M\nEnvironment=GOMEMLIMIT=${String(megabytes)}MiB`;
const LOOPBACK_ONLY = "IPAddressDeny=any\nIPAddressAllow=localhost";

/** Settings of Prometheus' unit. */
export function prometheusUnit(config: string, { retention }: MonitorSettings): string {
  return unit("prometheus", memory(384), LOOPBACK_ONLY, [
    "/usr/bin/prometheus",
    `--config.file=${config}`,
    "--storage.tsdb.path=/var/lib/phiward-prometheus",
    `--storage.tsdb.retention.time=${String(retention.days)}d`,
    `--storage.tsdb.retention.size=${String(retention.megabytes)}MB`,
    `--web.listen-address=${at("prometheus")}`,
    "--web.max-connections=64",
    "--query.max-concurrency=4",
    "--query.max-samples=5000000",
    "--query.timeout=30s",
    "--log.level=warn",
  ]);
}

/** Settings of Alertmanager's unit; without a cluster, whose port would be open to the world. */
export function alertmanagerUnit(config: string, secrets: readonly string[]): string {
  // The token may not be there: then the webhook asks for none, and what is sent in its place means nothing.
  const loaded = [`SetCredential=${TOKEN}:none`, `LoadCredential=${TOKEN}:/etc/phiward/${TOKEN}`];
  const credentials = [...loaded, ...secrets.map((name) => `LoadCredential=${name}:${SECRETS}/${name}`)];
  return unit("alertmanager", memory(96), credentials.join("\n"), [
    "/usr/bin/prometheus-alertmanager",
    `--config.file=${config}`,
    "--storage.path=/var/lib/phiward-alertmanager",
    "--data.retention=120h",
    "--cluster.listen-address=",
    `--web.listen-address=${at("alertmanager")}`,
    `--web.external-url=http://${at("alertmanager")}`,
    "--log.level=warn",
  ]);
}

/** Settings of the Pushgateway's unit. It keeps nothing: what was sent before a restart is old. */
export function pushgatewayUnit(): string {
  return unit("pushgateway", memory(96), LOOPBACK_ONLY, [
    "/usr/bin/prometheus-pushgateway",
    "--persistence.file=",
    `--web.listen-address=${at("pushgateway")}`,
    "--log.level=warn",
  ]);
}

// Each has an account of its own, which is there while it runs: Debian's is one for all three. Its port is one that accounts without that
// right cannot have, in the users of the host: so nobody else answers there.
function unit(name: keyof typeof SERVICES, limits: string, own: string, argv: readonly string[]): string {
  return `[Unit]
StartLimitIntervalSec=0

[Service]
EnvironmentFile=
ExecStart=
ExecStart=${argv.join(" ")}
User=phiward-${name}
DynamicUser=yes
StateDirectory=phiward-${name}
StateDirectoryMode=0700
Restart=always
RestartSec=5s
RestartSteps=5
RestartMaxDelaySec=1min
${limits}
TasksMax=64
Nice=5
OOMPolicy=stop
${own}
SocketBindDeny=any
SocketBindAllow=tcp:${String(MONITORING_PORTS[name])}
${CONFINEMENT}
ProtectHome=yes
ProtectProc=invisible
PrivateUsers=no
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
AmbientCapabilities=CAP_NET_BIND_SERVICE
`;
}
