/** `phiward subject` on a stack's own directory: what it asks the host, by whose login, and what it says of the answer. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { runCli } from "../../../../ops/cli";
import { listText, referenceOf } from "../../../../ops/commands/subject";
import { outputOf, runSync } from "../../../../ops/lib/process";
import { complete } from "../../components/examples";

const ENTRY = "0123456789abcdef".repeat(4);
const ARMOUR = "-----BEGIN AGE ENCRYPTED FILE-----\\nx\\n";
const WHY = "their letter of 3 May, request 12";

let directory = "";
let before = "";
beforeEach(() => {
  before = process.cwd();
  directory = mkdtempSync(join(tmpdir(), "phiward-subject-cli-"));
  process.chdir(directory);
  outputOf(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", "alice"]);
  const people = [{ name: "alice", keys: [readFileSync("alice.pub", "utf8").trim()], sudo: true }];
  declare({ ...complete(), people });
});
afterEach(() => {
  vi.unstubAllEnvs();
  process.chdir(before);
  rmSync(directory, { recursive: true, force: true });
});

function declare(config: Readonly<Record<string, unknown>>): void {
  const keys = Object.entries(config).map(([key, value]): [string, unknown] => [`phiward:${key}`, value]);
  writeFileSync("Pulumi.prod.yaml", stringify({ config: Object.fromEntries(keys) }));
}

/** What the command says of a host that answers so, by a stand-in of ssh. */
async function subject(answer: string, ...words: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
  writeFileSync("ssh", `#!/bin/sh\necho "$*" >asked\ncat >sent\n${answer}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", `${directory}:${process.env["PATH"] ?? ""}`);
  let said = "";
  for (const stream of [process.stdout, process.stderr] as const)
    vi.spyOn(stream, "write").mockImplementation((text) => {
      said += String(text);
      return true;
    });
  const code = await runCli(["subject", ...words, "--as", "alice"]);
  vi.restoreAllMocks();
  return { code, said };
}

const says = (value: unknown): string => `cat <<'END'\n${JSON.stringify(value)}\nEND`;

describe("phiward subject", () => {
  it("sends the reference on standard input, where no list of processes has it, by the person's own login", async () => {
    const { code, said } = await subject(says({ entry: ENTRY, due: 1_800_000_000 }), "request", "4711");
    expect([code, said]).toEqual([0, expect.stringContaining("the request is on record as 0123456789abcdef; answer it until 2027-01-15")]);
    expect(readFileSync("asked", "utf8")).toMatch(/-l alice .* sudo -n .*phiward\.pyz subjects request$/m);
    expect(readFileSync("asked", "utf8")).not.toContain("4711");
    expect(JSON.parse(readFileSync("sent", "utf8"))).toMatchObject({ ref: "4711" });
  });

  it("writes what the host encrypted to a new file, and over none", async () => {
    const answer = `printf '%s' '{"entry": "${ENTRY}", "rows": {"api: public.notes": 2}, "sealed": "${ARMOUR}"}'`;
    const words = ["export", "4711", "--recipient", "age1x", "--out", "data.age"];
    expect(await subject(answer, ...words)).toMatchObject({
      code: 0,
      said: expect.stringContaining("api: public.notes: 2 rows") as string,
    });
    expect(readFileSync("data.age", "utf8")).toMatch(/^-----BEGIN AGE/);
    expect(await subject(answer, ...words)).not.toMatchObject({ code: 0 });
    expect(await subject(says({ entry: ENTRY, rows: {}, sealed: "plain" }), ...words.slice(0, -1), "b.age")).toMatchObject({ code: 2 });
    expect(existsSync("b.age")).toBe(false);
  });

  it("signs a certificate that anyone can check, and writes none of what was not done", async () => {
    const refused = "echo 'phiward: found rows that the hold case of anna keeps' >&2; exit 1";
    const words = ["erase", "4711", "--why", WHY, "--key", "alice", "--out", "certificate.json"];
    expect(await subject(refused, ...words)).toMatchObject({ code: 1, said: expect.stringContaining("the hold case of anna") as string });
    expect(existsSync("certificate.json")).toBe(false);
    const files = { "api/uploads: scans/{ref}/": 3 };
    const done = says({ entry: ENTRY, at: 1_800_000_000, rows: { "api: public.notes": 2 }, files, linked: 1 });
    expect(await subject(done, ...words)).toMatchObject({
      code: 0,
      said: expect.stringMatching(/scans\/{ref}\/: 3 files\n! of 1 of these files the data has another name/) as string,
    });
    const { certificate, signature } = JSON.parse(readFileSync("certificate.json", "utf8")) as Record<string, string>;
    expect(JSON.parse(certificate ?? "")).toMatchObject({ erased: ENTRY, by: "alice", why: WHY, rows: { "api: public.notes": 2 }, files });
    writeFileSync("text.sig", signature ?? "");
    writeFileSync("signers", `alice ${readFileSync("alice.pub", "utf8")}`);
    const verify = ["ssh-keygen", "-Y", "verify", "-f", "signers", "-I", "alice", "-n", "phiward-erasure", "-s", "text.sig"] as const;
    expect(runSync(verify, { input: certificate ?? "" }).status).toBe(0);
  });

  it("says in which databases persons may be back, and why they are there still", async () => {
    const left = { rows: { notes: 3 }, left: { api: "code 23503" } };
    const { code, said } = await subject(says(left), "again");
    expect([code, said]).toEqual([
      1,
      expect.stringMatching(/3 rows of erased persons ended in the database notes\n! .*api they may be there still: code 23503/),
    ]);
    expect(await subject(says({ rows: {}, left: {} }), "again")).toMatchObject({
      code: 0,
      said: expect.stringContaining("no database and no volume was restored without its erasures") as string,
    });
    const inVolumes = { rows: {}, files: { "api/uploads": 2 }, left: { "api/scans": "it is none" } };
    expect(await subject(says(inVolumes), "again")).toMatchObject({
      code: 1,
      said: expect.stringMatching(
        /2 files of erased persons ended in the volume api\/uploads\n! .*in the volume api\/scans they/,
      ) as string,
    });
    const listed = { requests: [], begun: 0, erased: 1, returned: ["api"] };
    expect(await subject(says(listed), "list")).toMatchObject({
      code: 1,
      said: expect.stringContaining("may be back in the database api") as string,
    });
  });

  it("lists requests by their entries, with the day of their answer", () => {
    const requests = [{ entry: ENTRY, asked: 1_700_000_000, due: 1_702_592_000 }];
    expect(listText("web", { requests, begun: 1, erased: 2, returned: [] })).toBe(
      [
        "web: 2 persons were erased; requests that wait, by their entries",
        "  0123456789abcdef of 2023-11-14, to be answered until 2023-12-14",
        "! 1 erasures were begun and not finished; do them again",
      ].join("\n"),
    );
  });

  it("takes the reference from standard input for -, and refuses one of no or too many characters", () => {
    expect(referenceOf("-", () => "4711\nmore")).toBe("4711");
    for (const text of ["", "x".repeat(201)]) expect(() => referenceOf(text)).toThrow("REF: found another text");
  });

  it("asks nobody where the stack's file declares no places", async () => {
    declare({
      ...complete(),
      subjects: undefined,
      people: [{ name: "alice", keys: [readFileSync("alice.pub", "utf8").trim()], sudo: true }],
    });
    expect(await subject("exit 1", "list")).toMatchObject({ code: 3, said: expect.stringContaining("subjects: found nothing") as string });
    expect(existsSync("asked")).toBe(false);
  });
});
