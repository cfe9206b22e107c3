/** `phiward evidence HOST`: what a host shows of itself, before anything else is done to it, encrypted to the incident key. */
import { type ReportOptions, report, resolvedStack } from "../lib/command";
import { requireWord } from "../lib/confirm";
import { OperatorError } from "../lib/errors";
import type { TakenItem } from "../lib/hostEvidence/receive";
import { freeBeside, sized } from "../lib/hostEvidence/room";
import { putOnRecord, type Taken, takeEvidence } from "../lib/hostEvidence/take";
import { namedHost } from "../lib/hosts";
import { requireNoFile } from "../lib/newFile";
import { personOf } from "../lib/person";
import { oneLine, warn } from "../lib/terminal";
import { timeOf } from "./audit";

/** Options of `phiward evidence`. */
export interface EvidenceTakeOptions extends ReportOptions {
  readonly output?: string;
  readonly since?: string;
  readonly as?: string;
  readonly yes?: boolean;
  readonly memory?: boolean;
}

/** Two days: what the operations guide has of logs. */
export const SINCE_HOURS = 48;

/** `phiward evidence HOST`: 1 where it is cut off, or not signed by the host. */
export async function evidenceTakeCommand(name: string, options: EvidenceTakeOptions): Promise<number> {
  const since = sinceOf(options.since);
  const stack = resolvedStack(options);
  const person = personOf(stack.config, options.as, "sudo");
  const host = namedHost(stack.config, stack.hosts, name, ["application", "vault"]);
  const file = options.output ?? `evidence-${name}-${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z.tar.age`;
  requireNoFile("--output", file);
  const memory = options.memory === true;
  const what = `Evidence of ${name} is taken: it reads all of the host, and leaves the records of a login there.`;
  await requireWord({ what: memory ? `${what} ${memoryText(freeBeside(file))}` : what, word: name, yes: options.yes });
  const onBytes = (bytes: number): void => {
    warn(`${name}: ${sized(bytes)} have come`);
  };
  const taken = await takeEvidence(stack, host, { person, file, since, memory, onItem: showItem, onBytes });
  const head = taken.statement?.head ?? "none";
  const vaults = await putOnRecord(stack, person, `evidence of ${name} taken by ${person}: head ${head}, file ${taken.sha256}`);
  report(options.json, { ...taken, onRecord: vaults }, takenText(taken, vaults));
  if (taken.trouble !== undefined) throw new OperatorError(`${name}: ${oneLine(taken.trouble)}`, 1);
  return 0;
}

/** The time that an option says; without it, two days ago. */
export function sinceOf(text: string | undefined): Date {
  return text === undefined ? new Date(Date.now() - SINCE_HOURS * 3_600_000) : timeOf("--since", text);
}

/** What whoever takes all memory has to know before. */
export function memoryText(free: number | undefined): string {
  const here = free === undefined ? "" : `; ${sized(free)} are free here`;
  return `All of its memory comes too: minutes to hours, and as much room as it has RAM${here}. Whatever its programs work on is in it: data of patients, keys, passwords.`;
}

function showItem({ item, bytes, seconds, outcome }: TakenItem): void {
  warn(oneLine(`${item.padEnd(32)} ${sized(bytes).padStart(12)} ${seconds.toFixed(1).padStart(6)} s  ${outcome}`));
}

/** What was taken, and what whoever keeps it has to know. */
export function takenText({ file, sha256, bytes, items, seconds, host, statement }: Taken, vaults: readonly string[]): string {
  const missing = items.filter(({ outcome }) => outcome !== "whole");
  return [
    `${file}: ${String(items.length)} items, ${sized(bytes)}, in ${seconds.toFixed(1)} s, by ${host}`,
    ...missing.map(({ item, outcome }) => `  not whole: ${item}: ${outcome}`),
    `  SHA-256 of the file  ${sha256}`,
    `  head of the chain    ${statement?.head ?? "none: it was cut off"}`,
    vaults.length === 0 ? "  on record at no vault: write both down elsewhere" : `  on record at ${vaults.join(", ")}`,
    `Its last item, footprint, lists what taking it did to the host. Keep a copy elsewhere; then: npx phiward evidence verify ${file}`,
  ]
    .map(oneLine)
    .join("\n");
}
