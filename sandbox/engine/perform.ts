/** What the embedded engine can do to a host: run a remote command, over SSH. Everything else is a clear error. */
import type { SshTarget } from "../../ops/ssh";
import { overSsh } from "../../ops/ssh";

/** A resource as the program registered it, secrets unwrapped. */
export interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** A resource that could not be performed; the message names it and holds no secret. */
export class ResourceFailed extends Error {
  override name = "ResourceFailed";
}

const REMOTE_COMMAND = "command:remote:Command";

/** Performs a resource on the sandbox's hosts and returns its outputs. Throws ResourceFailed. */
export async function perform(resource: Resource, allowed: ReadonlySet<string>, identity: string): Promise<Record<string, unknown>> {
  if (resource.type !== REMOTE_COMMAND)
    throw new ResourceFailed(
      `${resource.name}: the embedded engine cannot make a ${resource.type}; install pulumi and its providers for that`,
    );
  const { connection, create, stdin } = resource.inputs;
  const target = sshTarget(resource.name, connection);
  if (!allowed.has(target.address))
    throw new ResourceFailed(`${resource.name}: ${target.address} is not a host of this sandbox; the embedded engine touches no other`);
  const answer = await overSsh(target, text(create), text(stdin), {
    retries: number(connection, "dialErrorLimit", 10),
    dialSeconds: number(connection, "perDialTimeout", 15),
    identity,
  });
  if (answer.code !== 0) throw new ResourceFailed(`${resource.name}: ${answer.stderr.trim() || `exit code ${String(answer.code)}`}`);
  return { ...resource.inputs, stdout: answer.stdout.trimEnd(), stderr: answer.stderr.trimEnd() };
}

function sshTarget(name: string, connection: unknown): SshTarget {
  const field = (key: string): string =>
    text(typeof connection === "object" && connection !== null ? Reflect.get(connection, key) : undefined);
  if (field("hostKey") === "") throw new ResourceFailed(`${name}: its connection has no pinned host key`);
  return { address: field("host"), port: number(connection, "port", 22), user: field("user"), hostKey: field("hostKey") };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function number(holder: unknown, key: string, otherwise: number): number {
  const value: unknown = typeof holder === "object" && holder !== null ? Reflect.get(holder, key) : undefined;
  return typeof value === "number" ? value : otherwise;
}
