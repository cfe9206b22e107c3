/** The programs of the host: one archive of all (components/host), where it is, and how each is run. */
import { hostArchive } from "../host/archive";
import { EARLY_PACKAGES } from "./earlyPackages";
import type { PlanDirectory, PlanFile } from "./files";
import { AGENT_SHA256, type AgentRequest, sha256Of } from "./request";
import { EMPTY_PLAN } from "./types";

/** A program of the archive, by the word that names it (components/host/phiward_host/__main__.py). */
export type HostProgram =
  | "accounts"
  | "alerts"
  | "audit"
  | "backup"
  | "bans"
  | "basic-auth"
  | "break-glass"
  | "certificates"
  | "collector"
  | "container-mounts"
  | "container-users"
  | "deploy"
  | "detectors"
  | "duties"
  | "encryption"
  | "firewall"
  | "handover"
  | "images"
  | "incidents"
  | "initialize"
  | "integrity"
  | "isolation"
  | "jobs"
  | "journal"
  | "metrics"
  | "monitor"
  | "nginx"
  | "people"
  | "psql"
  | "phi"
  | "questions"
  | "records"
  | "redis"
  | "retention"
  | "scans"
  | "sealing"
  | "secrets"
  | "service-data"
  | "sessions"
  | "smoke-test"
  | "state"
  | "storage"
  | "subjects"
  | "vault"
  | "watch";

const DIRECTORY = "/usr/local/lib/phiward";

/** Path of the archive on the host. */
export const HOST_ARCHIVE = `${DIRECTORY}/phiward.pyz`;

/** Where the programs write what went wrong. The agent makes it; a confined unit may write there where it is. */
export const LOG_DIRECTORY = "/var/lib/phiward/log";

/** Directories of the archive and of the programs' settings. */
export const PROGRAM_DIRECTORIES: readonly PlanDirectory[] = (["/etc/phiward", DIRECTORY] as const).map((path) => ({
  path,
  owner: "root:root",
  mode: "0755",
}));

/** The archive as a file of a plan. The accounts of machines at the vault read it too. */
export function hostArchiveFile(): PlanFile {
  return { path: HOST_ARCHIVE, owner: "root:root", mode: "0755", content: { kind: "bytes", bytes: packedPrograms() } };
}

/**
 * What a deploy runs on the operator's machine to bring a host its programs. Relative to the project's directory, in which Pulumi runs
 * its providers: the same on every laptop.
 */
export const INSTALL_COMMAND = "node ops/phiward.cjs install-programs";

/** What that command is told, and nothing else: where the host is, which version it gets, and which packages before its first concern. */
export const INSTALL_ENVIRONMENT: readonly string[] = [
  ...["ADDRESS", "PORT", "USER", "HOST_KEY", "PROGRAMS"].map((name) => `PHIWARD_${name}`),
  EARLY_PACKAGES,
];

/** Brings a host the agent and the archive, which requests then name by their hashes, and these packages. */
export function installRequest(packages: readonly string[] = []): AgentRequest {
  const contents = { [sha256Of(Buffer.from(packedPrograms(), "base64"))]: packedPrograms() };
  return { mode: "install", contents, ...(packages.length === 0 ? {} : { packages, systems: EMPTY_PLAN.systems }) };
}

/** What a host holds of this version: SHA-256 of the agent and of the archive, hexadecimal. */
export function programHashes(): readonly string[] {
  return [AGENT_SHA256, sha256Of(Buffer.from(packedPrograms(), "base64"))];
}

/** The version of the agent and of the programs: SHA-256, hexadecimal. */
export function programsVersion(): string {
  return sha256Of(programHashes().join("\n"));
}

function packedPrograms(): string {
  bytes ??= hostArchive().toString("base64");
  return bytes;
}
// Packed once: it takes a tenth of a second.
let bytes: string | undefined;

/** The command that runs a program: isolated, so that nothing of whoever starts it decides what it loads. */
export function programCommand(program: HostProgram, ...words: readonly string[]): readonly string[] {
  return ["/usr/bin/python3", "-I", HOST_ARCHIVE, program, ...words];
}
