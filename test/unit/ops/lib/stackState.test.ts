/** Pulumi's state is not replaced by an older one. */
import { describe, expect, it } from "vitest";
import { OperatorError } from "../../../../ops/lib/errors";
import { stackState } from "../../../../ops/lib/stackState";

const resource = (urn: string, modified: string): unknown => ({ urn, id: urn, modified, inputs: { secret: String(Math.random()) } });
const exported = (time: string, ...resources: readonly unknown[]): unknown => ({
  version: 3,
  deployment: { manifest: { time }, resources },
});

/** A Pulumi CLI with one stack; keeps what is imported. */
function cli(first: unknown): { state: unknown; imports: number; ask: (words: readonly string[], input?: string) => string } {
  const fake = {
    state: first,
    imports: 0,
    ask: (words: readonly string[], input = ""): string => {
      if (words[1] === "export") return JSON.stringify(fake.state);
      fake.state = JSON.parse(input);
      fake.imports++;
      return "";
    },
  };
  return fake;
}

describe("a stack's state", () => {
  it("is replaced, and again, while nobody else changes it; values that are encrypted anew are no change", () => {
    const fake = cli(exported("1", resource("a", "1"), resource("b", "1")));
    const state = stackState(fake.ask);
    fake.state = exported("1", resource("a", "1"), resource("b", "1"));
    state.replace(exported("1", resource("a", "1")));
    state.replace(exported("1"));
    state.requireUnmoved();
    expect(fake.imports).toBe(2);
    expect(fake.state).toEqual(exported("1"));
  });

  it.each([
    ["a deploy that changed nothing but the time", exported("2", resource("a", "1"))],
    ["a resource that was replaced", exported("1", resource("a", "2"))],
    ["a resource more", exported("1", resource("a", "1"), resource("b", "1"))],
  ])("is not replaced after %s", (_, moved) => {
    const fake = cli(exported("1", resource("a", "1")));
    const state = stackState(fake.ask);
    fake.state = moved;
    expect(() => {
      state.requireUnmoved();
    }).toThrow(OperatorError);
    expect(() => {
      state.replace(exported("1"));
    }).toThrow("another deploy of this stack ended meanwhile: nothing was changed by this one; run it again");
    expect(fake.state).toEqual(moved);
  });

  it("is touched by what was done to a resource, and not by a deploy that did nothing", () => {
    const fake = cli(exported("1", resource("a", "1")));
    const { isTouched } = stackState(fake.ask);
    fake.state = exported("2", resource("a", "1"));
    expect(isTouched()).toBe(false);
    const pending = { version: 3, deployment: { manifest: { time: "2" }, resources: [resource("a", "1")], pending_operations: [{}] } };
    for (const moved of [
      exported("2", resource("a", "2")),
      exported("2", resource("a", "1"), resource("b", "1")),
      exported("2"),
      pending,
    ]) {
      fake.state = moved;
      expect(isTouched()).toBe(true);
    }
  });
});
