/** `phiward incident` on a stack's own directory, with keys of the real ssh-keygen: a record that cannot be changed in silence. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { runCli } from "../../../../ops/cli";
import { outputOf } from "../../../../ops/lib/process";
import { complete, smallest } from "../../components/examples";

const RECORD = "incidents.prod.jsonl";

async function phiward(...args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
  let said = "";
  for (const stream of [process.stdout, process.stderr] as const)
    vi.spyOn(stream, "write").mockImplementation((text) => {
      said += String(text);
      return true;
    });
  const code = await runCli(["incident", ...args]);
  vi.restoreAllMocks();
  return { code, said };
}

let directory = "";
let before = "";
beforeEach(() => {
  before = process.cwd();
  directory = mkdtempSync(join(tmpdir(), "phiward-incident-cli-"));
  process.chdir(directory);
  for (const name of ["alice", "bob", "mallory"]) outputOf(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", name]);
  declare("alice", "bob");
});
afterEach(() => {
  process.chdir(before);
  rmSync(directory, { recursive: true, force: true });
});

function declare(...names: readonly string[]): void {
  const people = names.map((name) => ({ name, keys: [readFileSync(`${name}.pub`, "utf8").trim()], sudo: true }));
  const { incidents } = complete();
  const keys = Object.entries({ ...smallest(), people, incidents }).map(([key, value]): [string, unknown] => [`phiward:${key}`, value]);
  writeFileSync("Pulumi.prod.yaml", stringify({ config: Object.fromEntries(keys) }));
}

const open = (...more: readonly string[]) =>
  phiward("open", "--class", "P1", "--what", "Files of web are encrypted", "--key", "alice", ...more);
const note = (...more: readonly string[]) => phiward("note", "1", "--note", "web is isolated, evidence is taken", "--key", "bob", ...more);
const lines = (): readonly string[] => readFileSync(RECORD, "utf8").trimEnd().split("\n");

describe("phiward incident", () => {
  it("opens, notes, closes, exports, and verifies what it exported", async () => {
    const opened = await open("--host", "web", "--since", "2026-11-28T22:00+01:00");
    expect(opened.code).toBe(0);
    expect(opened.said).toContain("the stack has no vault: the record is");
    expect(opened.said).toContain("technical, security: Alice Adams, +49 30 5550101, alice@example.org");
    expect(opened.said).toContain("authority    GDPR 33");
    const early = await phiward("close", "1", "--cause", "a stolen key", "--review", "keys on hardware", "--key", "alice");
    expect([early.code, early.said]).toEqual([
      1,
      expect.stringContaining("clocks that run: acknowledge, contain, authority, persons") as string,
    ]);
    expect((await note("--done", "acknowledge,contain", "--fact", "nature=files were read", "--persons", "20")).code).toBe(0);
    expect(
      (await note("--not-needed", "authority,persons", "--action", "keys on hardware", "--owner", "anna", "--until", "2099-01-31")).code,
    ).toBe(0);
    const closed = await phiward("close", "1", "--cause", "a stolen key", "--review", "keys on hardware", "--key", "alice");
    expect([closed.code, closed.said]).toEqual([0, expect.stringContaining("1 of its actions are open") as string]);
    const shown = await phiward("show", "1");
    expect(shown.said).toContain("1 open until 2099-01-31, anna: keys on hardware");
    expect((await phiward("draft", "1", "--to", "authority")).said).toContain("files were read");
    const made = await phiward("export", "1", "--key", "alice", "--output", "one.tar");
    expect([made.code, made.said]).toEqual([1, expect.stringContaining("missing: the hosts' record of its time") as string]);
    const verified = await phiward("verify", "one.tar");
    expect([verified.code, verified.said]).toEqual([
      0,
      expect.stringContaining("incident 1, 4 entries signed by alice, bob, none changed or missing from between") as string,
    ]);
    // Elsewhere, by keys that came another way.
    const key = (name: string): string => `${name} ${readFileSync(`${name}.pub`, "utf8").trim()}\n`;
    writeFileSync("signers", key("alice") + key("bob"));
    expect((await phiward("verify", "one.tar", "--signers", "signers")).code).toBe(0);
    writeFileSync("signers", key("mallory"));
    expect((await phiward("verify", "one.tar", "--signers", "signers")).code).toBe(1);
    const changed = readFileSync("one.tar");
    changed[changed.indexOf("opened")] = 79;
    writeFileSync("one.tar", changed);
    expect((await phiward("verify", "one.tar")).code).toBe(1);
  });

  it("shows an entry that was changed, taken out or forged, and adds nothing to such a record", async () => {
    await open();
    await note();
    const [one = "", two = ""] = lines();
    for (const [text, words] of [
      [`${one.replace("encrypted", "untouched")}\n${two}\n`, ":1: found a signature that is not by alice"],
      [`${two}\n`, ":1: found an entry that does not follow the one before it"],
      [`${one}\n${one}\n`, ":2: found an entry that does not follow"],
      [`${one}\n${two}`, ":2: found a line without its end"],
      [`${one}\n{}\n`, ":2: found what is not a line of an incident"],
    ] as const) {
      writeFileSync(RECORD, text);
      const said = await note();
      expect([said.code, said.said]).toEqual([3, expect.stringContaining(words) as string]);
      expect(readFileSync(RECORD, "utf8")).toBe(text);
    }
  });

  it("takes no key that nobody declares, and no entry of one on its own word", async () => {
    expect((await open("--key", "mallory")).said).toContain("--key: found no key of a person of the stack");
    await open();
    await note();
    declare("alice");
    expect((await phiward("show", "1")).said).toContain("by a key that is not declared now");
    const refused = await phiward("note", "1", "--note", "a note after it", "--key", "alice");
    expect([refused.code, refused.said]).toEqual([1, expect.stringContaining("--former: found last entries by keys of bob") as string]);
    expect((await phiward("note", "1", "--note", "a note after it", "--key", "alice", "--former", "bob")).code).toBe(0);
  });

  it("refuses what it cannot say, with what is allowed", async () => {
    for (const [args, words] of [
      [["open", "--class", "P9", "--what", "something"], "--class: found another word, allowed: P1, P2, P3, P4"],
      [["open", "--class", "P1", "--what", "a\nb"], "--what: found"],
      [["open", "--class", "P1", "--what", "turned \u202e round"], "--what: found"],
      [["open", "--class", "P1", "--what", "something", "--host", "nowhere"], "--host: found another name, allowed: web"],
      [["open", "--class", "P1", "--what", "something", "--data", "some"], "--data: found another word"],
      [["open", "--class", "P1", "--what", "something", "--fact", "name=x"], "--fact: found another text"],
      [["note", "x", "--note", "something"], "N: found another text"],
      [["note", "5", "--note", "something"], "N: found 5, allowed: a number, once an incident was opened"],
      [["draft", "1", "--to", "everybody"], "--to: found another word"],
    ] as const) {
      const said = await phiward(...args, "--key", "alice");
      expect([said.code > 0, said.said]).toEqual([true, expect.stringContaining(words) as string]);
    }
    await open();
    for (const [args, words] of [
      [["--not-needed", "contain"], "--not-needed: found a response time"],
      [["--done", "lunch"], "--done: found another word"],
      [["--action", "x y z"], "--action: found a part of one"],
      [["--action-done", "1"], "--action-done: found another number, allowed: none, no action is open"],
      [["--at", "2199-01-01T00:00Z"], "--at: found a time to come"],
    ] as const)
      expect((await note(...args)).said).toContain(words);
    expect(lines().length).toBe(1);
    expect((await phiward("status")).code).toBe(0);
    expect((await phiward("list", "--json")).said).toContain('"number":1');
  });
});
