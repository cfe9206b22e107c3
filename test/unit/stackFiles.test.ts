/** The stack files that are committed: the reference for production, and the sandbox's. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { parseConfig } from "../../components/config/faults";
import { fromKeys, NAMESPACE } from "../../components/config/keys";
import { stackSchema } from "../../components/config/schema";
import { configurationPage } from "../../ops/commands/docs";
import { controlsPage } from "../../ops/lib/controlsPage";
import { readStack } from "../../ops/lib/stack";

const ROOT = join(__dirname, "../..");
const fileOf = (stack: string): string => join(ROOT, `Pulumi.${stack}.yaml`);
const textOf = (stack: string): string => readFileSync(fileOf(stack), "utf8");

/** The keys under `config:` as Pulumi hands them to the program: texts as they are, everything else as JSON. */
function pulumiKeys(text: string): Readonly<Record<string, string>> {
  const { config } = z.strictObject({ config: z.record(z.string(), z.unknown()) }).parse(parse(text));
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]));
}

/** The reference with every setting that shows a default behind `#` taken up. */
const spelledOut = textOf("prod").replaceAll(/^( *)#(?=\S)/gm, "$1");

describe.each(["prod", "sandbox"])("Pulumi.%s.yaml", (stack) => {
  it("is allowed, read by Pulumi and by the operator's commands alike", () => {
    const config = readStack(fileOf(stack));
    expect(parseConfig(fromKeys(pulumiKeys(textOf(stack))))).toEqual(config);
  });

  it("has no key outside the program's namespace", () => {
    for (const key of Object.keys(pulumiKeys(textOf(stack)))) expect(key.startsWith(`${NAMESPACE}:`)).toBe(true);
  });

  it("names only addresses and domains that are kept for documentation", () => {
    for (const [address] of textOf(stack).matchAll(/\b\d{1,3}(\.\d{1,3}){3}\b/g))
      expect(address).toMatch(/^(192\.0\.2|198\.51\.100|203\.0\.113|172\.30|10\.(0|20)\.0)\./);
    for (const [address] of textOf(stack).matchAll(/\b[0-9a-f]{4}:[0-9a-f:]+/g)) expect(address).toMatch(/^2001:db8:/);
    for (const [, domain] of textOf(stack).matchAll(/@(?!sha256:)([a-z0-9.-]+)/g)) expect(domain).toMatch(/(^|\.)example\.(org|net|com)$/);
  });
});

describe("the reference for production", () => {
  it("shows as defaults what the defaults are", () => {
    expect(spelledOut).not.toBe(textOf("prod"));
    expect(parseConfig(fromKeys(pulumiKeys(spelledOut)))).toEqual(readStack(fileOf("prod")));
  });

  it("shows every key that there is", () => {
    const keys = new Set(
      [...configurationPage().matchAll(/^\| `([^`]+)` \|/gm)].map(([, path = ""]) => path.replaceAll("[]", "").split(".").at(-1) ?? ""),
    );
    expect(keys.size).toBeGreaterThan(25);
    for (const key of [...keys, ...Object.keys(stackSchema.shape)]) expect(spelledOut, key).toMatch(new RegExp(`[ :{]${key}:`));
  });

  it("gives a reason beside every default, or in the line above", () => {
    const lines = textOf("prod").split("\n");
    const settings = lines.flatMap((line, index) => (/^ *#\S.*[^:]$/.test(line) ? [`${lines[index - 1] ?? ""}\n${line}`] : []));
    expect(settings.length).toBeGreaterThan(15);
    for (const setting of settings) expect(setting).toMatch(/^ *# .*\n|\n.* # \S/);
  });

  // Pulumi writes the file anew at each `config set`: gopkg.in/yaml.v3 indents a comment as the value that it belongs to, the one below
  // or the one above, and leaves what has neither at the end of the file, outside of `config`.
  it("keeps its commented settings where they are when Pulumi rewrites it", () => {
    const lines = textOf("prod").split("\n");
    const indent = (line: string | undefined): number => /^[ -]*/.exec(line ?? "")?.[0].length ?? 0;
    const isContent = (line: string): boolean => /^ *[^ #]/.test(line);
    const settings = lines.flatMap((line, index) => (/^ *#\S/.test(line) ? [index] : []));
    for (const index of settings) {
      const line = lines[index] ?? "";
      const [above, below] = [lines.slice(0, index).findLast(isContent), lines.slice(index).find(isContent)];
      expect(line, "a map over several lines loses its indentation").not.toMatch(/:$/);
      expect([indent(above), indent(below)], line).toContain(indent(line));
      if (line.startsWith("  #phiward:")) expect(below, line).toMatch(/^ {2}phiward:/);
    }
    expect(settings.length).toBeGreaterThan(15);
  });

  it("says what must be changed before use, at each place where an example stands", () => {
    for (const section of ["hosts", "people", "adminNetworks", "publicPorts", "recovery", "services", "sites", "backup", "alerts"])
      expect(textOf("prod")).toMatch(new RegExp(`  # CHANGE\\.[^\\n]*\\n(  #[^\\n]*\\n)*  phiward:${section}:`));
  });
});

describe("the sandbox's stack", () => {
  const config = readStack(fileOf("sandbox"));

  it("has two existing servers, one for services and one that keeps backups, one person with sudo, who comes first, and one without", () => {
    expect(config.hosts.map(({ kind, name, role }) => `${kind} ${name} ${role}`)).toEqual([
      "existing web application",
      "existing store vault",
    ]);
    expect(config.people.map(({ name, sudo }) => `${name} ${String(sudo)}`)).toEqual(["alice true", "bob false"]);
  });

  it("opens the two ports of sites and keeps the dead-man's switch at its default", () => {
    expect(config.publicPorts.map(({ port }) => port)).toEqual([443, 80]);
    expect(config.deadMan.seconds).toBe(180);
    expect(config.journal.systemMaxUse).toBe(200);
  });
});

describe("docs/controls.md", () => {
  it("is what the plans and the policies give", () => {
    expect(readFileSync(join(ROOT, "docs/controls.md"), "utf8"), "out of date; run make docs").toBe(
      controlsPage(readStack(fileOf("prod"))),
    );
  });
});

describe("docs/configuration.md", () => {
  it("is what the schema gives", () => {
    expect(readFileSync(join(ROOT, "docs/configuration.md"), "utf8"), "out of date; run make docs").toBe(configurationPage());
  });

  it("has a row with a meaning for every key, and a description for every section", () => {
    const page = configurationPage();
    for (const section of Object.keys(stackSchema.shape)) expect(page).toMatch(new RegExp(`^## ${section}\\n\\n\\S`, "m"));
    for (const [row] of page.matchAll(/^\| `.*$/gm)) {
      const [, , type, , , meaning] = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
      expect(type, row).toMatch(/^(string|number|boolean|list|object)$/);
      expect(meaning, row).toMatch(/\.$/);
    }
  });
});
