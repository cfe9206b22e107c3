/** `phiward incident export | verify`: an incident as one archive that is checked elsewhere, entry by entry. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { INCIDENT_NAMESPACE } from "../../components/compliance/incidents";
import { openStack, type ReportOptions, report } from "../lib/command";
import { signersVerifier, withVerifier } from "../lib/duties/signatures";
import { OperatorError } from "../lib/errors";
import { signerOf } from "../lib/evidence/sign";
import { EXPORT_NAMESPACE, signedArchive, signersOf, verifiedArchive } from "../lib/export/signed";
import { filesOf } from "../lib/export/tar";
import { type IncidentRecord, readIncidents } from "../lib/incidents/entry";
import { ENTRIES, incidentFiles } from "../lib/incidents/exported";
import { asker, joinedIncidents } from "../lib/incidents/file";
import { incidentOf, unvouched } from "../lib/incidents/state";
import { entriesOf, numberOf } from "../lib/incidents/write";
import { writeNewFile } from "../lib/newFile";
import { print, warn } from "../lib/terminal";
import { reviewActs } from "./incidentActs";
import type { IncidentPageOptions } from "./incidentRead";

/** Options of `phiward incident verify`. */
export interface IncidentVerifyOptions extends ReportOptions {
  /** A file of allowed signers (ssh-keygen(1)); the stack's people without it. */
  readonly signers?: string;
}

/** `phiward incident export N`. */
export async function incidentExportCommand(word: string, options: IncidentPageOptions): Promise<number> {
  const now = new Date();
  const number = numberOf(word);
  const output = options.output ?? `incident-${options.stack}-${word}.tar`;
  if (existsSync(output)) throw new OperatorError(`--output: found a file at ${output}, allowed: a path where there is none`, 2);
  const open = openStack(options);
  const signer = signerOf(options.key, EXPORT_NAMESPACE);
  const joined = await joinedIncidents(open, asker(open, options.as));
  const entries = entriesOf(joined, number);
  const incident = incidentOf(entries);
  const acts = await reviewActs(open, incident, asker(open, options.as), now);
  if ("missing" in acts) warn(`missing: the hosts' record of its time: ${acts.missing}`);
  const files = incidentFiles(open.config, incident, entries, acts, now);
  writeNewFile("--output", output, signedArchive(files, signer), 0o600);
  print(`${output}: ${String(entries.length)} entries, ${String(files.size)} files, signed by ${signer.publicKey}
  checked by: npx phiward incident verify ${output}`);
  return "missing" in acts ? 1 : 0;
}

/** `phiward incident verify FILE`: 1 where the archive or an entry in it is not as it was signed. */
export function incidentVerifyCommand(file: string, options: IncidentVerifyOptions): number {
  const directory = mkdtempSync(join(tmpdir(), "phiward-incident-"));
  try {
    const signers = join(directory, "signers");
    const config = options.signers === undefined ? openStack(options).config : undefined;
    if (options.signers !== undefined && !existsSync(options.signers))
      throw new OperatorError("--signers: found no such file, allowed: a file of lines NAME KEY, as ALLOWED SIGNERS in ssh-keygen(1)", 2);
    // A line that names purposes is for those alone; both are needed here, so each key stands without.
    const text =
      config === undefined ? readFileSync(options.signers ?? "", "utf8").replaceAll(/ namespaces="[^"]*"/g, "") : signersOf(config);
    writeFileSync(signers, text);
    const { signer, files } = verifiedArchive(file, signers);
    const entries = Buffer.from(filesOf(readFileSync(file)).get(ENTRIES) ?? []).toString("utf8");
    const read = (verifier: Parameters<typeof readIncidents>[3]): IncidentRecord =>
      readIncidents(`${file}: ${ENTRIES}`, entries, undefined, verifier);
    const record = config === undefined ? signersVerifier(text, read, INCIDENT_NAMESPACE) : withVerifier(config, read, INCIDENT_NAMESPACE);
    const [found, ...others] = [...record.values()];
    if (found === undefined || others.length > 0) throw new OperatorError(`${file}: refused: it has not the entries of one incident`, 1);
    const unknown = unvouched(found);
    if (unknown.length > 0)
      throw new OperatorError(
        `${file}: refused: its last entries are by keys of ${unknown.join(", ")} that nobody names who is known; see --signers`,
        1,
      );
    const names = [...new Set(found.map(({ by }) => by))];
    report(
      options.json,
      { file, signer, files, incident: found[0]?.incident, entries: found.length, by: names },
      `${file}: incident ${String(found[0]?.incident)}, ${String(found.length)} entries signed by ${names.join(", ")}, none changed or missing from between; ${String(files.length)} files, as ${signer} signed them`,
    );
    return 0;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
