/** `phiward duties` and `phiward attest` on a stack's own directory, with keys of the real ssh-keygen. */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { runCli } from "../../../../ops/cli";
import { outputOf } from "../../../../ops/lib/process";
import { complete, smallest } from "../../components/examples";

const NOTE = "All accounts and keys compared with the list of staff.";
const RECORD = "duties.prod.jsonl";

interface Outcome {
  readonly code: number;
  readonly said: string;
}

async function phiward(...args: readonly string[]): Promise<Outcome> {
  let said = "";
  for (const stream of [process.stdout, process.stderr] as const)
    vi.spyOn(stream, "write").mockImplementation((text) => {
      said += String(text);
      return true;
    });
  const code = await runCli(args);
  vi.restoreAllMocks();
  return { code, said };
}

const attest = (duty: string, ...more: readonly string[]): Promise<Outcome> =>
  phiward("attest", duty, "--note", NOTE, "--key", "alice", ...more);

let directory = "";
let before = "";
beforeEach(() => {
  before = process.cwd();
  directory = mkdtempSync(join(tmpdir(), "phiward-duties-cli-"));
  process.chdir(directory);
  for (const name of ["alice", "bob", "mallory"]) outputOf(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", name]);
  declare("alice", "bob");
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  process.chdir(before);
  rmSync(directory, { recursive: true, force: true });
});

/** Writes a stack with these people, who all have sudo. */
function declare(...names: readonly string[]): void {
  const people = names.map((name) => ({ name, keys: [readFileSync(`${name}.pub`, "utf8").trim()], sudo: true }));
  const keys = Object.entries({ ...smallest(), people }).map(([key, value]): [string, unknown] => [`phiward:${key}`, value]);
  writeFileSync("Pulumi.prod.yaml", stringify({ config: Object.fromEntries(keys) }));
}

/** The stack with a vault, and a stand-in of ssh that answers for it as `answer`, a shell's lines, says. */
function withVault(answer: string): void {
  const people = ["alice", "bob"].map((name) => ({ name, keys: [readFileSync(`${name}.pub`, "utf8").trim()], sudo: name === "alice" }));
  const { hosts, backup, alerts } = complete();
  const keys = Object.entries({ ...smallest(), hosts, backup, alerts, people }).map(([key, value]): [string, unknown] => [
    `phiward:${key}`,
    value,
  ]);
  writeFileSync("Pulumi.prod.yaml", stringify({ config: Object.fromEntries(keys) }));
  writeFileSync("ssh", `#!/bin/sh\necho "$*" >asked\ncat >sent\n${answer}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", `${directory}:${process.env["PATH"] ?? ""}`);
}

describe("the vault's copy", () => {
  it("gets the whole record with the new line, by the login of who signed it", async () => {
    withVault(`echo '{"new": 1}'`);
    expect(await attest("access-reviewed")).toMatchObject({ code: 0 });
    expect(readFileSync("sent", "utf8")).toBe(readFileSync(RECORD, "utf8"));
    expect(readFileSync("asked", "utf8")).toMatch(/ -l alice .* store\.example\.org exec sudo -n .*phiward\.pyz duties keep$/m);
    expect(await phiward("duties", "--send", "--as", "alice")).toMatchObject({
      said: expect.stringContaining("store has the record; 1 of its lines were new there") as string,
    });
  });

  it("that refuses a record leaves it as it was", async () => {
    withVault("echo 'phiward: found a record that does not go on from the 2 lines which the vault keeps' >&2; exit 1");
    const refused = { code: 1, said: expect.stringMatching(/^store: found a record that does not go on from the 2 lines/) as string };
    expect(await attest("access-reviewed")).toEqual(refused);
    expect(existsSync(RECORD)).toBe(false);
  });

  it.each([
    ["echo 'no route to host' >&2; exit 255", "no route to host"],
    ["echo 'phiward: usage: phiward.pyz PROGRAM' >&2; exit 2", "usage: phiward.pyz PROGRAM"],
    ["echo hello", "another answer than of the program of duties"],
  ])("that is not reached lacks a line, which is in the file (%s)", async (answer, why) => {
    withVault(answer);
    const { code, said } = await attest("access-reviewed");
    expect(code).toBe(0);
    expect(said).toMatch(/store does not have it yet \(.*\): the next attest by someone with sudo sends it, or npx phiward duties --send/);
    expect(said).toContain(why);
    expect(readFileSync(RECORD, "utf8")).toContain("access-reviewed");
    expect(await phiward("duties", "--send", "--as", "alice")).toMatchObject({ code: 2 });
  });

  it("is not asked by who has no sudo there", async () => {
    withVault("exit 1");
    const { code, said } = await phiward("attest", "training-held", "--note", NOTE, "--key", "bob");
    expect([code, said]).toEqual([0, expect.stringContaining("store does not have it yet (bob has no sudo there)") as string]);
    expect(existsSync("sent")).toBe(false);
    expect(await phiward("duties", "--send", "--as", "bob")).toMatchObject({
      code: 2,
      said: expect.stringContaining("--as: found bob") as string,
    });
  });

  it("is in no stack without a vault", async () => {
    expect(await phiward("duties", "--send", "--as", "alice")).toMatchObject({
      code: 2,
      said: expect.stringContaining("--send: found no vault in the stack") as string,
    });
  });
});

describe("phiward attest", () => {
  it("adds a signed line, which duties shows with its person and next day", async () => {
    vi.useFakeTimers({ now: new Date("2026-11-28T09:00:00Z"), toFake: ["Date"] });
    expect(await attest("access-reviewed", "--on", "2026-11-20")).toEqual({
      code: 0,
      said: expect.stringMatching(
        /^access-reviewed: attested by alice for 2026-11-20, again by 2027-02-20\n.*duties\.prod\.jsonl: commit it\n$/,
      ) as string,
    });
    const { code, said } = await phiward("duties");
    expect(code).toBe(1);
    expect(said).toMatch(/^ {2}done +access-reviewed +each quarter +by 2027-02-20 +2026-11-20 alice: All accounts and keys compared/m);
    expect(said).toMatch(/^! overdue +training-held +each quarter +never done/m);
    expect(said).toMatch(/^ {2}timer +backup-made +each day +phiward-backup\.timer; check backup-recent$/m);
    expect(said).toMatch(/^19 overdue, 0 due, 1 done; /m);
  });

  it("is nothing that is overdue once all are done", async () => {
    const duties = JSON.parse((await phiward("duties", "--json")).said) as { readonly duties: readonly { readonly duty: string }[] };
    for (const { duty } of duties.duties) expect((await attest(duty)).code).toBe(0);
    expect((await phiward("duties")).code).toBe(0);
  });

  it.each([
    [["walk"], 2, /^DUTY: found another word, allowed: records-read, /],
    [["backup-made"], 2, /^DUTY: found backup-made, which a timer or a command does, allowed: /],
    [["access-reviewed", "--note", "done"], 2, /^--note: found 4 characters .*, allowed: 20 to 1000 on one line/],
    [["access-reviewed", "--on", "2199-01-01"], 2, /^--on: found 2199-01-01, a day to come, allowed: until /],
    [["access-reviewed", "--on", "2001-01-01"], 2, /^--on: found 2001-01-01, allowed: from /],
    [["access-reviewed", "--on", "2026-02-30"], 2, /^--on: found another text, allowed: a day/],
    [["access-reviewed", "--key", "mallory"], 2, /^--key: found no key of a person of the stack in mallory, allowed: /],
    [["access-reviewed", "--as", "bob"], 2, /^--key: found no key of bob in alice, allowed: /],
  ])("refuses %j", async ([duty = "", ...more], code, words) => {
    const outcome = await attest(duty, ...more);
    expect(outcome).toEqual({ code, said: expect.stringMatching(words) as string });
    expect((await phiward("duties")).said).toContain("20 overdue");
  });

  it("adds nothing to a record with a changed line, and duties shows nothing of it", async () => {
    await attest("access-reviewed");
    writeFileSync(RECORD, readFileSync(RECORD, "utf8").replace("access-reviewed", "training-held"));
    for (const outcome of [await attest("keys-rotated"), await phiward("duties")])
      expect(outcome).toEqual({
        code: 3,
        said: expect.stringMatching(/duties\.prod\.jsonl:1: found a signature that is not by alice/) as string,
      });
  });

  it("counts the lines of people who left, once someone stands by them", async () => {
    await phiward("attest", "training-held", "--note", NOTE, "--key", "bob");
    declare("alice");
    expect((await phiward("duties")).said).toMatch(
      /of bob, are by keys that people in the stack's file do not declare[^]*^! overdue +training-held/m,
    );
    const refused = await attest("keys-rotated");
    expect(refused).toEqual({
      code: 1,
      said: expect.stringMatching(/^--former: found last lines of the record by keys of bob/) as string,
    });
    expect((await attest("keys-rotated", "--former", "bob")).code).toBe(0);
    expect((await phiward("duties")).said).toMatch(/^ {2}done +training-held/m);
  });

  it("refuses a line that was cut", async () => {
    await attest("access-reviewed");
    appendFileSync(RECORD, '{"attested":');
    expect((await phiward("duties")).said).toMatch(/duties\.prod\.jsonl:2: found a line without its end, allowed: .*take out the last one/);
  });
});
