/** The file of the record: where it is, how it is read, and how a line is added. */
import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { OpenStack } from "../command";
import { OperatorError } from "../errors";
import { CONFIG_FAULT } from "../pulumiYaml";
import { type DutyRecord, readRecord } from "./record";
import { withVerifier } from "./signatures";

const MOST_BYTES = 16 * 1024 * 1024;

/** Path of the record of a stack: beside its `Pulumi.<stack>.yaml`. */
export function dutiesBeside(stackFile: string): string {
  return join(dirname(stackFile), basename(stackFile).replace(/^Pulumi\.(.*)\.yaml$/, "duties.$1.jsonl"));
}

/** The record of a stack; an empty one where there is no file. Throws OperatorError of its first fault. */
export function loadDuties({ stack, context, config }: OpenStack): DutyRecord {
  const path = dutiesBeside(context.file);
  return withVerifier(config, (verifier) => readRecord(path, textAt(path), stack, verifier));
}

/** Adds a line, which is on the disk when this returns. Throws OperatorError where it cannot be written. */
export function appendLine(path: string, line: string): void {
  try {
    appendFileSync(path, `${line}\n`, { mode: 0o644 });
    const file = openSync(path, "r");
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "another fault";
    throw new OperatorError(`${path}: cannot be written (${code}), allowed: a file that is yours, on a disk with room`, 2);
  }
}

/** The text of a stack's record, as it is sent to the vault; empty where there is none. */
export function recordText({ context }: Pick<OpenStack, "context">): string {
  return textAt(dutiesBeside(context.file));
}

function textAt(path: string): string {
  if (!existsSync(path)) return "";
  const stat = statSync(path);
  if (!stat.isFile() || stat.size > MOST_BYTES)
    throw new OperatorError(`${path}: found no plain file of at most 16 MiB, allowed: what attest wrote`, CONFIG_FAULT);
  return readFileSync(path, "utf8");
}
