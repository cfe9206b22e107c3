/** Whether the rules allow what the schema does: each end of each range, and each of a few words. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ConfigError, parseConfig } from "../../components/config/faults";
import { stackSchema } from "../../components/config/schema";
import { member, membersOf } from "../../components/config/unknown";
import { judgeStack } from "../../ops/commands/policy";
import { stopsDeploy } from "../../ops/lib/record";
import { raw as withDroplet } from "../unit/components/cloud/droplet/fixture";
import { changed, complete, replaced } from "../unit/components/examples";

type Node = z.core.JSONSchema.BaseSchema;

/** A value that the schema allows at a place, with what the documents say of it. */
interface Allowed {
  readonly path: string;
  readonly value: unknown;
  readonly description: string;
}

/** Every section, a droplet among the hosts, and nothing that a rule refuses. */
function everything(): Record<string, unknown> {
  const hosts = [[complete()["hosts"]], [withDroplet()["hosts"]]].flat(2);
  const [web, store, , droplet] = hosts;
  const others = {
    "docker.limits": "enforced",
    "docker.logs.driver": "journald",
    "publicPorts.2": { port: 8443, protocol: "tcp", purpose: "another server" },
    hosts: [web, store, replaced(droplet, ["alerts", "uptimePath"], "/")],
  };
  return { ...membersOf(changed(complete(), others)) };
}

// The kind of an entry decides which keys it has.
function shapeOf(node: Node, value: unknown): Node {
  const kinds = (node.oneOf ?? []).filter((kind) => typeof kind !== "boolean");
  return kinds.find((kind) => member(member(kind.properties, "kind"), "const") === member(value, "kind")) ?? node;
}

function* allowedIn(node: Node | boolean | undefined, value: unknown, path = ""): Generator<Allowed> {
  if (node === undefined || typeof node === "boolean") return;
  const at = (key: string | number): string => (path === "" ? String(key) : `${path}.${String(key)}`);
  const { properties = {}, items, description = "", minimum, maximum, enum: words, type } = shapeOf(node, value);
  for (const [key, inner] of Object.entries(properties)) yield* allowedIn(inner, member(value, key), at(key));
  if (Array.isArray(value) && items !== undefined && !Array.isArray(items))
    for (const [index, entry] of value.entries()) yield* allowedIn(items, entry, at(index));
  const values = [minimum, maximum, ...(words ?? []), ...(type === "boolean" ? [true, false] : [])];
  for (const one of values.filter((known) => known !== undefined)) yield { path, value: one, description };
}

function descriptionAt(path: string): string {
  let node: Node = z.toJSONSchema(stackSchema, { io: "input" });
  let value: unknown = everything();
  for (const key of path.split(".")) {
    const { properties, items } = shapeOf(node, value);
    const inner = properties?.[key] ?? (Array.isArray(items) ? undefined : items);
    if (inner === undefined || typeof inner === "boolean") break;
    node = inner;
    value = member(value, key);
  }
  return node.description ?? "";
}

/** Ids of the rules that would stop the deploy; none where rules across keys refuse the value, and say what is allowed. */
function refusing(changes: readonly Allowed[]): readonly string[] | "faulty" {
  try {
    const config = parseConfig(changed(everything(), Object.fromEntries(changes.map(({ path, value }) => [path, value]))));
    return judgeStack("test", config)
      .results.filter(stopsDeploy)
      .map(({ rule }) => rule.id);
  } catch (error) {
    if (error instanceof ConfigError) return "faulty";
    throw error;
  }
}

/** Each value that rules refuse, with their ids. Half of the values are tried at once, then half of those that something is wrong with. */
function refused(values: readonly Allowed[]): readonly (readonly [Allowed, readonly string[]])[] {
  const [first] = values;
  if (first === undefined) return [];
  const ids = refusing(values);
  if (ids.length === 0) return [];
  if (values.length === 1) return ids === "faulty" ? [] : [[first, ids]];
  const half = Math.ceil(values.length / 2);
  return [...refused(values.slice(0, half)), ...refused(values.slice(half))];
}

describe("a value that the schema allows", () => {
  const values = [...allowedIn(z.toJSONSchema(stackSchema, { io: "input" }), everything())];
  const numbers = values.filter(({ value }) => typeof value === "number");
  const lowest = numbers.filter(({ path }, index) => numbers.findIndex((one) => one.path === path) === index);
  const highest = numbers.filter((one) => !lowest.includes(one));

  it("is one of a stack that passes", () => {
    expect(refusing([])).toEqual([]);
    expect(numbers.length).toBeGreaterThan(80);
  });

  // What no range says: the edges of texts that rules look at.
  const edges: readonly (readonly [string, unknown])[] = [
    ["adminNetworks.0", "100.0.0.0/8"],
    ["adminNetworks.1", "2001::/16"],
    ["publicPorts.2.port", 5432],
    ["bans.jails.0.ports", [22]],
    ["services.0.image", `my--registry/my__api:1.2@sha256:${"a".repeat(64)}`],
    ["services.2.command", ["/app", "--password=x"]],
    ["services.2.environment", { API_TOKEN: "x" }],
    ["services.2.environment", { PEER: "https://user:pass@example.org/" }],
    ["services.2.health.command", ["/app", "--token=x"]],
    ["services.2.port", 5432],
    ["sites.0.contentSecurityPolicy", "default-src *"],
    ["hosts.2.dns.issuers", ["letsencrypt.org"]],
    ["backup.paths", ["/"]],
    ["alerts.webhook", "http://10.0.0.1/"],
  ];
  const texts = edges.map(([path, value]): Allowed => ({ path, value, description: descriptionAt(path) }));

  it.each([
    ["the edges of texts", () => texts.flatMap((text) => refused([text]))],
    ["the lowest numbers", () => refused(lowest)],
    ["the highest numbers", () => refused(highest)],
    ["the words", () => values.filter(({ value }) => typeof value !== "number").flatMap((value) => refused([value]))],
  ])("passes the rules, or its description names the rule that refuses it: %s", (_, found) => {
    const untold = found().flatMap(([{ path, value, description }, ids]) =>
      [...new Set(ids)].filter((id) => !description.includes(id)).map((id) => `${path}: ${String(value)}: ${id}`),
    );
    expect(untold).toEqual([]);
  });
});
