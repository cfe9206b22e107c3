/** The rule about the whole stack, what the gate prints, and that both see the components that the program registers. */
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { member } from "../../components/config/unknown";
import { stackModel } from "../../components/containers/model";
import { Droplet } from "../../components/pulumi/droplet/droplet";
import { HostKey } from "../../components/pulumi/hostKey";
import { HostRemoval } from "../../components/pulumi/hostRemoval";
import { HostVerify } from "../../components/pulumi/hostVerify";
import { CONCERNS, SEQUENCE } from "../../components/registry";
import { judgeStack } from "../../ops/commands/policy";
import { outputOf, runSync, start } from "../../ops/lib/process";
import { isRefused } from "../../ops/lib/record";
import { recordText } from "../../ops/lib/recordText";
import { RULES } from "../../policies/all";
import { type AnalyzedResource, analyze } from "../../policies/engine/analyze";
import { appliesTo } from "../../policies/engine/rule";
import { reviewedComponents } from "../../policies/engine/subject";
import { CORE_UNITS, RELATIONS } from "../../policies/rules/hosts-have-every-unit";
import { CONFIG, SEALED } from "./fixtures";

const ROOT = join(__dirname, "../..");

describe("the components of the program", () => {
  const core = [
    ...CONCERNS.filter(({ everyHost }) => everyHost).map(({ type }) => type),
    HostRemoval.__pulumiType,
    HostVerify.__pulumiType,
  ];
  const types = [
    ...SEQUENCE.map(({ type }) => type),
    ...[HostRemoval, HostVerify, Droplet, HostKey].map(({ __pulumiType }) => __pulumiType),
  ];

  it("are of the types that the rules name, each judged by a rule", () => {
    const tokens = RULES.flatMap((rule) => rule.appliesTo.filter((token) => token.startsWith("phiward:") && !token.endsWith("*")));
    for (const token of tokens) expect(types).toContain(token);
    for (const type of types) expect(RULES.some((rule) => appliesTo(rule, type))).toBe(true);
  });

  it("are of the types that every host is asked for, or that others ask for", () => {
    expect([...CORE_UNITS].sort()).toEqual([...core].sort());
    for (const type of RELATIONS.flatMap(({ demanded }) => demanded)) expect(types).toContain(type);
  });

  it("get exactly the arguments that the gate judges, and with all that they make pass through Pulumi's own analysis", async () => {
    const registered: AnalyzedResource[] = [];
    await pulumi.runtime.setMocks(
      {
        call: () => ({}),
        newResource: (args) => {
          // The SDK types what it hands over as `any`.
          const inputs = args.inputs as Record<string, unknown>;
          registered.push({ urn: `urn:pulumi:test::phiward::${args.type}::${args.name}`, type: args.type, name: args.name, inputs });
          return { id: `${args.name}-id`, state: { ...inputs, stdout: "{}" } };
        },
      },
      "phiward",
      "test",
      true,
    );
    pulumi.runtime.setAllConfig(
      Object.fromEntries(
        Object.entries(CONFIG).map(([key, value]) => [`phiward:${key}`, typeof value === "string" ? value : JSON.stringify(value)]),
      ),
    );
    const program = await import("../../index.js");
    await pulumi.runtime.serializeProperties("outputs", { hosts: program.hosts });
    const ours = registered
      .filter(({ type }) => /^phiward:(host|docker):/.test(type))
      // What is shown of the plan is for the reader of a preview, and judged by no rule.
      .map(({ type, name, inputs }) => ({
        type,
        name,
        inputs: Object.fromEntries(Object.entries(inputs).filter(([key]) => key !== "plan")),
      }))
      .sort((a, b) => a.name.localeCompare(b.name));
    const expected = CONFIG.hosts
      .flatMap((host) => reviewedComponents(stackModel(CONFIG), host))
      .map(({ type, host, unit, args }) => ({ type, name: `${host}-${unit}`, inputs: args }))
      .sort((a, b) => a.name.localeCompare(b.name));
    expect(ours).toEqual(expected);
    for (const type of ["pulumi:providers:docker", "docker:index/container:Container", "docker:index/volume:Volume"])
      expect(registered.map((resource) => resource.type)).toContain(type);
    expect(await analyze(registered)).toEqual([]);
  });
});

describe("the gate", () => {
  it("finds nothing in a good stack, and says how much it judged", () => {
    const result = judgeStack("test", CONFIG);
    expect(isRefused(result)).toBe(false);
    expect(recordText(result)).toMatch(
      /^test: \d{3} rules, 2 hosts, \d{2} units, \d{3} judgements: 0 violations, 0 advisories; \d{2,3} rules passed; \d+ rules had nothing to judge$/,
    );
  });

  it("says where a violation is, which rule, how grave, and why", () => {
    const result = judgeStack("test", { ...CONFIG, bans: { ...CONFIG.bans, maxRetry: 9 } });
    expect(isRefused(result)).toBe(true);
    const report = recordText(result);
    expect(report.split("\n").slice(0, 9)).toEqual([
      "No line sets it",
      "  fail2ban-guards-sshd  high  mandatory",
      "    found maxretry 9, allowed: 1 to 5 failures",
      "    fix: bring bans and adminNetworks in the stack's configuration within these limits",
      "    in web1/fail2ban, store1/fail2ban: settings.maxRetry (supports 164.308(a)(5)(ii)(C), GDPR 32(1)(b) resilience)",
      "",
      "  fail2ban-guards-sshd  high  mandatory",
      "    found maxretry 9, allowed: 1 to 5 failures",
      "    fix: bring bans and adminNetworks in the stack's configuration within these limits",
    ]);
    expect(report).toContain("in web1/fail2ban, store1/fail2ban: files.0 (/etc/fail2ban/jail.d/phiward.local)");
    expect(report).toMatch(/: 2 violations, 0 advisories; /);
  });

  it("refuses a stack whose rules find nothing to judge", () => {
    expect(isRefused(judgeStack("test", { ...CONFIG, hosts: [] }))).toBe(true);
  });
});

describe("the built pack and gate", () => {
  // Here, so that they find what they require.
  const built = join(ROOT, `policies/bin.test-${String(process.pid)}`);
  const stacks = mkdtempSync(join(tmpdir(), "policy-"));

  beforeAll(() => {
    outputOf(["node", join(ROOT, "ops/bundle.cjs"), built]);
    symlinkSync(built, join(stacks, "link"));
  });
  afterAll(() => {
    for (const directory of [built, stacks]) rmSync(directory, { recursive: true, force: true });
  });

  function gate(stack: string, config: unknown, from = built): { status: number | null; stdout: string; stderr: string } {
    const keys = Object.entries(Object(config) as Record<string, unknown>).map(([key, value]) => [
      `phiward:${key}`,
      key === "secrets" ? SEALED : value,
    ]);
    if (config !== undefined)
      writeFileSync(join(stacks, `Pulumi.${stack}.yaml`), stringify({ config: Object.fromEntries(keys) as unknown }));
    return runSync(["node", join(from, "phiward.js"), "policy", "--quick", "--stack", stack], { cwd: stacks, env: {} });
  }

  it("end with 0 on a good stack, also when they are started through a symbolic link", () => {
    for (const from of [built, join(stacks, "link")]) {
      const { status, stdout, stderr } = gate("good", CONFIG, from);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(/^good: .* 0 violations/);
    }
  });

  it("end with 1 on a violation", () => {
    const { status, stdout } = gate("weak", {
      ...CONFIG,
      publicPorts: [...CONFIG.publicPorts, { port: 5432, protocol: "tcp", purpose: "reports" }],
    });
    expect(status).toBe(1);
    expect(stdout).toContain("port 5432 (PostgreSQL) open to the world");
  });

  it("end with 3 on faults of the configuration, all of them and no stack trace", () => {
    const { status, stderr } = gate("faulty", { ...CONFIG, publicPorts: [{ port: 0, purpose: "" }] });
    expect(status).toBe(3);
    expect(stderr).toContain("publicPorts.0.port");
    expect(stderr).toContain("publicPorts.0.purpose");
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(gate("missing", undefined)).toMatchObject({ status: 3, stdout: "" });
  });

  it("start without the Pulumi SDK in the quick gate", () => {
    gate("good", CONFIG);
    const counting =
      'process.on("exit", (code) => console.log(code, Object.keys(require.cache).filter((path) => path.includes("@pulumi")).length));';
    const command = `${counting} require(${JSON.stringify(join(built, "phiward.js"))})`;
    const { stdout } = runSync(["node", "-e", command, "--", "phiward", "policy", "--quick", "--stack", "good"], { cwd: stacks });
    expect(stdout).toMatch(/ 0 violations, .*\n0 0\n$/);
  });

  it("serve the engine from the directory of the pack", async () => {
    const pack = start(["node", join(built, "pack.js")], {
      cwd: join(ROOT, "policies"),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [port] = (await once(pack.stdout, "data")) as [Buffer];
    pack.kill();
    expect(port.toString()).toMatch(/^\d+\n$/);
  });
});

describe("the pack in a fresh checkout, where Pulumi is run by hand", () => {
  const checkout = mkdtempSync(join(tmpdir(), "checkout-"));
  const fresh = join(checkout, "phiward");
  afterAll(() => {
    rmSync(checkout, { recursive: true, force: true });
  });

  /** Starts what Pulumi starts, by the name that it finds in the pack's own files. */
  function served() {
    const { main } = parse(readFileSync(join(fresh, "policies/PulumiPolicy.yaml"), "utf8")) as { readonly main: string };
    expect(member(JSON.parse(readFileSync(join(fresh, "policies/package.json"), "utf8")), "main")).toBe(main);
    return start(["node", join(fresh, "policies", main)], { cwd: join(fresh, "policies"), stdio: ["ignore", "pipe", "pipe"] });
  }

  it("says what to run first where nothing is installed, and then compiles itself and serves the engine", async () => {
    const isSource = (path: string): boolean => !/policies\/bin|__pycache__/.test(path);
    for (const part of ["components", "policies", "ops", "index.ts", "package.json"])
      cpSync(join(ROOT, part), join(fresh, part), { recursive: true, filter: isSource });
    const bare = served();
    const [words] = (await once(bare.stderr, "data")) as [Buffer];
    expect(words.toString()).toBe("phiward: found no node_modules with what the policy pack needs; run npm ci\n");

    symlinkSync(join(ROOT, "node_modules"), join(fresh, "node_modules"));
    const pack = served();
    const [port] = (await once(pack.stdout, "data")) as [Buffer];
    pack.kill();
    expect(port.toString()).toMatch(/^\d+\n$/);
  });
});
