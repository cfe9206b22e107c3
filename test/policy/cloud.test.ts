/** The rules about resources of a stack together, whoever declares them, and the decision about each type of the cloud's provider. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type AgentRequest, shortEnvelope } from "../../components/plan/request";
import { CONCERNS, removalsBeside } from "../../components/registry";
import { RULES, STACK_RULES } from "../../policies/all";
import { type AnalyzedResource, analyze } from "../../policies/engine/analyze";
import { judgeResources, type RegisteredResource } from "../../policies/engine/judge";
import { appliesTo, remedyOf, type StackRule, sentence, support } from "../../policies/engine/rule";
import type { ReviewedComponent } from "../../policies/engine/subject";
import { cloudType } from "../../policies/readers/cloud";
import { CLOUD_TYPES } from "../../policies/readers/cloudTypes";
import { isWorldTogether } from "../../policies/readers/network";
import { PROVIDER_PACKAGES } from "../../policies/readers/providerPackages";
import { renderedAgain } from "../../policies/readers/renderedAgain";
import { runsDownload, secretInUserData } from "../../policies/readers/userData";
import { UNKNOWN } from "../../policies/readers/value";
import { processorTime } from "../processorTime";
import { about, goodUnits, putAt, resource, valueAt } from "./fixtures";
import { STACK_REFUSED } from "./spoilt/cloudStack";
import { watched } from "./watched";

const SECRET = "Tr0ub4dor-hunter2";
const PASSED = { violations: [], unknown: [] };
// An output may be of any kind, and what only providers know is judged at the deploy.
const OF_ANY_KIND: ReadonlySet<string> = new Set(["outputs-no-plain-secret"]);

function registered({ type, name, urn, inputs, references = {} }: AnalyzedResource): RegisteredResource {
  return { type, name, urn, args: inputs, references };
}

function ruleOf(id: string): StackRule {
  const rule = STACK_RULES.find((entry) => entry.id === id);
  if (rule === undefined) throw new Error(`no rule ${id}`);
  return rule;
}

function judged(rule: StackRule, units: readonly ReviewedComponent[]) {
  return judgeResources(rule, units.map(resource).map(registered));
}

/** A good stack with one value of one resource changed. */
function changed(name: string, path: string, change: (good: unknown) => unknown): readonly ReviewedComponent[] {
  const units = goodUnits();
  const unit = units.find((entry) => entry.unit === name);
  if (unit === undefined) throw new Error(`no unit ${name}`);
  putAt(unit.args, path, change(valueAt(unit.args, path)));
  return units;
}

function without(...names: readonly string[]): readonly ReviewedComponent[] {
  return goodUnits().filter(({ unit }) => !names.includes(unit));
}

function numberOrNull(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}

/** Units and paths that a rule reads, found by watching it. */
function readPaths(rule: StackRule): readonly (readonly [string, string])[] {
  const read = new Map<string, readonly [string, string]>();
  const told = (unit: string) => (path: string) => void read.set(`${unit} ${path}`, [unit, path]);
  judgeResources(
    rule,
    goodUnits().map((unit) => ({ ...registered(resource(unit)), args: watched(unit.args, told(unit.unit)) })),
  );
  return [...read.values()];
}

describe.each(STACK_RULES.map((rule) => ({ rule, id: rule.id })))("$id", ({ rule, id }) => {
  it("lets a good stack pass, with nothing unknown", () => {
    expect(judged(rule, goodUnits())).toEqual(PASSED);
  });

  it("says nothing of a stack without resources", () => {
    expect(judgeResources(rule, [])).toEqual(PASSED);
  });

  it.each(STACK_REFUSED.filter((row) => row.rule === id))("refuses when $what", ({ unit, path, spoil, says }) => {
    const { violations } = judged(rule, changed(unit, path, spoil));
    const found = violations.map((finding) => ({
      message: sentence(rule, finding),
      controls: about(rule, finding),
      remedy: remedyOf(rule, finding),
    }));
    expect(found.map(({ message }) => message).join("\n")).toContain(says);
    for (const { message, controls, remedy } of found) expect(message.endsWith(`; ${remedy} (${support({ controls })})`)).toBe(true);
  });

  it.skipIf(OF_ANY_KIND.has(id))("refuses a value of the wrong kind wherever it reads one", () => {
    for (const [unit, path] of readPaths(rule))
      for (const wrong of [true, {}, Number.NaN]) {
        const good = valueAt(goodUnits().find((entry) => entry.unit === unit)?.args, path);
        if (typeof wrong === typeof good && !Number.isNaN(wrong)) continue;
        const found =
          judged(
            rule,
            changed(unit, path, () => wrong),
          ).violations.length > 0;
        expect({ unit, path, wrong, found }).toEqual({ unit, path, wrong, found: true });
      }
  });

  it.skipIf(OF_ANY_KIND.has(id))("neither passes nor refuses where any value that it reads is not known", () => {
    for (const [unit, path] of readPaths(rule)) {
      const { violations, unknown } = judged(
        rule,
        changed(unit, path, () => UNKNOWN),
      );
      expect({ unit, path, violations, told: unknown.length > 0 }).toEqual({ unit, path, violations: [], told: true });
    }
  });

  it("repeats no secret that stands in place of a value", () => {
    for (const [unit, path] of readPaths(rule)) {
      const { violations } = judged(
        rule,
        changed(unit, path, () => SECRET),
      );
      expect(violations.map((finding) => sentence(rule, finding)).join("\n")).not.toContain(SECRET);
    }
  });
});

describe("a request to a host", () => {
  const rule = ruleOf("requests-as-reviewed");
  const plans = goodUnits().flatMap(({ type, args }) => {
    const unit = valueAt(args, "rendered.unit");
    return type.startsWith("phiward:host:") && typeof unit === "string" && CONCERNS.some(({ name }) => name === unit)
      ? (renderedAgain(unit, String(valueAt(args, "rendered.from")), numberOrNull(valueAt(args, "deadManSeconds")))?.plan ?? [])
      : [];
  });
  const withRequest = (request: AgentRequest) =>
    judged(
      rule,
      changed("raw-command", "stdin", () => shortEnvelope(request).stdin),
    );
  const generations = Object.fromEntries(plans.map(({ unit }) => [unit, "0"]));
  const removed = removalsBeside(plans).flatMap(({ onceTrue, plan }) => (onceTrue === null ? [plan] : []));
  const verify = { mode: "verify", plans: [...plans, ...removed], generations, strict: true } as const;

  it("may take down what does not apply to the host, and ask all its checks", () => {
    expect(plans.length).toBeGreaterThan(15);
    expect(withRequest({ mode: "remove", removals: removalsBeside(plans) })).toEqual(PASSED);
    expect(withRequest(verify)).toEqual(PASSED);
  });

  it.each([
    ["a check less", { ...verify, plans: plans.map((plan, index) => (index === 0 ? { ...plan, checks: plan.checks.slice(1) } : plan)) }],
    ["a unit less", { ...verify, plans: plans.slice(1) }],
    ["a generation less", { ...verify, generations: {} }],
    ["a failure that is not told", { ...verify, strict: false }],
    ["a command as a check", { ...verify, plans: [...plans, { unit: "x", checks: [] }] }],
    ["a concern that the host has", { mode: "remove", removals: removalsBeside(plans.filter(({ unit }) => unit !== "nginx")) }],
  ] as const)("is refused with %s", (_, request) => {
    expect(withRequest(request).violations.map(({ found }) => found)).toHaveLength(1);
  });

  it("is for the host whose components show what it asks for", () => {
    const units = changed("raw-command", "connection.host", () => "192.0.2.99");
    expect(judged(rule, units).violations.map(({ found }) => found)).toEqual(["a plan that no component of the host shows"]);
  });

  it("is told apart by what an address comes from before there is one", () => {
    const units = goodUnits().map((unit) => {
      if (valueAt(unit.args, "connection.address") !== undefined) putAt(unit.args, "connection.address", UNKNOWN);
      if (unit.unit === "raw-command") putAt(unit.args, "connection.host", UNKNOWN);
      return resource(unit);
    });
    const from = (place: (type: string) => string) =>
      judgeResources(
        rule,
        units.map((one) => registered({ ...one, references: { connection: [place(one.type)] } })),
      );
    expect(from(() => "urn:droplet")).toEqual(PASSED);
    expect(from((type) => (type.startsWith("command:") ? "urn:other" : "urn:droplet")).violations).toHaveLength(1);
  });
});

describe("an output of the stack", () => {
  const rule = ruleOf("outputs-no-plain-secret");
  const judgedOutputs = (outputs: object) =>
    judgeResources(rule, [{ type: "pulumi:pulumi:Stack", name: "stack", urn: "urn:s", args: outputs, references: {} }]);

  it("of any kind is let pass, and one that only a provider knows unless its name calls it a secret", () => {
    expect(
      judgedOutputs({ a: true, b: 1, c: { d: [UNKNOWN] }, e: UNKNOWN, hostKey: UNKNOWN, publicKey: "ssh-ed25519 AAAA", keyId: "x" }),
    ).toEqual(PASSED);
    expect(judgedOutputs({ db: { password: UNKNOWN } })).toEqual({ violations: [], unknown: ["stack.db.password"] });
  });

  it("that holds a secret stops the deploy in the engine, as by the gate", async () => {
    const stack = { urn: "urn:pulumi:test::phiward::pulumi:pulumi:Stack::s", type: "pulumi:pulumi:Stack", name: "s" };
    const found = await analyze([{ ...stack, inputs: { password: SECRET } }]);
    expect(found.filter(({ policy }) => policy === rule.id).map(({ level, message }) => [level, message.split(":")[0]])).toEqual([
      ["mandatory", "s.password"],
    ]);
  });
});

describe("a relation that is missing", () => {
  it.each([
    ["droplet-behind-cloud-firewall", ["raw-firewall"], "web1-raw-droplet: found a droplet outside of every cloud firewall"],
    ["database-cluster-behind-firewall", ["raw-database-firewall"], "web1-raw-cluster: found a database without a firewall"],
    ["database-has-own-user", ["raw-database-user"], "web1-raw-cluster: found a cluster with its administrator alone"],
    ["database-logs-kept-elsewhere", ["raw-log-sink", "raw-search-sink"], "web1-raw-cluster: found a cluster without a log sink"],
    ["bucket-access-recorded", ["raw-logging"], "web1-raw-bucket: found a bucket whose access is not recorded"],
    ["droplet-watched", ["raw-memory-alert"], "web1-raw-droplet: found no alert about memory"],
    ["uptime-check-watches-certificate", ["raw-expiry-alert"], "web1-raw-check: found no alert of the type ssl_expiry"],
    ["volume-has-copy", ["raw-disk-snapshot"], "web1-raw-disk: found a volume without a copy"],
    ["dns-zone-has-caa", ["raw-caa"], "web1-raw-record: found a name without a CAA record"],
    ["vpc-peering-within-stack", ["raw-other-vpc"], "web1-raw-peering: found a network that the stack does not declare"],
  ] as const)("is a violation of %s, also where no id is known yet", async (id, names, says) => {
    const units = without(...names);
    expect(
      judged(ruleOf(id), units)
        .violations.map((finding) => sentence(ruleOf(id), finding))
        .join("\n"),
    ).toContain(says);
    const found = (await analyze(units.map(resource))).filter(({ policy }) => policy === id);
    expect(found.map(({ message }) => message).join("\n")).toContain(says);
    for (const { level } of found) expect(level).toBe(ruleOf(id).enforcementLevel);
    if (id === "vpc-peering-within-stack") return;
    for (const { args } of units) if (valueAt(args, "id") !== undefined) putAt(args, "id", UNKNOWN);
    const alone = units.filter(({ type }) => appliesTo(ruleOf(id), type));
    expect(judged(ruleOf(id), alone).violations.length).toBeGreaterThan(0);
  });
});

describe("a reference", () => {
  const droplet = { type: cloudType("Droplet"), name: "a", urn: "urn:a", args: { id: UNKNOWN }, references: {} };
  const firewall = { type: cloudType("Firewall"), name: "f", urn: "urn:f", args: { dropletIds: [UNKNOWN] } };
  const rule = ruleOf("droplet-behind-cloud-firewall");

  it("says before the deploy which droplet a firewall is for", () => {
    expect(judgeResources(rule, [droplet, { ...firewall, references: { dropletIds: ["urn:a"] } }])).toEqual(PASSED);
    const other = judgeResources(rule, [droplet, { ...firewall, references: { dropletIds: ["urn:b"] } }]);
    expect(other.violations.map(({ at }) => at)).toEqual(["a"]);
  });

  it("that is not there leaves open which, and that is reported", () => {
    const { violations, unknown } = judgeResources(rule, [droplet, { ...firewall, references: {} }]);
    expect({ violations, isTold: unknown.length > 0 }).toEqual({ violations: [], isTold: true });
  });

  it("goes through Pulumi's own analysis, as protection does", async () => {
    const units = without("raw-firewall").map(resource);
    const [own] = units.filter(({ type }) => type === cloudType("Droplet"));
    if (own === undefined) throw new Error("no droplet");
    const guard = { type: cloudType("Firewall"), name: "f", urn: "urn:pulumi:test::phiward::f::f" };
    const inputs = { inboundRules: [], outboundRules: [], dropletIds: [UNKNOWN] };
    const others = [
      ...units.filter((one) => one !== own && one.type !== cloudType("DropletAutoscale")),
      { ...own, options: { protect: false } },
    ];
    const found = await analyze([...others, { ...guard, inputs, references: { dropletIds: [own.urn] } }]);
    expect(found.map(({ policy }) => policy)).toEqual(["stateful-resources-protected"]);
    expect(found[0]?.message).toContain("options.protect: found off, allowed: on");
  });

  it("by a tag resource is as good as the tag's name", () => {
    const tagged = { ...droplet, args: { tags: [UNKNOWN] }, references: { tags: ["urn:t"] } };
    const guard = { ...firewall, args: { tags: [UNKNOWN] }, references: { tags: ["urn:t"] } };
    expect(judgeResources(rule, [tagged, guard]).violations).toEqual([]);
  });
});

describe("what a component declares", () => {
  it("is compared with UFW, and let pass as the cloud firewall that it makes", () => {
    const units = goodUnits();
    const droplet = units.find(({ unit }) => unit === "droplet");
    const inbound = valueAt(droplet?.args, "settings.firewall.inbound");
    const outbound = valueAt(droplet?.args, "settings.firewall.outbound");
    const rename = (rules: unknown, key: string) =>
      (Array.isArray(rules) ? rules : []).map((rule: object) => {
        const { addresses, ...rest } = { addresses: [], ...rule };
        return { ...rest, [key]: [...addresses].reverse() };
      });
    const made = (more: readonly object[]): ReviewedComponent => ({
      type: cloudType("Firewall"),
      host: "web1",
      unit: "made",
      args: {
        inboundRules: [...rename(inbound, "sourceAddresses"), ...more],
        outboundRules: rename(outbound, "destinationAddresses"),
      },
    });
    for (const id of ["cloud-firewall-ssh-from-known-networks", "cloud-firewall-egress-named"])
      expect(judged(ruleOf(id), [...units, made([])])).toEqual(PASSED);
    const opened = made([{ protocol: "tcp", portRange: "1-65535", sourceAddresses: ["0.0.0.0/0"] }]);
    expect(judged(ruleOf("cloud-firewall-ssh-from-known-networks"), [...units, opened]).violations.length).toBeGreaterThan(0);
  });
});

describe("cloud-types-reviewed", () => {
  // The provider's own list of the types that it can make.
  const source = readFileSync(join(__dirname, "../../node_modules/@pulumi/digitalocean/index.js"), "utf8");
  const types = [...source.matchAll(/case "(digitalocean:index\/\w+:\w+)":/g)].map(([, type = ""]) => type);

  it("has a decision about each type of the provider, and about none that it has not", () => {
    expect(types.length).toBeGreaterThan(80);
    expect([...CLOUD_TYPES.keys()].sort()).toEqual([...types].sort());
  });

  it("calls judged exactly what a rule judges or reads", () => {
    // These are asked of every type, and read none of its arguments.
    const ofAll = ["changes-not-ignored", "cloud-types-reviewed", "provider-packages-reviewed"];
    const judging = [...RULES, ...STACK_RULES].filter(({ id }) => !ofAll.includes(id));
    for (const [type, decision] of CLOUD_TYPES) {
      const isJudged = judging.some((rule) => appliesTo(rule, type));
      if (decision === "judged") expect({ type, isJudged: isJudged || READ.includes(type) }).toEqual({ type, isJudged: true });
      else expect({ type, isJudged }).toEqual({ type, isJudged: false });
    }
  });

  it("gives a reason for each type that is not judged", () => {
    for (const decision of CLOUD_TYPES.values())
      if (decision !== "judged") expect("refused" in decision ? decision.refused : decision.notJudged).toMatch(/^[a-z].{20,}[^.]$/);
  });

  it("refuses what is unfit, and what nobody has looked at", () => {
    const one = (type: string) => [{ type, name: "x", urn: "urn:x", args: {}, references: {} }];
    const rule = ruleOf("cloud-types-reviewed");
    expect(judgeResources(rule, one(cloudType("Cdn"))).violations[0]?.found).toContain("all over the world");
    expect(judgeResources(rule, one("digitalocean:index/new:New")).violations[0]?.found).toBe("a type that nobody has reviewed");
    expect(judgeResources(rule, one(cloudType("Tag")))).toEqual(PASSED);
    expect(judgeResources(rule, one("docker:index/new:New"))).toEqual(PASSED);
  });
});

describe("provider-packages-reviewed", () => {
  const found = (type: string) =>
    judgeResources(ruleOf("provider-packages-reviewed"), [{ type, name: "x", urn: "urn:x", args: {}, references: {} }]).violations.map(
      (finding) => finding.found,
    );

  it.each(["aws", "azure-native", "kubernetes", "docker-build", "vault"])("refuses the provider %s, which nobody has reviewed", (name) => {
    expect(found(`pulumi:providers:${name}`)).toEqual(["a provider that nobody has reviewed"]);
  });

  it.each(["digitalocean", "docker", "command", "pulumi", "random", "tls"])("lets the provider %s pass", (name) => {
    expect(found(`pulumi:providers:${name}`)).toEqual([]);
  });

  it("refuses types that keep a key in the state, or that are new, and passes over a program's own components", () => {
    expect(found("tls:index/privateKey:PrivateKey")[0]).toContain("keeps a private key in the state");
    expect(found("random:index/randomOther:RandomOther")).toEqual(["a type that nobody has reviewed"]);
    for (const type of ["random:index/randomPet:RandomPet", "my:app:Web", "pulumi:pulumi:Stack"]) expect(found(type)).toEqual([]);
  });

  it("gives a reason for each decision", () => {
    for (const decisions of PROVIDER_PACKAGES.values())
      for (const text of JSON.stringify(decisions).match(/(?<="(notJudged|refused)":")[^"]+/g) ?? [])
        expect(text).toMatch(/^[a-z].{10,}[^.]$/);
  });
});

// What a rule about another type reads, and does not judge by itself.
const READ: readonly string[] = [];

describe("networks", () => {
  it.each([
    [["0.0.0.0/0"], true],
    [["0.0.0.0/1", "128.0.0.0/1"], true],
    [["11.0.0.0/8", "12.0.0.0/8"], true],
    [["::"], true],
    [["0.0.0.0"], true],
    [["everywhere"], true],
    [["::ffff:0:0/96"], true],
    [["11.0.0.0/8"], false],
    [["10.0.0.0/8", "172.16.0.0/12", "fd00::/16"], false],
    [["198.51.100.7", "198.51.100.7"], false],
    [[], false],
  ])("%j are the world together: %s", (networks, expected) => {
    expect(isWorldTogether(networks)).toBe(expected);
  });
});

describe("user data", () => {
  it.each(["a".repeat(65_536), "a-".repeat(32_768), "eyJ-".repeat(16_384), "x: ".repeat(21_845), "curl ".repeat(13_107)])(
    "of the greatest length that DigitalOcean takes is judged in a moment",
    (text) => {
      const start = processorTime();
      secretInUserData(text);
      runsDownload(text);
      expect(processorTime() - start).toBeLessThan(2000);
    },
  );
});
