/** What documents say of the code is so: tests and files that they name exist, and the README lists every concern. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { CONCERNS } from "../../components/registry";

const ROOT = join(__dirname, "../..");
const textOf = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const DOCUMENTS = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CHANGELOG.md",
  "policies/README.md",
  ...globSync("docs/**/*.md", { cwd: ROOT }),
];

const FIRST_SCREEN_LINES = 40;
const WIDTH = 110;

describe("the architecture", () => {
  const rows = textOf("docs/architecture.md")
    .split("\n")
    .filter((line) => line.startsWith("| ") && line.includes("test/"));

  it("names tests that exist", () => {
    expect(rows.length).toBeGreaterThan(20);
    const named = rows.flatMap((row) =>
      [...row.matchAll(/`(test\/[^`]+\.ts)`(?:: ((?:"[^"]+"(?:, )?)+))?/g)].flatMap(([, file = "", names = ""]) =>
        [...names.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => ({ file, name })),
      ),
    );
    expect(named.length).toBeGreaterThan(20);
    for (const { file, name } of named) expect(textOf(file), `${file}: ${name}`).toContain(name);
  });
});

describe.each(DOCUMENTS)("%s", (document) => {
  it("links to what exists", () => {
    for (const [, target = ""] of textOf(document).matchAll(/\]\((?!https?:|#)([^)#]+)/g))
      expect(existsSync(join(ROOT, dirname(document), target)), `${document}: ${target}`).toBe(true);
  });

  it("names test files that exist", () => {
    for (const [, file = ""] of textOf(document).matchAll(/`(test\/[\w/.]+\.ts)`/g)) expect(existsSync(join(ROOT, file)), file).toBe(true);
  });
});

describe("the README", () => {
  const lines = textOf("README.md").split("\n");

  const rowsUnder = (heading: string): readonly string[] => {
    const rows = lines.slice(lines.findIndex((line) => line.startsWith(heading)) + 2);
    return rows.slice(
      0,
      rows.findIndex((line) => !line.startsWith("| ")),
    );
  };

  it(`says on its first ${String(FIRST_SCREEN_LINES)} lines what it is, how to see it work, and where to go`, () => {
    const first = lines.slice(0, FIRST_SCREEN_LINES).join("\n");
    for (const needed of ["make sandbox", "docs/operations.md", "docs/architecture.md", "CONTRIBUTING.md", "SECURITY.md"])
      expect(first).toContain(needed);
    expect(lines.slice(0, FIRST_SCREEN_LINES)).toContain("---");
  });

  it("is readable in a terminal", () => {
    for (const line of lines.filter((entry) => !entry.startsWith("|"))) expect(line.length, line).toBeLessThanOrEqual(WIDTH);
  });

  it("has a row for each concern, in their order, with what the concern declares of itself", () => {
    expect(rowsUnder("| Concern |")).toEqual(CONCERNS.map(({ name, summary }) => `| ${name} | ${summary} |`));
  });

  it("asks for the Node.js that the package asks for, and .nvmrc names the one that it brings", () => {
    const { engines, devDependencies } = z
      .object({ engines: z.object({ node: z.string() }), devDependencies: z.object({ node: z.string() }) })
      .parse(JSON.parse(textOf("package.json")));
    expect(textOf("README.md")).toContain(`Node.js ${engines.node.replace(/^>=/, "").replace(/\.0$/, "")}`);
    expect(textOf(".nvmrc").trim()).toBe(devDependencies.node);
  });
});

describe("the registry", () => {
  it("has the concern of every folder that declares one", () => {
    expect(CONCERNS.length).toBe(globSync("components/*/*/concern.ts", { cwd: ROOT }).length);
  });
});

describe("the script that updates golden files", () => {
  it("takes a folder after it: a bare --update would take it for its value, and update everything", () => {
    const { scripts } = z.object({ scripts: z.object({ golden: z.string() }) }).parse(JSON.parse(textOf("package.json")));
    expect(scripts.golden).toMatch(/ --update=all$/);
  });
});
