/** What the engine tells of a resource beside its arguments: its options, and by them the host that it is for. */

import dockerPackage from "@pulumi/docker/package.json";
import { describe, expect, it } from "vitest";
import { RULES } from "../../policies/all";
import { type AnalyzedOptions, type AnalyzedResource, analyze, judgements } from "../../policies/engine/analyze";
import { judge } from "../../policies/engine/judge";
import { placed } from "../../policies/engine/placed";
import { asChecked, PROVIDER_DEFAULTS } from "../../policies/readers/providerDefaults";
import { UNKNOWN } from "../../policies/readers/value";
import { goodUnit, goodUnits, HOST_RESOURCE, resource, stackWith, type UnitName, valueAt } from "./fixtures";

function found(resources: readonly AnalyzedResource[], policy: string): Promise<readonly string[]> {
  return analyze(resources).then((all) => all.filter((one) => one.policy === policy).map(({ message }) => message.split(";")[0] ?? ""));
}

describe("protection", () => {
  const droplet = resource(goodUnit("raw-droplet"));
  const withOptions = (options: AnalyzedOptions): readonly AnalyzedResource[] => [{ ...droplet, options }];

  it("is demanded of what holds data", async () => {
    expect(await found(withOptions({ protect: false }), "stateful-resources-protected")).toEqual([
      "options.protect: found off, allowed: on",
    ]);
    expect(await found(withOptions({}), "stateful-resources-protected")).toHaveLength(1);
    expect(await found(withOptions({ protect: true }), "stateful-resources-protected")).toEqual([]);
  });

  it("is not judged where nobody knows of it", () => {
    const rule = RULES.find(({ id }) => id === "stateful-resources-protected");
    expect(rule === undefined ? [] : judge(rule, goodUnit("raw-droplet").args).violations).toEqual([]);
  });
});

describe("changes that are ignored", () => {
  const ignoring = async (unit: UnitName, ...ignoreChanges: readonly string[]): Promise<readonly string[]> =>
    found([{ ...resource(goodUnit(unit)), options: { ignoreChanges } }], "changes-not-ignored");

  it("are refused, but of what is read once", async () => {
    expect(await ignoring("raw-firewall")).toEqual([]);
    expect(await ignoring("raw-firewall", "inboundRules")).toEqual([
      "options.ignoreChanges: found an argument whose changes are ignored, allowed: none",
    ]);
    expect(await ignoring("raw-container", "privileged")).toHaveLength(1);
    expect(await ignoring("raw-droplet", "sshKeys", "userData", "image")).toEqual([]);
    expect(await ignoring("raw-droplet", "image", "backups")).toEqual([
      "options.ignoreChanges: found an argument whose changes are ignored, allowed: none, or of image, sshKeys, userData",
    ]);
    expect(await ignoring("raw-droplet", "*")).toHaveLength(1);
  });
});

describe("a component without outputs", () => {
  const verify = { ...resource(goodUnit("verify")), inputs: {} };
  const others = stackWith(goodUnit("ssh")).filter(({ type }) => type !== verify.type);
  const missing = "host web1: found no phiward:host:Verify, allowed: one of each kind";

  it("stands for no host, unless it is below one", async () => {
    expect(await found(others, "hosts-have-every-unit")).toEqual([missing]);
    expect(await found([...others, verify], "hosts-have-every-unit")).toEqual([missing]);
    const below = { ...verify, options: { parent: HOST_RESOURCE.urn } };
    expect(await found([...others, below], "hosts-have-every-unit")).toEqual([]);
  });

  it("of another host is not missed by this one", async () => {
    const second = { ...HOST_RESOURCE, urn: `${HOST_RESOURCE.urn}2`, name: "web2" };
    const below = { ...verify, options: { parent: second.urn } };
    expect(await found([...others, second, below], "hosts-have-every-unit")).toContain(missing);
  });

  it("counts as each host's where its host is only not known yet", () => {
    const at = { urn: "u", type: "phiward:host:Verify", name: "n", parent: undefined, provider: undefined };
    expect(placed([{ ...at, args: { connection: UNKNOWN } }])).toEqual([{ type: at.type, host: undefined, args: { connection: UNKNOWN } }]);
  });
});

describe("a resource whose provider cannot be configured before the deploy", () => {
  // The engine shows its arguments by themselves, and an empty state to the policies of the stack.
  const empty = { ...resource(goodUnit("raw-container")), inputs: {}, options: { parent: HOST_RESOURCE.urn } };
  const stack = [...stackWith(goodUnit("ssh")), empty];

  it("is unknown to policies of the stack in the engine, and is judged by its arguments in the gate", async () => {
    expect(await found(stack, "container-processes-limited")).toEqual([]);
    expect((await found(stack, "unknown-values-of-hosts")).join("\n")).toContain("so container-processes-limited has not judged it");
    const judged = (await judgements(stack)).filter(({ rule }) => rule === "container-processes-limited");
    expect(judged.flatMap(({ violations }) => violations.map(({ found: what }) => what))).toEqual(["nothing"]);
  });
});

describe("a container that a program declares", () => {
  const container = resource(goodUnit("raw-container"));
  const engine = resource(goodUnit("raw-engine"));
  const liar = { ...container, inputs: { ...container.inputs, cgroupParent: "phiward-nobody.slice" } };
  const others = goodUnits()
    .filter(({ unit }) => !/^(raw|made)-/.test(unit))
    .map(resource);

  it("is a host's by the engine on which it is made", async () => {
    const made = { ...liar, options: { provider: engine.urn } };
    const rootEngine = { ...engine, options: {} };
    expect(await found([...others, rootEngine, made], "container-processes-limited")).toHaveLength(1);
  });

  it("of ours may lack the limits that its component does not declare, and no others", async () => {
    const urn = `urn:pulumi:test::phiward::phiward:index:Host$phiward:docker:Services$${container.type}::web1-services-api`;
    const bare = Object.fromEntries(Object.entries(container.inputs).filter(([key]) => !/memory|cgroup/.test(key)));
    const services = goodUnit("services");
    const component = resource(services);
    const name = valueAt(services.args, "containers.0.name");
    const child = { ...container, urn, inputs: { ...bare, name }, options: { parent: component.urn } };
    expect(await found([...others, child], "container-limited")).toEqual([]);
    expect(await found([...others, child], "container-processes-limited")).toHaveLength(1);
  });

  it("is limited by its user's processes as well", () => {
    const rule = RULES.find(({ id }) => id === "container-limited");
    const limitedBy = (hard: unknown): number | undefined => {
      const args = { ...container.inputs, cgroupParent: undefined, ulimits: [{ name: "nproc", soft: 64, hard }] };
      return rule === undefined ? undefined : judge(rule, args).violations.length;
    };
    expect([64, 0, -1, 70_000].map(limitedBy)).toEqual([0, 1, 1, 1]);
  });
});

describe("what a provider fills in", () => {
  it("is recorded from the version that is installed", () => {
    expect(PROVIDER_DEFAULTS["docker"]?.version).toBe(dockerPackage.version);
  });

  it.each(goodUnits().filter(({ type }) => type.startsWith("docker:")))("changes no verdict on $unit", ({ type, unit, args }) => {
    expect(asChecked(type, unit, asChecked(type, "first", args))).toEqual(asChecked(type, "first", args));
    for (const rule of RULES.filter(({ appliesTo }) => appliesTo.includes(type)))
      expect(judge(rule, asChecked(type, unit, args))).toEqual({ violations: [], unknown: [] });
  });
});
