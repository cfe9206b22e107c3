/** Rules between what a service gets of secrets and what it has. They run on invalid values too. */
import { asText, type Disallowed, each, type Found, inside, repeated } from "./paths";
import { PLACEHOLDER_RULE, pieces } from "./placeholders";
import { either, NAME } from "./sections/values";
import { member, membersOf } from "./unknown";

/** Every fault of secrets, configuration files and variables within a service. */
export function serviceSecretRules(stack: unknown): readonly Disallowed[] {
  return each(stack, ["services", "*"])
    .filter(({ value }) => member(value, "kind") === "container")
    .flatMap((service) => [
      ...broughtFaults(service),
      ...ownFiles(service),
      ...repeated(inside([service], ["configurationFiles", "*", "path"]), "must be unique", asText),
      ...mountFaults(service),
      ...placeholderFaults(service),
      ...variableFaults(service),
    ]);
}

// Epoch and escrow are of what the host creates: a brought one is changed, and kept, by whoever has it.
function broughtFaults(service: Found): readonly Disallowed[] {
  return inside([service], ["secrets", "*"])
    .filter(({ value }) => member(value, "from") !== undefined)
    .flatMap(({ path, value }) => [
      ...(member(value, "escrow") === true
        ? [{ path: [...path, "escrow"], message: "false beside `from`: you have what you brought; remove it" }]
        : []),
      ...((member(value, "epoch") ?? 1) !== 1
        ? [{ path: [...path, "epoch"], message: "nothing beside `from`: a new value is a new secret by itself; remove it" }]
        : []),
    ]);
}

// With its parts, a database has a file of its password too.
function ownFiles(service: Found): readonly Disallowed[] {
  if (member(service.value, "databaseParts") !== true) return [];
  const files = usesOf(service).map((database) => `${database}-password`);
  return inside([service], ["secrets", "*", "name"])
    .filter(({ value }) => files.includes(asText(value) ?? ""))
    .map(({ path }) => ({ path, message: "a name other than DATABASE-password for a database that it uses: that file is made for it" }));
}

// A file in a volume would leave its place behind among the data.
function mountFaults(service: Found): readonly Disallowed[] {
  const volumes = inside([service], ["volumes", "*", "path"]).flatMap(({ value }) => asText(value) ?? []);
  const files = inside([service], ["configurationFiles", "*", "path"]);
  const inOther = (path: string): boolean =>
    volumes.some((volume) => `${path}/`.startsWith(`${volume}/`)) || files.some(({ value }) => path.startsWith(`${asText(value) ?? ""}/`));
  return files
    .filter(({ value }) => inOther(asText(value) ?? ""))
    .map(({ path }) => ({ path, message: "a path outside of its volumes, and below no other of these files" }));
}

function placeholderFaults(service: Found): readonly Disallowed[] {
  const [secrets, uses] = [namesOf(service), usesOf(service)];
  return inside([service], ["configurationFiles", "*", "content"]).flatMap(({ path, value }) => {
    const found = pieces(asText(value) ?? "");
    const lines = found.flatMap((piece) => (piece.kind === "unknown" ? [String(piece.line)] : []));
    const isOther = found.some(
      (piece) =>
        (piece.kind === "secret" && !secrets.includes(piece.name)) || (piece.kind === "database" && !uses.includes(piece.database)),
    );
    return [
      ...(lines.length > 0 ? [{ path, message: `${PLACEHOLDER_RULE}; another placeholder is in line ${lines.join(", ")}` }] : []),
      ...(isOther
        ? [{ path, message: `placeholders of what this service has: ${shownNames(secrets, uses)}; declare the others, or remove them` }]
        : []),
    ];
  });
}

function shownNames(secrets: readonly string[], uses: readonly string[]): string {
  const names = [...secrets.map((name) => `{{secret:${name}}}`), ...uses.map((database) => `{{${database}.PART}}`)];
  return names.length === 0 ? "none" : either(names);
}

function variableFaults(service: Found): readonly Disallowed[] {
  const variables = Object.entries(membersOf(member(service.value, "secretEnvironment")));
  if (variables.length === 0) return [];
  const environment = Object.keys(membersOf(member(service.value, "environment")));
  const parts = member(service.value, "databaseParts") === true;
  const files = [
    ...namesOf(service),
    ...usesOf(service).flatMap((database) => [`${database}-url`, ...(parts ? [`${database}-password`] : [])]),
  ];
  const at = (name: string): (string | number)[] => [...service.path, "secretEnvironment", name];
  const command = inside([service], ["command", "*"]);
  return [
    ...(command.length === 0
      ? [
          {
            path: [...service.path, "command"],
            message: "the image's entry point and what it runs, which a launcher takes the place of; `docker image inspect` shows both",
          },
        ]
      : []),
    ...variables
      .filter(([, file]) => !files.includes(asText(file) ?? ""))
      .map(([name]) => ({
        path: at(name),
        message: files.length === 0 ? "a secret of this service, which has none; declare it" : either(files),
      })),
    ...variables
      .filter(([name]) => environment.includes(name))
      .map(([name]) => ({ path: at(name), message: "a variable that is not in environment too; remove one of the two" })),
  ];
}

function namesOf(service: Found): readonly string[] {
  return inside([service], ["secrets", "*", "name"]).flatMap(({ value }) => (NAME.test(asText(value) ?? "") ? [asText(value) ?? ""] : []));
}

function usesOf(service: Found): readonly string[] {
  return inside([service], ["uses", "*"]).flatMap(({ value }) => (NAME.test(asText(value) ?? "") ? [asText(value) ?? ""] : []));
}
