/** What cannot be evaluated is refused, and what is unknown yet is reported: nothing passes in silence. */
import { describe, expect, it } from "vitest";
import { RULES } from "../../policies/all";
import { analyze } from "../../policies/engine/analyze";
import { judge } from "../../policies/engine/judge";
import { appliesTo, type Rule, sentence } from "../../policies/engine/rule";
import { type Facts, UNKNOWN, type Value } from "../../policies/readers/value";
import { goodUnit, goodUnits, pathsOf, putAt, resource, stackWith, valueAt } from "./fixtures";
import { watched } from "./watched";

/** A rule about an option of resources, which reads none of their arguments: placed.test.ts. */
const ON_OPTIONS = "changes-not-ignored";
/** A rule whose arguments may all be left out: then they are the provider's own. */
const ALL_OPTIONAL = "cloud-provider-own-endpoint";

const CASES = RULES.filter(({ id }) => id !== ON_OPTIONS).flatMap((rule) =>
  goodUnits()
    .filter(({ type }) => appliesTo(rule, type))
    .map(({ unit }) => ({ rule, unit, name: `${rule.id} on ${unit}` })),
);

/** The paths that a rule reads, found by watching it. */
function readPaths(rule: Rule, args: object): readonly string[] {
  const read = new Set<string>();
  judge(
    rule,
    watched(args, (path) => read.add(path)),
  );
  return [...read];
}

describe.each(CASES)("$name", ({ rule, unit }) => {
  it("reads something, or it judges nothing", () => {
    expect(readPaths(rule, goodUnit(unit).args).length).toBeGreaterThan(0);
  });

  const other = [{}, { settings: null, files: null }, { settings: "text", files: {}, connection: 7, deadManSeconds: "soon" }];

  it.each([undefined, null, [], "text", 7, ...(rule.id === ALL_OPTIONAL ? [] : other)])("refuses the arguments %j", (args) => {
    expect(judge(rule, args).violations.length).toBeGreaterThan(0);
  });

  it("refuses a value of the wrong kind wherever it reads one", () => {
    for (const path of readPaths(rule, goodUnit(unit).args)) {
      const { args } = goodUnit(unit);
      const good = valueAt(args, path);
      for (const wrong of [typeof good === "string" ? 7 : "text", typeof good === "object" ? 7 : {}, Number.NaN].filter(
        (value) => typeof value !== typeof good || Number.isNaN(value),
      )) {
        putAt(args, path, wrong);
        expect({ path, wrong, found: judge(rule, args).violations.length > 0 }).toEqual({ path, wrong, found: true });
      }
    }
  });

  it("neither passes nor refuses where any value that it reads is not known", () => {
    for (const path of readPaths(rule, goodUnit(unit).args)) {
      const { args } = goodUnit(unit);
      putAt(args, path, UNKNOWN);
      const { violations, unknown } = judge(rule, args);
      expect({ path, violations, told: unknown.some((told) => told === path || path.startsWith(`${told}.`)) }).toEqual({
        path,
        violations: [],
        told: true,
      });
    }
  });
});

describe("a value of the wrong kind", () => {
  it.each([
    [null, "settings: found nothing, allowed: a map"],
    [undefined, "settings: found nothing, allowed: a map"],
    ["yes", "settings: found text, allowed: a map"],
    [["yes"], "settings: found a list, allowed: a map"],
    [{ permitRootLogin: false }, "settings.permitRootLogin: found true or false, allowed: text"],
    [{ permitRootLogin: 0 }, "settings.permitRootLogin: found a number, allowed: text"],
    [{ permitRootLogin: {} }, "settings.permitRootLogin: found a map, allowed: text"],
  ])("is told by its kind alone: %j", (settings, says) => {
    const rule = RULES.find(({ id }) => id === "ssh-no-root-login");
    if (rule === undefined) throw new Error("no such rule");
    const messages = judge(rule, { ...goodUnit("ssh").args, settings }).violations.map((finding) => sentence(rule, finding));
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain(says);
  });
});

describe("an unknown value", () => {
  const ofResources = new Set([...RULES.map(({ id }) => id), "unknown-values"]);

  it.each(goodUnits().map(({ unit }) => ({ unit })))(
    "anywhere in $unit is told through Pulumi's own analysis exactly where a rule reads it, and stops nothing",
    async ({ unit }) => {
      const judging = RULES.filter((rule) => appliesTo(rule, goodUnit(unit).type));
      const read = new Set(judging.flatMap((rule) => readPaths(rule, goodUnit(unit).args)));
      for (const path of pathsOf(goodUnit(unit).args)) {
        const spoilt = goodUnit(unit);
        putAt(spoilt.args, path, UNKNOWN);
        const diagnostics = (await analyze([resource(spoilt)])).filter(({ policy }) => ofResources.has(policy));
        expect({ path, diagnostics: diagnostics.filter(({ level }) => level === "mandatory") }).toEqual({ path, diagnostics: [] });
        expect({ path, told: diagnostics.some(({ policy }) => policy === "unknown-values") }).toEqual({ path, told: read.has(path) });
      }
    },
  );

  it("hides no violation, whichever of the two comes first", async () => {
    for (const [known, unknown] of [
      [0, 1],
      [1, 0],
    ]) {
      const unit = goodUnit("ufw");
      putAt(unit.args, `settings.rules.${String(known)}`, { action: "allow", protocol: "tcp", port: 5432 });
      putAt(unit.args, `settings.rules.${String(unknown)}.port`, UNKNOWN);
      const diagnostics = (await analyze(stackWith(unit))).filter(({ policy }) => ofResources.has(policy));
      expect(diagnostics.map(({ policy, level }) => `${policy} ${level}`).sort()).toEqual([
        "no-public-database-port mandatory",
        // Of the port itself, of the rules, of the plan that follow from it, and of the ports of administration.
        "unknown-values advisory",
        "unknown-values advisory",
        "unknown-values advisory",
        "unknown-values advisory",
      ]);
    }
  });

  it("may be Pulumi's own, as a test monitor hands it over", async () => {
    const unit = goodUnit("ssh");
    putAt(unit.args, "connection.hostKey", { __pulumiUnknown: true });
    const ours = (await analyze(stackWith(unit))).filter(({ urn }) => urn === resource(unit).urn);
    expect(ours.map(({ message }) => message.split(",")[0])).toEqual(["connection.hostKey: not known before the deploy"]);
  });
});

describe("a fact that several rules ask for", () => {
  it("is found once, and every one of them hears what is not known or malformed about it", () => {
    const settings = { port: UNKNOWN, name: 5 };
    const facts: Facts = new Map();
    let asked = 0;
    const read = (unit: Value): number => {
      unit.at("port").number();
      unit.at("name").text();
      return (asked += 1);
    };
    for (const rule of RULES.slice(0, 2))
      expect(judge({ ...rule, judge: (unit) => void unit.once(read) }, settings, facts)).toEqual({
        violations: [{ at: "name", found: "a number", allowed: "text" }],
        unknown: ["port"],
      });
    expect(asked).toBe(1);
  });
});

describe("a rule that throws", () => {
  const first = RULES.find(({ id }) => id === "connection-host-key-pinned");
  if (first === undefined) throw new Error("no rules");
  const broken: Rule = {
    ...first,
    judge() {
      throw new TypeError("cannot read hunter2");
    },
  };

  it("is a violation that repeats nothing of the error's words", () => {
    const messages = judge(broken, goodUnit("ssh").args).violations.map((finding) => sentence(broken, finding));
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain("found what the rule itself failed on (TypeError)");
    expect(messages[0]).not.toContain("hunter2");
  });

  it("keeps the other rules' findings", async () => {
    const unit = goodUnit("ssh");
    putAt(unit.args, "settings.permitRootLogin", "yes");
    const policies = new Set(
      (await analyze(stackWith(unit), [broken, ...RULES.filter(({ id }) => id !== broken.id)]))
        .filter(({ level }) => level === "mandatory")
        .map(({ policy }) => policy),
    );
    expect([...policies].sort()).toEqual([broken.id, "rendered-as-declared", "ssh-no-root-login"].sort());
  });
});
