import { literal } from "../../components/plan/patterns";
import type { Rule } from "../engine/rule";
import { type ClosedFile, demandClosed, type KnownLine } from "../readers/closedLines";
import { filesWhere } from "../readers/files";
import { DAILY, HOURS, PROGRAM, SERVER, service, TOLD, timer, UNITS } from "../readers/unitLines";
import type { Value } from "../readers/value";

const WEEKLY = [`OnCalendar={|Mon |Tue |Wed |Thu |Fri |Sat |Sun }*-*-* ${HOURS}:{0..59}:00 UTC`, "Persistent=true"];

const ALERTED = ["TimeoutStartSec={1..60}min", "ReadWritePaths=-/var/lib/phiward/alerts -/var/lib/phiward/log", "ProtectHome=yes"];
const ALERTS: readonly ClosedFile[] = [
  service("phiward-alert@", "alerts send %i", [...ALERTED, "CapabilityBoundingSet="]),
  service("phiward-alerts", "alerts flush", [...ALERTED, "CapabilityBoundingSet="]),
  timer("phiward-alerts", ["OnBootSec={1..60}min", "OnUnitInactiveSec={1..60}min"]),
];

const LONG = [
  TOLD,
  "Wants=network-online.target",
  "After=network-online.target docker.service",
  "RequiresMountsFor={**}",
  "TimeoutStartSec={1..24}h",
  "Nice={0..19}",
  "IOSchedulingClass=idle",
  "CacheDirectory=phiward/restic",
  "CacheDirectoryMode=0700",
  "RuntimeDirectory=phiward",
  "RuntimeDirectoryMode=0700",
  "RuntimeDirectoryPreserve=yes",
  "ProtectHome=read-only",
];
const BACKUP = [
  ...LONG,
  `ExecStopPost=${PROGRAM} backup clean-up`,
  "ReadWritePaths=/var/backups/phiward /var/lib/phiward -/var/lib/prometheus/node-exporter",
  "CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_CHOWN CAP_KILL",
];
const VAULT = [
  ...LONG,
  "ReadWritePaths=/srv/vault /var/lib/phiward",
  "CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_KILL CAP_SETUID CAP_SETGID",
];

// Where backups are made every hour, the vault gets them apart.
const OFFSITE: readonly ClosedFile[] = [
  service("phiward-backup-offsite", "backup run offsite", BACKUP),
  timer("phiward-backup-offsite", DAILY),
].map((file) => ({ ...file, path: new RegExp(`^${literal(String(file.path))}$`) }));

const SERVICE_RUN = [
  "After=docker.service",
  "ReadWritePaths=/var/lib/phiward",
  "RuntimeDirectory=phiward",
  "RuntimeDirectoryMode=0700",
  "RuntimeDirectoryPreserve=yes",
  "ProtectHome=yes",
  "CapabilityBoundingSet=",
];
const JOB_RUN = [TOLD, `ExecStopPost=${PROGRAM} jobs clean-up {*}`, "TimeoutStartSec={1201..22800}s"];

function jobTimer(path: ClosedFile["path"], starts: readonly KnownLine[]): ClosedFile {
  return { path, lines: ["[Unit]", "PartOf=phiward-jobs.target", "[Timer]", ...starts], more: ["Description={**}"] };
}

/** The units of each concern that has jobs, or a server. */
const FILES: ReadonlyMap<string, readonly ClosedFile[]> = new Map([
  [
    "backup",
    [
      ...ALERTS,
      service("phiward-backup", "backup run", BACKUP),
      timer("phiward-backup", DAILY),
      service("phiward-backup-check", "backup check", BACKUP),
      timer("phiward-backup-check", DAILY),
      service("phiward-restore-test", "backup restore-test", BACKUP),
      timer("phiward-restore-test", WEEKLY),
      service("phiward-backup-fresh", "backup fresh", BACKUP),
      timer("phiward-backup-fresh", DAILY),
      service("phiward-backup-first", "backup first", BACKUP),
      ...OFFSITE,
    ],
  ],
  [
    "jobs",
    [
      {
        path: `${UNITS}/phiward-jobs.target`,
        lines: ["[Unit]", "Wants=phiward-watch.timer", "[Install]", "WantedBy=multi-user.target"],
        more: ["Description={**}", "Wants=phiward-job-{*}.timer"],
      },
      service("phiward-watch", "watch", [...SERVICE_RUN, "TimeoutStartSec={1..60}min"]),
      jobTimer(`${UNITS}/phiward-watch.timer`, ["OnBootSec={1..10}min", "OnUnitInactiveSec=20s", "AccuracySec={1..60}s"]),
      {
        ...service("phiward-job", "jobs run {*}", [...SERVICE_RUN, ...JOB_RUN]),
        path: new RegExp(`^${UNITS}/phiward-job-[a-z0-9-]+\\.service$`),
      },
      jobTimer(new RegExp(`^${UNITS}/phiward-job-[a-z0-9-]+\\.timer$`), [
        "OnCalendar={|Sun }*-*-* " + HOURS + ":{0..59}:00 UTC",
        "Persistent=true",
      ]),
    ],
  ],
  [
    "vault",
    [
      ...ALERTS,
      service("phiward-vault-prune", "vault prune", VAULT),
      timer("phiward-vault-prune", DAILY),
      service("phiward-vault-check", "vault check", VAULT),
      timer("phiward-vault-check", DAILY),
    ],
  ],
  [
    "certificates",
    [
      service("phiward-certificates", "certificates renew", [
        TOLD,
        "StartLimitIntervalSec=0",
        "ReadWritePaths=/etc/phiward/tls -/etc/phiward/acme -/var/lib/phiward-acme /run -/var/lib/nginx -/var/lib/phiward/log -/var/lib/prometheus/node-exporter",
        "InaccessiblePaths=-/etc/letsencrypt",
        "ProtectHome=yes",
        "CapabilityBoundingSet=CAP_CHOWN CAP_NET_BIND_SERVICE",
      ]),
      timer("phiward-certificates", DAILY),
    ],
  ],
  [
    "nginx",
    [
      {
        path: `${UNITS}/nginx.service.d/phiward.conf`,
        lines: [
          "[Unit]",
          TOLD,
          "[Service]",
          "Restart=on-failure",
          "RestartSec={1..60}",
          "LogRateLimitIntervalSec={1..60}s",
          "LogRateLimitBurst={1000..100000}",
          "LimitNOFILE={1024..1048576}",
          ...SERVER,
          "ProtectHome=yes",
          "ReadWritePaths=/run /var/lib/nginx",
          "CapabilityBoundingSet=CAP_CHOWN CAP_KILL CAP_NET_BIND_SERVICE CAP_SETGID CAP_SETUID",
        ],
      },
    ],
  ],
]);

/** Jobs run as root: what each may do and write is listed, when it runs, and that a failure is reported. */
export const jobsConfined: Rule = {
  id: "jobs-confined",
  description:
    "The web server and our jobs run confined by systemd, at the times and by the commands that the rule lists, without drop-ins.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["KRN-23", "BKP-10"],
  remedy: "let the concerns write their units",
  appliesTo: ["phiward:host:Backup", "phiward:host:Vault", "phiward:host:Certificates", "phiward:host:Jobs", "phiward:host:Nginx"],
  judge(unit, report) {
    const name = unit.at("rendered").at("unit");
    const files = FILES.get(name.text() ?? "");
    if (files !== undefined) judgeUnits(unit, files, report);
    else if (name.text() !== undefined) report({ at: name.path, found: "another unit", allowed: [...FILES.keys()].join(", ") });
  },
};

function judgeUnits(unit: Value, files: readonly ClosedFile[], report: Parameters<Rule["judge"]>[1]): void {
  demandClosed(unit, files, {}, report);
  const isKnown = (found: string): boolean => files.some(({ path }) => (typeof path === "string" ? path === found : path.test(found)));
  for (const { path, at } of filesWhere(unit, (found) => /^\/(etc|run|usr\/lib)\/systemd\//.test(found)).files)
    if (!isKnown(path)) report({ at, found: "another file of systemd's", allowed: "those that the rule lists" });
}
