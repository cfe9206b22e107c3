/** One configuration has one meaning, however it was written and by whichever way it comes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../components/config/faults";
import { fromKeys } from "../../../../components/config/keys";
import { containersModel } from "../../../../components/containers/model";
import { hostPlans } from "../../../../components/registry";
import { configurations } from "../configurations";
import { changed, complete } from "../examples";

const environment = fc.dictionary(fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,5}$/), fc.stringMatching(/^[ -~]{0,8}$/), { maxKeys: 6 });

/** The value with the keys of each map in another order. */
function reordered(value: unknown, order: readonly number[]): unknown {
  if (Array.isArray(value)) return value.map((entry: unknown) => reordered(entry, order));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, entry]: [string, unknown], index) => ({
    key,
    entry,
    rank: order[index % order.length] ?? 0,
  }));
  return Object.fromEntries(entries.sort((a, b) => a.rank - b.rank).map(({ key, entry }) => [key, reordered(entry, order)]));
}

/** As Pulumi hands a configuration to the program: texts as they are, all else as JSON, the keys of maps in order. */
function asPulumi(raw: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const byKey = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(byKey);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([key, entry]) => [key, byKey(entry)]),
    );
  };
  return fromKeys(
    Object.fromEntries(
      Object.entries(raw).map(([key, value]) => [`phiward:${key}`, typeof value === "string" ? value : JSON.stringify(byKey(value))]),
    ),
  );
}

/** All that hosts are sent and containers are named by, as bytes. */
function meaning(raw: unknown): string {
  const config = parseConfig(raw);
  return JSON.stringify([containersModel(config), config.hosts.map(({ name }) => hostPlans(config, name))]);
}

function withEnvironment(raw: Record<string, unknown>, variables: Record<string, string>): Record<string, unknown> {
  const services = [raw["services"] ?? []].flat().map((service: unknown) => {
    const own = Object.fromEntries(Object.entries(service ?? {}));
    return own["kind"] === "container" ? { ...own, environment: variables } : own;
  });
  return services.length === 0 ? raw : { ...raw, services };
}

describe("a configuration whose keys are in another order", () => {
  it("gives the same plans, names and hashes, from a file and from Pulumi", () => {
    fc.assert(
      fc.property(configurations, environment, fc.array(fc.integer(), { minLength: 7, maxLength: 7 }), (raw, variables, order) => {
        const written = withEnvironment(raw, variables);
        const other = reordered(written, order);
        const one = meaning(written);
        expect(meaning(other)).toBe(one);
        expect(meaning(asPulumi(written))).toBe(one);
        // With each default spelled out.
        expect(meaning(parseConfig(other))).toBe(one);
      }),
      { numRuns: 40 },
    );
  });

  it("names containers alike, whatever order their environment is declared in", () => {
    const named = (variables: object) =>
      containersModel(parseConfig(changed(complete(), { "services.2.environment": variables }))).services.map(({ name }) => name);
    expect(named({ B: "x", A: "y" })).toEqual(named({ A: "y", B: "x" }));
  });
});
