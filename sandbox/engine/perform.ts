/** What the embedded engine can do to a host: run a remote command, and make Docker's resources. Everything else is a clear error. */
import { member } from "../../components/config/unknown";
import { INSTALL_COMMAND } from "../../components/plan/programs";
import { installPrograms } from "../../ops/lib/installPrograms";
import type { SshTarget } from "../../ops/lib/ssh";
import { overSsh } from "../../ops/lib/ssh";
import { DOCKER_PROVIDER, isOfDocker, performDocker } from "./docker";
import { type Resource, ResourceFailed } from "./resource";

const REMOTE_COMMAND = "command:remote:Command";
const LOCAL_COMMAND = "command:local:Command";

/** Performs a resource on the sandbox's hosts and returns its outputs. Throws ResourceFailed. */
export async function perform(resource: Resource, allowed: ReadonlySet<string>, identity: string): Promise<Record<string, unknown>> {
  // It only says where its resources are; they are asked for that.
  if (resource.type === DOCKER_PROVIDER) return resource.inputs;
  if (isOfDocker(resource.type)) return performDocker(resource, allowedOnly(resource, dockerTarget(resource), allowed), identity);
  if (resource.type === LOCAL_COMMAND && resource.inputs["create"] === INSTALL_COMMAND) return performInstall(resource, allowed, identity);
  if (resource.type !== REMOTE_COMMAND)
    throw new ResourceFailed(
      `${resource.name}: the embedded engine cannot create a ${resource.type}; install pulumi and its providers for that`,
    );
  const { connection, create, stdin } = resource.inputs;
  const target = allowedOnly(resource, sshTarget(resource.name, connection), allowed);
  const answer = await overSsh(target, text(create), text(stdin), {
    retries: number(connection, "dialErrorLimit", 10),
    dialSeconds: number(connection, "perDialTimeout", 15),
    identity,
  });
  if (answer.code !== 0) throw new ResourceFailed(`${resource.name}: ${answer.stderr.trim() || `exit code ${String(answer.code)}`}`);
  return { ...resource.inputs, stdout: answer.stdout.trimEnd(), stderr: answer.stderr.trimEnd() };
}

async function performInstall(resource: Resource, allowed: ReadonlySet<string>, identity: string): Promise<Record<string, unknown>> {
  const field = (key: string): string => text(member(resource.inputs["environment"], `PHIWARD_${key}`));
  const connection = { host: field("ADDRESS"), port: Number(field("PORT")), user: field("USER"), hostKey: field("HOST_KEY") };
  await installPrograms(allowedOnly(resource, sshTarget(resource.name, connection), allowed), field("PACKAGES"), { identity });
  return { ...resource.inputs, stdout: field("PROGRAMS"), stderr: "" };
}

/** Where a resource of Docker's is made, as its provider says. Throws ResourceFailed if the host's key is not pinned. */
export function dockerTarget({ name, provider }: Resource): SshTarget {
  const [, user = "", address = "", port = "22"] = /^ssh:\/\/([^@]+)@\[?([^\]]+?)\]?:([0-9]+)$/.exec(text(provider?.["host"])) ?? [];
  const [, hostKey = ""] = /KnownHostsCommand=\/bin\/echo \* ([A-Za-z0-9@. +/=-]+)"/.exec(text(provider?.["sshOpts"])) ?? [];
  if (address === "" || hostKey === "") throw new ResourceFailed(`${name}: its docker provider has no ssh:// host with a pinned host key`);
  return { address, port: Number(port), user, hostKey };
}

function allowedOnly({ name }: Resource, target: SshTarget, allowed: ReadonlySet<string>): SshTarget {
  if (!allowed.has(target.address))
    throw new ResourceFailed(`${name}: ${target.address} is not a host of this sandbox; the embedded engine touches no other`);
  return target;
}

function sshTarget(name: string, connection: unknown): SshTarget {
  const field = (key: string): string => text(member(connection, key));
  if (field("hostKey") === "") throw new ResourceFailed(`${name}: its connection has no pinned host key`);
  return { address: field("host"), port: number(connection, "port", 22), user: field("user"), hostKey: field("hostKey") };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function number(holder: unknown, key: string, otherwise: number): number {
  const value = member(holder, key);
  return typeof value === "number" ? value : otherwise;
}
