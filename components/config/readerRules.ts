/** Rules of the databases that people may read: each is of a service that has one. They run on invalid values too. */
import { type Disallowed, each } from "./paths";
import { postgresUsers } from "./postgresUsers";
import { namesWithin } from "./serviceNames";

/** Everything about people's databases that is allowed separately and not together. */
export function readerRules(stack: unknown): readonly Disallowed[] {
  const names = postgresUsers(stack)
    .flatMap(namesWithin)
    .map(({ value }) => value);
  return each(stack, ["people", "*", "databases"]).flatMap(({ path, value }) =>
    Object.keys(typeof value === "object" && value !== null && !Array.isArray(value) ? value : {})
      .filter((name) => !names.includes(name))
      .map((name) => ({ path: [...path, name], message: "the name of a service that uses a PostgreSQL of the stack" })),
  );
}
