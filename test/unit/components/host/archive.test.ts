import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { member } from "../../../../components/config/unknown";
import { agentArchive, evidenceArchive, hostArchive, standInArchive } from "../../../../components/host/archive";
import { hostPlan } from "../../../../components/plan/hostPlan";
import { type HostProgram, hostArchiveFile } from "../../../../components/plan/programs";
import { envelope, FIRST_CONFIRM_COMMAND, ROOT_AGENT_COMMAND, shortEnvelope } from "../../../../components/plan/request";
import { EMPTY_PLAN } from "../../../../components/plan/types";
import { outputOf, runSync } from "../../../../ops/lib/process";

// The compiler holds this against the type, in both directions.
const PROGRAMS: Readonly<Record<HostProgram, true>> = {
  accounts: true,
  alerts: true,
  audit: true,
  backup: true,
  bans: true,
  "basic-auth": true,
  "break-glass": true,
  certificates: true,
  collector: true,
  "container-mounts": true,
  "container-users": true,
  deploy: true,
  detectors: true,
  duties: true,
  encryption: true,
  incidents: true,
  firewall: true,
  handover: true,
  images: true,
  initialize: true,
  integrity: true,
  isolation: true,
  jobs: true,
  journal: true,
  metrics: true,
  monitor: true,
  nginx: true,
  people: true,
  psql: true,
  phi: true,
  questions: true,
  records: true,
  redis: true,
  retention: true,
  scans: true,
  sealing: true,
  secrets: true,
  "service-data": true,
  sessions: true,
  "smoke-test": true,
  state: true,
  storage: true,
  subjects: true,
  vault: true,
  watch: true,
};

const directory = mkdtempSync(join(tmpdir(), "phiward-archive-"));
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

function written(name: string, archive: Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, archive);
  return path;
}

function namesIn(archive: Buffer): readonly string[] {
  const list = "import sys,zipfile;print(*zipfile.ZipFile(sys.argv[1]).namelist(),sep='\\n')";
  return outputOf(["python3", "-I", "-c", list, written("listed.pyz", archive)])
    .trim()
    .split("\n");
}

describe("the archives of host programs", () => {
  it("are the same bytes each time, and in every time zone", () => {
    expect(agentArchive().equals(agentArchive())).toBe(true);
    expect(hostArchive().equals(hostArchive())).toBe(true);
    const script = `process.stdout.write(require("./components/host/archive").hostArchive().toString("base64"))`;
    for (const TZ of ["Pacific/Auckland", "America/Los_Angeles"]) {
      const elsewhere = outputOf(["node", "-r", "ts-node/register/transpile-only", "-e", script], { env: { ...process.env, TZ } });
      expect(elsewhere).toBe(hostArchive().toString("base64"));
    }
  });

  it("hold modules alone, sorted; the agent's holds no program that is none of its own", () => {
    const host = namesIn(hostArchive());
    expect(host.every((name) => name === "__main__.py" || /^phiward_host\/[a-z_/]+\.py$/.test(name))).toBe(true);
    expect(host).toEqual([...host].sort());
    expect(host.some((name) => name.startsWith("phiward_host/backup/"))).toBe(true);
    const agent = namesIn(agentArchive());
    expect(agent.every((name) => /^(__main__|phiward_host\/(__init__|(agent|common)\/[a-z_]+))\.py$/.test(name))).toBe(true);
    expect(agent).toContain("phiward_host/agent/main.py");
  });

  it("take evidence with a program that no host holds", () => {
    expect(namesIn(hostArchive()).filter((name) => name.includes("/evidence/"))).toEqual([]);
    const sent = namesIn(evidenceArchive());
    expect(sent).toContain("phiward_host/evidence/main.py");
    expect(sent.every((name) => /^phiward_host\/(__init__|(agent|common|evidence|integrity)\/[a-z_]+)\.py$/.test(name))).toBe(true);
  });

  it("run as they are, and name the programs that plans know", () => {
    const host = runSync(["python3", "-I", written("phiward.pyz", hostArchive())]);
    const known = Object.keys(PROGRAMS).sort();
    expect([host.status, host.stderr.trim().split(" is one of ")[1]?.split(", ").sort()]).toEqual([2, known]);
    const agent = runSync(["python3", "-I", written("agent.pyz", agentArchive()), "dance"]);
    expect([agent.status, agent.stderr]).toEqual([
      1,
      "phiward: usage: agent.pyz confirm | rollback UNIT SHA256 | recover UNIT | recover --boot\n",
    ]);
  });
});

describe("the agent over standard input", () => {
  const { stdin, sha256 } = envelope({ mode: "verify", plans: [], generations: {}, strict: true });
  const ask = (input: string) => {
    const { status, stdout, stderr } = runSync(["sh", "-c", ROOT_AGENT_COMMAND], { input });
    return [status, stdout, stderr];
  };

  it("answers a request that is whole", () => {
    expect(ask(stdin)).toEqual([0, '{"results":[]}\n', ""]);
    expect(
      createHash("sha256")
        .update(stdin.slice(stdin.indexOf("\n") + 1))
        .digest("hex"),
    ).toBe(sha256);
  });

  it.each([
    ["nothing", ""],
    ["no number", stdin.replace(/^phiward \d+/, "phiward x")],
    ["another word first", stdin.replace("phiward ", "phiwarden ")],
    ["one byte less", stdin.slice(0, -1)],
    ["another hash", stdin.replace(sha256, "0".repeat(64))],
    ["another content", stdin.replace('"strict":true', '"strict":null')],
  ])("refuses a request that arrived incomplete: %s", (_, input) => {
    expect(ask(input)).toEqual([1, "", "phiward: the request arrived incomplete; nothing was done\n"]);
  });

  it("refuses what is more than the request, and what it does not know", () => {
    expect(ask(`${stdin}x`)).toEqual([1, "", "phiward: more arrived than the request; nothing was done\n"]);
    const body = stdin.slice(stdin.indexOf("\n") + 1).replace('"mode":"verify"', '"mode":"dance"');
    const head = `phiward ${String(Buffer.byteLength(body))} ${createHash("sha256").update(body).digest("hex")}\n`;
    expect(ask(head + body)).toEqual([1, "", "phiward: mode dance is unknown to this agent\n"]);
  });
});

describe("what stands in for the agent", () => {
  const verify = { mode: "verify", plans: [], generations: {}, strict: true } as const;
  // As a host has it, but for its place.
  const ask = (agent: string, input: string, digest = "0".repeat(64)) => {
    const body = input.slice(input.indexOf("\n") + 1);
    const archive = written("stand-in.pyz", Buffer.from(String(member(JSON.parse(body), "agent")), "base64"));
    const program = [
      "import sys",
      `sys.path.insert(0,${JSON.stringify(archive)})`,
      "from phiward_host.agent import main",
      `main.AGENT=${JSON.stringify(agent)}`,
      `sys.exit(main.answer_request(sys.argv[1].encode(),${JSON.stringify(digest)}))`,
    ].join(";");
    const { status, stdout, stderr } = runSync(["python3", "-I", "-c", program, body], { input: "" });
    return [status, stdout, stderr];
  };
  const lacks = "phiward: this host lacks the agent of the deploy; nothing was done. Run npx phiward up, which brings it\n";

  it("runs the agent that the host holds, and asks checks by no other than this version's", () => {
    const agent = written("agent.pyz", agentArchive());
    expect(ask(agent, shortEnvelope(verify).stdin)).toEqual([0, '{"results":[]}\n', ""]);
    expect(ask(written("other.pyz", hostArchive()), shortEnvelope(verify).stdin)).toEqual([1, "", lacks]);
  });

  it("says what to do where the host has none", () => {
    expect(ask(join(directory, "none.pyz"), shortEnvelope(verify).stdin)).toEqual([1, "", lacks]);
  });

  it("is the same in every request that applies a plan, whatever the version of the agent", () => {
    expect(createHash("sha256").update(standInArchive()).digest("hex")).toBe(
      "0d69bebaf2aeb0a52fc87b6279458cb110f39071297ab5bad93c89547009c2ce",
    );
    const plan = hostPlan("trial", null, { ...EMPTY_PLAN, files: [hostArchiveFile()] });
    const { stdin } = shortEnvelope({ mode: "apply", plan, secrets: {} });
    expect(stdin.length).toBeLessThan(2500);
    expect(stdin).toContain('"mode":"apply","plan":{"unit":"trial"}');
    for (const archive of [agentArchive(), hostArchive()]) {
      expect(stdin).not.toContain(archive.toString("base64").slice(0, 200));
      expect(stdin).not.toContain(createHash("sha256").update(agentArchive()).digest("hex"));
    }
  });
});

describe("the confirmation of a machine's first unit", () => {
  it.each([
    [["agent.pyz"], "agent.pyz U H"],
    [["agent.py"], "agent.py U H"],
    [["agent.py", "agent.pyz"], "agent.pyz U H"],
  ])("runs the newest agent that is there: %j", (names, answer) => {
    const base = mkdtempSync(join(directory, "base-"));
    for (const name of names)
      writeFileSync(join(base, name), "import os,sys; print(os.path.basename(sys.argv[0]),sys.stdin.read(),sep=' ')\n");
    const command = FIRST_CONFIRM_COMMAND.replace("sudo -n ", "").replaceAll("/var/lib/phiward", base);
    expect(runSync(["sh", "-c", command], { input: "U H" }).stdout.trim()).toBe(answer);
  });
});
