/**
 * The documents that are generated: docs/configuration.md from the schema, docs/controls.md and docs/law.md from the catalogue, the
 * checks and the rules, the year's work in docs/operations.md from the duties, docs/alerts.md from the matrix of alerts, dashboards from
 * the panels, and docs/rules from the rules, what stands above them in their files, and the values that their tests change.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { stackSchema } from "../../components/config/schema";
import { ALL_RULES } from "../../policies/all";
import type { RuleFacts } from "../../policies/engine/rule";
import { WAIVER_RULES } from "../../policies/waivers/rules";
import { exampleOf } from "../../test/policy/examples";
import { phiward } from "../cli";
import { alertsPage } from "../lib/alertsPage";
import { controlsPage } from "../lib/controlsPage";
import { withDuties } from "../lib/duties/section";
import { OperatorError } from "../lib/errors";
import { dashboardJson, PROVIDER } from "../lib/grafana";
import { lawPage } from "../lib/lawPage";
import { cell, table } from "../lib/markdown";
import { operate } from "../lib/operate";
import { DECIDED_BY } from "../lib/provenance/decidedBy";
import { rulePages, whyIn } from "../lib/rulePages";
import { runbookPage } from "../lib/runbook/page";
import { readStack } from "../lib/stack";

const ROOT = join(__dirname, "../..");
const OPERATIONS = "docs/operations.md";
const RUNBOOK_MADE =
  "<!-- Generated from Pulumi.prod.yaml, the alerts and the procedures by ops/commands/docs.ts; edit those, not this page. -->\n\nFor the example of production; `npx phiward runbook` makes your stack's own.";

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

const TYPES: Readonly<Record<string, string>> = {
  string: "string",
  integer: "number",
  number: "number",
  boolean: "boolean",
  array: "list",
};

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

/** The file that declares a rule. */
export function sourceOf(rule: RuleFacts): string {
  return WAIVER_RULES.includes(rule) ? "policies/waivers/rules.ts" : `policies/rules/${rule.id}.ts`;
}

/** Every generated page, by its path from the project's directory. */
export function pages(): ReadonlyMap<string, string> {
  const config = readStack(join(ROOT, "Pulumi.prod.yaml"));
  const rules = ALL_RULES.map((rule) => ({
    rule,
    why: whyIn(readFileSync(join(ROOT, sourceOf(rule)), "utf8"), rule.id),
    settings: DECIDED_BY[rule.id] ?? [],
    example: exampleOf(rule),
  }));
  return new Map([
    ["docs/configuration.md", configurationPage()],
    ["docs/controls.md", controlsPage(config)],
    ["docs/law.md", lawPage(config)],
    // Its other parts are written by hand.
    [OPERATIONS, withDuties(readFileSync(join(ROOT, OPERATIONS), "utf8"))],
    ["docs/alerts.md", alertsPage(config)],
    [
      "docs/runbook.md",
      runbookPage(
        config,
        "prod",
        phiward(() => () => Promise.resolve()),
        RUNBOOK_MADE,
      ),
    ],
    ["dashboards/hosts.json", dashboardJson()],
    ["dashboards/provider.yaml", PROVIDER],
    ...rulePages(rules),
  ]);
}

// What is in this directory and no page is of a rule that was renamed or removed.
const RULES_DIRECTORY = "docs/rules";

function leftOver(root: string, wanted: ReadonlyMap<string, string>): readonly string[] {
  const directory = join(root, RULES_DIRECTORY);
  const there = existsSync(directory) ? readdirSync(directory).map((name) => `${RULES_DIRECTORY}/${name}`) : [];
  return there.filter((path) => !wanted.has(path));
}

/** What is wrong with the pages of a project: each that is missing, out of date or left over. */
export function faultsOfPages(root: string, wanted: ReadonlyMap<string, string>): readonly string[] {
  const faults = [...wanted].flatMap(([path, page]) => {
    if (!existsSync(join(root, path))) return [`${path}: not there`];
    return readFileSync(join(root, path), "utf8") === page ? [] : [`${path}: out of date`];
  });
  return [...faults, ...leftOver(root, wanted).map((path) => `${path}: found a page of a rule that is gone`)];
}

function writePages(root: string, wanted: ReadonlyMap<string, string>): void {
  mkdirSync(join(root, RULES_DIRECTORY), { recursive: true });
  for (const [path, page] of wanted) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), page);
  }
  for (const path of leftOver(root, wanted)) rmSync(join(root, path));
}

if (require.main === module)
  operate(() => {
    const wanted = pages();
    if (!process.argv.includes("--check")) {
      writePages(ROOT, wanted);
      return 0;
    }
    const faults = faultsOfPages(ROOT, wanted);
    if (faults.length > 0) throw new OperatorError(`${faults.join("\n")}\nrun make docs`, 1);
    return 0;
  });
