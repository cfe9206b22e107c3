import { CONFINEMENT } from "../../plan/confinement";
import { type PlanDirectory, type PlanFile, textFile } from "../../plan/files";
import { LOG_DIRECTORY, programCommand } from "../../plan/programs";
import { readUnits, serviceSteps, stoppedUnits, timerText } from "../../plan/systemd";
import { type ConcernPlan, EMPTY_PLAN } from "../../plan/types";
import { collectorChecks } from "./checks";
import { type CollectorSettings, KEY, SENDER, WATCH_TIMER } from "./settings";

const WATCH = "phiward-collector-watch.service";
const CONFIG = "/etc/phiward/collector.json";
// What is no longer declared goes, keys without a trace.
const DIRECTORY: PlanDirectory = {
  path: "/etc/phiward/collector",
  owner: "root:root",
  mode: "0755",
  exclusive: { noun: "certificates", keep: [], discard: true },
};

export function collectorPlan(settings: CollectorSettings): ConcernPlan {
  const files: readonly PlanFile[] = [
    textFile(CONFIG, configText(settings)),
    textFile(`${DIRECTORY.path}/ca.pem`, settings.ca),
    ...clientFiles(settings),
  ];
  const units = [
    textFile(`/etc/systemd/system/${SENDER}`, senderText(settings)),
    textFile(`/etc/systemd/system/${WATCH}`, watchText(settings)),
    textFile(`/etc/systemd/system/${WATCH_TIMER}`, TIMER_TEXT),
  ];
  return {
    ...EMPTY_PLAN,
    packages: ["python3"],
    directories: [DIRECTORY],
    files: [...files, ...units],
    steps: [
      readUnits(units),
      ...serviceSteps(SENDER),
      {
        // One that runs goes on with what it was started with.
        id: "restart-collector",
        argv: ["systemctl", "restart", SENDER],
        phase: "after",
        when: { kind: "change", on: [...files, ...units.slice(0, 1)] },
        undo: { kind: "again" },
      },
      ...serviceSteps(WATCH_TIMER),
    ],
    checks: collectorChecks(settings),
  };
}

function configText({ host, senders, address, port, name, client, lateMinutes }: CollectorSettings): string {
  const program = { host, senders, address, port, name, lateSeconds: lateMinutes * 60, hasCertificate: client !== undefined };
  return `${JSON.stringify(program, null, 2)}\n`;
}

function clientFiles({ client }: CollectorSettings): readonly PlanFile[] {
  if (client === undefined) return [];
  const { chain, secret, version } = client;
  return [
    textFile(`${DIRECTORY.path}/chain.pem`, chain),
    { path: KEY, owner: "root:root", mode: "0600", content: { kind: "secret", secret, version } },
  ];
}

// Its account is there while it runs, has no right but to read journals, and reaches one address: the kernel drops all else of it.
// What a host has sent in years is in hundreds of files, all of which may be due at once: hence their number.
function senderText({ address, senders, client }: CollectorSettings): string {
  const groups = ["systemd-journal", ...(senders.length > 0 ? ["systemd-journal-remote"] : [])];
  return `[Unit]
Description=Send a copy of the record to the collector
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${programCommand("collector", "send").join(" ")}
DynamicUser=yes
SupplementaryGroups=${groups.join(" ")}
StateDirectory=phiward-collector
StateDirectoryMode=0700
${client === undefined ? "" : `LoadCredential=key.pem:${KEY}\n`}IPAddressDeny=any
IPAddressAllow=${address}
SocketBindDeny=any
Restart=always
RestartSec=15s
RestartSteps=5
RestartMaxDelaySec=2min
OOMPolicy=continue
MemoryMax=512M
LimitNOFILE=32768
TasksMax=16
CPUQuota=50%
Nice=10
${CONFINEMENT}
ProtectHome=yes
ProtectProc=invisible
CapabilityBoundingSet=

[Install]
WantedBy=multi-user.target
`;
}

// It reads what the sender keeps, which is that one's alone.
function watchText({ alerts }: CollectorSettings): string {
  return `[Unit]
Description=Notice that no copy of the record reaches the collector${alerts ? "\nOnFailure=phiward-alert@%n.service" : ""}

[Service]
Type=oneshot
ExecStart=${programCommand("collector", "watch").join(" ")}
TimeoutStartSec=5min
Nice=10
${CONFINEMENT}
ReadWritePaths=/var/lib/phiward -${LOG_DIRECTORY}
PrivateNetwork=yes
ProtectHome=yes
CapabilityBoundingSet=CAP_DAC_READ_SEARCH
`;
}

const TIMER_TEXT = timerText(
  "Notice that no copy of the record reaches the collector, every five minutes",
  "*:0/5",
  "RandomizedDelaySec=30",
  "Persistent=true",
);

const STOPPED = stoppedUnits([SENDER, WATCH_TIMER], "LOG-12");

/** Ends the sending, and removes what the sender proved itself by. What the collector has stays there, and every record here. */
export const COLLECTOR_REMOVAL: ConcernPlan = {
  ...STOPPED,
  directories: [DIRECTORY],
  steps: [
    ...STOPPED.steps,
    {
      // Of a unit that has failed systemd cleans nothing.
      id: "reset-collector",
      argv: ["systemctl", "reset-failed", SENDER],
      phase: "before",
      when: {
        kind: "state",
        unless: { argv: ["systemctl", "show", "--property=ActiveState", SENDER], expect: { kind: "lacks", pattern: "=failed$" } },
      },
      undo: { kind: "none" },
    },
    {
      // How far it came: another collector, or the same one after months, begins with what is written then.
      id: "forget-places",
      argv: ["systemctl", "clean", "--what=state", SENDER],
      phase: "before",
      when: {
        kind: "state",
        unless: {
          argv: ["find", "/var/lib/private", "-maxdepth", "1", "-name", "phiward-collector"],
          expect: { kind: "lacks", pattern: "." },
        },
      },
      undo: { kind: "none" },
    },
  ],
};
