/** The documents that are generated: docs/configuration.md from the schema, docs/controls.md from the checks and rules. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { stackSchema } from "../../components/config/schema";
import type { Check } from "../../components/plan/types";
import { hostPlans } from "../../components/registry";
import { HOST_RULES, RULES } from "../../policies/all";
import { OperatorError } from "../lib/errors";
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

/** The controls of Pulumi.prod.yaml: what the running host is asked for each, and which rules judge it before a deploy. */
export function controlsPage(): string {
  const config = readStack(join(ROOT, "Pulumi.prod.yaml"));
  const checks = hostPlans(config, config.hosts[0]?.name ?? "").flatMap(({ unit, checks: asked }) =>
    asked.map((check) => ({ unit, check })),
  );
  const byControl = checks.sort((a, b) => a.check.control.localeCompare(b.check.control, "en", { numeric: true }));
  const rows = byControl.map(
    ({ unit, check }) =>
      `| ${check.control} | ${unit} | \`${check.id}\` | ${check.cites.join(", ")} | ${cell(question(check))} | ${check.skipInContainer ?? ""} |`,
  );
  const rules = [...RULES, ...HOST_RULES].map(
    (rule) =>
      `| \`${rule.id}\` | ${rule.severity} | ${rule.citations.map(({ reference }) => reference).join(", ")} | ${cell(rule.description)} |`,
  );
  return `${[
    "# Controls",
    "",
    "<!-- Generated by ops/commands/docs.ts from the plans and the policies; edit those, not this page. -->",
    "",
    "What phiward asks of a running host, by control, and what each answer supports: 45 CFR 164 (HIPAA) by paragraph, the GDPR by",
    "article. A citation says which safeguard a setting supports; no setting alone fulfils one. The people and jails are those of",
    "`Pulumi.prod.yaml`.",
    "",
    "## On the running host",
    "",
    "| Control | Concern | Check | Supports | Asked with | Skipped in a container, because |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
    "## Before a deploy",
    "",
    "| Rule | Severity | Supports | What it refuses |",
    "| --- | --- | --- | --- |",
    ...rules,
  ].join("\n")}\n`;
}

function question({ argv }: Check): string {
  const text = argv.join(" ");
  return `\`${text.length > 90 ? `${text.slice(0, 87)}…` : text}\``;
}

if (require.main === module)
  operate(() => {
    for (const [name, page] of [
      ["docs/configuration.md", configurationPage()],
      ["docs/controls.md", controlsPage()],
    ] as const) {
      const path = join(ROOT, name);
      if (!process.argv.includes("--check")) writeFileSync(path, page);
      else if (readFileSync(path, "utf8") !== page) throw new OperatorError(`${name}: out of date; run make docs`, 1);
    }
    return 0;
  });
