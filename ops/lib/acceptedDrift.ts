/** Entries of `integrity.accepted` in a stack's file. */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type Document, isMap, isSeq, parseDocument, Scalar, type YAMLSeq } from "yaml";
import type { z } from "zod";
import { integrityRules } from "../../components/config/integrityRules";
import { NAMESPACE } from "../../components/config/keys";
import { stackSchema } from "../../components/config/schema";
import { acceptedTerms } from "../../components/config/sections/integrity";
import { daysBetween, LONGEST_DAYS, utcDay } from "../../policies/waivers/schema";
import type { DriftFinding } from "./drift";
import { OperatorError } from "./errors";
import { readStackFile } from "./stack";

/** What each entry says besides what was found. */
export type Terms = z.infer<typeof acceptedTerms>;

/** Throws OperatorError, with all faults, where the terms are none that an entry may have. */
export function requireTerms(terms: Terms, today = utcDay(new Date())): void {
  const faults = (acceptedTerms.safeParse(terms).error?.issues ?? []).map(({ path, message }) => [path.map(String).join("."), message]);
  if (!faults.some(([key]) => key === "expires")) {
    const ahead = daysBetween(today, terms.expires);
    if (ahead < 0 || ahead > LONGEST_DAYS)
      faults.push(["expires", `a day from today (${today}, UTC) to ${String(LONGEST_DAYS)} days ahead`]);
  }
  if (faults.length > 0)
    throw new OperatorError(faults.map(([key, allowed]) => `--${key ?? ""}: found another text, allowed: ${allowed ?? ""}`).join("\n"), 2);
}

/** Adds an entry for each finding; comments and all else stay. Throws OperatorError, having written nothing, where the file has faults then. */
export function acceptIn(file: string, host: string, findings: readonly DriftFinding[], { reason, owner, expires }: Terms): void {
  const before = readFileSync(file, "utf8");
  const document = parseDocument(before);
  const accepted = acceptedOf(document);
  for (const { kind, path, digest } of findings) {
    accepted.items = accepted.items.filter((entry) => !isOf(entry, { host, kind, path }));
    const content = /^[0-9a-f]{64}$/.test(digest) ? { sha256: digest } : {};
    accepted.add(document.createNode({ host, kind, path, ...content, reason, owner, expires: inQuotes(expires) }));
  }
  const fresh = `${file}.${String(process.pid)}.new`;
  try {
    writeFileSync(fresh, document.toString({ lineWidth: 0 }), { mode: statSync(file).mode & 0o777 });
    requireValid(fresh);
    renameSync(fresh, file);
  } finally {
    rmSync(fresh, { force: true });
  }
}

// A former entry of the same thing is replaced.
function isOf(entry: unknown, wanted: Readonly<Record<string, string>>): boolean {
  return isMap(entry) && Object.entries(wanted).every(([key, value]) => entry.get(key) === value);
}

// What is wrong with other sections is another command's to say.
function requireValid(file: string): void {
  const values = readStackFile(file);
  const section: unknown = JSON.parse(JSON.stringify(values["integrity"] ?? {}));
  const faults = [
    ...(stackSchema.shape.integrity.safeParse(section).error?.issues ?? []).map(({ path, message }) => ({
      path: ["integrity", ...path],
      message,
    })),
    ...integrityRules(values),
  ];
  if (faults.length > 0)
    throw new OperatorError(
      faults
        .map(
          ({ path, message }) => `${path.map(String).join(".")}: found what is not allowed there, allowed: ${message}; nothing was written`,
        )
        .join("\n"),
      1,
    );
}

function acceptedOf(document: Document): YAMLSeq {
  const at = ["config", `${NAMESPACE}:integrity`, "accepted"];
  const known = document.getIn(at);
  if (isSeq(known)) {
    // What was `[]` would be one long line.
    known.flow = false;
    return known;
  }
  document.setIn(at, document.createNode([]));
  return acceptedOf(document);
}

// Pulumi makes a time of a day that has no quotation marks.
function inQuotes(text: string): Scalar {
  const scalar = new Scalar(text);
  scalar.type = Scalar.QUOTE_DOUBLE;
  return scalar;
}
