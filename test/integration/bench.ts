/** A real Debian host in a test, and deploys to it as the program makes them, over SSH. */

import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { parseConfig } from "../../components/config/faults";
import type { StackConfig } from "../../components/config/schema";
import type { HostPlan } from "../../components/plan/hostPlan";
import { DEPLOY_USER, SSH_PORT } from "../../components/plan/places";
import { AGENT_COMMAND, CONFIRM_COMMAND, envelope, generationOf } from "../../components/plan/request";
import { hostPlans } from "../../components/registry";
import { adopt } from "../../ops/commands/adopt";
import { type ApplyAnswer, applyAnswer, ask, type CheckResult, verifyAnswer } from "../../ops/lib/agent";
import { installPrograms } from "../../ops/lib/installPrograms";
import { overSsh, type Patience, type SshAnswer, type SshTarget } from "../../ops/lib/ssh";
import { execInHost } from "../../sandbox/machines/exec";
import type { Sandbox, SandboxHost } from "../../sandbox/machines/inventory";
import { waitFor } from "./waiting";

/** The shortest dead-man's switch that a configuration allows, in seconds. */
export const DEAD_MAN_SECONDS = 20;

// A firewall that drops is seen after this time; the kernel takes a connection at once, however busy its host is.
const CONNECT_MS = 3000;

/** A sandbox in a test: its hosts, and the configuration that is deployed to them. */
export class Bench {
  constructor(
    readonly sandbox: Sandbox,
    readonly config: StackConfig,
  ) {}

  /** The first host. */
  get host(): SandboxHost {
    const [first] = this.sandbox.hosts;
    if (first === undefined) throw new Error("the sandbox has no host");
    return first;
  }

  /** Of one connection: a host that is busy for some seconds is no host that refuses. */
  get patience(): Patience {
    return { identity: this.sandbox.keyFile, retries: 0, dialSeconds: 15 };
  }

  /** Of what is to connect: an SSH server that was told to read its settings again listens anew a moment later. */
  private get persistence(): Patience {
    return { ...this.patience, retries: 5 };
  }

  target(user = DEPLOY_USER): SshTarget {
    return { address: this.host.address, port: SSH_PORT, user, hostKey: this.host.hostKey };
  }

  plan(unit: string): HostPlan {
    const found = hostPlans(this.config, this.host.name).find((plan) => plan.unit === unit);
    if (found === undefined) throw new Error(`no unit ${unit}`);
    return found;
  }

  /** Runs a program as root inside the host, past SSH; throws if it fails. */
  async inside(...argv: string[]): Promise<string> {
    const { code, stdout, stderr } = await execInHost(this.host, argv);
    if (code !== 0) throw new Error(`${argv.join(" ")} exited ${String(code)}: ${stderr}`);
    return stdout;
  }

  /** What journalctl prints, once journald has written all that it was given until now. */
  async journal(...words: readonly string[]): Promise<string> {
    await this.inside("journalctl", "--sync");
    return this.inside("journalctl", ...words);
  }

  /** Brings the host its programs and these packages at once, as a deploy does before its first concern. */
  bringPrograms(packages: readonly string[]): Promise<void> {
    return installPrograms(this.target(), packages.join(" "), this.patience);
  }

  apply(plan: HostPlan, secrets: Readonly<Record<string, string>> = {}): Promise<SshAnswer> {
    return overSsh(this.target(), AGENT_COMMAND, envelope({ mode: "apply", plan, secrets }).stdin, this.patience);
  }

  confirm(plan: HostPlan, patience = this.patience): Promise<SshAnswer> {
    return overSsh(this.target(), CONFIRM_COMMAND, `${plan.unit} ${generationOf(plan)}\n`, patience);
  }

  /** Applies and, where the unit is guarded, confirms; throws if either fails. */
  async deploy(plan: HostPlan, secrets: Readonly<Record<string, string>> = {}): Promise<ApplyAnswer> {
    const applied = await this.apply(plan, secrets);
    if (applied.code !== 0) throw new Error(applied.stderr);
    if (plan.deadManSeconds !== null) {
      const confirmed = await this.confirm(plan, this.persistence);
      if (confirmed.code !== 0) throw new Error(confirmed.stderr);
    }
    return applyAnswer.parse(JSON.parse(applied.stdout));
  }

  /** Deploys every unit, in order. */
  async deployAll(): Promise<readonly ApplyAnswer[]> {
    const answers = [];
    for (const plan of hostPlans(this.config, this.host.name)) answers.push(await this.deploy(plan));
    return answers;
  }

  async verify(): Promise<readonly CheckResult[]> {
    const plans = hostPlans(this.config, this.host.name);
    const generations = Object.fromEntries(plans.map((plan) => [plan.unit, generationOf(plan)]));
    return (await ask(this.target(), { mode: "verify", plans, generations, strict: false }, verifyAnswer, this.persistence)).results;
  }

  /** Whether an administrator can log in now, and become root. */
  async letsIn(user = DEPLOY_USER): Promise<boolean> {
    const target = this.target(user);
    return (await takesConnections(target)) && (await overSsh(target, "sudo -n true", "", this.patience)).code === 0;
  }

  /**
   * A command that stays for as long as its session: the promise of its end, once `began` answers true. Throws with what ssh said
   * where the session ends before.
   */
  async session(
    user: string,
    command: string,
    identity: string,
    began: () => Promise<boolean>,
  ): Promise<{ readonly end: Promise<SshAnswer> }> {
    let early: SshAnswer | null = null;
    const end = overSsh(this.target(user), command, "", { ...this.patience, identity }).then((answer) => (early = answer));
    await waitFor(`the session of ${user}`, () => {
      if (early !== null) throw new Error(`the session of ${user} ended with ${String(early.code)}: ${early.stderr}`);
      return began();
    });
    return { end };
  }
}

/** Whether a host takes connections at the port of SSH, before anything is said there. */
function takesConnections({ address, port }: SshTarget): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: CONNECT_MS });
    const end = (isTaken: boolean) => () => {
      socket.destroy();
      resolve(isTaken);
    };
    socket.on("connect", end(true)).on("timeout", end(false)).on("error", end(false));
  });
}

/** Adopts the bench's host as an operator would. */
export async function adoptBench(bench: Bench): Promise<void> {
  const [host] = bench.config.hosts;
  if (host === undefined) throw new Error("the configuration has no host");
  await adopt(bench.config, host, { identity: bench.sandbox.keyFile, remove: ["/root/.ssh/authorized_keys"], say: () => undefined });
}

/** The sandbox's admin key as a person's: type and base64. */
export function adminKey(sandbox: Sandbox): string {
  return readFileSync(`${sandbox.keyFile}.pub`, "utf8").split(" ").slice(0, 2).join(" ").trim();
}

/** What a bench's configuration takes from its sandbox. */
interface Place {
  readonly hosts: readonly Pick<SandboxHost, "name" | "address" | "hostKey">[];
  readonly adminAddress: string;
  readonly adminAddress6: string;
  /** The admin's public key. */
  readonly key: string;
}

/** The configuration of a bench, with changed sections. */
export function benchConfig(
  { hosts, adminAddress, adminAddress6, key }: Place,
  changes: Readonly<Record<string, unknown>> = {},
): StackConfig {
  return parseConfig({
    hosts: hosts.map(({ name, address, hostKey }) => ({ kind: "existing", name, address, hostKey })),
    people: [{ name: "alice", keys: [key], sudo: true }],
    adminNetworks: [`${adminAddress}/32`, `${adminAddress6}/128`],
    recovery: { publicKey: key },
    deadMan: { seconds: DEAD_MAN_SECONDS },
    homes: { megabytes: 128 },
    ...changes,
  });
}
