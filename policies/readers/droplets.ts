/** Droplets as a rule looks at them: a component's, or one that a program declares beside the components. */
import type { Value } from "./value";

/** Type token of a droplet with all that belongs to it. */
export const DROPLET = "phiward:digitalocean:Droplet";

/** Types whose arguments are those of a droplet. */
export const DROPLETS: readonly string[] = [DROPLET, "digitalocean:index/droplet:Droplet"];

/** The settings of the droplet itself. */
export function dropletOf(unit: Value): Value {
  return unit.has("settings") ? unit.at("settings") : unit;
}
