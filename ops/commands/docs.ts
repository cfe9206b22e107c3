/**
 * The documents that are generated: docs/configuration.md from the schema, docs/controls.md and docs/law.md from the catalogue, the
 * checks and the rules.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { stackSchema } from "../../components/config/schema";
import { controlsPage } from "../lib/controlsPage";
import { OperatorError } from "../lib/errors";
import { lawPage } from "../lib/lawPage";
import { cell, table } from "../lib/markdown";
import { operate } from "../lib/operate";
import { readStack } from "../lib/stack";

const ROOT = join(__dirname, "../..");

type Node = z.core.JSONSchema.BaseSchema;

interface Row {
  readonly key: string;
  readonly type: string;
  readonly allowed: string;
  readonly byDefault: string;
  readonly description: string;
}

/** The page, whole. */
export function configurationPage(): string {
  const { properties = {}, required = [] } = z.toJSONSchema(stackSchema, { io: "input" });
  const sections = Object.entries(properties).map(([key, node]) => section(rowsOf(key, node, required.includes(key))));
  return `${[HEAD, ...sections].join("\n\n")}\n`;
}

const HEAD = `# Configuration

<!-- Generated from components/config/ by ops/commands/docs.ts; edit that file, not this one. -->

Everything a stack declares, key by key. In \`Pulumi.<stack>.yaml\` each section stands under \`config:\` as \`phiward:<section>\`;
\`Pulumi.prod.yaml\` is a commented example to start from. A key that is not listed here is refused, and a faulty file is refused
with all its faults at once. \`[]\` stands for each entry of a list. A section that is not required may be left out.

The commands read a stack as Pulumi does: YAML merge keys, lists and maps that \`pulumi config set\` wrote as JSON text, and values
of whole sections under \`config:\` in \`Pulumi.yaml\` for sections that the stack's file leaves out. Beside \`config:\` only Pulumi's
own keys may stand. A Pulumi secret, or an \`environment:\` of Pulumi ESC, is asked of the Pulumi CLI, which \`policy\` and
\`verify\` then need too.`;

// The first row is the section itself: a heading and a sentence; a section of one value is a table of one row.
function section([own, ...inside]: readonly Row[]): string {
  if (own === undefined) return "";
  const rows = inside.length > 0 ? inside : [own];
  const allowed = own.allowed === "" ? "" : ` Allowed: ${own.allowed}.`;
  const byDefault = own.byDefault === "required" ? " Required." : own.byDefault === "" ? "" : ` Default: ${own.byDefault}.`;
  return [
    `## ${own.key}`,
    "",
    ...(inside.length > 0 ? [`${own.description}${allowed}${byDefault}`, ""] : []),
    table(
      ["Key", "Type", "Allowed", "Default", "Meaning"],
      rows.map((row) => [`\`${row.key}\``, row.type, cell(row.allowed), row.byDefault, cell(row.description)]),
    ),
  ].join("\n");
}

function rowsOf(key: string, node: Node | boolean, required: boolean): readonly Row[] {
  if (typeof node === "boolean") return [];
  const own: Row = {
    key,
    type: typeOf(node),
    allowed: allowedIn(node),
    byDefault: defaultOf(node, required),
    description: node.description ?? "",
  };
  return [own, ...inner(key, node)];
}

function inner(key: string, node: Node): readonly Row[] {
  if (node.properties !== undefined)
    return Object.entries(node.properties).flatMap(([name, member]) =>
      rowsOf(`${key}.${name}`, member, node.required?.includes(name) ?? false),
    );
  if (node.oneOf !== undefined) return node.oneOf.flatMap((kind) => (typeof kind === "boolean" ? [] : inner(key, kind)));
  // A list of objects is shown by their keys; one of plain values by what each may be.
  const { items } = node;
  if (items === undefined || typeof items === "boolean" || Array.isArray(items)) return [];
  const below = inner(`${key}[]`, items);
  return below.length > 0 ? below : rowsOf(`${key}[]`, items, true).map((row) => ({ ...row, byDefault: "" }));
}

const TYPES: Readonly<Record<string, string>> = { string: "string", integer: "number", boolean: "boolean", array: "list" };

function typeOf({ type }: Node): string {
  return (typeof type === "string" ? TYPES[type] : undefined) ?? "object";
}

function allowedIn(node: Node): string {
  const { allowed } = node;
  return typeof allowed === "string" ? allowed : "";
}

// A section's default is that of its keys, which have their own rows.
function defaultOf(node: Node, required: boolean): string {
  if (required) return "required";
  if (node.default === undefined) return "none";
  return node.properties !== undefined ? "" : `\`${JSON.stringify(node.default)}\``;
}

/** Every generated page, by its path from the project's directory. */
export function pages(): ReadonlyMap<string, string> {
  const config = readStack(join(ROOT, "Pulumi.prod.yaml"));
  return new Map([
    ["docs/configuration.md", configurationPage()],
    ["docs/controls.md", controlsPage(config)],
    ["docs/law.md", lawPage(config)],
  ]);
}

if (require.main === module)
  operate(() => {
    const write = !process.argv.includes("--check");
    for (const [name, page] of pages()) {
      const path = join(ROOT, name);
      if (write) writeFileSync(path, page);
      else if (!existsSync(path) || readFileSync(path, "utf8") !== page) throw new OperatorError(`${name}: out of date; run make docs`, 1);
    }
    return 0;
  });
