/** docs/configuration.md, generated from the schema: written by this command, compared by `--check`. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { stackSchema } from "../components/config";
import { isMain, OperatorError, operate } from "./stack";

const PAGE = join(__dirname, "../docs/configuration.md");

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

<!-- Generated from components/config.ts by ops/docs.ts; edit that file, not this one. -->

Everything a stack declares, key by key. In \`Pulumi.<stack>.yaml\` each section stands under \`config:\` as \`phiward:<section>\`;
\`Pulumi.prod.yaml\` is a commented example to start from. A key that is not listed here is refused, and a faulty file is refused
with all its faults at once. \`[]\` stands for each entry of a list. A section that is not required may be left out.`;

// The first row is the section itself: a heading and a sentence; a section of one value is a table of one row.
function section([own, ...inside]: readonly Row[]): string {
  if (own === undefined) return "";
  const table = (inside.length > 0 ? inside : [own]).map(
    (row) => `| \`${row.key}\` | ${row.type} | ${cell(row.allowed)} | ${row.byDefault} | ${cell(row.description)} |`,
  );
  const allowed = own.allowed === "" ? "" : ` Allowed: ${own.allowed}.`;
  const byDefault = own.byDefault === "required" ? " Required." : own.byDefault === "" ? "" : ` Default: ${own.byDefault}.`;
  return [
    `## ${own.key}`,
    "",
    ...(inside.length > 0 ? [`${own.description}${allowed}${byDefault}`, ""] : []),
    "| Key | Type | Allowed | Default | Meaning |",
    "| --- | --- | --- | --- | --- |",
    ...table,
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
  // A list of maps is told by their keys; one of plain values by what each may be.
  const { items } = node;
  if (items === undefined || typeof items === "boolean" || Array.isArray(items)) return [];
  const below = inner(`${key}[]`, items);
  return below.length > 0 ? below : rowsOf(`${key}[]`, items, true).map((row) => ({ ...row, byDefault: "" }));
}

const TYPES: Readonly<Record<string, string>> = { string: "text", integer: "number", boolean: "flag", array: "list" };

function typeOf({ type }: Node): string {
  return (typeof type === "string" ? TYPES[type] : undefined) ?? "map";
}

function allowedIn(node: Node): string {
  const { allowed } = node;
  return typeof allowed === "string" ? allowed : "";
}

// A section's default is that of its keys, which have rows of their own.
function defaultOf(node: Node, required: boolean): string {
  if (required) return "required";
  if (node.default === undefined) return "none";
  return node.properties !== undefined ? "" : `\`${JSON.stringify(node.default)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

if (isMain(__filename))
  operate(async () => {
    if (!process.argv.includes("--check")) writeFileSync(PAGE, configurationPage());
    else if (readFileSync(PAGE, "utf8") !== configurationPage())
      throw new OperatorError(
        "docs/configuration.md: found another text than the schema gives; run `node -r ts-node/register/transpile-only ops/docs.ts`",
        1,
      );
    return await Promise.resolve(0);
  });
