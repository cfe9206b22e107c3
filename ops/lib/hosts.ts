/** Where the hosts of a stack are: an existing server as its configuration says, a droplet as the last deploy left it. */
import { z } from "zod";
import { namesOf } from "../../components/config/names";
import type { HostConfig, StackConfig } from "../../components/config/schema";
import { isHostKey } from "../../components/config/sshKey";
import { OperatorError } from "./errors";
import { askPulumi, requirePulumi } from "./pulumi";

/** A host that can be dialled. */
export interface HostAddress {
  readonly name: string;
  readonly address: string;
  /** Type and base64 of the pinned SSH host key. */
  readonly hostKey: string;
}

/** Which hosts can be dialled, and which droplets were never deployed to the end. */
export interface HostAddresses {
  readonly reachable: readonly HostAddress[];
  readonly missing: readonly string[];
}

const outputs = z.object({
  hosts: z
    .record(
      z.string(),
      z
        .object({ address: z.string(), hostKey: z.string().refine(isHostKey) })
        .optional()
        .catch(undefined),
    )
    .catch({}),
});

/** What the stack's last deploy left, as `pulumi stack output` shows it; a stack without droplets needs no Pulumi CLI. Throws OperatorError if Pulumi fails. */
export function stackOutputs(config: StackConfig, stack: string, environment: NodeJS.ProcessEnv = process.env, cwd?: string): unknown {
  if (config.hosts.every(({ kind }) => kind === "existing")) return {};
  requirePulumi();
  return JSON.parse(askPulumi(["stack", "output", "--json", "--show-secrets", "--stack", stack], environment, cwd));
}

/** Finds the hosts of a stack. */
export function resolveHosts(config: StackConfig, left: unknown): HostAddresses {
  const deployed = outputs.catch({ hosts: {} }).parse(left).hosts;
  const found = config.hosts.map((host): { name: string; place: HostAddress | undefined } => {
    const { name } = host;
    if (host.kind === "existing") return { name, place: { name, address: host.address, hostKey: host.hostKey } };
    // The last deploy may have known it by a former name.
    const known = namesOf(host).find((each) => Object.hasOwn(deployed, each));
    const output = known === undefined ? undefined : deployed[known];
    const address = output?.address ?? host.address;
    const hostKey = host.hostKey ?? output?.hostKey;
    // The first key is in the droplet's user data: whoever shows it proves nothing.
    const isKnown = address !== undefined && hostKey !== undefined && hostKey !== host.firstHostKey;
    return { name, place: isKnown ? { name, address, hostKey } : undefined };
  });
  return {
    reachable: found.flatMap(({ place }) => place ?? []),
    missing: found.flatMap(({ name, place }) => (place === undefined ? [name] : [])),
  };
}

/** All hosts of a stack. Throws OperatorError if a droplet was never deployed. */
export function hostAddresses(config: StackConfig, left: unknown = {}): readonly HostAddress[] {
  const { reachable, missing } = resolveHosts(config, left);
  if (missing.length > 0)
    throw new OperatorError(
      missing
        .map(
          (name) =>
            `${name}: found no address in the outputs of the stack, allowed: a droplet whose deploy completed; run npx phiward up first`,
        )
        .join("\n"),
      2,
    );
  return reachable;
}

/** The host of the stack that `wanted` names, among those of `roles`. Throws OperatorError if nothing is named, or none of that name. */
export function namedHost<H extends { readonly name: string }>(
  config: StackConfig,
  hosts: readonly H[],
  wanted: string | undefined,
  roles: readonly HostConfig["role"][],
): H {
  const names = config.hosts.filter(({ role }) => roles.includes(role)).map(({ name }) => name);
  const allowed = names.join(" or ");
  if (wanted === undefined) throw new OperatorError(`--host: found nothing, allowed: ${allowed}`, 2);
  const host = hosts.find(({ name }) => name === wanted && names.includes(name));
  if (host === undefined) throw new OperatorError(`--host: found ${wanted}, allowed: ${allowed}`, 3);
  return host;
}

/** The host that runs the services, where there is one alone. Throws OperatorError, asking for --host, where there are several. */
export function applicationHost(config: StackConfig, hosts: readonly HostAddress[]): HostAddress {
  const names = config.hosts.filter(({ role }) => role === "application").map(({ name }) => name);
  return namedHost(config, hosts, names.length === 1 ? names[0] : undefined, ["application"]);
}
