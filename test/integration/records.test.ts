import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { parseConfig } from "../../components/config/faults";
import type { HostPlan } from "../../components/plan/hostPlan";
import { generationOf } from "../../components/plan/request";
import { hostPlans } from "../../components/registry";
import { adopt } from "../../ops/commands/adopt";
import { ask, verifyAnswer } from "../../ops/lib/agent";
import { type Answer, askActs, type Question } from "../../ops/lib/audit/acts";
import { overSsh } from "../../ops/lib/ssh";
import { SandboxUnavailable } from "../../sandbox/machines/errors";
import { execInHost } from "../../sandbox/machines/exec";
import type { Sandbox, SandboxHost } from "../../sandbox/machines/inventory";
import { createSandbox, destroySandbox } from "../../sandbox/machines/sandbox";
import { ensureRecoveryKey } from "../../sandbox/recoveryKey";
import { adminKey, Bench, DEAD_MAN_SECONDS } from "./bench";
import { sandboxId } from "./runDirectory";
import { waitFor } from "./waiting";

const id = sandboxId("records");
const ARCHIVE = "/usr/local/lib/phiward/phiward.pyz";
const UNITS: Readonly<Record<string, readonly string[]>> = {
  vault: ["baseline", "people", "ssh", "vault", "records"],
  web: ["baseline", "people", "ssh", "journal"],
};
let made: Records | undefined;
let reason = "the hosts could not be made";

/** A host and its vault. A second host is declared, and its key is nobody's. */
class Records {
  constructor(
    readonly sandbox: Sandbox,
    private readonly recovery: string,
  ) {}

  host(name: string): SandboxHost {
    const found = this.sandbox.hosts.find((host) => host.name === name);
    if (found === undefined) throw new Error(`no host ${name}`);
    return found;
  }

  config() {
    const of = (name: string, role: string) => {
      const { address, hostKey } = this.host(name);
      return { kind: "existing", name, role, address, hostKey };
    };
    const lab = { ...of("web", "application"), name: "lab", address: "203.0.113.9", hostKey: adminKey(this.sandbox) };
    return parseConfig({
      hosts: [of("web", "application"), lab, of("vault", "vault")],
      people: [{ name: "alice", keys: [adminKey(this.sandbox)], sudo: true }],
      adminNetworks: [`${this.sandbox.adminAddress}/32`],
      recovery: { publicKey: this.recovery },
      deadMan: { seconds: DEAD_MAN_SECONDS },
      backup: { offsite: "vault" },
      alerts: { webhook: `http://${this.sandbox.adminAddress}:9/` },
    });
  }

  async deploy(name: string): Promise<void> {
    const config = this.config();
    const host = config.hosts.find((entry) => entry.name === name);
    if (host === undefined) throw new Error(`no host ${name} in the configuration`);
    await adopt(config, host, { identity: this.sandbox.keyFile, remove: ["/root/.ssh/authorized_keys"], say: () => undefined });
    const bench = new Bench({ ...this.sandbox, hosts: [this.host(name)] }, config);
    for (const plan of hostPlans(config, name).filter(({ unit }) => UNITS[name]?.includes(unit))) await bench.deploy(plan);
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

  async arrive(tag: string, count: number, seconds = 60): Promise<void> {
    await waitFor(`${String(count)} records of ${tag}`, seconds, async () => (await this.kept(tag)).length >= count);
    expect(await this.kept(tag)).toEqual(numbers(count));
  }

  plan(host: string, unit: string): HostPlan {
    const found = hostPlans(this.config(), host).find((plan) => plan.unit === unit);
    if (found === undefined) throw new Error(`no unit ${unit}`);
    return found;
  }

  bench(name: string): Bench {
    return new Bench({ ...this.sandbox, hosts: [this.host(name)] }, this.config());
  }

  async verify(host: string, unit: string) {
    const bench = this.bench(host);
    const plan = this.plan(host, unit);
    const generations = { [unit]: generationOf(plan) };
    return (await ask(bench.target(), { mode: "verify", plans: [plan], generations, strict: false }, verifyAnswer, bench.patience)).results;
  }

  async asAlice(host: string, command: string): Promise<string> {
    const bench = this.bench(host);
    const { code, stdout, stderr } = await overSsh(bench.target("alice"), command, "", bench.patience);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  }

  audit(question: Question): Promise<Answer> {
    const bench = this.bench("vault");
    const { address, hostKey } = this.host("vault");
    return askActs(this.config(), { name: "vault", address, hostKey }, "alice", question, bench.patience);
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

function numbers(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => String(index + 1));
}

function useThem(context: TestContext): Records {
  return made ?? context.skip(reason);
}

beforeAll(async () => {
  try {
    const sandbox = await createSandbox({ id, hosts: ["web", "vault"], outsiders: 0, progress: () => undefined });
    made = new Records(sandbox, await ensureRecoveryKey(sandbox));
  } catch (error) {
    if (!(error instanceof SandboxUnavailable)) throw error;
    reason = error.message;
    return;
  }
  await made.deploy("vault");
  await made.deploy("web");
});

afterAll(async () => {
  await destroySandbox(id);
});

describe("the records of a host, at its vault", () => {
  it("arrive as they are written, each once and in order, and checks say so", async (context) => {
    const records = useThem(context);
    await records.write("first", 500);
    await records.arrive("first", 500);
    expect((await records.must("web", "python3", "-I", ARCHIVE, "journal", "arrives")).trim()).toBe("arrives");
    for (const [verb, answer] of [
      ["watch", ""],
      ["arrived", "all arrive"],
      ["check", ""],
      ["whole", "all whole"],
    ] as const)
      expect((await records.must("vault", "python3", "-I", ARCHIVE, "journal", verb)).trim(), verb).toBe(answer);
  });

  it("are all there after the vault was away, and after its receiver was killed", async (context) => {
    const records = useThem(context);
    await records.must("vault", "systemctl", "stop", "phiward-journal-remote.socket", "phiward-journal-remote@*.service");
    await records.write("away", 300);
    await records.must("vault", "systemctl", "start", "phiward-journal-remote.socket");
    // It tries again by itself, and after each failure later: this test need not wait for that.
    await records.must("web", "systemctl", "restart", "phiward-journal-upload.service");
    await records.arrive("away", 300);
    await records.must("vault", "pkill", "--signal", "KILL", "systemd-journal-remote".slice(0, 15));
    await records.write("cut", 300);
    await records.arrive("cut", 300);
  });

  it("say who did what, by phiward audit, after root on the host has removed its journal", async (context) => {
    const records = useThem(context);
    const begin = new Date(Date.now() - 15 * 60_000);
    expect(await records.asAlice("web", "sudo -n /usr/bin/cat /etc/shadow >/dev/null && echo done")).toBe("done\n");
    // A person cannot write what looks like another's deploy, nor like an act of root's program: no socket of the journal takes it.
    const forged = `logger --tag phiward-deploy 'mallory from 192.0.2.8: no input; command ${"d".repeat(64)}: systemctl stop nginx'`;
    const act = "printf 'MESSAGE=x\\nSYSLOG_IDENTIFIER=phiward\\nPHIWARD_ACT=deploy\\nPHIWARD_WHO=mallory\\n' | logger --journald";
    for (const attempt of [forged, act])
      await expect(records.asAlice("web", attempt)).rejects.toThrow(/Permission denied|could not be written/);
    await records.write("last", 3);
    await records.arrive("last", 3);
    await records.must("web", "sh", "-c", "rm -rf /var/log/journal/*/ && systemctl restart systemd-journald");
    expect(await records.kept("first")).toEqual(numbers(500));
    const { acts, hosts } = await records.audit({ from: begin, to: new Date(Date.now() + 60_000) });
    expect(Object.keys(hosts)).toEqual(expect.arrayContaining(["web", "vault"]));
    const ofWeb = acts.filter(({ host }) => host === "web").map(({ kind, who, what, outcome }) => ({ kind, who, what, outcome }));
    const sudo = { kind: "privilege", who: "alice", what: "sudo as root: /usr/bin/cat /etc/shadow", outcome: "success" };
    expect(ofWeb).toContainEqual(sudo);
    const generation = generationOf(records.plan("web", "journal")).slice(0, 16);
    expect(ofWeb).toContainEqual({ kind: "deploy", who: "alice", what: `apply journal ${generation}`, outcome: "success" });
    expect(acts.filter(({ kind, from }) => kind === "login" && from === records.sandbox.adminAddress).length).toBeGreaterThan(0);
    expect(JSON.stringify(acts)).not.toContain("mallory");
    const again = await records.audit({ from: begin, to: new Date(Date.now() + 60_000), what: ["reading"] });
    expect(again.acts.map(({ host, who }) => [host, who])).toContainEqual(["vault", "alice"]);
  });

  it("arrive again after that, and can be added to by their host alone, and changed by no host", async (context) => {
    const records = useThem(context);
    await records.write("after", 20);
    await waitFor("the newest record of the new journal", 60, async () => (await records.kept("after")).includes("20"));
    const other = await records.run("web", ...records.vaultSsh("vault-lab", "records"));
    expect([other.code, /Permission denied/.test(other.text)]).toEqual([255, true]);
    const local =
      "import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/phiward-journal/socket'); s.send(b'send\\n'); print(s.recv(999))";
    expect(await records.must("vault", "setpriv", "--reuid=nobody", "--clear-groups", "python3", "-c", local)).toContain(
      "this account sends no journal",
    );
    const touched = await records.run("vault", "setpriv", "--reuid=vault-web", "--clear-groups", "sh", "-c", "ls /var/log/journal/remote");
    expect([touched.code, /Permission denied/.test(touched.text)]).toEqual([2, true]);
    expect((await records.must("vault", "ss", "--listening", "--tcp", "--no-header", "--numeric")).includes(":19532")).toBe(false);
  });

  it("pass all checks of both hosts", async (context) => {
    const records = useThem(context);
    for (const [host, unit] of [
      ["web", "journal"],
      ["vault", "records"],
    ] as const)
      expect((await records.verify(host, unit)).filter(({ status }) => status !== "pass")).toEqual([]);
  });
});
