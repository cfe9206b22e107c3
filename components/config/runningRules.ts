/** Rules across the keys that say how services run. They run on invalid values too. */
import { type Disallowed, each, inside } from "./paths";
import { member } from "./unknown";

// What every service has had: no file is refused for that.
const DEFAULT_MEGABYTES = 64;

/** What a service may not ask for beside what it asks for elsewhere. */
export function runningRules(stack: unknown): readonly Disallowed[] {
  return each(stack, ["services", "*"]).flatMap((service) => {
    const memory = member(service.value, "memoryMegabytes");
    return inside([service], ["temporary", "megabytes"])
      .filter(({ value }) => typeof memory === "number" && Number(value) > Math.max(memory, DEFAULT_MEGABYTES))
      .map(({ path }) => ({ path, message: "memoryMegabytes of the service at most: what is in /tmp is in its memory" }));
  });
}
