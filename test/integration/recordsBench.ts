/** A host and its vault, with the few units that the records of one at the other need. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { stringify } from "yaml";
import { parseConfig } from "../../components/config/faults";
import { earlyPackages } from "../../components/plan/earlyPackages";
import type { HostPlan } from "../../components/plan/hostPlan";
import { generationOf } from "../../components/plan/request";
import { hostPlans } from "../../components/registry";
import { adopt } from "../../ops/commands/adopt";
import { ask, verifyAnswer } from "../../ops/lib/agent";
import { type Answer, askActs, type Question } from "../../ops/lib/audit/acts";
import { runSync } from "../../ops/lib/process";
import { overSsh } from "../../ops/lib/ssh";
import { execInHost } from "../../sandbox/machines/exec";
import type { Sandbox, SandboxHost } from "../../sandbox/machines/inventory";
import type { AlertReceiver } from "./alertReceiver";
import { adminKey, Bench, DEAD_MAN_SECONDS } from "./bench";
import { waitFor } from "./waiting";

const UNITS: Readonly<Record<string, readonly string[]>> = {
  vault: ["baseline", "people", "ssh", "vault", "records", "collector", "metrics"],
  web: ["baseline", "people", "ssh", "audit", "journal", "sessions", "sealing", "metrics"],
};

/** A host and its vault. A second host is declared, and its key is nobody's. */
export class Records {
  constructor(
    readonly sandbox: Sandbox,
    private readonly recovery: string,
    /** What the configuration has besides, such as a collector. */
    private readonly besides: {
      readonly audit?: object;
      readonly secrets?: object;
      readonly receiver?: AlertReceiver;
      readonly people?: readonly object[];
    } = {},
  ) {}

  host(name: string): SandboxHost {
    const found = this.sandbox.hosts.find((host) => host.name === name);
    if (found === undefined) throw new Error(`no host ${name}`);
    return found;
  }

  /** What arrived of alerts. */
  get receiver(): AlertReceiver {
    if (this.besides.receiver === undefined) throw new Error("no receiver of alerts");
    return this.besides.receiver;
  }

  /** The configuration; sessions are recorded unless `sessions` says otherwise. */
  config(sessions = "shells") {
    return parseConfig(this.declared(sessions));
  }

  private declared(sessions: string): Readonly<Record<string, unknown>> {
    const of = (name: string, role: string) => {
      const { address, hostKey } = this.host(name);
      return { kind: "existing", name, role, address, hostKey };
    };
    const { receiver } = this.besides;
    const lab = { ...of("web", "application"), name: "lab", address: "203.0.113.9", hostKey: adminKey(this.sandbox) };
    return {
      hosts: [of("web", "application"), lab, of("vault", "vault")],
      people: [{ name: "alice", keys: [adminKey(this.sandbox)], sudo: true }, ...(this.besides.people ?? [])],
      adminNetworks: [`${this.sandbox.adminAddress}/32`],
      recovery: { publicKey: this.recovery },
      deadMan: { seconds: DEAD_MAN_SECONDS },
      backup: { offsite: "vault" },
      audit: { sessions, ...this.besides.audit },
      ...(this.besides.secrets === undefined ? {} : { secrets: this.besides.secrets }),
      services: [
        {
          kind: "container",
          name: "api",
          image: `registry.example/api@sha256:${"a".repeat(64)}`,
          user: "10101:10101",
          health: { command: ["true"] },
        },
      ],
      alerts: { webhook: receiver?.address("first") ?? `http://${this.sandbox.adminAddress}:9/` },
      ...(receiver === undefined ? {} : { monitoring: { escalation: { webhook: receiver.address("second") } } }),
    };
  }

  async deploy(name: string, units = UNITS[name] ?? [], secrets: Readonly<Record<string, string>> = {}): Promise<void> {
    const config = this.config();
    const host = config.hosts.find((entry) => entry.name === name);
    if (host === undefined) throw new Error(`no host ${name} in the configuration`);
    await adopt(config, host, { identity: this.sandbox.keyFile, remove: ["/root/.ssh/authorized_keys"], say: () => undefined });
    const bench = new Bench({ ...this.sandbox, hosts: [this.host(name)] }, config);
    const plans = hostPlans(config, name).filter(({ unit }) => units.includes(unit));
    await bench.bringPrograms(earlyPackages(plans));
    for (const plan of plans) await bench.deploy(plan, plan.unit === "collector" ? secrets : {});
  }

  async run(host: string, ...argv: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
    const { code, stdout, stderr } = await execInHost(this.host(host), argv);
    return { code, text: stdout + stderr };
  }

  async must(host: string, ...argv: readonly string[]): Promise<string> {
    const { code, text } = await this.run(host, ...argv);
    if (code !== 0) throw new Error(`${host}: ${argv.join(" ")} exited ${String(code)}: ${text}`);
    return text;
  }

  /** What journalctl prints on a host, once journald has written all that it was given until now. */
  async journal(host: string, ...words: readonly string[]): Promise<string> {
    await this.must(host, "journalctl", "--sync");
    return this.must(host, "journalctl", ...words);
  }

  /** What the vault has of web's records whose message is one of these, in its order. */
  async kept(tag: string): Promise<readonly string[]> {
    const files = ["--file=/var/log/journal/remote/remote-web*"];
    const { text } = await this.run(
      "vault",
      "journalctl",
      "--quiet",
      "--output=cat",
      "--output-fields=MESSAGE",
      ...files,
      `SYSLOG_IDENTIFIER=${tag}`,
    );
    return text.split("\n").filter((line) => line !== "");
  }

  /** Writes so many records on web. */
  async write(tag: string, count: number): Promise<void> {
    await this.must("web", "sh", "-c", `seq ${String(count)} | logger --tag ${tag}`);
  }

  async arrive(tag: string, count: number): Promise<void> {
    try {
      await waitFor(`${String(count)} records of ${tag}`, async () => (await this.kept(tag)).length >= count);
    } catch (error) {
      const said = await this.run("web", "journalctl", "--unit=phiward-journal-upload", "--lines=20", "--no-pager");
      throw new Error(`${String((await this.kept(tag)).length)} of these are at the vault; its sender said:\n${said.text}`, {
        cause: error,
      });
    }
    expect(await this.kept(tag)).toEqual(numbers(count));
  }

  plan(host: string, unit: string): HostPlan {
    const found = hostPlans(this.config(), host).find((plan) => plan.unit === unit);
    if (found === undefined) throw new Error(`no unit ${unit}`);
    return found;
  }

  bench(name: string, sessions = "shells"): Bench {
    return new Bench({ ...this.sandbox, hosts: [this.host(name)] }, this.config(sessions));
  }

  async verify(host: string, unit: string, plan = this.plan(host, unit)) {
    const bench = this.bench(host);
    const generations = { [unit]: generationOf(plan) };
    return (await ask(bench.target(), { mode: "verify", plans: [plan], generations, strict: false }, verifyAnswer, bench.patience)).results;
  }

  /** A deploy's verify whose only check runs this on the host: the login of deploys may have the agent do that. */
  async verifyBy(host: string, argv: readonly string[]): Promise<void> {
    const bench = this.bench(host);
    const plan = this.plan(host, "journal");
    const check = { id: "asked-for", control: "IDS-12", argv, expect: { kind: "exit", code: 0 } } as const;
    const request = {
      mode: "verify",
      plans: [{ ...plan, checks: [check] }],
      generations: { journal: generationOf(plan) },
      strict: false,
    } as const;
    const { results } = await ask(bench.target(), request, verifyAnswer, bench.patience);
    expect(results.find(({ id }) => id === check.id)?.status).toBe("pass");
  }

  async asAlice(host: string, command: string, typed = ""): Promise<string> {
    const bench = this.bench(host);
    const { code, stdout, stderr } = await overSsh(bench.target("alice"), command, typed, bench.patience);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  }

  audit(question: Question): Promise<Answer> {
    const bench = this.bench("vault");
    const { address, hostKey } = this.host("vault");
    return askActs(this.config(), { name: "vault", address, hostKey }, "alice", question, bench.patience);
  }

  /** Runs a command of phiward in a directory, where its stack's file is put. */
  phiward(
    directory: string,
    ...words: readonly string[]
  ): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
    const keys = Object.entries(this.declared("shells")).map(([key, value]) => [`phiward:${key}`, value] as const);
    writeFileSync(join(directory, "Pulumi.records.yaml"), stringify({ config: Object.fromEntries(keys) }));
    const argv = [join(__dirname, "../../ops/phiward.cjs"), ...words, "--stack", "records"];
    const { status, stdout, stderr } = runSync(["node", ...argv], { cwd: directory });
    return { status, stdout, stderr };
  }

  /** A connection of web to the vault, as an account. */
  vaultSsh(account: string, ...words: readonly string[]): readonly string[] {
    const options = [
      "StrictHostKeyChecking=yes",
      "UserKnownHostsFile=/etc/phiward/journal-vault-key",
      "HostKeyAlias=vault",
      "BatchMode=yes",
    ];
    const chosen = options.flatMap((option) => ["-o", option]);
    return ["ssh", "-F", "none", ...chosen, "-i", "/etc/ssh/ssh_host_ed25519_key", `${account}@${this.host("vault").address}`, ...words];
  }
}

/** `1` to `count`. */
export function numbers(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => String(index + 1));
}
