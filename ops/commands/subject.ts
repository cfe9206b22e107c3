/** `phiward subject`: a person's request, what databases and volumes have of them as encrypted files, and its erasure with a signed certificate. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { programCommand } from "../../components/plan/programs";
import { hostOf, type ReportOptions, type ResolvedStack, report, resolvedStack } from "../lib/command";
import { dutySigner } from "../lib/duties/signatures";
import { OperatorError, refusalOf } from "../lib/errors";
import { applicationHost, type HostAddress } from "../lib/hosts";
import { writeNewFile } from "../lib/newFile";
import { personOf, personTarget } from "../lib/person";
import { withProgress } from "../lib/progress";
import { overSsh } from "../lib/ssh";
import { hostJson, oneLine } from "../lib/terminal";

/** Options of each `phiward subject`. */
export interface SubjectOptions extends ReportOptions {
  readonly host?: string;
  readonly as?: string;
}

/** Options of `phiward subject export`. */
export interface SubjectExportOptions extends SubjectOptions {
  /** A public key, by which alone the files can be opened. */
  readonly recipient: string;
  readonly out: string;
}

/** Options of `phiward subject erase`. */
export interface SubjectEraseOptions extends SubjectOptions {
  readonly why: string;
  /** The certificate's file. */
  readonly out?: string;
}

/** What a signature under a certificate of erasure is for (ssh-keygen(1), `-n`). */
const ERASURE_NAMESPACE = "phiward-erasure";

const entry = z.string().regex(/^[0-9a-f]{64}$/);
const rows = z.record(z.string(), z.number());
const requested = z.object({ entry, due: z.number() });
const files = rows.default({});
const exported = z.object({ entry, rows, files, sealed: z.string().startsWith("-----BEGIN AGE ENCRYPTED FILE-----") });
const erased = z.object({ entry, at: z.number(), rows, files, linked: z.number().default(0) });
const listed = z.object({
  requests: z.array(z.object({ entry, asked: z.number(), due: z.number() })),
  begun: z.number(),
  erased: z.number(),
  returned: z.array(z.string()).default([]),
});
const again = z.object({ rows, files, left: z.record(z.string(), z.string()) });

/** `phiward subject list`: 1 where a request is overdue, or erased persons may be back. */
export async function subjectListCommand(options: SubjectOptions): Promise<number> {
  const { stack, host } = opened(options);
  const found = await asked(stack, host, options, "list", listed);
  report(options.json, { host: host.name, ...found }, listText(host.name, found));
  return found.returned.length > 0 || found.requests.some(({ due }) => due * 1000 < Date.now()) ? 1 : 0;
}

/** `phiward subject request REF`. */
export async function subjectRequestCommand(reference: string, options: SubjectOptions): Promise<number> {
  const { stack, host } = opened(options);
  const found = await asked(stack, host, options, "request", requested, { ref: referenceOf(reference) });
  report(options.json, found, `${host.name}: the request is on record as ${found.entry.slice(0, 16)}; answer it until ${dayOf(found.due)}`);
  return 0;
}

/** `phiward subject export REF`. What it writes only the recipient's private key opens; the host encrypts it. */
export async function subjectExportCommand(reference: string, options: SubjectExportOptions): Promise<number> {
  const { stack, host } = opened(options);
  const question = { ref: referenceOf(reference), recipient: options.recipient };
  const found = await withProgress(`${host.name}: collecting`, () => asked(stack, host, options, "export", exported, question));
  writeNewFile("--out", options.out, found.sealed, 0o600);
  report(
    options.json,
    { entry: found.entry, rows: found.rows, files: found.files, file: options.out },
    [
      ...countLines(found),
      `${options.out}: data.json and data.html; open it with: age --decrypt --identity KEY ${options.out} | tar --extract`,
    ].join("\n"),
  );
  return 0;
}

/** `phiward subject erase REF`: the certificate is signed by the person's SSH key. */
export async function subjectEraseCommand(reference: string, options: SubjectEraseOptions): Promise<number> {
  const { stack, host } = opened(options);
  const { name, sign } = dutySigner(stack.config, options.key, options.as, ERASURE_NAMESPACE);
  const question = { ref: referenceOf(reference), why: options.why };
  const found = await withProgress(`${host.name}: erasing`, () => asked(stack, host, options, "erase", erased, question));
  const file = options.out ?? `erasure-${found.entry.slice(0, 16)}.json`;
  const at = new Date(found.at * 1000).toISOString();
  const certificate = JSON.stringify({
    stack: stack.stack,
    host: host.name,
    erased: found.entry,
    at,
    by: name,
    why: options.why,
    rows: found.rows,
    files: found.files,
  });
  writeNewFile("--out", file, `${JSON.stringify({ certificate, signature: sign(certificate) })}\n`);
  const words = [
    ...countLines(found),
    ...(found.linked === 0
      ? []
      : [`! of ${String(found.linked)} of these files the data has another name in the volume, by which it is there still`]),
    `${file}: the certificate, signed by ${name}; what restores kept (npx phiward backup) still has the data`,
  ];
  report(options.json, { entry: found.entry, rows: found.rows, files: found.files, linked: found.linked, file }, words.join("\n"));
  return 0;
}

/** `phiward subject again`: 1 where something is left to do. */
export async function subjectAgainCommand(options: SubjectOptions): Promise<number> {
  const { stack, host } = opened(options);
  const found = await withProgress(`${host.name}: erasing again`, () => asked(stack, host, options, "again", again));
  report(options.json, { host: host.name, ...found }, againText(host.name, found));
  return Object.keys(found.left).length === 0 ? 0 : 1;
}

/** What was done again, and why not, by database and volume. */
export function againText(host: string, { rows: done, files: gone, left }: z.infer<typeof again>): string {
  return [
    ...Object.entries(done).map(
      ([database, count]) => `${host}: ${String(count)} rows of erased persons ended in the database ${database}`,
    ),
    ...Object.entries(gone).map(([volume, count]) => `${host}: ${String(count)} files of erased persons ended in the volume ${volume}`),
    ...Object.entries(left).map(([place, why]) => `! ${host}: in the ${erasurePlace(place)} they may be there still: ${why}`),
    ...([done, gone, left].every((places) => Object.keys(places).length === 0)
      ? [`${host}: no database and no volume was restored without its erasures`]
      : []),
  ].join("\n");
}

function opened(options: SubjectOptions): { readonly stack: ResolvedStack; readonly host: HostAddress } {
  const stack = resolvedStack(options);
  if (stack.config.subjects === undefined)
    throw new OperatorError("subjects: found nothing, allowed: places in the stack's file where data of a person is", 3);
  const host = options.host === undefined ? applicationHost(stack.config, stack.hosts) : hostOf(stack, options.host, ["application"]);
  return { stack, host };
}

/** The reference of a person; `-` for the first line of standard input, which no shell writes down. Throws OperatorError. */
export function referenceOf(text: string, read = (): string => readFileSync(0, "utf8")): string {
  const reference = text === "-" ? (read().split("\n")[0] ?? "") : text;
  if (reference.length > 0 && reference.length <= 200) return reference;
  throw new OperatorError("REF: found another text, allowed: 1 to 200 characters, as the database has it; or - for standard input", 2);
}

async function asked<Answer>(
  { config, context }: ResolvedStack,
  host: HostAddress,
  options: SubjectOptions,
  verb: string,
  form: z.ZodType<Answer>,
  question: { readonly ref?: string; readonly why?: string; readonly recipient?: string } = {},
): Promise<Answer> {
  const person = personOf(config, options.as, "sudo");
  const command = `sudo -n ${programCommand("subjects", verb).join(" ")}`;
  const stdin = JSON.stringify({ ref: "", why: "", recipient: "", ...question });
  // An erasure that has begun is finished on the host; asking again does it again.
  const { code, stdout, stderr } = await overSsh(personTarget(host, person), command, stdin, { ...context.patience, retries: 0 });
  if (code !== 0) throw refusalOf(host, { code, stderr: oneLine(stderr.trim()) });
  try {
    // The armour of an encrypted file has line ends.
    return hostJson(stdout, form, ["sealed"]);
  } catch {
    throw new OperatorError(`${host.name}: found an answer of another form, allowed: that of this version; run npx phiward up`, 2);
  }
}

function countLines(found: Pick<z.infer<typeof exported>, "rows" | "files">): readonly string[] {
  return [
    ...Object.entries(found.rows).map(([place, count]) => `${place}: ${String(count)} rows`),
    ...Object.entries(found.files).map(([place, count]) => `${place}: ${String(count)} files`),
  ];
}

/** A database, or a volume as SERVICE/VOLUME, as the host has it of what was restored without erasures. */
export function erasurePlace(place: string): string {
  return `${place.includes("/") ? "volume" : "database"} ${place}`;
}

/** Requests that wait, for a person; the list holds no reference. */
export function listText(host: string, { requests, begun, erased: count, returned }: z.infer<typeof listed>): string {
  return [
    `${host}: ${String(count)} persons were erased; ${requests.length === 0 ? "no request waits" : "requests that wait, by their entries"}`,
    ...requests.map(({ entry: name, asked: at, due }) => `  ${name.slice(0, 16)} of ${dayOf(at)}, to be answered until ${dayOf(due)}`),
    ...returned.map((place) => `! persons who were erased may be back in the ${erasurePlace(place)}: npx phiward subject again`),
    ...(begun === 0 ? [] : [`! ${String(begun)} erasures were begun and not finished; do them again`]),
  ].join("\n");
}

function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}
