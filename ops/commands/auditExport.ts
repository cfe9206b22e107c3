/** `phiward audit export`: what an auditor asks for of a time, in one archive with a signed list of hashes. */
import { existsSync } from "node:fs";
import { OperatorError } from "../lib/errors";
import { signerOf } from "../lib/evidence/sign";
import { tally } from "../lib/evidence/words";
import { accessOnHosts, allActs, backupStates } from "../lib/export/asked";
import { exportFiles, missingOf } from "../lib/export/files";
import type { ExportParts } from "../lib/export/parts";
import { EXPORT_NAMESPACE, signedArchive } from "../lib/export/signed";
import { hostAddresses, stackOutputs } from "../lib/hosts";
import { writeNewFile } from "../lib/newFile";
import { personOf } from "../lib/person";
import { withProgress } from "../lib/progress";
import { print, warn } from "../lib/terminal";
import { askAll, questionOf } from "./audit";
import { type EvidenceFrom, evidenceMaker, reportFiles } from "./evidenceReport";

/** Options of `phiward audit export`. */
export interface AuditExportOptions extends EvidenceFrom {
  readonly from: string;
  readonly to: string;
  readonly host?: string;
  readonly output?: string;
  readonly as?: string;
}

/** `phiward audit export`: 1 where something is missing in it, which it says itself. */
export async function auditExportCommand(options: AuditExportOptions): Promise<number> {
  const made = new Date();
  const { from, to, host } = questionOf(pick(options), made);
  if (to > new Date(made.getTime() + DAY))
    throw new OperatorError("--to: found a time that is yet to come, allowed: today at the latest", 2);
  const output = options.output ?? `audit-${options.stack}-${day(from)}-${day(to)}.tar`;
  if (existsSync(output))
    throw new OperatorError(`--output: found a file at ${output}, allowed: a path where there is none; nothing is overwritten`, 2);
  const { open, make } = evidenceMaker(options);
  const stack = { ...open, hosts: hostAddresses(open.config, stackOutputs(open.config, open.stack)) };
  const person = personOf(stack.config, options.as, "sudo");
  const signer = signerOf(options.key, EXPORT_NAMESPACE);
  const question = { from, to, ...(host === undefined ? {} : { host }) };
  const record = await allActs(question, (part) => askAll(stack, person, part));
  const asked = stack.hosts.filter(({ name }) => host === undefined || name === host);
  const [backups, access] = await withProgress("asking the hosts for backups and access", () =>
    Promise.all([backupStates(stack, person, asked), accessOnHosts(stack, person, asked)]),
  );
  const evidence = await make();
  const parts: ExportParts = {
    ...{ config: stack.config, stack: stack.stack, made, person, ...question },
    ...{ record, backups, access, evidence, report: reportFiles(evidence) },
  };
  writeNewFile("--output", output, signedArchive(exportFiles(parts), signer), 0o600);
  const missing = missingOf(parts);
  for (const sentence of missing) warn(`missing: ${sentence}`);
  print(`${output}: ${String(record.acts.length)} acts; controls: ${tally(evidence.controls.map(({ state }) => state))}
signed by ${signer.publicKey}
  checked by: npx phiward audit verify-export ${output}`);
  return missing.length === 0 ? 0 : 1;
}

const DAY = 24 * 60 * 60 * 1000;

function pick({ stack, from, to, host }: AuditExportOptions) {
  return { stack, from, to, ...(host === undefined ? {} : { host }) };
}

function day(time: Date): string {
  return time.toISOString().slice(0, 10);
}
