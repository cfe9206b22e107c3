/** Names of services, present and former: each is one service's for good, whose data goes by it. Rules run on invalid values too. */
import { asText, type Disallowed, each, type Found, inside } from "./paths";
import { member } from "./unknown";

/** The name that a service keeps, of a value that may not be one. */
export function lastingNameOf(service: unknown, name: "name" | "service" = "name"): string | undefined {
  return asText(member(member(service, "formerly"), "0")) ?? asText(member(service, name));
}

/** Where a service says its names: the present one, then those that it had. */
export function namesWithin(service: Found): readonly Found[] {
  return [...inside([service], ["name"]), ...inside([service], ["formerly", "*"])];
}

/** Names that two services have or had: the data of one would be the other's. A service may have its own former name again. */
export function sharedNames(stack: unknown): readonly Disallowed[] {
  const owners = new Map<string, readonly [string, Found]>();
  return each(stack, ["services", "*"]).flatMap((service) => {
    const own = service.path.join(".");
    return namesWithin(service).flatMap((found): readonly Disallowed[] => {
      const name = asText(found.value);
      if (name === undefined) return [];
      const [owner, first] = owners.get(name) ?? [own, found];
      owners.set(name, [owner, first]);
      const isPresent = found.path.at(-1) === "name" && first.path.at(-1) === "name";
      return owner === own
        ? []
        : [
            {
              path: found.path,
              message: `${isPresent ? "must be unique" : "a name that no other service has or had: its data goes by it"}; already used by ${first.path.join(".")}`,
            },
          ];
    });
  });
}
