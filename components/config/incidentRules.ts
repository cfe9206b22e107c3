/** Rules of incidents: each contact can be reached, and is named once. */
import { type Disallowed, each } from "./paths";
import { member } from "./unknown";

/** Everything about incidents that is allowed separately and not together. */
export function incidentRules(stack: unknown): readonly Disallowed[] {
  return each(stack, ["incidents", "contacts", "*"]).flatMap(({ value, path }) =>
    typeof value === "object" && value !== null && member(value, "mail") === undefined && member(value, "phone") === undefined
      ? [{ path, message: "mail or phone, or both: nobody is called by a name alone" }]
      : [],
  );
}
