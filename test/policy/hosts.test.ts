/** The rules about the units of a host together: which of them there must be, and what they must be to each other. */
import { runtime } from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { SEQUENCE } from "../../components/registry";
import { HOST_RULES } from "../../policies/all";
import { type AnalyzedResource, analyze } from "../../policies/engine/analyze";
import { judgeHosts, type Verdict } from "../../policies/engine/judge";
import { type HostRule, remedyOf, sentence, support } from "../../policies/engine/rule";
import type { ReviewedComponent } from "../../policies/engine/subject";
import { UNKNOWN } from "../../policies/readers/value";
import { CORE_UNITS, hostsHaveEveryUnit, RELATIONS, UNIT_CONTROLS } from "../../policies/rules/hosts-have-every-unit";
import { about, goodUnit, HOST_RESOURCE, hostUnits, putAt, resource, valueAt } from "./fixtures";
import { HOSTS_ALLOWED, HOSTS_REFUSED } from "./spoilt/hosts";
import { watched } from "./watched";

const PASSED: Verdict = { violations: [], unknown: [] };
const SECRET = "Tr0ub4dor-hunter2";

function ruleOf(id: string): HostRule {
  const rule = HOST_RULES.find((entry) => entry.id === id);
  if (rule === undefined) throw new Error(`no rule ${id}`);
  return rule;
}

function without(units: readonly ReviewedComponent[], type: string): readonly ReviewedComponent[] {
  return units.filter((unit) => unit.type !== type);
}

/** A good host with one value of one unit spoilt. */
function spoilt(name: string, path: string, spoil: (good: unknown) => unknown): readonly ReviewedComponent[] {
  const units = hostUnits();
  const unit = units.find((entry) => entry.unit === name);
  if (unit === undefined) throw new Error(`no unit ${name}`);
  putAt(unit.args, path, spoil(valueAt(unit.args, path)));
  return units;
}

/** Units and paths that a rule reads, found by watching it. */
function readPaths(rule: HostRule): readonly (readonly [string, string])[] {
  const read = new Map<string, readonly [string, string]>();
  const told = (unit: string) => (path: string) => void read.set(`${unit} ${path}`, [unit, path]);
  judgeHosts(
    rule,
    hostUnits().map((unit) => ({ ...unit, args: watched(unit.args, told(unit.unit)) })),
  );
  return [...read.values()];
}

describe.each(HOST_RULES.map((rule) => ({ rule, id: rule.id })))("$id", ({ rule, id }) => {
  it("lets a good host pass, with nothing unknown", () => {
    expect(judgeHosts(rule, hostUnits())).toEqual(PASSED);
  });

  it.each(HOSTS_REFUSED.filter((row) => row.rule === id))("refuses when $what", ({ unit, path, spoil, says }) => {
    const { violations } = judgeHosts(rule, spoilt(unit, path, spoil));
    const found = violations.map((finding) => ({
      message: sentence(rule, finding),
      controls: about(rule, finding),
      remedy: remedyOf(rule, finding),
    }));
    expect(found.map(({ message }) => message).join("\n")).toContain(says);
    for (const { message, controls, remedy } of found) {
      expect(message.startsWith("host web1")).toBe(true);
      expect(message.endsWith(`; ${remedy} (${support({ controls })})`)).toBe(true);
    }
  });

  it("refuses a value of the wrong kind wherever it reads one", () => {
    for (const [unit, path] of readPaths(rule))
      for (const wrong of [7, {}, "text", Number.NaN]) {
        const good = valueAt(hostUnits().find((entry) => entry.unit === unit)?.args, path);
        if (typeof wrong === typeof good && !Number.isNaN(wrong)) continue;
        const found =
          judgeHosts(
            rule,
            spoilt(unit, path, () => wrong),
          ).violations.length > 0;
        expect({ unit, path, wrong, found }).toEqual({ unit, path, wrong, found: true });
      }
  });

  it("neither passes nor refuses where any value that it reads is not known", () => {
    for (const [unit, path] of readPaths(rule)) {
      const { violations, unknown } = judgeHosts(
        rule,
        spoilt(unit, path, () => UNKNOWN),
      );
      expect({ unit, path, violations, told: unknown.length > 0 }).toEqual({ unit, path, violations: [], told: true });
    }
  });

  it("repeats no secret that stands in place of a value", () => {
    for (const [unit, path] of readPaths(rule)) {
      const { violations } = judgeHosts(
        rule,
        spoilt(unit, path, () => SECRET),
      );
      expect(violations.map((finding) => sentence(rule, finding)).join("\n")).not.toContain(SECRET);
    }
  });
});

describe("what is at the edge", () => {
  it.each(HOSTS_ALLOWED)("$rule lets it pass when $what", ({ rule, unit, path, spoil }) => {
    expect(judgeHosts(ruleOf(rule), spoilt(unit, path, spoil))).toEqual(PASSED);
  });
});

describe("each rule about a host", () => {
  const apart = [hostsHaveEveryUnit.id, "backup-off-site"];
  it.each(HOST_RULES.filter(({ id }) => !apart.includes(id)).map(({ id }) => id))("has a host that %s refuses", (id) => {
    expect(HOSTS_REFUSED.some(({ rule }) => rule === id)).toBe(true);
  });

  it.each(HOSTS_REFUSED.filter((row, index, all) => all.findIndex(({ rule }) => rule === row.rule) === index))(
    "says so through Pulumi's own analysis: $rule",
    async ({ rule, unit, path, spoil, says }) => {
      const found = (await analyze([HOST_RESOURCE, ...spoilt(unit, path, spoil).map(resource)])).filter(({ policy }) => policy === rule);
      expect(found.map(({ message }) => message).join("\n")).toContain(says);
      for (const { level, urn } of found) expect({ level, urn }).toEqual({ level: ruleOf(rule).enforcementLevel, urn: "" });
    },
  );

  it("tells through Pulumi's own analysis what is not known yet", async () => {
    const units = spoilt("droplet", "settings.firewall.inbound.0.protocol", () => UNKNOWN);
    const found = (await analyze(units.map(resource))).filter(({ urn }) => urn === "");
    expect(found.map(({ policy, level, message }) => `${policy} ${level} ${message.split(",").slice(0, 2).join()}`)).toEqual([
      "unknown-values-of-hosts advisory host web1, Droplet.settings.firewall.inbound.0.protocol: not known before the deploy",
      // What a component declares excuses the firewall that it makes from the rules about all others.
      ...["egress-named", "ssh-from-known-networks"].map(
        (rule) =>
          `unknown-values-of-the-stack advisory web1-droplet.settings.firewall.inbound.0.protocol: not known before the deploy, so cloud-firewall-${rule} has not judged it; it will when the deploy comes to it`,
      ),
    ]);
  });
});

describe("backup-off-site", () => {
  it("refuses a server whose backups go nowhere else, and leaves a droplet to the rule that only tells", () => {
    const units = spoilt("backup", "settings.offsite", () => null);
    const messages = judgeHosts(ruleOf("backup-off-site"), without(units, "phiward:digitalocean:Droplet")).violations;
    expect(messages).toEqual([{ at: "host web1, Backup.settings.offsite", found: "nothing", allowed: "a vault" }]);
    expect(judgeHosts(ruleOf("backup-off-site"), units)).toEqual(PASSED);
  });

  it("refuses a droplet too, once its lasting key is declared, and is then the only one to tell", () => {
    const units = spoilt("droplet", "settings.hostKey", () => "ssh-ed25519 AAAA");
    for (const { unit, args } of units) if (unit === "backup") putAt(args, "settings.offsite", null);
    expect(judgeHosts(ruleOf("backup-off-site"), units).violations).toHaveLength(1);
    expect(judgeHosts(ruleOf("droplet-backup-off-site"), units)).toEqual(PASSED);
  });
});

describe("hosts-have-every-unit", () => {
  const related = RELATIONS.flatMap(({ demanded, because }) => demanded.map((type) => ({ type, because })));

  it.each(CORE_UNITS.map((type) => ({ type })))(
    "stops a deploy through Pulumi's own analysis when a host has no $type",
    async ({ type }) => {
      const diagnostics = (await analyze(without(hostUnits(), type).map(resource))).filter(
        ({ policy }) => policy === hostsHaveEveryUnit.id,
      );
      expect(diagnostics.map(({ level }) => level)).toEqual(["mandatory"]);
      expect(diagnostics[0]?.message).toContain(`host web1: found no ${type}, allowed: one of each kind`);
    },
  );

  it.each(related)("refuses a host without $type although $because", ({ type, because }) => {
    const [first] = hostUnits();
    // The one that no stack of these tests has.
    const phi = first === undefined ? [] : [{ ...first, name: "web1-phi", type: "phiward:host:Phi" }];
    const { violations } = judgeHosts(hostsHaveEveryUnit, without([...hostUnits(), ...phi], type));
    expect(violations.map(({ found }) => found)).toContain(`no ${type}`);
    expect(violations.map(({ allowed }) => allowed).join()).toContain(because);
  });

  it("refuses one unit that is called by the name of another, whose plan it then brings", () => {
    const ufw = goodUnit("ufw");
    const units = hostUnits().map((unit) => (unit.unit === "ssh" ? { ...unit, args: ufw.args } : unit));
    expect(judgeHosts(hostsHaveEveryUnit, units).violations).toEqual([
      { at: "host web1, Ssh.rendered.unit", found: "another unit's plan", allowed: "ssh's", controls: ["SSH-01", "SSH-03"] },
    ]);
  });

  it("cites what the missing unit is for", () => {
    const cited = (type: string): string => {
      const [finding] = judgeHosts(hostsHaveEveryUnit, without(hostUnits(), type)).violations;
      return finding === undefined ? "" : sentence(hostsHaveEveryUnit, finding);
    };
    expect(cited("phiward:host:Backup")).toContain("(supports 164.308(a)(7)(ii)(A), GDPR 32(1)(c))");
    expect(cited("phiward:host:Fail2ban")).toContain("(supports 164.308(a)(5)(ii)(C), ");
    expect(cited("phiward:host:Ufw")).toContain("(supports 164.312(e)(1), 164.312(a)(1), ");
    const units = [...CORE_UNITS, ...SEQUENCE.map(({ type }) => type), ...RELATIONS.flatMap(({ demanded }) => demanded)];
    expect(Object.keys(UNIT_CONTROLS).sort()).toEqual([...new Set(units)].sort());
  });

  it("asks a host for nothing that goes with what it has not", () => {
    const core = hostUnits().filter(({ type }) => CORE_UNITS.includes(type));
    expect(judgeHosts(hostsHaveEveryUnit, core)).toEqual(PASSED);
  });

  it("refuses a second host that lacks what the first one has", () => {
    const second = without(hostUnits(), "phiward:host:Ssh").map((unit) => ({ ...unit, host: "web2" }));
    expect(judgeHosts(hostsHaveEveryUnit, [...hostUnits(), ...second]).violations).toEqual([
      { at: "host web2", found: "no phiward:host:Ssh", allowed: "one of each kind", controls: ["SSH-01", "SSH-03"] },
    ]);
  });

  it("does not miss a unit whose host is not known yet", () => {
    const units = hostUnits().map((unit) => ({ ...unit, host: unit.unit === "ssh" ? undefined : unit.host }));
    expect(judgeHosts(hostsHaveEveryUnit, units)).toEqual(PASSED);
  });

  it("refuses a stack without hosts, as every rule about hosts does", async () => {
    const diagnostics = await analyze([]);
    expect(diagnostics.map(({ policy }) => policy)).toEqual([hostsHaveEveryUnit.id]);
    expect(diagnostics[0]?.message).toContain("stack: found no host with a component that could be evaluated");
  });

  it("misses no host in a program that has nothing of phiward's, and does in phiward's own by any project's name", async () => {
    const stackOf = (project: string): AnalyzedResource => ({
      urn: `urn:pulumi:test::${project}::pulumi:pulumi:Stack::${project}-test`,
      type: "pulumi:pulumi:Stack",
      name: `${project}-test`,
      inputs: {},
    });
    const found = async (project: string) => (await analyze([stackOf(project)])).map(({ policy }) => policy);
    expect(await found("shop")).toEqual([]);
    expect(await found("phiward")).toEqual([hostsHaveEveryUnit.id]);
    runtime.setAllConfig({ "phiward:hosts": "[]" });
    expect(await found("shop")).toEqual([hostsHaveEveryUnit.id]);
    runtime.setAllConfig({});
  });
});
