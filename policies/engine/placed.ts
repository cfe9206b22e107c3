/** Which host a resource of the stack is for, and whether the stack must have hosts. */
import { Config } from "@pulumi/pulumi/config";
import { NAMESPACE } from "../../components/config/keys";
import { member } from "../../components/config/unknown";
import { UNKNOWN } from "../readers/value";
import type { HostComponent } from "./judge";

/** A resource, with what tells where it belongs. */
export interface PlaceableResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** Plain data, with UNKNOWN where a value is not known yet. */
  readonly args: unknown;
  /** URN of the parent, and of the provider. */
  readonly parent: string | undefined;
  readonly provider: string | undefined;
}

const HOST = "phiward:index:Host";
const ENGINE = "pulumi:providers:docker";

/**
 * Whether a stack must have hosts: one of phiward's project, by whatever name it was copied, is configured with them. A program that has
 * nothing to do with phiward lacks none. Without a single resource nobody knows whose the stack is, so it must have them.
 */
export function hasHosts(resources: readonly { readonly urn: string }[]): boolean {
  const others = resources.some(({ urn }) => urn.split("::")[1] !== NAMESPACE);
  return !others || new Config(NAMESPACE).get("hosts") !== undefined;
}

/**
 * The resources that are known to be for a host: by their own arguments, by a component around them, or by the engine that they are
 * made on. One whose host is only not known yet counts as each host's; of one that says nothing of a host, no host is the better.
 */
export function placed(resources: readonly PlaceableResource[]): readonly HostComponent[] {
  const known = new Map(resources.map((resource) => [resource.urn, resource]));
  const addresses = new Map(resources.flatMap(({ args, type }) => (isOurs(type) ? addressesIn(args) : [])));
  const hostOf = (resource: PlaceableResource, depth = 0): unknown => {
    const own = ownHost(resource);
    if (own !== undefined || depth > known.size) return own;
    const around = resource.parent === undefined ? undefined : known.get(resource.parent);
    const byParent = around === undefined ? undefined : hostOf(around, depth + 1);
    if (byParent !== undefined) return byParent;
    const engine = resource.provider === undefined ? undefined : known.get(resource.provider);
    return engine === undefined || engine.type !== ENGINE ? undefined : (hostOf(engine, depth + 1) ?? addressed(engine, addresses));
  };
  return resources.flatMap((resource): HostComponent[] => {
    const host = hostOf(resource);
    if (typeof host === "string") return [{ type: resource.type, host, args: resource.args }];
    return host === UNKNOWN && isOurs(resource.type) ? [{ type: resource.type, host: undefined, args: resource.args }] : [];
  });
}

function isOurs(type: string): boolean {
  return type.startsWith("phiward:");
}

// A droplet is there before there is a connection to it.
function ownHost({ type, name, args }: PlaceableResource): unknown {
  if (type === HOST) return name;
  if (!isOurs(type)) return undefined;
  const connection = member(args, "connection");
  if (args === UNKNOWN || connection === UNKNOWN) return UNKNOWN;
  const host = member(connection, "name") ?? member(args, "host");
  return typeof host === "string" || host === UNKNOWN ? host : undefined;
}

function addressesIn(args: unknown): readonly (readonly [string, string])[] {
  const connection = member(args, "connection");
  const [address, name] = [member(connection, "address"), member(connection, "name")];
  return typeof address === "string" && typeof name === "string" ? [[address, name]] : [];
}

function addressed({ args }: PlaceableResource, addresses: ReadonlyMap<string, string>): string | undefined {
  const host = member(args, "host");
  const address = typeof host === "string" ? /@\[?([^\]@]+?)\]?(?::\d+)?$/.exec(host)?.[1] : undefined;
  return address === undefined ? undefined : addresses.get(address);
}
