/** The command: what it reads and refuses, and what it leaves. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { membersOf } from "../../../../../components/config/unknown";
import { runCli } from "../../../../../ops/cli";
import { outputOf, runSync } from "../../../../../ops/lib/process";
import { complete } from "../../../components/examples";
import { checksOf, policy, result, verify } from "./records";

let directory = "";
let before = "";
beforeEach(() => {
  before = process.cwd();
  directory = mkdtempSync(join(tmpdir(), "phiward-evidence-"));
  process.chdir(directory);
  const keys = Object.entries(complete()).map(([key, value]): [string, unknown] => [`phiward:${key}`, value]);
  writeFileSync("Pulumi.prod.yaml", stringify({ config: Object.fromEntries(keys) }));
  outputOf(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "key"]);
  const [{ id }] = checksOf("SSH-02");
  const date = new Date(Date.now() - 26 * 3_600_000).toISOString();
  // As the commands print them: with what was found, expected and seen.
  const refused = { ...result("CLD-01", { outcome: "fail", finding: { at: "acl" } }, "bucket") };
  const finding = { at: "acl", found: "hunter2", allowed: "private" };
  save("policy.json", { ...policy(), date, results: [...policy().results, { ...refused, finding }] });
  const found = verify((_, check) => (check === id ? { status: "fail" } : {}), date);
  const seen = (one: object) => ({ unit: "ssh", ...one, expected: { kind: "equals", text: "hunter2" }, seen: "hunter2" });
  save("verify.json", { ...found, hosts: found.hosts.map(({ host, results }) => ({ host, results: results.map(seen) })) });
});
afterEach(() => {
  vi.restoreAllMocks();
  process.chdir(before);
  rmSync(directory, { recursive: true, force: true });
});

function save(name: string, value: unknown): void {
  writeFileSync(name, JSON.stringify(value));
}

/** Runs the command with files of both records, unless `options` say otherwise. */
async function run(options: Readonly<Record<string, string>> = {}) {
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      said[name] += String(text);
      return true;
    });
  const all = { policy: "policy.json", verify: "verify.json", key: "key", output: "out", ...options };
  const code = await runCli(["evidence-report", ...Object.entries(all).flatMap(([name, value]) => [`--${name}`, value])]);
  vi.restoreAllMocks();
  return { code, ...said };
}

describe("a report", () => {
  it("is a directory for its owner alone, whose signature an auditor verifies by what the command says", async () => {
    const { code, stdout } = await run();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^prod: 1 failed on a host, 1 refused before deploy, /);
    expect(readdirSync("out").sort()).toEqual([
      "SHA256SUMS",
      "SHA256SUMS.sig",
      "assessment-results.json",
      "evidence.html",
      "evidence.json",
    ]);
    expect(statSync("out").mode & 0o077).toBe(0);
    const key = readFileSync("key.pub", "utf8").split(" ").slice(0, 2).join(" ");
    expect(stdout).toContain(`signed by ${key}\n`);
    const command = /verified in that directory by: (.*)/.exec(stdout)?.[1] ?? "";
    writeFileSync("out/allowed", `alice ${key}\n`);
    const shell = command.replace("ALLOWED_SIGNERS", "allowed").replace("NAME", "alice");
    const { status, stdout: answer } = runSync(["sh", "-c", shell], { cwd: "out" });
    expect(answer).toContain('Good "phiward-evidence" signature for alice');
    expect(status).toBe(0);
  });

  it("repeats nothing of what was found, expected or seen", async () => {
    await run();
    for (const name of readdirSync("out")) expect(readFileSync(join("out", name), "utf8")).not.toContain("hunter2");
  });

  it("names the files that it was made of by their hashes, and their age", async () => {
    await run();
    const { policy: judged, verify: found } = membersOf(JSON.parse(readFileSync("out/evidence.json", "utf8")));
    for (const [name, origin] of [
      ["policy.json", judged],
      ["verify.json", found],
    ] as const)
      expect(origin).toMatchObject({ sha256: outputOf(["sha256sum", name]).split(" ")[0], ageDays: 1, outdated: false });
  });

  it("counts records for as long as it is asked to", async () => {
    const { stdout } = await run({ "max-age": "1" });
    expect(stdout).toMatch(/^prod: 1 failed on a host, 1 refused before deploy, \d+ shown too long ago, /);
  });
});

describe("what the command refuses", () => {
  it.each([
    [
      "a record that is not there",
      { verify: "missing.json" },
      "--verify: cannot read missing.json, allowed: what npx phiward verify --stack prod --json printed",
    ],
    [
      "a file that is no record",
      { policy: "key.pub" },
      "--policy: found no such record (no JSON object) in key.pub, allowed: what npx phiward policy",
    ],
    ["one record for the other", { verify: "policy.json" }, "--verify: found no such record (programs) in policy.json"],
    ["a key that is not there", { key: "missing" }, "--key: found no file missing"],
    ["a directory with files", { output: "." }, "--output: found files in ., allowed: a new or empty directory"],
    ["a directory in none", { output: "none/out" }, "--output: found no directory none, allowed: "],
    ["an age that is no number", { "max-age": "1e9" }, "--max-age: found another text, allowed: days from 1 to 366"],
  ] as const)("is %s", async (_, options, words) => {
    const { code, stdout, stderr } = await run(options);
    expect(stderr).toContain(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(existsSync("out")).toBe(false);
    expect(readdirSync(".").filter((name) => name.startsWith("."))).toEqual([]);
  });

  it.each([
    ["another stack's record", { stack: "staging" }, "--verify: found the record of another stack in other.json"],
    [
      "a record of tomorrow",
      { date: new Date(Date.now() + 86_400_000).toISOString() },
      "--verify: found a date that is yet to come in other.json",
    ],
    ["a record whose date is no date", { date: "yesterday" }, "--verify: found no such record (date) in other.json"],
    ["a record with an unknown answer", { hosts: [{ host: "web", results: [{ id: "x", status: "ok" }] }] }, "(hosts.0.results.0.status)"],
  ])("is %s", async (_, changed, words) => {
    save("other.json", { ...membersOf(JSON.parse(readFileSync("verify.json", "utf8"))), ...changed });
    const { code, stderr } = await run({ verify: "other.json" });
    expect(stderr).toContain(words);
    expect(code).toBe(2);
  });

  it("is a directory that got files meanwhile: they stay", async () => {
    mkdirSync("out");
    expect((await run()).code).toBe(0);
    const first = readFileSync("out/SHA256SUMS", "utf8");
    expect((await run()).stderr).toContain("--output: found files in out");
    expect(readFileSync("out/SHA256SUMS", "utf8")).toBe(first);
  });
});
