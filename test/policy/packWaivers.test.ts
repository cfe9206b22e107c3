/** Waivers in Pulumi's engine: where the pack finds them, and that a waived finding is only advisory there. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { ALL_RULES } from "../../policies/all";
import { type AnalyzedResource, analyze } from "../../policies/engine/analyze";
import { toPolicies } from "../../policies/engine/toPolicies";
import type { Waivers } from "../../policies/waivers/file";
import { type Surroundings, waiversOfUrn } from "../../policies/waivers/ofUrn";
import { packWaivers } from "../../policies/waivers/pack";
import { faultOfRule } from "../../policies/waivers/rules";
import { goodUnit, putAt, resource } from "./fixtures";

const TERMS = { today: "2026-11-27", faultOfRule: faultOfRule({ rules: ALL_RULES }) };
const place = mkdtempSync(join(tmpdir(), "pack-waivers-"));
const project = join(place, "project");
const URN = "urn:pulumi:test::phiward::docker:index/container:Container::x";

const WAIVER = {
  rule: "container-limited",
  resource: "web1-raw",
  reason: "The helper is measured until its limit is known.",
  owner: "anna",
  approver: "ben",
  ticket: "OPS-1",
  expires: "2027-01-31",
};

function write(directory: string, waivers: unknown, name = "phiward", more: object = {}): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "Pulumi.yaml"), stringify({ name, runtime: "nodejs", ...more }));
  writeFileSync(join(directory, "waivers.test.yaml"), stringify(waivers));
}

function found(surroundings: Partial<Surroundings>, urn = URN): Waivers {
  return waiversOfUrn(urn, { pack: join(place, "nowhere/policies"), environment: {}, ...surroundings }, TERMS);
}

beforeEach(() => {
  rmSync(project, { recursive: true, force: true });
  write(project, [WAIVER]);
});
afterAll(() => {
  rmSync(place, { recursive: true, force: true });
});

describe("the pack finds the waivers of the stack", () => {
  it.each([
    ["beside its own directory", { pack: join(project, "policies") }, 1],
    ["where Pulumi was started", { environment: { PWD: join(project, "some/where") } }, 1],
    ["where it is told that the project is", { environment: { PHIWARD_PROJECT: project, PWD: place } }, 1],
    ["and nowhere else", { environment: { PWD: place } }, 0],
  ])("%s", (_, surroundings, count) => {
    const { waivers, faults } = found(surroundings);
    expect({ count: waivers.length, faults }).toEqual({ count, faults: [] });
  });

  it("in the directory that the project keeps its stacks in", () => {
    write(project, [], "phiward", { stackConfigDir: "stacks" });
    mkdirSync(join(project, "stacks"));
    writeFileSync(join(project, "stacks/waivers.test.yaml"), stringify([WAIVER]));
    expect(found({ environment: { PWD: project } }).waivers.length).toBe(1);
  });

  it("and not those of another project or another stack", () => {
    expect(found({ environment: { PWD: project } }, URN.replace("::phiward::", "::other::")).waivers).toEqual([]);
    expect(found({ environment: { PWD: project } }, URN.replace(":test:", ":prod:")).waivers).toEqual([]);
    const { waivers, faults } = found({ environment: { PHIWARD_PROJECT: place } });
    expect({ waivers, found: faults.map((fault) => fault.found) }).toEqual({
      waivers: [],
      found: ["another directory in PHIWARD_PROJECT"],
    });
    writeFileSync(join(project, "Pulumi.yaml"), "name: [");
    expect(found({ environment: { PWD: project } }).waivers).toEqual([]);
  });
});

describe("Pulumi's own analysis", () => {
  const container = (name: string): AnalyzedResource => {
    const unit = goodUnit("raw-child");
    putAt(unit.args, "memory", undefined);
    const good = resource(unit);
    return { ...good, name, urn: `${dirname(good.urn)}/container:Container::${name}`, options: { protect: true } };
  };
  const levels = async (resources: readonly AnalyzedResource[], waivers: Waivers = found({ environment: { PWD: project } })) => {
    const { accept, policy } = packWaivers(() => waivers);
    const found = await analyze(resources, undefined, (rules) => [
      ...toPolicies(rules, accept),
      ...(rules.stackRules.length + rules.hostRules.length > 0 ? [policy] : []),
    ]);
    return found.filter((one) => ["container-limited", "waivers-valid", "volume-has-copy"].includes(one.policy));
  };

  it("reports what is waived as an advisory with who and until when, and the same of another resource as it is", async () => {
    const said = await levels([container("web1-raw"), container("web2-raw")]);
    expect(said.map(({ level, urn }) => [level, urn.split("::").at(-1)])).toEqual([
      ["advisory", "web1-raw"],
      ["mandatory", "web2-raw"],
    ]);
    expect(said[0]?.message).toContain(
      "; waived until 2027-01-31: The helper is measured until its limit is known. (owner anna, approved by ben, OPS-1)",
    );
    expect(said[1]?.message).not.toContain("waived");
  });

  it("waives nothing by an entry that has expired, and says so", async () => {
    write(project, [{ ...WAIVER, expires: "2026-11-26" }]);
    const said = await levels([container("web1-raw")]);
    expect(said.map(({ policy, level }) => [policy, level])).toEqual([
      ["container-limited", "mandatory"],
      ["waivers-valid", "mandatory"],
    ]);
    expect(said[1]?.message).toContain("waivers.test.yaml:7: 0.expires: found a waiver that expired on 2026-11-26");
  });

  it.each([["nothing but a text"], [{ waivers: [WAIVER] }], [[{ ...WAIVER, rule: "container-limitless-" }]]])(
    "waives nothing by %j",
    async (text) => {
      write(project, text);
      expect(
        (await levels([container("web1-raw")])).filter(({ policy }) => policy === "container-limited").map(({ level }) => level),
      ).toEqual(["mandatory"]);
    },
  );

  it("waives what a rule finds of the whole stack at its resource, and hangs it on that", async () => {
    const volume = (name: string): AnalyzedResource => ({
      urn: `urn:pulumi:test::phiward::digitalocean:index/volume:Volume::${name}`,
      type: "digitalocean:index/volume:Volume",
      name,
      inputs: { name, size: 1, region: "fra1" },
      options: { protect: true },
    });
    write(project, [{ ...WAIVER, rule: "volume-has-copy", resource: "scratch" }]);
    const said = await levels([volume("scratch"), volume("data")]);
    expect(said.map(({ level, urn }) => [level, urn.split("::").at(-1)])).toEqual([
      ["advisory", "scratch"],
      ["mandatory", "data"],
    ]);
    write(project, [{ ...WAIVER, rule: "volume-has-copy", resource: "stack" }]);
    expect((await levels([volume("scratch")])).map(({ level }) => level)).toEqual(["mandatory"]);
  });
});
