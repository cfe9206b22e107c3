/** Rules of `removed`: an entry is of data that nothing declares, once, and erasing is confirmed. They run on invalid values too. */
import { asText, type Disallowed, each, type Found, inside } from "./paths";
import { lastingNameOf, namesWithin } from "./serviceNames";
import { member } from "./unknown";

/** Everything about removed data that is allowed separately and not together. */
export function removedRules(stack: unknown): readonly Disallowed[] {
  const entries = each(stack, ["removed", "*"]);
  return [...entries.flatMap((entry) => [...confirmation(entry), ...declared(entry, stack)]), ...overlaps(entries, stack)];
}

function confirmation({ path, value }: Found): readonly Disallowed[] {
  const [service, data, confirm] = ["service", "data", "confirm"].map((key) => member(value, key));
  if (data === "erase" && confirm !== service)
    return [{ path: [...path, "confirm"], message: "the name of the service once more: its data is erased for good" }];
  if (data === "keep" && confirm !== undefined)
    return [{ path: [...path, "confirm"], message: "nothing: data that is kept needs no confirmation" }];
  return [];
}

// What is declared is in use: neither is it to be erased, nor is it left.
function declared({ path, value }: Found, stack: unknown): readonly Disallowed[] {
  const [name, volume, database] = ["service", "volume", "database"].map((key) => asText(member(value, key)));
  const kept = lastingNameOf(value, "service");
  const services = each(stack, ["services", "*"]).filter((service) => namesWithin(service).some((own) => own.value === kept));
  const databases = each(stack, ["services", "*"]).filter((service) => namesWithin(service).some((own) => own.value === database));
  const uses = (list: readonly string[], wanted: string): boolean => inside(services, list).some((found) => found.value === wanted);
  if (volume !== undefined && database !== undefined)
    return [{ path: [...path, "database"], message: "nothing beside volume: one entry for each" }];
  if (volume !== undefined)
    return uses(["volumes", "*", "name"], volume) || (volume === "data" && services.some(isDatabase))
      ? [{ path: [...path, "volume"], message: "a volume that the service no longer declares" }]
      : [];
  if (database !== undefined)
    return databases.some((server) => uses(["uses", "*"], asText(member(server.value, "name")) ?? ""))
      ? [{ path: [...path, "database"], message: "a database that the service no longer uses" }]
      : [];
  return name !== undefined && services.length > 0
    ? [
        {
          path: [...path, "service"],
          message: "a service that is not declared in services any more; name its volume or database otherwise",
        },
      ]
    : [];
}

// By whichever of its names an entry calls a service that is declared still.
function keptName(name: string | undefined, stack: unknown): string | undefined {
  const found = each(stack, ["services", "*"]).find((service) => namesWithin(service).some(({ value }) => value === name));
  return found === undefined ? name : lastingNameOf(found.value);
}

function isDatabase({ value }: Found): boolean {
  return member(value, "kind") !== "container";
}

// Two entries of one piece of data could say that it stays, and that it goes.
function overlaps(entries: readonly Found[], stack: unknown): readonly Disallowed[] {
  const of = ({ value }: Found, key: string): string | undefined => asText(member(value, key));
  const lasting = (entry: Found): string | undefined => keptName(lastingNameOf(entry.value, "service"), stack);
  const isWhole = (entry: Found): boolean => of(entry, "volume") === undefined && of(entry, "database") === undefined;
  return entries.flatMap((entry, index) => {
    const earlier = entries
      .slice(0, index)
      .find(
        (other) =>
          lasting(other) !== undefined &&
          lasting(other) === lasting(entry) &&
          (isWhole(other) ||
            isWhole(entry) ||
            (of(other, "volume") === of(entry, "volume") && of(other, "database") === of(entry, "database"))),
      );
    return earlier === undefined
      ? []
      : [{ path: [...entry.path, "service"], message: `data that no other entry is of; already used by ${earlier.path.join(".")}` }];
  });
}
