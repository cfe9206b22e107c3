/** Rules between registries and the images that come from them. They run on invalid values too. */
import { registryOf } from "./imageName";
import { asText, type Disallowed, each, inside, repeated } from "./paths";

/** A login is for a registry that an image comes from, and each registry has one. */
export function registryRules(stack: unknown): readonly Disallowed[] {
  const registries = each(stack, ["registries", "*"]);
  const hosts = inside(registries, ["host"]);
  const used = new Set(each(stack, ["services", "*", "image"]).map(({ value }) => registryOf(asText(value) ?? "")));
  return [
    ...repeated(hosts, "must be unique", asText),
    ...hosts
      .filter(({ value }) => asText(value) !== undefined && !used.has(asText(value)))
      .map(({ path }) => ({ path, message: "the registry of an image of the services: no host keeps a login that it does not use" })),
  ];
}
