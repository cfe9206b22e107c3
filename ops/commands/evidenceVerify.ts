/** `phiward evidence verify FILE`: whether evidence is as it was taken, on any machine; with the incident key, to every byte. */
import { fingerprint } from "../lib/audit/acts";
import { report } from "../lib/command";
import { OperatorError } from "../lib/errors";
import { requireSigned, type Whole } from "../lib/hostEvidence/chain";
import { hashOf, openedEvidence } from "../lib/hostEvidence/file";
import { OtherEvidence } from "../lib/hostEvidence/members";
import { readReceipt } from "../lib/hostEvidence/receipt";
import type { Statement } from "../lib/hostEvidence/statement";
import { statementOf } from "../lib/hostEvidence/statement";
import { withProgress } from "../lib/progress";
import { requireRecoveryKey } from "../lib/recovery";
import { oneLine } from "../lib/terminal";

/** Options of `phiward evidence verify`. */
export interface EvidenceVerifyOptions {
  readonly json?: boolean;
  readonly recoveryKey?: string;
  /** What the record has. */
  readonly sha256?: string;
  readonly head?: string;
  /** Type and base64 of the host's key, as the stack's file has it. */
  readonly hostKey?: string;
}

/** What was found. */
export interface VerifiedEvidence {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  /** With the key: all items, by their hashes and order. */
  readonly items?: readonly { readonly item: string; readonly bytes: number; readonly sha256: string; readonly outcome: string }[];
  readonly statement?: Statement;
  /** What it was held against, and what it could not be held against. */
  readonly held: readonly string[];
  readonly open: readonly string[];
}

/** Looks at a file. Throws OperatorError, with exit code 1, of the first thing that is not as it was taken. */
export async function verifyEvidence(file: string, options: EvidenceVerifyOptions): Promise<VerifiedEvidence> {
  if (options.recoveryKey !== undefined) requireRecoveryKey(options.recoveryKey);
  const { sha256, bytes } = await hashOf(file);
  const receipt = readReceipt(file);
  const held: string[] = [];
  const open: string[] = [];
  const refuse = (found: string): OperatorError => new OperatorError(`${file}: refused: ${found}`, 1);
  const hold = (what: string, wanted: string | undefined, found: string | undefined): void => {
    if (wanted === undefined) return;
    if (wanted !== found) throw refuse(`${what} is another one than ${wanted}: found ${found ?? "none"}`);
    held.push(what);
  };
  hold("SHA-256 of the file by --sha256", options.sha256, sha256);
  hold("SHA-256 of the file by what is beside it", receipt?.sha256, sha256);
  if (options.sha256 === undefined) open.push("the file's SHA-256 was not compared with the record's: --sha256");
  const whole = options.recoveryKey === undefined ? undefined : await openedEvidence(file, options.recoveryKey);
  const said = whole ?? receiptClosed(receipt);
  const statement = whole?.statement ?? (said === undefined ? undefined : statementOf(said.text));
  if (whole === undefined) open.push("no item was looked at: --recovery-key does");
  else if (receipt?.statement !== undefined) hold("what closes it by what is beside it", receipt.statement ?? undefined, whole.text);
  hold("head of the chain by --head", options.head, statement?.head);
  if (options.head === undefined) open.push(`the head was not compared with the record's: --head`);
  const key = options.hostKey ?? receipt?.hostKey;
  if (said === undefined) open.push("nothing beside it says what the host signed");
  else if (key === undefined) open.push("the host's signature was not looked at: --host-key");
  else requireSignature(said, key, refuse);
  if (said !== undefined && key !== undefined) {
    held.push(`signature by the host's key ${fingerprint(key)}`);
    if (options.hostKey === undefined) open.push("that key is the one beside the file: compare it with the stack's, or give --host-key");
  }
  const items = whole?.entries.map(({ item, bytes: size, sha256: hash, outcome }) => ({ item, bytes: size, sha256: hash, outcome }));
  return {
    ...{ file, sha256, bytes, held, open },
    ...(items === undefined ? {} : { items }),
    ...(statement === undefined ? {} : { statement }),
  };
}

type Closed = Pick<Whole, "text" | "signature">;

function receiptClosed(receipt: ReturnType<typeof readReceipt>): Closed | undefined {
  if (receipt?.statement == null || receipt.signature === null) return undefined;
  return { text: receipt.statement, signature: receipt.signature };
}

function requireSignature(said: Closed, key: string, refuse: (found: string) => OperatorError): void {
  try {
    requireSigned(said, key);
  } catch (error) {
    throw error instanceof OtherEvidence ? refuse(error.message) : error;
  }
}

/** `phiward evidence verify`: 1 where anything is not as it was taken. */
export async function evidenceVerifyCommand(file: string, options: EvidenceVerifyOptions): Promise<number> {
  const found = await withProgress("looking at the evidence", () => verifyEvidence(file, options));
  report(options.json, found, verifiedText(found));
  return 0;
}

function verifiedText({ file, sha256, bytes, items, statement, held, open }: VerifiedEvidence): string {
  const day = (seconds: number): string => new Date(seconds * 1000).toISOString();
  return [
    `${file}: ${String(bytes)} bytes, SHA-256 ${sha256}`,
    ...(statement === undefined
      ? []
      : [
          `  of ${statement.of ?? statement.host}, by ${statement.host} for ${statement.by}, ${day(statement.begun)} to ${day(statement.ended)}`,
          `  ${String(statement.items)} items, head of the chain ${statement.head}`,
        ]),
    ...held.map((what) => `  as it was: ${what}`),
    ...(items === undefined ? [] : [`  as they were: all ${String(items.length)} items, each by its hash, in order`]),
    ...(items ?? [])
      .filter(({ outcome }) => outcome !== "whole")
      .map(({ item, outcome }) => `  not whole when it was taken: ${item}: ${outcome}`),
    ...open.map((what) => `  not shown: ${what}`),
  ]
    .map(oneLine)
    .join("\n");
}
