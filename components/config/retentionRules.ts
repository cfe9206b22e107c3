/** Rules across `retention`, `subjects` and `services`. They run on invalid values too. */
import { asText, type Disallowed, each, type Found, inside, repeated } from "./paths";
import { postgresUsers } from "./postgresUsers";
import { namesWithin } from "./serviceNames";
import { member } from "./unknown";

/** What rules and holds may not be: twice, of a database that is none, a column without a value, or an end and a keeping at once. */
export function retentionRules(stack: unknown): readonly Disallowed[] {
  const all = [
    ...["rules", "holds", "kept"].flatMap((key) => each(stack, ["retention", key, "*"])),
    ...each(stack, ["subjects", "places", "*"]),
  ];
  const ofDatabases = new Set(
    postgresUsers(stack)
      .flatMap(namesWithin)
      .map(({ value }) => value),
  );
  const ruled = new Set(each(stack, ["retention", "rules", "*", "database"]).map(({ value }) => asText(value)));
  return [
    ...repeated(each(stack, ["retention", "rules", "*", "name"]), "must be unique", asText),
    ...repeated(each(stack, ["retention", "holds", "*", "name"]), "must be unique", asText),
    ...repeated(each(stack, ["retention", "kept", "*", "database"]), "must be unique", asText),
    ...inside(all, ["database"])
      .filter(({ value }) => typeof value === "string" && !ofDatabases.has(value))
      .map(({ path }) => ({ path, message: "the name of a service of kind container that uses a PostgreSQL" })),
    ...each(stack, ["retention", "holds", "*"]).flatMap(halfKnown),
    ...each(stack, ["retention", "kept", "*", "database"])
      .filter(({ value }) => typeof value === "string" && ruled.has(value))
      .map(({ path }) => ({ path, message: "a database that no rule ends anything in" })),
    ...each(stack, ["retention", "rules", "*"]).flatMap((rule) => columnsOf(rule, "timeColumn")),
    ...each(stack, ["subjects", "places", "*"]).flatMap((place) => columnsOf(place, "column")),
    ...repeated(each(stack, ["subjects", "places", "*"]), "must be unique: one place for each table", tableOf),
    ...each(stack, ["subjects", "files", "*"]).flatMap((place) => volumeOf(place, stack)),
    ...repeated(each(stack, ["subjects", "files", "*"]), "must be unique: one place for each path", pathOf),
    ...(member(stack, "subjects") !== undefined && ["places", "files"].every((key) => each(stack, ["subjects", key, "*"]).length === 0)
      ? [{ path: ["subjects"], message: "one place at least, in subjects.places or subjects.files" }]
      : []),
    ...(member(stack, "subjects") !== undefined && member(stack, "retention") === undefined
      ? [{ path: ["subjects"], message: "subjects beside a section retention: its nightly run watches requests of persons" }]
      : []),
  ];
}

function halfKnown({ path, value }: Found): readonly Disallowed[] {
  const has = (key: string): boolean => member(value, key) !== undefined;
  if (has("column") === has("value")) return [];
  return [{ path: [...path, has("column") ? "value" : "column"], message: "both column and value, or neither: then all rows are kept" }];
}

// The service may be called by a name that it had.
function volumeOf({ path, value }: Found, stack: unknown): readonly Disallowed[] {
  const [service, volume] = ["service", "volume"].map((key) => asText(member(value, key)));
  const owner = each(stack, ["services", "*"]).find((found) => namesWithin(found).some((own) => own.value === service));
  const volumes = owner === undefined ? [] : inside([owner], ["volumes", "*", "name"]);
  if (service === undefined) return [];
  if (owner === undefined || volumes.length === 0)
    return [{ path: [...path, "service"], message: "the name of a service of kind container that declares a volume" }];
  return volume === undefined || volumes.some((found) => found.value === volume)
    ? []
    : [{ path: [...path, "volume"], message: `the name of one of the volumes in ${owner.path.join(".")}.volumes` }];
}

function pathOf(place: unknown): string {
  return ["service", "volume", "path"].map((key) => asText(member(place, key)) ?? "").join(" ");
}

function tableOf(place: unknown): string {
  return ["database", "schema", "table"].map((key) => asText(member(place, key)) ?? "").join(" ");
}

// What is anonymised in the column that it is known by would not be known for it again.
function columnsOf(rule: Found, key: string): readonly Disallowed[] {
  const columns = inside([rule], ["anonymise", "*", "column"]);
  const known = member(rule.value, key);
  return [
    ...repeated(columns, "must be unique", asText),
    ...columns
      .filter(({ value }) => typeof value === "string" && value === known)
      .map(({ path }) => ({ path, message: `another column than ${key}` })),
  ];
}
