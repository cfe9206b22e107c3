/** `phiward evidence-report`: what the policies said of a stack and what verify found on its hosts, for an auditor, signed. */

import { attestationsBeside, loadAttestations } from "../lib/attestations";
import { type OpenStack, openStack, type StackOptions } from "../lib/command";
import { OperatorError } from "../lib/errors";
import { type Evidence, evidenceOf } from "../lib/evidence/evidence";
import { type Input, type PolicyInput, policyInput, readInput, type VerifyInput, verifyInput } from "../lib/evidence/inputs";
import { evidenceResults } from "../lib/evidence/oscal";
import { requireEmpty, writeDirectory } from "../lib/evidence/output";
import { evidencePage } from "../lib/evidence/page";
import { MANIFEST, manifestOf, SIGNATURE, SIGNATURE_NAMESPACE, signerOf } from "../lib/evidence/sign";
import { tally } from "../lib/evidence/words";
import { resolveHosts, stackOutputs } from "../lib/hosts";
import { knownChecks } from "../lib/knownChecks";
import { withProgress } from "../lib/progress";
import { print, safeJson } from "../lib/terminal";
import { recordOf } from "./policy";
import { verifyHosts } from "./verify";

/** Options of `phiward evidence-report`. */
export interface EvidenceOptions extends EvidenceFrom {
  readonly output: string;
}

/** What a report is made of. */
export interface EvidenceFrom extends StackOptions {
  /** Files of `policy --json` and of `verify --json`; without one, the policies or the hosts are asked now. */
  readonly policy?: string;
  readonly verify?: string;
  /** In days. */
  readonly maxAge: string;
}

/** `phiward evidence-report`. What it found to be wrong is in the report; the exit code says that there is one. */
export async function evidenceCommand(options: EvidenceOptions): Promise<number> {
  const maker = evidenceMaker(options);
  requireEmpty(options.output);
  const signer = signerOf(options.key);
  const evidence = await maker.make();
  const files = reportFiles(evidence);
  const manifest = manifestOf(files);
  writeDirectory(options.output, new Map([...files, [MANIFEST, manifest], [SIGNATURE, signer.sign(manifest)]]));
  print(`${evidence.stack}: ${tally(evidence.controls.map(({ state }) => state))}
${options.output}: ${[...files.keys(), MANIFEST, SIGNATURE].join(", ")}
signed by ${signer.publicKey}
  verified in that directory by: ssh-keygen -Y verify -f ALLOWED_SIGNERS -I NAME -n ${SIGNATURE_NAMESPACE} -s ${SIGNATURE} <${MANIFEST} && sha256sum --check ${MANIFEST}`);
  return 0;
}

/** Reads the stack and its options, and makes the evidence once it is asked to. Throws OperatorError. */
export function evidenceMaker(options: EvidenceFrom): { readonly open: OpenStack; readonly make: () => Promise<Evidence> } {
  const maxAgeDays = daysOf(options.maxAge);
  const open = openStack(options);
  const attestations = loadAttestations(attestationsBeside(open.context.file));
  return {
    open,
    make: async () => {
      const { stack, config } = open;
      const policy = await policyOf(options);
      const verify = await verifyOf(options, open);
      const hosts = config.hosts.map(({ name }) => name);
      const asked = hosts.flatMap(knownChecks(config));
      return evidenceOf({ stack, now: new Date(), maxAgeDays, hosts, asked, policy, verify, attestations });
    },
  };
}

/** The files of a report, by name. */
export function reportFiles(evidence: Evidence): ReadonlyMap<string, string> {
  return new Map([
    ["evidence.html", evidencePage(evidence)],
    ["evidence.json", `${safeJson(evidence)}\n`],
    ["assessment-results.json", `${safeJson(evidenceResults(evidence))}\n`],
  ]);
}

function daysOf(text: string): number {
  const days = /^[1-9]\d{0,2}$/.test(text) ? Number(text) : 0;
  if (days < 1 || days > 366) throw new OperatorError("--max-age: found another text, allowed: days from 1 to 366", 2);
  return days;
}

async function policyOf({ stack, policy }: EvidenceFrom): Promise<Input<PolicyInput>> {
  const made = `what npx phiward policy --stack ${stack} --json printed`;
  if (policy !== undefined) return readInput("--policy", policy, policyInput, { stack, now: new Date(), made });
  return { record: policyInput.parse({ ...(await recordOf({ stack })), date: new Date().toISOString() }) };
}

async function verifyOf({ stack, verify }: EvidenceFrom, open: OpenStack): Promise<Input<VerifyInput>> {
  const made = `what npx phiward verify --stack ${stack} --json printed`;
  if (verify !== undefined) return readInput("--verify", verify, verifyInput, { stack, now: new Date(), made });
  const { reachable, missing } = resolveHosts(open.config, stackOutputs(open.config, stack));
  const record = await withProgress("asking the hosts every check, from inside and from outside", () =>
    verifyHosts({ ...open, hosts: reachable }),
  );
  return {
    record: verifyInput.parse({ ...record, unanswered: [...record.unanswered, ...missing.map((host) => ({ host, reason: NOT_THERE }))] }),
  };
}

const NOT_THERE = "it was never deployed";
