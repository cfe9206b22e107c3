/** The layers of docs/architecture.md: imports point down, and no file imports itself by way of others. */
import { globSync, readFileSync } from "node:fs";
import { join, normalize, relative } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(__dirname, "../..");

/** Floors, lowest first; what stands on one floor may import its own area and every floor below. */
const FLOORS: readonly (readonly string[])[] = [
  ["components/config", "components/compliance", "components/host"],
  ["components/plan"],
  ["components/system", "components/containers"],
  ["components/edge", "components/backup", "components/cloud", "components/detection", "components/monitoring"],
  ["components/registry.ts"],
  ["components/pulumi", "policies"],
  ["index.ts", "ops"],
  ["sandbox"],
];

const FILES = globSync(["index.ts", "{components,policies,ops,sandbox}/**/*.ts"], { cwd: ROOT }).filter(
  (file) => !file.startsWith("policies/bin/"),
);
const IMPORTS = new Map(FILES.map((file) => [file, importsOf(file)]));

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  return [...text.matchAll(/^(?:import|export) [^;]*?from "(\.[^"]*)";/gm)].flatMap(([, specifier = ""]) => {
    const target = normalize(join(file, "..", specifier));
    return [`${target}.ts`, `${target}/index.ts`].filter((path) => FILES.includes(path));
  });
}

function areaOf(file: string): { readonly floor: number; readonly area: string } {
  const found = FLOORS.flatMap((areas, floor) =>
    areas.filter((area) => file === area || file.startsWith(`${area}/`)).map((area) => ({ floor, area })),
  );
  const [only, ...others] = found;
  if (only === undefined || others.length > 0)
    throw new Error(`${file} stands on ${String(found.length)} floors; add its folder to FLOORS`);
  return only;
}

/** A chain of imports from `file` back to itself, if there is one. */
function circleThrough(file: string, imports: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const chains = [[file]];
  const seen = new Set<string>();
  for (let chain = chains.shift(); chain !== undefined; chain = chains.shift())
    for (const target of imports.get(chain.at(-1) ?? "") ?? []) {
      if (target === file) return [...chain, file];
      if (!seen.has(target)) chains.push([...chain, target]);
      seen.add(target);
    }
  return undefined;
}

describe("the layers", () => {
  it("has no import that points up, or across to another area of its floor", () => {
    const wrong = [...IMPORTS].flatMap(([file, targets]) => {
      const from = areaOf(file);
      return targets
        .filter((target) => {
          const to = areaOf(target);
          return to.floor > from.floor || (to.floor === from.floor && to.area !== from.area);
        })
        .map((target) => `${file} imports ${relative(".", target)}`);
    });
    expect(wrong).toEqual([]);
  });

  it("has no circle of imports", () => {
    expect(FILES.map((file) => circleThrough(file, IMPORTS)).filter((circle) => circle !== undefined)).toEqual([]);
  });

  it("would see a circle, and reads the imports of the program", () => {
    const circle = new Map([
      ["a", ["b"]],
      ["b", ["c", "a"]],
    ]);
    expect(circleThrough("a", circle)).toEqual(["a", "b", "a"]);
    expect(circleThrough("c", circle)).toBeUndefined();
    expect(IMPORTS.get("index.ts")).toContain("components/pulumi/hardenedHost.ts");
  });
});
