/** What a component makes, beside what it declares: each container, network and record, one value at a time. */
import { describe, expect, it } from "vitest";
import { judgeHosts } from "../../policies/engine/judge";
import { sentence } from "../../policies/engine/rule";
import type { ReviewedComponent } from "../../policies/engine/subject";
import { UNKNOWN } from "../../policies/readers/value";
import { resourcesAsDeclared } from "../../policies/rules/resources-as-declared";
import { goodUnit, hostUnits, valueAt } from "./fixtures";

const CONTAINER = "docker:index/container:Container";
const NETWORK = "docker:index/network:Network";
const RECORD = "digitalocean:index/dnsRecord:DnsRecord";

type Known = Readonly<Record<string, unknown>>;

const known = (value: unknown): Known => (typeof value === "object" && value !== null ? { ...value } : {});
const listOf = (value: unknown): readonly Known[] => (Array.isArray(value) ? value.map(known) : []);

const declaredContainer: Known = known(valueAt(goodUnit("services").args, "containers.0"));
const declaredDatabase: Known = known(valueAt(goodUnit("databases").args, "containers.0"));
const declaredNetwork: Known = known(valueAt(goodUnit("databases").args, "networks.0"));
const declaredRecords = listOf(valueAt(goodUnit("droplet").args, "settings.dns.records"));

const made = (type: string, args: Known): ReviewedComponent => ({ type, host: "web1", unit: "made", args });

/** What is said of a good host whose components make this, and no other of the kind. */
function said(...all: readonly ReviewedComponent[]): readonly string[] {
  const types = new Set(all.map(({ type }) => type));
  const units = [...hostUnits().filter(({ type }) => !types.has(type)), ...all];
  return judgeHosts(resourcesAsDeclared, units).violations.map((finding) => sentence(resourcesAsDeclared, finding));
}

const saidOf = (change: Known, of = declaredContainer): readonly string[] => said(made(CONTAINER, { ...of, ...change }));

const ANOTHER: Known = {
  image: `sha256:${"9".repeat(64)}`,
  user: "10777:10777",
  command: ["sleep", "1d"],
  entrypoints: ["sh"],
  envs: ["NODE_OPTIONS=--inspect=0.0.0.0"],
  memory: 1,
  memorySwap: 1,
  cgroupParent: "phiward-other.slice",
  networkMode: "host",
};

describe("a container", () => {
  it.each([
    ["a service's", declaredContainer],
    ["a database's", declaredDatabase],
  ])("is let pass where it is %s as declared", (_, container) => {
    expect(saidOf({}, container)).toEqual([]);
  });

  it.each(Object.keys(ANOTHER))("is refused where another %s is made, by one finding at its place", (key) => {
    for (const container of [declaredContainer, declaredDatabase]) {
      expect(container[key]).not.toEqual(ANOTHER[key]);
      const [finding, ...others] = saidOf({ [key]: ANOTHER[key] }, container);
      expect(finding).toContain(`Container.${key}: found another value than its component declares, allowed: the one that is declared`);
      expect(others).toEqual([]);
    }
  });

  it.each(["image", "user", "memory", "networkMode"])("is refused where %s is left out", (key) => {
    expect(declaredContainer[key]).toBeDefined();
    expect(saidOf({ [key]: undefined })).toHaveLength(1);
  });

  it("is one by its name: another's is no copy of it, and one whose name is not known yet may be any", () => {
    expect(saidOf({ ...ANOTHER, name: "helper" })).toEqual([]);
    expect(saidOf({ ...ANOTHER, name: UNKNOWN })).toEqual([]);
  });

  it("has an empty list where it has none", () => {
    expect(declaredContainer["command"] ?? []).toEqual([]);
    expect(saidOf({ command: [] })).toEqual([]);
    expect(saidOf({ command: undefined })).toEqual([]);
  });

  it("is not judged by what is not known yet", () => {
    for (const key of Object.keys(ANOTHER)) expect(saidOf({ [key]: UNKNOWN })).toEqual([]);
  });

  it("has what Docker filled in once it is there, and nothing else than was asked for", () => {
    const there = { networkDatas: [{ networkName: "phiward-api" }] };
    expect(saidOf({ ...there, command: ["/app/server"] })).toEqual([]);
    expect(saidOf({ ...there, user: "0:0" })).toHaveLength(1);
    // Before that, a command is another program.
    expect(saidOf({ networkDatas: UNKNOWN, command: ["/app/server"] })).toHaveLength(1);
  });
});

describe("a network", () => {
  const network = (change: Known): readonly string[] => said(made(NETWORK, { ...declaredNetwork, ...change }));

  it("is let pass as declared, and where that is not known yet", () => {
    expect(declaredNetwork["internal"]).toBe(true);
    expect(network({})).toEqual([]);
    expect(network({ internal: UNKNOWN })).toEqual([]);
    expect(network({ name: UNKNOWN, internal: false })).toEqual([]);
  });

  it("is refused with a way out", () => {
    for (const internal of [false, undefined])
      expect(network({ internal })[0]).toContain(
        "Network.internal: found a network with a way out, allowed: internal, as its component declares it",
      );
  });

  it("may have a way out where its component declares one", () => {
    const units = hostUnits().filter(({ type }) => type !== NETWORK);
    for (const unit of units)
      if (unit.unit === "databases") Object.assign(unit.args, { networks: [{ ...declaredNetwork, internal: false }] });
    const open = made(NETWORK, { ...declaredNetwork, internal: false });
    expect(judgeHosts(resourcesAsDeclared, [...units, open]).violations).toEqual([]);
  });
});

describe("records", () => {
  const all = (change: (record: Known, index: number) => Known | undefined): readonly string[] =>
    said(
      ...declaredRecords
        .map(change)
        .filter((record) => record !== undefined)
        .map((record) => made(RECORD, record)),
    );

  it("are let pass as declared, in any order, with more beside them", () => {
    expect(all((record) => record)).toEqual([]);
    expect(said(...declaredRecords.toReversed().map((record) => made(RECORD, record)), made(RECORD, { type: "MX", name: "@" }))).toEqual(
      [],
    );
  });

  it("are each refused at their own place where they are not made", () => {
    for (const index of declaredRecords.keys())
      expect(all((record, at) => (at === index ? undefined : record))).toEqual([
        expect.stringContaining(
          `settings.dns.records.${String(index)}: found a record that is made as another one, or not at all, allowed: the one that is declared`,
        ),
      ]);
  });

  it("are not judged while one of them is not known", () => {
    for (const key of ["type", "name", "tag"])
      expect(
        all((record, index) => (index === 0 ? { ...record, [key]: UNKNOWN } : undefined)),
        key,
      ).toEqual([]);
  });

  it("have a tag that counts for CAA alone", () => {
    const caa = declaredRecords.findIndex(({ type }) => type === "CAA");
    expect(caa).toBeGreaterThanOrEqual(0);
    expect(all((record) => (record["type"] === "CAA" ? record : { ...record, tag: "other" }))).toEqual([]);
    expect(all((record, index) => (index === caa ? { ...record, tag: "other" } : record))).toHaveLength(1);
  });
});
