/** How a request travels to a host: agent and request on standard input, whole or not at all. */
import { createHash } from "node:crypto";
import { zlibSync } from "fflate";
import { member } from "../config/unknown";
import { agentArchive, standInArchive } from "../host/archive";
import type { HostPlan } from "./hostPlan";
import type { Probe } from "./types";

/** What the agent is asked to do. Secrets go beside the plan, by the names its files use. */
export type AgentRequest =
  | { readonly mode: "apply"; readonly plan: HostPlan; readonly secrets: Readonly<Record<string, string>> }
  /** With `verify`, a host on which every unit is as deployed answers that too. */
  | {
      readonly mode: "status";
      readonly plans: readonly HostPlan[];
      readonly secrets: Readonly<Record<string, string>>;
      readonly verify?: Questions;
    }
  /** `strict` makes a failed check an exit code of 1. */
  | ({ readonly mode: "verify"; readonly strict: boolean } & Questions)
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
  /**
   * Leaves the agent that came with the request on the host, and `contents`, for requests that come without them. On one of `systems`
   * installs `packages`, of which those that fail are left to the plans that ask for them.
   */
  | { readonly mode: "install"; readonly contents: Contents; readonly packages?: readonly string[]; readonly systems?: readonly string[] }
  /** The host stays as it is; the agent and its state are removed. */
  | { readonly mode: "release" };

/** All that a host is asked at the end of a deploy. Its generations are held against `generations`, by unit. */
export interface Questions {
  readonly plans: readonly Pick<HostPlan, "unit" | "checks">[];
  readonly generations: Readonly<Record<string, string>>;
}

/** What files hold that is no text, as base64, by its SHA-256. */
export type Contents = Readonly<Record<string, string>>;

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
  /** SHA-256 of all that is sent, hexadecimal. */
  readonly sha256: string;
}

// The bytes are the same on every machine: generations are hashes over them.
const AGENT = agentArchive().toString("base64");
const STAND_IN = standInArchive().toString("base64");

/** What a request of ours may carry as its agent: the agent, or the stand-in that runs the one of the host. */
export const AGENT_ARCHIVES: readonly string[] = [AGENT, STAND_IN];

/** SHA-256 of the agent, hexadecimal: its version. */
export const AGENT_SHA256 = sha256Of(agentArchive());

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

/** Packs agent, request, and what files of its plans hold. The same request gives the same envelope, byte for byte. */
export function envelope(request: AgentRequest): Envelope {
  const { wire, contents } = onWire(request);
  return packed(AGENT, Object.keys(contents).length === 0 ? wire : { ...wire, contents: { ...contents } });
}

/**
 * Packs a request for a host that an `install` gave the agent and the contents of files: these are named by their hashes, and so is the
 * agent in a `verify`. An apply is the same request with any version of the agent. Compressed, but for what the login of deploys
 * records.
 */
export function shortEnvelope(request: AgentRequest): Envelope {
  const { wire } = onWire(request);
  // Its form is that of RFC 1950, and always the same: Node's own compression differs between its versions.
  const compressed = Buffer.from(zlibSync(Buffer.from(JSON.stringify(wire)), { level: 9 })).toString("base64");
  const shown = request.mode === "apply" ? { mode: request.mode, plan: { unit: request.plan.unit } } : { mode: request.mode };
  return packed(STAND_IN, { ...shown, ...(request.mode === "verify" ? { version: AGENT_SHA256 } : {}), compressed });
}

/** Packs any archive in place of the agent, as base64, and what its `answer_request` reads: what the bootstrap takes. */
export function packed(agent: string, request: object): Envelope {
  const body = JSON.stringify({ agent, ...request });
  const sha256 = sha256Of(body);
  return { stdin: `phiward ${String(Buffer.byteLength(body))} ${sha256}\n${body}`, sha256 };
}

/**
 * The generation that a plan leaves on its host: SHA-256 over all that it asks for, and not over the agent that brings it about. Of a
 * handed-over secret the plan has the version.
 */
export function generationOf(plan: HostPlan): string {
  return sha256Of(JSON.stringify(onWire({ mode: "status", plans: [plan], secrets: {} }).wire));
}

/** A request in which what files hold that is no text is named by its hash, and these contents; that of an apply names the generation. */
function onWire(request: AgentRequest): { readonly wire: object; readonly contents: Contents } {
  const contents: Record<string, string> = {};
  const named = (_: string, value: unknown): unknown => {
    const bytes = member(value, "kind") === "bytes" ? member(value, "bytes") : undefined;
    if (typeof bytes !== "string") return value;
    const sha256 = sha256Of(Buffer.from(bytes, "base64"));
    contents[sha256] = bytes;
    return { kind: "bytes", sha256 };
  };
  // What JSON.stringify gives is an object again.
  const wire = JSON.parse(JSON.stringify(request, named)) as object;
  return { wire: request.mode === "apply" ? { ...wire, generation: generationOf(request.plan) } : wire, contents };
}

/** SHA-256, hexadecimal. */
export function sha256Of(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
