/** How a request travels to a host: agent and request on standard input, whole or not at all. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { HostPlan, Probe } from "./types";

/** What the agent is asked to do. Secrets go beside the plan, by the names its files use. */
export type AgentRequest =
  | { readonly mode: "apply"; readonly plan: HostPlan; readonly secrets: Readonly<Record<string, string>> }
  | { readonly mode: "status"; readonly plans: readonly HostPlan[]; readonly secrets: Readonly<Record<string, string>> }
  /** `strict` makes a failed check an exit code of 1. The host's generations are held against `generations`, by unit. */
  | {
      readonly mode: "verify";
      readonly plans: readonly Pick<HostPlan, "unit" | "checks">[];
      readonly generations: Readonly<Record<string, string>>;
      readonly strict: boolean;
    }
  | { readonly mode: "inventory"; readonly plans: readonly HostPlan[] }
  /** Takes down each unit that the host has a record of, once `onceTrue` holds, and forgets it. */
  | {
      readonly mode: "remove";
      readonly removals: readonly { readonly plan: HostPlan; readonly onceTrue: Probe | null }[];
    };

/** A request as it is written to the host's standard input. */
export interface Envelope {
  readonly stdin: string;
  /** SHA-256 of agent and request, hexadecimal: the generation that an apply leaves on the host. */
  readonly sha256: string;
}

const PARTS = join(__dirname, "../host/agent");
// One program: its parts in the order of their numbers.
const AGENT = readdirSync(PARTS)
  .filter((name) => name.endsWith(".py"))
  .sort()
  .map((name) => readFileSync(join(PARTS, name), "utf8"))
  .join("\n\n");

// Read whole, then measured, then run: a connection cut in the middle leaves nothing half done, where a script piped to a
// shell would run its truncated beginning. Constant, and free of single quotes, so that it needs no quoting.
const BOOTSTRAP = [
  "import hashlib,json,sys",
  "head=sys.stdin.buffer.readline().split()",
  "body=sys.stdin.buffer.read()",
  'len(head)==3 and [len(body),hashlib.sha256(body).hexdigest()]==[int(head[1]),head[2].decode()] or sys.exit("phiward: the request arrived incomplete; nothing was done")',
  "request=json.loads(body)",
  'exec(compile(request["agent"],"agent.py","exec"),{"__name__":"__main__","REQUEST":request,"BODY":body,"DIGEST":head[2].decode()})',
].join(";");

/** Runs the agent that arrives on standard input, for a caller who is root. Constant. */
export const ROOT_AGENT_COMMAND = `/usr/bin/python3 -I -c '${BOOTSTRAP}'`;

/** Runs the agent that arrives on standard input. Constant. */
export const AGENT_COMMAND = `sudo -n ${ROOT_AGENT_COMMAND}`;

/** Confirms a guarded change; reads `UNIT SHA256`. Constant. */
export const CONFIRM_COMMAND = "sudo -n /usr/bin/python3 -I /var/lib/phiward/agent.py confirm";

/** Packs agent and request. The same request gives the same envelope, byte for byte. */
export function envelope(request: AgentRequest): Envelope {
  const body = JSON.stringify({ agent: AGENT, ...request });
  const sha256 = createHash("sha256").update(body).digest("hex");
  return { stdin: `phiward ${String(Buffer.byteLength(body))} ${sha256}\n${body}`, sha256 };
}

/** The generation that a plan without handed-over secrets leaves on its host. */
export function generationOf(plan: HostPlan): string {
  return envelope({ mode: "apply", plan, secrets: {} }).sha256;
}
