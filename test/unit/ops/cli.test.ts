import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { runCli } from "../../../ops/cli";
import { FORMATS } from "../../../ops/lib/formats/written";
import { smallest } from "../components/examples";

const VERBS = [
  ...["import", "adopt", "preview", "up", "verify", "policy", "evidence-report", "release", "duties", "attest"],
  ...[
    "backup",
    "restore",
    "retention",
    "status",
    "shell",
    "logs",
    "unban",
    "silence",
    "acknowledge",
    "psql",
    "drift",
    "accept",
    "vulnerabilities",
  ],
  ...["backup", "restore", "status", "shell", "logs", "unban", "silence", "acknowledge", "psql", "drift", "accept", "vulnerabilities"],
  "secrets",
];

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The smallest configuration that the policies accept. */
function passing(): Record<string, unknown> {
  const contact = { name: "Alice", roles: ["technical", "security", "privacy", "legal"], mail: "alice@example.org" };
  return { ...smallest(), incidents: { contacts: [contact] } };
}

/** Runs a command line in this process and catches what it prints. */
async function phiward(...args: readonly string[]): Promise<Outcome> {
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      said[name] += String(text);
      return true;
    });
  const code = await runCli(args);
  vi.restoreAllMocks();
  return { code, ...said };
}

let directory = "";
let before = "";
beforeEach(() => {
  before = process.cwd();
  directory = mkdtempSync(join(tmpdir(), "phiward-cli-"));
  process.chdir(directory);
});
afterEach(() => {
  process.chdir(before);
  rmSync(directory, { recursive: true, force: true });
});

function stack(name: string, config: Readonly<Record<string, unknown>>): void {
  const keys = Object.entries(config).map(([key, value]): [string, unknown] => [`phiward:${key}`, value]);
  writeFileSync(`Pulumi.${name}.yaml`, stringify({ config: Object.fromEntries(keys) }));
}

// These are about a stack that is not there yet.
const FIRST_VERBS = ["init"];

describe("the command line", () => {
  it("lists every verb and the exit codes, also when it is given nothing", async () => {
    for (const args of [[], ["help"], ["--help"]]) {
      const { code, stdout } = await phiward(...args);
      expect(code).toBe(0);
      for (const verb of [...FIRST_VERBS, ...VERBS]) expect(stdout).toMatch(new RegExp(`^  ${verb} `, "m"));
      expect(stdout).toMatch(/1 {2}refused or failed[^]*2 {2}could not run[^]*3 {2}a fault in the stack's configuration/);
    }
  });

  it.each(VERBS)("shows an example of %s that it understands itself", async (verb) => {
    const { code, stdout } = await phiward(verb, "--help");
    expect(code).toBe(0);
    const example = new RegExp(`\\n {2}npx phiward (${verb} .*)\\n`).exec(stdout)?.[1] ?? "";
    expect(stdout).toContain("--stack <name>");
    const words = [...example.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
    // There is no such stack here: only what was understood comes so far.
    const tried = await phiward(...words);
    expect(tried.stderr).toMatch(/^Pulumi\.prod\.yaml: found no such file/);
    expect(tried.code).toBe(3);
  });

  it.each(["export", "verify-export"])(
    "shows an example of audit %s that it understands itself, options that audit has too among them",
    async (verb) => {
      const { stdout } = await phiward("audit", verb, "--help");
      const example = new RegExp(`\\n {2}npx phiward (audit ${verb} .*)\\n`).exec(stdout)?.[1] ?? "";
      const { code, stderr } = await phiward(...example.split(" "));
      // There are neither such keys nor such a stack here: only what was understood comes so far.
      expect(stderr).toMatch(verb === "export" ? /^Pulumi\.prod\.yaml: found no such file/ : /^--signers: found no such file/);
      expect(code).toBe(verb === "export" ? 3 : 2);
    },
  );

  it.each([
    ["a mistyped verb", ["verfy"], "error: unknown command 'verfy'\n(Did you mean verify?)"],
    ["a mistyped option", ["verify", "--stak", "prod"], "error: unknown option '--stak'\n(Did you mean --stack?)"],
    ["an option without its value", ["verify", "--stack"], "error: option '--stack <name>' argument missing"],
    ["a missing host", ["backup"], "error: required option '--host <name>' not specified"],
    ["a missing reason", ["psql", "api"], "error: required option '--why <reason>' not specified"],
    ["an unknown repository", ["restore", "--host=a", "--what=all", "--why=b", "--from=x"], "Allowed choices are local, offsite"],
    [
      "an unknown format",
      ["policy", "--stack=prod", "--format=pdf"],
      "Allowed choices are text, json, sarif, junit, markdown, github, oscal",
    ],
    ["an unknown severity", ["policy", "--stack=prod", "--fail-on=worst"], "Allowed choices are low, medium, high, critical, unknown"],
    [
      "two formats",
      ["policy", "--stack=prod", "--format=sarif", "--json"],
      "option '--format <format>' cannot be used with option '--json'",
    ],
    ["a word too many", ["verify", "prod"], "too many arguments for 'verify'"],
  ])("could not run with %s, and says so without a stack trace", async (_, args, words) => {
    const { code, stdout, stderr } = await phiward(...args);
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("deploys no sandbox", async () => {
    const { code, stderr } = await phiward("up", "--stack", "sandbox");
    expect(stderr).toBe("--stack: found sandbox, allowed: a stack of your own; make sandbox deploys the sandbox\n");
    expect(code).toBe(2);
  });
});

describe("the sandbox's stack, once Pulumi's engine has deployed it", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it("is previewed in its own project, with its file as it is now and the salt that Pulumi keeps there", async () => {
    const home = join(directory, "sandboxes/sandbox");
    const [project, bin, file] = ["project", "bin", "Pulumi.sandbox.yaml"].map((name) => join(home, name));
    for (const made of [project, bin]) mkdirSync(String(made), { recursive: true });
    stack("sandbox", passing());
    renameSync("Pulumi.sandbox.yaml", String(file));
    writeFileSync(join(String(project), "Pulumi.sandbox.yaml"), "config: {}\nencryptionsalt: v1:abc\n");
    const pulumi = { project, backend: "file:///state", passphrase: "sandbox" };
    writeFileSync(join(home, "stack.json"), JSON.stringify({ file, identity: "/none", pulumi }));
    writeFileSync(
      join(String(bin), "pulumi"),
      `#!/bin/sh\n[ "$1" = version ] && echo v3.259.0 || echo "$PULUMI_BACKEND_URL $PWD $*" >${join(home, "called")}\n`,
      { mode: 0o755 },
    );
    for (const [name, value] of [
      ["PHIWARD_CACHE", directory],
      ["SANDBOX", "sandbox"],
      ["PATH", `${String(bin)}:${String(process.env["PATH"])}`],
      ["PULUMI_BACKEND_URL", ""],
      ["PULUMI_CONFIG_PASSPHRASE", ""],
    ] as const)
      vi.stubEnv(name, value);
    expect((await phiward("preview", "--stack", "sandbox")).code).toBe(0);
    expect(readFileSync(join(home, "called"), "utf8")).toMatch(
      new RegExp(`^file:///state ${String(project)} preview .*--policy-pack policies\\/pack.cjs --stack sandbox`),
    );
    const given = readFileSync(join(String(project), "Pulumi.sandbox.yaml"), "utf8");
    expect(given).toBe(`${readFileSync(String(file), "utf8")}encryptionsalt: v1:abc\n`);
  });
});

describe("a deploy without a terminal", () => {
  it("needs --yes, and says so before it looks for Pulumi", async () => {
    stack("good", passing());
    const { code, stderr } = await phiward("up", "--stack", "good");
    expect(stderr).toMatch(/^--yes: found neither it nor a terminal to ask at, allowed: up --yes/);
    expect(code).toBe(2);
  });
});

describe("a key that cannot be used", () => {
  it.each([
    ["verify"],
    ["up"],
    ["adopt", "--host", "web"],
    ["status"],
    ["logs", "ssh"],
    ["backup", "--host", "web"],
    ["restore", "--host", "web", "--what", "all", "--why", "a drill"],
    ["release", "--host", "web", "--confirm", "web"],
  ])("stops %s before anything is dialled", async (...verb) => {
    stack("good", passing());
    const { code, stderr } = await phiward(...verb, "--stack", "good", "--key", "missing");
    expect(stderr).toMatch(/^--key: found no file missing, allowed: /);
    expect(code).toBe(2);
  });

  it("stops a restore where it is the recovery key", async () => {
    stack("good", passing());
    const words = ["--host", "web", "--what", "all", "--why", "a drill", "--recovery-key", "missing"];
    const { code, stderr } = await phiward("restore", "--stack", "good", ...words);
    expect(stderr).toMatch(/^--recovery-key: cannot read missing, allowed: /);
    expect(code).toBe(2);
  });
});

describe("a report of the policies", () => {
  const SECRET = "hunter2-Zq8wTr";

  it("is written to a file whole, and its last line printed", async () => {
    stack("weak", { ...passing(), bans: { maxRetry: 9 } });
    const { code, stdout } = await phiward("policy", "--quick", "--stack", "weak", "--format", "github", "--output", "report.txt");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^weak: [^\n]*: 1 violation, 0 advisories; [^\n]*\n$/);
    expect(readFileSync("report.txt", "utf8")).toMatch(
      /^::error file=Pulumi\.weak\.yaml,line=\d+,title=fail2ban-guards-sshd \(high\)::bans\.maxRetry /,
    );
  });

  it("leaves no file behind where it cannot be written", async () => {
    stack("good", passing());
    mkdirSync("taken");
    for (const file of ["taken", "missing/report.txt"]) {
      const { code, stderr } = await phiward("policy", "--quick", "--stack", "good", "--output", file);
      expect(stderr).toMatch(/^--output: found a file that cannot be written \(E[A-Z]+\), allowed: /);
      expect(code).toBe(2);
    }
    expect(readdirSync(".").sort()).toEqual(["Pulumi.good.yaml", "taken"]);
  });

  it.each(FORMATS)("repeats no secret that a rule has found, as %s", async (format) => {
    const service = {
      kind: "container",
      name: "api",
      image: `a@sha256:${"a".repeat(64)}`,
      port: 8080,
      health: { command: ["/h", `--token=${SECRET}`] },
    };
    stack("leaky", { ...passing(), services: [{ ...service, environment: { API_TOKEN: SECRET } }] });
    const { code, stdout } = await phiward("policy", "--quick", "--stack", "leaky", "--format", format);
    expect(code).toBe(1);
    expect(stdout).toContain("container-no-plain-secret-environment");
    expect(stdout).not.toContain(SECRET);
  });
});

describe("the exit code", () => {
  it("is 0 where nothing is refused, with one line of JSON where it is asked for", async () => {
    stack("good", passing());
    expect((await phiward("policy", "--quick", "--stack", "good")).code).toBe(0);
    const { code, stdout } = await phiward("policy", "--quick", "--stack", "good", "--json");
    expect(code).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({ stack: "good", judged: { host: 1 } });
  });

  it("is 1 where a policy refuses the stack", async () => {
    stack("weak", { ...passing(), bans: { maxRetry: 9 } });
    expect((await phiward("policy", "--quick", "--stack", "weak")).code).toBe(1);
  });

  it("is 1 where an advisory is of the severity that the caller does not accept", async () => {
    stack("advised", { ...passing(), publicPorts: [{ port: 8443, purpose: "x" }] });
    const policy = async (...args: readonly string[]): Promise<number> =>
      (await phiward("policy", "--quick", "--stack", "advised", ...args)).code;
    expect(await policy()).toBe(0);
    expect(await policy("--fail-on", "critical")).toBe(0);
    expect(await policy("--fail-on", "low")).toBe(1);
  });

  it("is 3 where the configuration is at fault, with all its faults", async () => {
    stack("faulty", { ...passing(), publicPorts: [{ port: 0, purpose: "" }] });
    const { code, stderr } = await phiward("verify", "--stack", "faulty");
    expect(code).toBe(3);
    expect(stderr).toContain("Pulumi.faulty.yaml: publicPorts.0.port");
    expect(stderr).toContain("Pulumi.faulty.yaml: publicPorts.0.purpose");
  });

  it("is 2 where somebody else than a person of the stack would go on call", async () => {
    stack("good", passing());
    for (const args of [["shell", "web"], ["status"], ["logs", "ssh"]]) {
      const { code, stderr } = await phiward(...args, "--stack", "good", "--as", "mallory");
      expect(stderr).toMatch(/^--as: found mallory, allowed: /);
      expect(code).toBe(2);
    }
  });
});

describe("waivers of a stack", () => {
  const waiver = {
    rule: "fail2ban-guards-sshd",
    resource: "web/fail2ban",
    reason: "The old clients try often until they are replaced.",
    owner: "anna",
    approver: "ben",
    ticket: "OPS-1",
    expires: new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10),
  };
  const policy = (...args: readonly string[]): Promise<Outcome> => phiward("policy", "--stack", "good", ...args);

  it("are read from beside its file, stop nothing, and stay in the report", async () => {
    stack("good", { ...passing(), bans: { maxRetry: 9 } });
    expect((await policy("--quick")).code).toBe(1);
    writeFileSync("waivers.good.yaml", stringify([waiver]));
    const { code, stdout } = await policy("--quick");
    expect(code).toBe(0);
    expect(stdout).toMatch(/: 0 violations, .*; \d waived; .*\n$/);
    const { results } = JSON.parse((await policy("--quick", "--json")).stdout) as { results: readonly { outcome: string }[] };
    expect(results.filter(({ outcome }) => outcome === "waived").length).toBe(2);
  });

  it("fail the gate at their lines where they have a fault", async () => {
    stack("good", passing());
    writeFileSync("waivers.good.yaml", stringify([{ ...waiver, expires: "2020-01-01" }]));
    const { code, stdout } = await policy("--quick");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^waivers\.good\.yaml\n {2}7 {2}waivers\.0\.expires .*\n {4}found a waiver that expired on 2020-01-01/m);
  });

  it("are no baseline of a configuration alone", async () => {
    stack("good", passing());
    const { code, stderr } = await policy("--quick", "--baseline");
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("--baseline: found with --quick") as unknown });
  });
});
