/** DigitalOcean's resources, as a program declares them with @pulumi/digitalocean. */
import { optionalItems } from "./containers";
import type { Value } from "./value";

/** Type token of a class of the provider, e.g. `digitalocean:index/vpc:Vpc` of `Vpc`. */
export function cloudType(name: string): string {
  return `digitalocean:index/${name.charAt(0).toLowerCase()}${name.slice(1)}:${name}`;
}

/** The texts of a list that may be left out; those that are not known yet are noted, and left out of it. */
export function knownTexts(holder: Value, key: string): readonly string[] {
  return (optionalItems(holder, key) ?? []).flatMap((member) => member.text() ?? []);
}

/** A map that may be left out, and lists of which a rule wants the members. */
export function optionalMap(holder: Value, key: string): readonly Value[] {
  return holder.has(key) && holder.at(key).keys() !== undefined ? [holder.at(key)] : [];
}

/** The forwarding rules of a load balancer. One for the whole world has settings instead, and may have rules too. */
export function forwardingRules(balancer: Value): readonly Value[] {
  if (!balancer.has("glbSettings")) return balancer.at("forwardingRules").items() ?? [];
  // Which they are, is another rule's; that they are settings, each's.
  balancer.at("glbSettings").keys();
  return optionalItems(balancer, "forwardingRules") ?? [];
}

/** The template of a pool's droplets, or the arguments of a droplet. */
export function templateOf(unit: Value): Value {
  return unit.has("dropletTemplate") ? unit.at("dropletTemplate") : unit;
}
