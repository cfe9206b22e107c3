/** The record of attested duties, signed by the real ssh-keygen: what was changed, moved, forged or signed for something else is refused. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DUTY_NAMESPACE } from "../../../../../components/compliance/duties/duty";
import { type Attested, type DutyRecord, isNote, lineOf, readRecord } from "../../../../../ops/lib/duties/record";
import { dutySigner, withVerifier } from "../../../../../ops/lib/duties/signatures";
import { signedBy } from "../../../../../ops/lib/evidence/sign";
import { outputOf } from "../../../../../ops/lib/process";

const NOTE = "All accounts and keys compared with the list of staff.";
let directory = "";
let alice = "";
let bob = "";
const at = (name: string): string => join(directory, name);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "phiward-duties-test-"));
  outputOf(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", at("alice")]);
  // A person may declare keys of other kinds.
  outputOf(["ssh-keygen", "-q", "-t", "ecdsa", "-b", "384", "-N", "", "-f", at("bob")]);
  outputOf(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", at("mallory")]);
  alice = readFileSync(at("alice.pub"), "utf8").trim();
  bob = readFileSync(at("bob.pub"), "utf8").trim();
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

type People = Parameters<typeof withVerifier>[0];

function people(...declared: readonly ("alice" | "bob")[]): People {
  const person = (name: "alice" | "bob"): People["people"][number] => ({
    ...{ name, keys: [name === "alice" ? alice : bob], sudo: name === "alice" },
  });
  return { people: declared.map(person) };
}

function said(by: string, previous: string | null, more: Partial<Attested> = {}): Attested {
  return { stack: "prod", duty: "access-reviewed", on: "2026-11-02", at: "2026-11-02T08:00:00.000Z", by, note: NOTE, previous, ...more };
}

const signAs =
  (key: string, namespace = DUTY_NAMESPACE) =>
  (text: string) =>
    signedBy({ keyFile: at(key) }, namespace, text);

function read(text: string, declared: People = people("alice", "bob"), stack = "prod"): DutyRecord {
  return withVerifier(declared, (verifier) => readRecord("duties.prod.jsonl", text, stack, verifier));
}

/** A record of lines, each signed by its person, as attest adds them. */
function recordOf(...entries: readonly (readonly ["alice" | "bob", Partial<Attested>])[]): string {
  let text = "";
  for (const [by, more] of entries)
    text += `${lineOf(said(by, read(text).end, more), (what) => dutySigner(people("alice", "bob"), at(by)).sign(what))}\n`;
  return text;
}

describe("a record of duties", () => {
  it("is read whole, by whoever signed each line", () => {
    const text = recordOf(["alice", {}], ["bob", { duty: "training-held" }]);
    const { lines, unvouched } = read(text);
    expect(lines.map(({ by, duty, isDeclared }) => [by, duty, isDeclared])).toEqual([
      ["alice", "access-reviewed", true],
      ["bob", "training-held", true],
    ]);
    expect(unvouched).toEqual([]);
  });

  it("shows a line that was changed, taken out, moved, repeated, or turned to another duty", () => {
    const [one = "", two = "", three = ""] = recordOf(["alice", {}], ["bob", {}], ["alice", { duty: "keys-rotated" }])
      .trim()
      .split("\n");
    const whole = (...lines: readonly string[]): string => `${lines.join("\n")}\n`;
    expect(() => read(whole(one.replace("2026-11-02", "2026-11-22"), two, three))).toThrow(
      "duties.prod.jsonl:1: found a signature that is not by alice, or is of another text, allowed: lines that attest wrote, in their order",
    );
    expect(() => read(whole(one.replace("access-reviewed", "training-held"), two, three))).toThrow(":1: found a signature that is not by");
    expect(() => read(whole(two, three))).toThrow(":1: found a line that does not follow the one before it");
    expect(() => read(whole(one, three))).toThrow(":2: found a line that does not follow");
    expect(() => read(whole(one, two, two))).toThrow(":3: found a line that does not follow");
    expect(() => read(whole(two, one, three))).toThrow(":1: found a line that does not follow");
    expect(() => read(whole(one, two).slice(0, -20))).toThrow(
      ":2: found a line without its end, allowed: a record whose lines all end; take out the last one",
    );
  });

  it("refuses a signature of another person, for another purpose or stack, and what is no line at all", () => {
    const forged = `${lineOf(said("alice", null), signAs("bob"))}\n`;
    expect(read(forged).lines[0]?.isDeclared).toBe(false);
    expect(read(forged).unvouched).toEqual(["alice"]);
    expect(() => read(`${lineOf(said("alice", null), signAs("alice", "phiward-evidence"))}\n`)).toThrow("a signature that is not by alice");
    expect(() => read(recordOf(["alice", {}]), people("alice"), "staging")).toThrow(":1: found a line of another stack");
    expect(() => read("{}\n")).toThrow(":1: found what is not a line of attest");
    expect(() => read(`${lineOf({ ...said("alice", null), note: "short" }, signAs("alice"))}\n`)).toThrow("something else than a duty");
    expect(() => read(`"${"x".repeat(40_000)}"\n`)).toThrow("a line that is longer than any");
  });

  it("keeps what people attested who left, once someone who is declared has signed after them", () => {
    const text = recordOf(["bob", {}]);
    expect(read(text, people("alice")).unvouched).toEqual(["bob"]);
    const end = read(text).end;
    const vouched = `${text}${lineOf(said("alice", end, { duty: "keys-rotated" }), signAs("alice"))}\n`;
    expect(read(vouched, people("alice")).unvouched).toEqual([]);
    expect(read(vouched, people("alice")).lines.map(({ isDeclared }) => isDeclared)).toEqual([false, true]);
  });
});

describe("a signer of duties", () => {
  it("is the person whose key it is; a key that nobody declares signs nothing", () => {
    expect(dutySigner(people("alice", "bob"), at("bob")).name).toBe("bob");
    expect(() => dutySigner(people("alice", "bob"), at("mallory"))).toThrow(
      /^--key: found no key of a person of the stack in .*mallory, allowed: a key that people in the stack's file declare/,
    );
    expect(() => dutySigner(people("alice"), at("alice"), "bob")).toThrow("found no key of bob");
    writeFileSync(at("open"), readFileSync(at("alice")), { mode: 0o644 });
    expect(() => dutySigner(people("alice"), at("open"))).toThrow("which others can read");
  });
});

describe("a note", () => {
  it("says something, on one line", () => {
    expect([NOTE, "x".repeat(19), "x".repeat(1001), `${NOTE}\nmore`, ` ${NOTE}`].map(isNote)).toEqual([true, false, false, false, false]);
  });
});
