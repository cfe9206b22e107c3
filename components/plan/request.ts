/** How a request travels to a host: agent and request on standard input, whole or not at all. */
import { createHash } from "node:crypto";
import { agentArchive } from "../host/archive";
import type { HostPlan } from "./hostPlan";
import type { Probe } from "./types";

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
    }
  /** Whether the host has this archive of an image. */
  | { readonly mode: "images-ask"; readonly archive: ImageArchive }
  /** The archive's own bytes, as many as `size`, follow the request on standard input. */
  | { readonly mode: "images-receive"; readonly archive: ImageArchive; readonly size: number }
  /** What the host's Docker holds. */
  | { readonly mode: "docker" }
  /** Removes one container, with the volumes that have no name, or one network; with `stop`, a container is stopped as it asks for and not killed. What is not there is no error. */
  | { readonly mode: "docker-remove"; readonly kind: "Container" | "Network"; readonly id: string; readonly stop?: true }
  /** The host stays as it is; the agent and its state are removed. */
  | { readonly mode: "release" };

/** An archive of an image: what `docker load` takes. */
export interface ImageArchive {
  /** The image's id, 64 hexadecimal digits, and `.tar` or such. */
  readonly name: string;
  /** SHA-256 of its content, hexadecimal. */
  readonly sha256: string;
}

/** A request as it is written to the host's standard input. */
export interface Envelope {
  readonly stdin: string;
  /** SHA-256 of agent and request, hexadecimal: the generation that an apply leaves on the host. */
  readonly sha256: string;
}

// The bytes are the same on every machine: generations are hashes over them.
const AGENT = agentArchive().toString("base64");

// Read whole, then measured, then run: a connection cut in the middle leaves nothing half done, where a script piped to a
// shell would run its truncated beginning. Python imports the agent from an archive in memory, so nothing of it need be on the
// host beforehand. Constant, and free of single quotes, so that it needs no quoting. The login of deploys runs no other program: a
// host that was deployed refuses one whose hash is not in components/host/phiward_host/deploy/commands.py of its version.
const BOOTSTRAP = [
  "import base64,hashlib,json,os,sys",
  "head=sys.stdin.buffer.readline().split()",
  'body=sys.stdin.buffer.read(int(head[1])) if len(head)==3 and head[1].isdigit() else b""',
  'head==[b"phiward",b"%d"%len(body),hashlib.sha256(body).hexdigest().encode()] or sys.exit("phiward: the request arrived incomplete; nothing was done")',
  'archive=os.memfd_create("agent.pyz")',
  'open(archive,"wb",closefd=False).write(base64.b64decode(json.loads(body)["agent"]))',
  'sys.path.insert(0,"/proc/self/fd/%d"%archive)',
  "from phiward_host.agent.main import answer_request",
  "sys.exit(answer_request(body,head[2].decode()))",
].join(";");

/** Runs the agent that arrives on standard input, for a caller who is root. Constant. */
export const ROOT_AGENT_COMMAND = `/usr/bin/python3 -I -c '${BOOTSTRAP}'`;

/** Runs the agent that arrives on standard input. Constant. */
export const AGENT_COMMAND = `sudo -n ${ROOT_AGENT_COMMAND}`;

/** Confirms a guarded change; reads `UNIT SHA256`. Constant. */
export const CONFIRM_COMMAND = "sudo -n /usr/bin/python3 -I /var/lib/phiward/agent.pyz confirm";

/**
 * As CONFIRM_COMMAND, also on a host that holds the agent of an earlier version: the first unit is not applied again, so this may run
 * before another unit has brought the agent of this one. Constant.
 */
export const FIRST_CONFIRM_COMMAND = `sudo -n sh -c '${[
  "test -e /var/lib/phiward/agent.pyz && exec /usr/bin/python3 -I /var/lib/phiward/agent.pyz confirm",
  "exec /usr/bin/python3 -I /var/lib/phiward/agent.py confirm",
].join("; ")}'`;

/** Packs agent and request. The same request gives the same envelope, byte for byte. */
export function envelope(request: AgentRequest): Envelope {
  return packed(AGENT, request);
}

/** Packs any archive in place of the agent, as base64, and what its `answer_request` reads: what the bootstrap takes. */
export function packed(agent: string, request: object): Envelope {
  const body = JSON.stringify({ agent, ...request });
  const sha256 = createHash("sha256").update(body).digest("hex");
  return { stdin: `phiward ${String(Buffer.byteLength(body))} ${sha256}\n${body}`, sha256 };
}

/** The generation that a plan without handed-over secrets leaves on its host. */
export function generationOf(plan: HostPlan): string {
  return envelope({ mode: "apply", plan, secrets: {} }).sha256;
}
