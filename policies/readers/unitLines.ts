/** Units of systemd as rules know them, line by line. */
import type { ClosedFile, KnownLine } from "./closedLines";

/** Where units are that are no package's. */
export const UNITS = "/etc/systemd/system";
/** How a program of the host is started. */
export const PROGRAM = "/usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz";

/** What confines a server. Listed here again, and not read from the plan: what is weakened there is refused here. */
export const SERVER: readonly KnownLine[] = [
  "NoNewPrivileges=yes",
  "ProtectSystem=strict",
  "PrivateTmp=yes",
  "PrivateDevices=yes",
  "ProtectClock=yes",
  "ProtectControlGroups=yes",
  "ProtectHostname=yes",
  "ProtectKernelLogs=yes",
  "ProtectKernelModules=yes",
  "ProtectKernelTunables=yes",
  "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
  "RestrictNamespaces=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  "LockPersonality=yes",
  "MemoryDenyWriteExecute=yes",
  "SystemCallArchitectures=native",
  "SystemCallFilter=@system-service",
];
/** What a job of ours is run with besides. */
export const CONFINED: readonly KnownLine[] = [...SERVER, "UMask=0077"];
/** A failure is told. */
export const TOLD: KnownLine = "OnFailure=phiward-alert@%n.service";

/** The unit of a job that runs to its end. */
export function service(name: string, command: string, lines: readonly KnownLine[], more: readonly KnownLine[] = []): ClosedFile {
  const all = ["[Unit]", "[Service]", "Type=oneshot", `ExecStart=${PROGRAM} ${command}`, ...CONFINED, ...lines];
  return { path: `${UNITS}/${name}.service`, lines: all, more: ["Description={**}", ...more] };
}

/** Its timer. */
export function timer(name: string, starts: readonly KnownLine[]): ClosedFile {
  const lines = ["[Unit]", "[Timer]", ...starts, "[Install]", "WantedBy=timers.target"];
  return { path: `${UNITS}/${name}.timer`, lines, more: ["Description={**}", "RandomizedDelaySec={0..3600}"] };
}

/** Any hour; `*` is every one. */
export const HOURS = `{${["*", ...Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0"))].join("|")}}`;
/** When a daily job starts. */
export const DAILY = [`OnCalendar=*-*-* ${HOURS}:{0..59}:00 UTC`, "Persistent=true"];
