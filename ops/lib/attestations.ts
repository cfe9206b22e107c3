/**
 * What the operator of a stack attests: that what no setting of a host can do was done, by whom and when. The file is optional data of
 * the stack's repository, `attestations.<stack>.yaml` beside `Pulumi.<stack>.yaml`, and is read by reports alone: no deploy depends on it.
 */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isNode, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { CLAUSES, type ClauseId } from "../../components/compliance/law";
import { allowed, found } from "../../components/config/faults";
import { day, text } from "../../components/config/sections/values";
import { OperatorError } from "./errors";
import { CONFIG_FAULT } from "./pulumiYaml";

/** Days after which what was attested has to be looked at again, if the entry says nothing shorter: the law speaks of regular reviews. */
export const LONGEST_DAYS = 366;

/** The clauses that leave something to the operator, and so can be attested. */
export const ATTESTABLE: readonly ClauseId[] = CLAUSES.filter(
  ({ treatment }) => treatment.by === "operator" || (treatment.by === "controls" && treatment.remains !== undefined),
).map(({ id }) => id);

const LINE = /^(?=\S)[^\p{Cc}\p{Zl}\p{Zp}]{1,200}(?<=\S)$/u;

const entry = z
  .strictObject({
    clause: text("a clause that docs/law.md leaves to the operator, such as 164.308(a)(2) or GDPR 30(1)", isAttestable),
    statement: text("what was done, in 20 characters or more", (value) => value.trim().length >= 20),
    by: text("who attests it, on one line", LINE),
    on: day,
    until: day.optional(),
    evidence: text("where what shows it is kept, on one line", LINE).optional(),
  })
  .superRefine(({ on, until }, context) => {
    if (until === undefined) return;
    const ahead = days(on, until);
    if (ahead < 0 || ahead > LONGEST_DAYS)
      context.addIssue({ code: "custom", path: ["until"], message: `a day up to ${String(LONGEST_DAYS)} days after that of \`on\`` });
  });

/** The file: a list of attestations. A clause may be attested again; the entries of former years stay. */
export const attestationsSchema = z.array(entry, { error: "a YAML list of attestations, each an entry that begins with -" });

/** An attestation of one clause. */
export interface Attestation {
  readonly clause: ClauseId;
  readonly statement: string;
  /** Who attests it. */
  readonly by: string;
  /** The day on which it was attested, and the last one on which it holds, as YYYY-MM-DD. */
  readonly on: string;
  readonly until: string;
  /** Where what shows it is kept. */
  readonly evidence?: string;
}

/** Path of the attestations of a stack: beside its `Pulumi.<stack>.yaml`. */
export function attestationsBeside(stackFile: string): string {
  return join(dirname(stackFile), basename(stackFile).replace(/^Pulumi\./, "attestations."));
}

/** The attestations at a path; none where there is no file. Throws OperatorError with every fault, each with its line. */
export function loadAttestations(path: string): readonly Attestation[] {
  return existsSync(path) ? readAttestations(path, readFileSync(path, "utf8")) : [];
}

/** Reads the text of a file. Throws OperatorError with every fault, each with its line. */
export function readAttestations(path: string, source: string): readonly Attestation[] {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, logLevel: "error" });
  const [error] = document.errors;
  if (error !== undefined)
    throw new OperatorError(`${path}:${String(error.linePos?.[0].line ?? 1)}: not valid YAML (${error.code}); correct it`, CONFIG_FAULT);
  const raw = valuesIn(path, document) ?? [];
  const { success, data, error: refused } = attestationsSchema.safeParse(raw, { error: allowed });
  if (success)
    return data.map(({ clause, until, evidence, ...rest }) => ({
      ...rest,
      // The schema lets no others pass.
      clause: clause as ClauseId,
      until: until ?? after(rest.on, LONGEST_DAYS),
      ...(evidence === undefined ? {} : { evidence }),
    }));
  const faults = refused.issues.map((issue) => {
    const at = issue.path.length === 0 ? "attestations" : issue.path.map(String).join(".");
    return `${path}:${String(lineOf(issue.path))}: ${at}: found ${found(raw, issue)}, allowed: ${issue.message}`;
  });
  throw new OperatorError(faults.join("\n"), CONFIG_FAULT);

  // Of a key that is missing, the line of its entry.
  function lineOf(keys: readonly PropertyKey[]): number {
    for (let depth = keys.length; depth > 0; depth -= 1) {
      const node = document.getIn(keys.slice(0, depth), true);
      if (isNode(node) && node.range !== null && node.range !== undefined) return lines.linePos(node.range[0]).line;
    }
    return 1;
  }
}

/** The newest attestation of each clause that still holds on a day, as YYYY-MM-DD in UTC. */
export function attestedOn(today: string, attestations: readonly Attestation[]): ReadonlyMap<ClauseId, Attestation> {
  const holding = attestations.filter(({ on, until }) => on <= today && today <= until);
  return new Map(holding.toSorted((one, other) => one.on.localeCompare(other.on)).map((one) => [one.clause, one]));
}

function valuesIn(path: string, document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 }) as unknown;
  } catch {
    throw new OperatorError(`${path}: found an alias (*NAME), allowed: entries that are written out`, CONFIG_FAULT);
  }
}

function isAttestable(id: string): boolean {
  return ATTESTABLE.some((clause) => clause === id);
}

const DAY = 86_400_000;

function days(from: string, to: string): number {
  return Math.round((midnight(to) - midnight(from)) / DAY);
}

function after(date: string, number: number): string {
  return new Date(midnight(date) + number * DAY).toISOString().slice(0, 10);
}

function midnight(date: string): number {
  return Date.parse(`${date}T00:00:00Z`);
}
