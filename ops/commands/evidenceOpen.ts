/** `phiward evidence open FILE`: puts its items into a new directory, with the incident key; the reading is on record first. */
import { closeSync, mkdirSync, openSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { resolvedStack, type StackOptions } from "../lib/command";
import { OperatorError } from "../lib/errors";
import { hashOf, openedEvidence } from "../lib/hostEvidence/file";
import { requireRoom } from "../lib/hostEvidence/room";
import { putOnRecord } from "../lib/hostEvidence/take";
import { personOf } from "../lib/person";
import { requireRecoveryKey } from "../lib/recovery";
import { oneLine, print, warn } from "../lib/terminal";

/** Options of `phiward evidence open`. */
export interface EvidenceOpenOptions extends StackOptions {
  readonly recoveryKey: string;
  readonly output: string;
  readonly as?: string;
  /** Why it is opened where no vault of the stack is reached. */
  readonly unrecorded?: string;
}

/** Puts the items into a new directory, a file each. Their names are those of the chain: no path of the host is made here. Throws OperatorError. */
export async function unpackEvidence(file: string, keyFile: string, directory: string): Promise<number> {
  requireRoom(file, statSync(file).size, directory);
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch {
    throw new OperatorError(`--output: cannot make ${directory}, allowed: a directory that is not there, in one that is`, 2);
  }
  const whole = await openedEvidence(file, keyFile, (step) => {
    if ("part" in step) append(join(directory, step.item), step.part.content);
  });
  append(join(directory, "manifest.json"), Buffer.from(whole.text, "latin1"));
  append(join(directory, "entries.jsonl"), Buffer.from(whole.entries.map((entry) => `${JSON.stringify(entry)}\n`).join("")));
  return whole.entries.length;
}

function append(path: string, content: Uint8Array): void {
  try {
    const file = openSync(path, "a", 0o600);
    try {
      for (let at = 0; at < content.length; ) at += writeSync(file, content, at);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "another fault";
    throw new OperatorError(`--output: cannot write ${path} (${code}), allowed: a disk with room for all of it; not all was opened`, 2);
  }
}

/** `phiward evidence open`. */
export async function evidenceOpenCommand(file: string, options: EvidenceOpenOptions): Promise<number> {
  requireRecoveryKey(options.recoveryKey);
  const { sha256 } = await hashOf(file);
  if (options.unrecorded === undefined) await record(options, sha256);
  else warn(`this reading is on no record of the stack: write it down with its reason, ${oneLine(options.unrecorded)}`);
  const count = await unpackEvidence(file, options.recoveryKey, options.output);
  print(
    `${options.output}: ${String(count)} items, as they were taken. Most are lines of JSON; journal is for journalctl --file, kernel-memory for Volatility.`,
  );
  print("What is in them was chosen by whoever was on the host: run nothing of it. Remove the directory when you have looked.");
  return 0;
}

async function record(options: EvidenceOpenOptions, sha256: string): Promise<void> {
  const stack = resolvedStack(options);
  const person = personOf(stack.config, options.as, "sudo");
  const took = await putOnRecord(stack, person, `evidence of file:${sha256} opened by ${person}: all of it`);
  if (took.length === 0)
    throw new OperatorError("no vault of the stack took the record of this reading; nothing was opened. --unrecorded REASON goes ahead", 2);
}
