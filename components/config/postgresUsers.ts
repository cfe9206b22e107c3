/** Which services use a PostgreSQL of the stack. For rules, which run on invalid values too. */
import { asText, each, type Found, inside } from "./paths";
import { member } from "./unknown";

/** Tells of a service whether it does. */
export function usesPostgres(stack: unknown): (service: Found) => boolean {
  const servers = new Set(
    each(stack, ["services", "*"])
      .filter(({ value }) => member(value, "kind") === "postgres")
      .map(({ value }) => asText(member(value, "name"))),
  );
  return (service) => inside([service], ["uses", "*"]).some(({ value }) => servers.has(asText(value)));
}

/** The services that do. */
export function postgresUsers(stack: unknown): readonly Found[] {
  return each(stack, ["services", "*"]).filter(usesPostgres(stack));
}
