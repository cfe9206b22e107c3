/** Docker's resources in the embedded engine: made over SSH through the engine's own API on the host, as the deploy user. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { unzipSync, zipSync } from "fflate";
import { z } from "zod";
import { createRequest } from "../../components/containers/services/engineApiRequest";
import { hostArchive } from "../../components/host/archive";
import { AGENT_COMMAND, packed } from "../../components/plan/request";
import { ROOT } from "../../ops/lib/root";
import { overSsh, type SshTarget } from "../../ops/lib/ssh";
import { type Resource, ResourceFailed } from "./resource";

// As the agent, since the login of deploys runs no other program: the host programs, with ours where the bootstrap looks for the agent.
const ARCHIVE = Buffer.from(
  zipSync({ ...unzipSync(hostArchive()), "phiward_host/agent/main.py": readFileSync(join(ROOT, "sandbox/engine/docker_resources.py")) }),
).toString("base64");

const labels = z.array(z.strictObject({ label: z.string(), value: z.string() }));
const network = z.strictObject({
  name: z.string(),
  driver: z.literal("bridge"),
  internal: z.boolean(),
  ipv6: z.literal(false),
  options: z.record(z.string(), z.string()),
  labels,
});
const volume = z.strictObject({ name: z.string(), labels });
// What the program asks for and nothing else: an argument that were passed over would be a hardening that is not there.
const container = z.strictObject({
  name: z.string(),
  image: z.string(),
  user: z.string(),
  entrypoints: z.array(z.string()).exactOptional(),
  command: z.array(z.string()).exactOptional(),
  envs: z.array(z.string()),
  readOnly: z.literal(true),
  capabilities: z.strictObject({ drops: z.tuple([z.literal("ALL")]) }),
  securityOpts: z.tuple([z.literal("no-new-privileges:true")]),
  mounts: z.array(
    z.strictObject({
      type: z.enum(["bind", "volume"]),
      source: z.string(),
      target: z.string(),
      readOnly: z.boolean(),
      volumeOptions: z.strictObject({ noCopy: z.literal(true) }).exactOptional(),
    }),
  ),
  tmpfs: z.record(z.string(), z.string()),
  shmSize: z.number(),
  memory: z.number().exactOptional(),
  memorySwap: z.number().exactOptional(),
  cgroupParent: z.string().exactOptional(),
  cpus: z.string().exactOptional(),
  networkMode: z.string(),
  networksAdvanced: z.array(z.strictObject({ name: z.string() })),
  dns: z.array(z.string()),
  ports: z
    .array(z.strictObject({ internal: z.number(), external: z.number(), ip: z.literal("127.0.0.1"), protocol: z.literal("tcp") }))
    .exactOptional(),
  healthcheck: z.strictObject({
    tests: z.array(z.string()),
    interval: z.string(),
    timeout: z.string(),
    retries: z.number(),
    startPeriod: z.string(),
    startInterval: z.string(),
  }),
  init: z.boolean(),
  restart: z.literal("unless-stopped"),
  stopSignal: z.string().exactOptional(),
  stopTimeout: z.number(),
  destroyGraceSeconds: z.number(),
  labels,
  wait: z.literal(true),
  waitTimeout: z.number(),
});

const KINDS: Readonly<Record<string, (inputs: unknown) => { readonly kind: string; readonly wanted: object }>> = {
  "docker:index/network:Network": (inputs) => ({ kind: "network", wanted: network.parse(inputs) }),
  "docker:index/volume:Volume": (inputs) => ({ kind: "volume", wanted: volume.parse(inputs) }),
  "docker:index/container:Container": (inputs) => {
    const wanted = container.parse(inputs);
    const hash = createHash("sha256").update(JSON.stringify(wanted)).digest("hex");
    const { name, waitTimeout: seconds, destroyGraceSeconds: grace } = wanted;
    return { kind: "container", wanted: { name, request: createRequest(wanted), hash, seconds, grace } };
  },
};

/** Type of the resource that says where Docker is. */
export const DOCKER_PROVIDER = "pulumi:providers:docker";

/** Whether a resource is one of Docker's that the embedded engine can make. */
export function isOfDocker(type: string): boolean {
  return type in KINDS;
}

/** Makes one of Docker's resources, or leaves it where it is as declared. Throws ResourceFailed. */
export async function performDocker(resource: Resource, target: SshTarget, identity: string): Promise<Record<string, unknown>> {
  const stdout = await askHost(resource.name, target, identity, requestFor(resource));
  return { ...resource.inputs, stdout };
}

/** Makes several networks and volumes of a host in one connection, in their order. Returns what was done of each. Throws ResourceFailed. */
export async function performTogether(resources: readonly Resource[], target: SshTarget, identity: string): Promise<readonly string[]> {
  const stdout = await askHost("networks and volumes", target, identity, { kind: "all", wanted: { requests: resources.map(requestFor) } });
  return z.object({ status: z.array(z.string()) }).parse(JSON.parse(stdout)).status;
}

function requestFor({ name, type, inputs }: Resource): object {
  try {
    return KINDS[type]?.(inputs) ?? {};
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const words = error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
    throw new ResourceFailed(`${name}: the embedded engine cannot create this: ${words}`);
  }
}

/** Removes the containers and networks of a host that the program no longer has, last of all. Returns their names. */
export async function sweepDocker(resources: readonly Resource[], target: SshTarget, identity: string): Promise<readonly string[]> {
  const names = (type: string): readonly unknown[] =>
    resources.filter((resource) => resource.type === `docker:index/${type}`).map(({ inputs }) => inputs["name"]);
  const wanted = { containers: names("container:Container"), networks: names("network:Network") };
  const stdout = await askHost("sweep", target, identity, { kind: "sweep", wanted });
  return z.object({ status: z.array(z.string()) }).parse(JSON.parse(stdout)).status;
}

async function askHost(name: string, target: SshTarget, identity: string, request: object): Promise<string> {
  const answer = await overSsh(target, AGENT_COMMAND, packed(ARCHIVE, { mode: "sandbox", request }).stdin, { identity, retries: 5 });
  if (answer.code !== 0) throw new ResourceFailed(`${name}: ${answer.stderr.trim() || `exit code ${String(answer.code)}`}`);
  return answer.stdout.trimEnd();
}
