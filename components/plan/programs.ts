/** The programs of the host: one archive of all (components/host), where it is, and how each is run. */
import { hostArchive } from "../host/archive";
import type { PlanDirectory, PlanFile } from "./files";

/** A program of the archive, by the word that names it (components/host/phiward_host/__main__.py). */
export type HostProgram =
  | "accounts"
  | "alerts"
  | "backup"
  | "bans"
  | "break-glass"
  | "certificates"
  | "container-mounts"
  | "container-users"
  | "deploy"
  | "firewall"
  | "handover"
  | "images"
  | "nginx"
  | "people"
  | "redis"
  | "service-data"
  | "smoke-test"
  | "state"
  | "storage"
  | "vault";

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
  bytes ??= hostArchive().toString("base64");
  return { path: HOST_ARCHIVE, owner: "root:root", mode: "0755", content: { kind: "bytes", bytes } };
}
// Packed once: it takes a tenth of a second.
let bytes: string | undefined;

/** The command that runs a program: isolated, so that nothing of whoever starts it decides what it loads. */
export function programCommand(program: HostProgram, ...words: readonly string[]): readonly string[] {
  return ["/usr/bin/python3", "-I", HOST_ARCHIVE, program, ...words];
}
