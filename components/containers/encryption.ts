/** Connections to databases are encrypted: by certificates of the host's own authority, which the host makes and renews by itself. */
import { CERTIFICATES_DUE } from "../config/calendar";
import { CONFINEMENT } from "../plan/confinement";
import { type PlanDirectory, type PlanFile, textFile } from "../plan/files";
import { LOG_DIRECTORY, programCommand } from "../plan/programs";
import { isActive, isEnabled, timerText } from "../plan/systemd";
import type { Check, Probe, Step } from "../plan/types";
import type { DatabaseAccounts, DatabaseSettings } from "./databases/engine";
import { ENGINES } from "./databases/engines";
import { AUTHORITY_IN_CONTAINER, SERVICES_DIRECTORY, tlsDirectory } from "./names";
import { hostSecret, keptSecretPath } from "./secrets/files";
import type { NamedContainer } from "./services/containerSettings";

const PROGRAM = "encryption";
const CONFIGURATION = "/etc/phiward/encryption.json";
const UNITS = "/etc/systemd/system";
const SERVICE = "phiward-encryption.service";
/** The timer that renews certificates. */
export const ENCRYPTION_TIMER = "phiward-encryption.timer";

/** Debian's package that makes certificates. */
export const ENCRYPTION_PACKAGE = "openssl";

/** What is left of the host's own authority where it has no databases any more: the next ones have another. */
export const OWN_AUTHORITY: PlanDirectory = {
  path: "/var/lib/phiward/authority",
  owner: "root:root",
  mode: "0700",
  exclusive: { noun: "authority of databases", keep: [], discard: true },
};

// It makes keys, hands them to the servers' groups, and has the servers read them by their own clients in their containers.
const SERVICE_TEXT = `[Unit]
Description=Renew the databases' certificates that are due
OnFailure=phiward-alert@%n.service
# Whoever asks again and again is an operator at work.
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=${programCommand(PROGRAM, "renew").join(" ")}
${CONFINEMENT}
ReadWritePaths=/etc/phiward/services -/var/lib/phiward/authority -${SERVICES_DIRECTORY} -${LOG_DIRECTORY} /run
ProtectHome=yes
CapabilityBoundingSet=CAP_CHOWN CAP_FOWNER
`;

const TIMER_TEXT = timerText(
  "Renew the databases' certificates that are due, every day",
  CERTIFICATES_DUE.calendar,
  `RandomizedDelaySec=${String(CERTIFICATES_DUE.delaySeconds)}`,
  "Persistent=true",
);

/** The systemd units. */
export const ENCRYPTION_UNITS: readonly PlanFile[] = [
  textFile(`${UNITS}/${SERVICE}`, SERVICE_TEXT),
  textFile(`${UNITS}/${ENCRYPTION_TIMER}`, TIMER_TEXT),
];

/** What the program on the host reads: each database, and the services that are to know the authority. */
export function encryptionFile(databases: readonly DatabaseSettings[], services: readonly NamedContainer[]): PlanFile {
  const clients = services.flatMap(({ bindMounts }) =>
    bindMounts.flatMap(({ source, target }) => (target === AUTHORITY_IN_CONTAINER ? [source] : [])),
  );
  const settings = {
    databases: databases.map(({ kind, name, container, user, unencrypted }) => ({
      kind,
      container,
      directory: tlsDirectory(name),
      // Who asks a server by the loopback address is in its own container.
      names: [name, "localhost"],
      group: user.gid,
      plain: unencrypted !== undefined,
      ...(kind === "redis" ? { secret: keptSecretPath(hostSecret(name, "redis")) } : {}),
    })),
    // Two containers of a service, while one takes the place of the other, have one directory.
    clients: [...new Set(clients)].toSorted(),
  };
  return textFile(CONFIGURATION, `${JSON.stringify(settings, undefined, 1)}\n`, "0600");
}

/** Makes and renews what is due, before databases read it. */
export function encryptionSteps(): readonly Step[] {
  return [step("make-database-certificates", "prepare", "check")];
}

/** Asks whether each certificate is as declared, and renewed in time. */
export function encryptionChecks(): readonly Check[] {
  const ask = { control: "CRT-01" } as const;
  return [
    isActive(ENCRYPTION_TIMER, { ...ask, id: "database-certificates-timer-active" }),
    isEnabled(ENCRYPTION_TIMER, { ...ask, id: "database-certificates-timer-starts-at-boot" }),
    { ...ask, id: "database-certificates-as-declared", ...asked("check") },
  ];
}

/** Asks the running servers for a handshake: by the certificate that is there, by TLS 1.3 and nothing older, by their names and no other. */
export function encryptedChecks(databases: readonly DatabaseAccounts[]): readonly Check[] {
  return databases.map(({ kind, database, container }) => ({
    id: `${kind}-${database}-handshake-verified`,
    control: ENGINES[kind].encryptedControl,
    ...asked("served", container),
  }));
}

/** Steps of the unit `retire`: connections without TLS are refused once no service needs them any more. */
export function plainRetireSteps(databases: readonly DatabaseAccounts[]): readonly Step[] {
  return databases.some(isClosed) ? [step("refuse-plain-connections", "close", "closed")] : [];
}

/** Checks of the unit `retire`: the databases refuse them. */
export function plainRetireChecks(databases: readonly DatabaseAccounts[]): readonly Check[] {
  return databases.filter(isClosed).map((database) => {
    const engine = ENGINES[database.kind];
    return engine.plainRefused(database, { id: `${database.kind}-${database.database}-plain-refused`, control: engine.encryptedControl });
  });
}

function isClosed({ unencrypted }: DatabaseAccounts): boolean {
  return unencrypted === undefined;
}

function step(id: string, action: string, done: string): Step {
  return {
    id,
    argv: programCommand(PROGRAM, action),
    phase: "after",
    when: { kind: "state", unless: asked(done) },
    undo: { kind: "none" },
  };
}

function asked(...words: readonly string[]): Probe {
  return { argv: programCommand(PROGRAM, ...words), expect: { kind: "exit", code: 0 } };
}
