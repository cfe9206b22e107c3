/** What a deploy changes, by host and by concern: Pulumi's steps, which are of resources, in the order that people think in. */
import type { Preview, Resource, Step } from "./pulumiEvents";

/** What changes in one part of a host: a concern, or a group of containers, with all resources below it. */
export interface PartChange {
  /** Name of the part on its host, e.g. `fail2ban`. */
  readonly part: string;
  /** Type token of its component. */
  readonly type: string;
  /** Steps of its resources; those that stay as they are left out. */
  readonly steps: readonly Step[];
}

/** What changes on one host; `host` is empty for what belongs to none. */
export interface HostChange {
  readonly host: string;
  readonly parts: readonly PartChange[];
}

const HOST = "phiward:index:Host";

/** What changes, hosts and parts in the order in which a deploy comes to them. */
export function changesOf({ steps }: Preview): readonly HostChange[] {
  const resources = new Map<string, Resource>();
  for (const { urn, old, new: declared } of steps) {
    const known = declared ?? old;
    if (known !== undefined && known !== null && !(resources.has(urn) && declared === null)) resources.set(urn, known);
  }
  const names = [...resources.keys()].filter((urn) => typeOf(urn) === HOST).map(nameOf);
  const hosts = new Map<string, Map<string, { type: string; steps: Step[] }>>();
  for (const step of steps) {
    if (step.op === "same" || step.type === HOST || step.type === "pulumi:pulumi:Stack") continue;
    const { host, component } = placeOf(step.urn, resources, names);
    const parts = hosts.get(host) ?? new Map<string, { type: string; steps: Step[] }>();
    hosts.set(host, parts);
    const name = nameOf(component);
    const part = host !== "" && name.startsWith(`${host}-`) ? name.slice(host.length + 1) : name;
    const known = parts.get(part) ?? { type: typeOf(component), steps: [] };
    parts.set(part, known);
    known.steps.push(step);
  }
  // Hosts are deployed at once: their order is that in which the program declares them.
  const found = [...hosts.keys()];
  const inOrder = [...new Set([...names, ...found])].filter((host) => found.includes(host));
  return inOrder.map((host) => ({ host, parts: [...(hosts.get(host) ?? [])].map(([part, known]) => ({ part, ...known })) }));
}

/** The host that a resource belongs to, and the URN of what is directly below that: itself, or the component that it is part of. */
function placeOf(
  urn: string,
  resources: ReadonlyMap<string, Resource>,
  hosts: readonly string[],
): { readonly host: string; readonly component: string } {
  let component = urn;
  for (;;) {
    const parent = resources.get(component)?.parent ?? "";
    if (typeOf(parent) === HOST) return { host: nameOf(parent), component };
    if (typeOf(parent) === "pulumi:pulumi:Stack" || parent === "" || parent === component) break;
    component = parent;
  }
  // An earlier version had no component for a host. Of the hosts web and web-2, what is called web-2-ssh is the latter's.
  const [host = ""] = hosts.filter((name) => nameOf(component).startsWith(`${name}-`)).sort((one, other) => other.length - one.length);
  return { host, component };
}

/** Type token of the resource of a URN. */
export function typeOf(urn: string): string {
  return urn.split("::").at(2)?.split("$").at(-1) ?? "";
}

/** Name of the resource of a URN. */
export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}
