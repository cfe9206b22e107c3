/** What changed on a host, as the program that was sent to it found: asked of the live host, or read from its evidence. */
import { z } from "zod";
import { AGENT_COMMAND } from "../../../components/plan/request";
import type { ResolvedStack } from "../command";
import { OperatorError, refusalOf } from "../errors";
import type { HostAddress } from "../hosts";
import { personTarget } from "../person";
import { overSsh } from "../ssh";
import { hostJson } from "../terminal";
import { followed, requireSigned, type Step } from "./chain";
import { openedEvidence } from "./file";
import { OtherEvidence } from "./members";
import { evidenceRequest } from "./request";
import type { Statement } from "./statement";

// A host that somebody filled names no more.
const MOST = 6000;

const finding = z.object({
  kind: z.string(),
  path: z.string(),
  digest: z.string(),
  /** What a file at this path decides about. */
  what: z.string(),
  /** Whose word it was held against. */
  record: z.enum(["operator", "host"]),
  /** Seconds since 1970: when it was changed by what it says itself, and by the kernel. */
  modified: z.number().optional(),
  changed: z.number().optional(),
  isNew: z.boolean().optional(),
});
/** One thing that changed. */
export type HostFinding = z.infer<typeof finding>;

/** All that changed, and what says so. */
export interface HostFindings {
  readonly found: readonly HostFinding[];
  readonly statement: Statement;
  /** `whole`, or what was not looked at. */
  readonly outcome: string;
}

/** Asks the live host as a person. Throws OperatorError. */
export async function askFindings(stack: ResolvedStack, host: HostAddress, person: string, since: Date): Promise<HostFindings> {
  const request = evidenceRequest(stack.config, { mode: "findings", host: host.name, since });
  const { code, stdout, stderr } = await overSsh(personTarget(host, person), AGENT_COMMAND, request.stdin, stack.context.patience);
  if (code !== 0) throw refusalOf(host, { code, stderr });
  const collector = new Collector();
  try {
    const whole = await followed(once(Buffer.from(stdout, "latin1")), collector.take);
    requireSigned(whole, host.hostKey);
    if (whole.statement.nonce !== request.nonce) throw new OtherEvidence("it answers another request");
    return collector.findings(whole.statement);
  } catch (error) {
    if (error instanceof OtherEvidence) throw new OperatorError(`${host.name}: its answer is refused: ${error.message}`, 2);
    throw error;
  }
}

/** Reads them from evidence, with the incident key, on any machine. `hostKey` undefined: who signed it is not looked at. Throws OperatorError. */
export async function findingsIn(file: string, keyFile: string, hostKey: string | undefined): Promise<HostFindings> {
  const collector = new Collector();
  const whole = await openedEvidence(file, keyFile, collector.take);
  try {
    if (hostKey !== undefined) requireSigned(whole, hostKey);
  } catch (error) {
    throw error instanceof OtherEvidence ? new OperatorError(`${file}: refused: ${error.message}`, 1) : error;
  }
  return collector.findings(whole.statement);
}

async function* once(content: Buffer): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(content);
}

class Collector {
  #text = "";
  #outcome = "no findings are in it";

  readonly take = (step: Step): void => {
    if ("part" in step) {
      if (/^\d{3}-findings$/.test(step.item)) this.#text += step.part.content.toString("latin1");
    } else if (/^\d{3}-findings$/.test(step.entry.item)) this.#outcome = step.entry.outcome;
  };

  findings(statement: Statement): HostFindings {
    const lines = this.#text.split("\n").filter((line) => line !== "");
    try {
      return { found: lines.slice(0, MOST).map((line) => hostJson(line, finding)), statement, outcome: this.#outcome };
    } catch {
      throw new OperatorError(`${statement.host}: its findings are of another form, allowed: those of this version`, 2);
    }
  }
}
