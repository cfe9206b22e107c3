/** A stack as two runbooks of the field say, as a configuration and as a program of raw resources: each of its faults is named. */
import { beforeAll, describe, expect, it } from "vitest";
import { ConfigError, parseConfig } from "../../components/config/faults";
import { judgeStack } from "../../ops/commands/policy";
import { isRefused, type Result } from "../../ops/lib/record";
import type { Diagnostic } from "../../policies/engine/analyze";
import { CONFIG, putAt } from "./fixtures";
import { diagnosticsOf } from "./programRun";
import { BEYOND_NOTHING, BEYOND_RULES, BEYOND_SCHEMA } from "./runbooks/configuration";
import { NAMED, NAMED_BY_NONE } from "./runbooks/findings";
import { runbookProgram } from "./runbooks/program";

/** The good configuration with each row's setting, all at once. */
function configuration(rows: readonly (readonly [string, string, unknown, ...unknown[]])[]): unknown {
  const raw = structuredClone(CONFIG);
  for (const [, path, value] of rows) putAt(raw, path, value);
  return raw;
}

describe("the runbooks as a configuration", () => {
  const faults = (): readonly string[] => {
    try {
      parseConfig(configuration(BEYOND_SCHEMA));
    } catch (error) {
      if (error instanceof ConfigError) return error.faults;
    }
    return [];
  };

  const judged = once(() => judgeStack("test", parseConfig(configuration(BEYOND_RULES))));

  it.each(BEYOND_SCHEMA)("is refused by the schema, with all faults at once: %s", (_, __, ___, says) => {
    expect(faults().join("\n")).toContain(says);
  });

  it.each(BEYOND_RULES)("is refused by a rule where the schema allows it, with all faults at once: %s", (_, __, ___, rule, found) => {
    expect(isRefused(judged())).toBe(true);
    expect(judged().results.flatMap(sayingOf)).toContain(`${rule}: ${found}`);
  });

  it.each(BEYOND_NOTHING)("is let pass by all where it is no fault: %s", (_, path, value) => {
    expect(isRefused(judgeStack("test", parseConfig(configuration([["", path, value]]))))).toBe(false);
  });
});

function once<Made>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => (made ??= make());
}

function sayingOf(result: Result): readonly string[] {
  return result.outcome === "fail" ? [`${result.rule.id}: ${result.finding.found}`] : [];
}

describe("the runbooks as a program of raw resources", () => {
  let found: readonly Diagnostic[] = [];
  beforeAll(async () => {
    found = await diagnosticsOf(runbookProgram);
  });
  const saidOf = (resource: string): readonly Diagnostic[] =>
    found.filter(({ urn, level }) => level === "mandatory" && (resource === "" || urn === "" || urn.endsWith(`::${resource}`)));

  it.each(NAMED)("is refused for what is in %s", (_, resource, rule, says) => {
    const messages = saidOf(resource).filter(({ policy }) => policy === rule);
    expect(messages.map(({ message }) => message).join("\n")).toContain(says);
  });

  it.each(NAMED_BY_NONE)("is not refused for what is in %s", (_, resource, path) => {
    const about = saidOf(resource).filter(({ message }) => message.startsWith(`${path}:`) || message.startsWith(`${path}.`));
    expect(about).toEqual([]);
  });

  it("says nothing that repeats a secret", () => {
    const said = found.map(({ message }) => message).join("\n");
    for (const secret of ["strong_password_here", "new_key_here", "correct-horse", "c2FsdA", "0a1b2c3d"])
      expect(said).not.toContain(secret);
  });
});
