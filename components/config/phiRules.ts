/** Rules of patients' columns: whose database has them. They run on invalid values too. */
import { asText, type Disallowed, each, type Found, inside, repeated } from "./paths";
import { usesPostgres } from "./postgresUsers";
import { namesWithin } from "./serviceNames";
import { member } from "./unknown";

/** Everything about patients' columns that is allowed separately and not together. */
export function phiRules(stack: unknown): readonly Disallowed[] {
  const named = each(stack, ["phi", "databases", "*", "service"]);
  const services = each(stack, ["services", "*"]);
  const using = usesPostgres(stack);
  const [epoch, retired] = ["epoch", "retired"].map((key) => numberOf(stack, key));
  const find = (found: Found): Found | undefined => services.find(({ value }) => member(value, "name") === found.value);
  return [
    ...repeated(named, "must be unique", asText),
    ...(retired !== undefined && retired > 0 && retired >= (epoch ?? 1)
      ? [{ path: ["phi", "retired"], message: "a number below phi.epoch, whose key is written with" }]
      : []),
    ...named.flatMap((found) => {
      const service = find(found);
      return service === undefined || !using(service)
        ? [{ path: found.path, message: "a service of kind container that uses a PostgreSQL" }]
        : inside([service], ["extensions", "*"])
            .filter(({ value }) => value === "pgcrypto")
            .map(({ path }) => ({
              path,
              message: "none of pgcrypto beside patients' columns, which have their own: others could put theirs in its place",
            }));
    }),
    // The master key is kept by this name, and what is a service's begins with the service's.
    ...(named.length === 0 ? [] : services.flatMap(namesWithin).filter(({ value }) => value === "phi")).map(({ path }) => ({
      path,
      message: "another name than phi, by which the master key of patients' columns is kept",
    })),
  ];
}

function numberOf(stack: unknown, key: string): number | undefined {
  const value = member(member(stack, "phi"), key);
  return typeof value === "number" ? value : undefined;
}
