/** What is marked as a secret in what Pulumi's engine sends, which the SDK unpacks: it is read in the pack as in the gate. */
import { beforeAll, describe, expect, it } from "vitest";
import { type AnalyzedResource, analyze, judgements } from "../../policies/engine/analyze";
import { Copies } from "../../policies/engine/copies";
import { decodeOnce } from "../../policies/engine/decodedOnce";
import { cameAs } from "../../policies/engine/marks";
import { inTheClear, markedTexts } from "../../policies/program/unwrap";

const RULE = "outputs-no-plain-secret";
const BROUGHT = "correct-horse-7";
const STACK = { urn: "urn:pulumi:test::notes::pulumi:pulumi:Stack::s", type: "pulumi:pulumi:Stack", name: "s" };
const OTHER = { urn: "urn:pulumi:test::notes::my:app:Web::web", type: "my:app:Web", name: "web" };

// As Pulumi sends what is marked as a secret.
function secret(value: unknown): object {
  return { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value };
}

async function refused(outputs: Record<string, unknown>, others: readonly AnalyzedResource[] = []): Promise<readonly string[]> {
  const found = await analyze([{ ...STACK, inputs: outputs }, ...others]);
  return found.filter(({ policy }) => policy === RULE).map(({ level, message }) => `${level} ${message.split(", allowed")[0] ?? ""}`);
}

describe("an output, as the engine sends it", () => {
  beforeAll(decodeOnce);

  it("is let pass where it is marked as a secret, alone, in a map and in a list", async () => {
    const kept = { password: secret("abc"), site: { token: secret("abc"), names: ["notes", secret("glpat-abcdefghij0123456789")] } };
    expect(await refused({ ...kept, all: secret({ password: "abc" }) })).toEqual([]);
  });

  it("stops the deploy where the same stands beside it in the clear", async () => {
    expect(await refused({ kept: secret("abc"), site: { kept: secret("abc"), token: "abc" } })).toEqual([
      "mandatory s.site.token: found a text under a name with TOKEN in it",
    ]);
    expect(await refused({ names: [secret("abc"), "glpat-abcdefghij0123456789"] })).toEqual([
      "mandatory s.names.0: found a token of a code host",
    ]);
  });

  it("stops the deploy where it holds what another resource has as a secret, by any name", async () => {
    const web = (inputs: Record<string, unknown>): AnalyzedResource => ({ ...OTHER, inputs });
    const told = ["mandatory s.a: found what a resource of the stack has as a secret"];
    expect(await refused({ a: `x ${BROUGHT}` }, [web({ settings: { words: [secret(BROUGHT)] } })])).toEqual(told);
    expect(await refused({ a: secret(BROUGHT) }, [web({ words: secret(BROUGHT) })])).toEqual([]);
    expect(await refused({ a: BROUGHT }, [web({ words: BROUGHT })])).toEqual([]);
    // The address of a host is in its connection, which is a secret as a whole.
    expect(await refused({ a: "203.0.113.7" }, [web({ connection: secret({ address: "203.0.113.7" }), port: secret("22") })])).toEqual([]);
  });
});

describe("a secret that a component is handed", () => {
  it("is known to the policies of the stack, which are handed its outputs alone", () => {
    const copies = new Copies(true);
    const inputs = { words: BROUGHT };
    cameAs(inputs, { words: secret(BROUGHT) });
    copies.of({ ...OTHER, props: inputs, opts: {} });
    expect(copies.secretsOf([{ props: {} }])).toEqual([BROUGHT]);
    const outputs = { token: "abcdefgh" };
    cameAs(outputs, { token: secret("abcdefgh") });
    expect(copies.secretsOf([{ props: outputs }])).toEqual([BROUGHT, "abcdefgh"]);
  });
});

describe("the gate", () => {
  it("refuses what another resource has as a secret as well", async () => {
    const found = await judgements([
      { ...STACK, inputs: { a: BROUGHT } },
      { ...OTHER, inputs: { words: BROUGHT }, secrets: [BROUGHT] },
    ]);
    expect(found.find(({ rule }) => rule === RULE)?.violations.map(({ at, found: what }) => `${at}: ${what}`)).toEqual([
      "s.a: what a resource of the stack has as a secret",
    ]);
  });
});

describe("values as they travel", () => {
  it("have their marks beside them where they are unwrapped", () => {
    expect(inTheClear({ a: "x", b: [1, "y"] }, { a: secret("x"), b: [1, secret("y")] })).toEqual({ b: [1] });
    expect(markedTexts({ a: secret("x"), b: [secret({ c: "y" }), { d: secret("z") }], e: "w" })).toEqual(["x", "z"]);
  });
});
