/** A sandbox for drills: a host that serves, its vault, and fresh servers that take the place of one that is lost. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { StackConfig } from "../../components/config/schema";
import { member } from "../../components/config/unknown";
import { fingerprint } from "../../ops/commands/adopt";
import { SANDBOX_STACK, stackContext } from "../../ops/lib/context";
import { ROOT } from "../../ops/lib/root";
import { deployTarget, overSsh, type SshAnswer } from "../../ops/lib/ssh";
import { readStack } from "../../ops/lib/stack";
import { alertsFile, ensureReceiver } from "../alerts";
import { bringUp } from "../bringUp";
import { ensureImages, type SandboxImage } from "../images/images";
import { notesSite } from "../journey";
import { execInHost } from "../machines/exec";
import type { Sandbox, SandboxHost } from "../machines/inventory";
import { mustRun, type RunResult, run } from "../machines/run";
import { createSandbox } from "../machines/sandbox";
import { logIn, type NotesSite } from "../notes";
import { recoveryKeyFile } from "../recoveryKey";
import { HOSTS } from "../stackFile";
import { DRILL_EXAMPLE } from "./people";

/** How long is waited for what is sure to come, and quickly but on a busy machine. */
export const PATIENCE_SECONDS = 120;

/** A sandbox that drills go on in, one after another. */
export class DrillBench {
  private constructor(
    readonly sandbox: Sandbox,
    private readonly images: readonly SandboxImage[],
    readonly say: (line: string) => void,
  ) {}

  /** Makes it, with so many fresh servers; `SANDBOX` of this process names it. */
  static async make(id: string, fresh: number, say: (line: string) => void): Promise<DrillBench> {
    process.env["SANDBOX"] = id;
    const spares = Array.from({ length: fresh }, (_, index) => `spare${String(index + 1)}`);
    const sandbox = await createSandbox({ id, hosts: [...HOSTS, ...spares], outsiders: 3, progress: say });
    await bringUp(DRILL_EXAMPLE, say, ensureReceiver);
    // Else the first command would be timed with what it compiles.
    await mustRun(["node", join(ROOT, "ops/build.cjs")]);
    return new DrillBench(sandbox, await ensureImages(say), say);
  }

  /** The server that serves now. */
  get web(): SandboxHost {
    return this.hostWhere("serves", (host) => host.address === this.declared?.address);
  }

  get vault(): SandboxHost {
    return this.hostWhere("keeps backups", ({ name }) => name === "store");
  }

  /** A server that was never used. */
  get fresh(): SandboxHost {
    const used = new Set(this.config().hosts.flatMap(({ hostKey, formerHostKeys }) => [hostKey, ...formerHostKeys]));
    return this.hostWhere("is fresh", ({ hostKey }) => !used.has(hostKey));
  }

  private config(): StackConfig {
    const { file, secrets } = stackContext(SANDBOX_STACK);
    return readStack(file, { stack: SANDBOX_STACK, secrets });
  }

  /** Runs a command of phiward on the sandbox. Throws Error with all that it said, where it fails. */
  async phiward(...words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.asked(...words);
    if (code !== 0) throw new Error(`phiward ${words.join(" ")}: exit code ${String(code)}\n${stdout}${stderr}`);
    return stdout;
  }

  /** The same, for a command whose exit code says what it found. */
  asked(...words: readonly string[]): Promise<RunResult> {
    return this.plain(...words, "--stack", SANDBOX_STACK);
  }

  /** The same, for a command that is of no stack. */
  plain(...words: readonly string[]): Promise<RunResult> {
    this.say(`$ npx phiward ${words.join(" ")}`);
    return run(["node", join(ROOT, "ops/phiward.cjs"), ...words], {});
  }

  /**
   * Puts a fresh server in the place of the one that serves, with what was there before a time: asked as by somebody in a hurry, first
   * without the confirmation and then without what it may remove, neither of which does harm. Resolves with all that was said.
   */
  async recover(before: Date | undefined, why: string): Promise<string> {
    const { address, hostKey } = this.fresh;
    const words = [
      ...["recover", "web", "--onto", address, "--host-key", fingerprint(hostKey), "--recovery-key", recoveryKeyFile(this.sandbox)],
      ...(before === undefined ? [] : ["--before", `${before.toISOString().slice(0, 19)}Z`]),
      ...["--as", "alice", "--why", why, "--images", this.images.map(({ archive }) => archive).join(",")],
    ];
    const { file } = stackContext(SANDBOX_STACK);
    const declared = readFileSync(file, "utf8");
    const unconfirmed = await this.refused(2, "--confirm: found nothing, allowed: web", ...words);
    if (readFileSync(file, "utf8") !== declared) throw new Error(`recover changed ${file} though nobody confirmed it`);
    const stopped = await this.refused(1, "--remove '/root/.ssh/authorized_keys'", ...words, "--confirm", "web");
    // It goes on where it was stopped, where it needs no confirmation any more.
    const said = await this.phiward(...words, "--remove", "/root/.ssh/authorized_keys");
    if (!/ file: done before, /.test(said)) throw new Error(`recover did not go on where it was stopped:\n${said}`);
    this.say(said);
    return `${unconfirmed}${stopped}${said}`;
  }

  /** Runs a command that is to be refused. Resolves with what it said; throws Error where it ends otherwise, or says otherwise why. */
  private async refused(code: number, why: string, ...words: readonly string[]): Promise<string> {
    const found = await this.asked(...words);
    const said = found.stdout + found.stderr;
    if (found.code !== code || !said.includes(why)) throw new Error(`exit code ${String(found.code)}, without ${why}: ${said}`);
    return said;
  }

  /** How the stack's file declares the host that serves. */
  get declared(): StackConfig["hosts"][number] | undefined {
    return this.config().hosts.find(({ name }) => name === "web");
  }

  /** Runs a program as root on a host, as its console would. Throws Error where it fails. */
  async must(host: SandboxHost, ...argv: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await execInHost(host, argv);
    if (code !== 0) throw new Error(`${host.name}: ${argv.join(" ")}: exit code ${String(code)}: ${stdout}${stderr}`);
    return stdout;
  }

  /** Runs a command on a host with the login of alice, who is the administrator that answers. */
  asAlice(host: SandboxHost, command: string): Promise<SshAnswer> {
    return overSsh({ ...deployTarget(host), user: "alice" }, command, "", { identity: this.sandbox.keyFile, retries: 0 });
  }

  /** The site, and a session of its administrator. */
  async session(): Promise<{ readonly site: NotesSite; readonly cookie: string }> {
    const { site, password } = await notesSite({ ...this.sandbox, hosts: [this.web] });
    return { site, cookie: await logIn(site, "admin", password) };
  }

  /** Waits until an alert about a host has arrived since a time; resolves with when. Throws Error where none did. */
  heard(alert: string, since: number, most: number, host = "web"): Promise<number> {
    return until(`${alert} of ${host}`, most, () => Promise.resolve(this.arrivals().find((one) => isAbout(one, alert, host, since))?.at));
  }

  /** Waits until a message with this text has arrived since a time. Throws Error where none did. */
  heardOf(text: string, since: number, most: number): Promise<true> {
    const has = ({ at, body }: { readonly at: number; readonly body: unknown }): boolean =>
      at >= since && JSON.stringify(body).includes(text);
    return until(text, most, () => Promise.resolve(this.arrivals().some(has) || undefined));
  }

  private arrivals(): readonly { readonly at: number; readonly body: unknown }[] {
    const file = alertsFile(this.sandbox);
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, "utf8").split("\n");
    return lines.flatMap((line) => {
      if (line === "") return [];
      const one: unknown = JSON.parse(line);
      return [{ at: Date.parse(String(member(one, "at"))), body: member(one, "alert") }];
    });
  }

  private hostWhere(what: string, is: (host: SandboxHost) => boolean): SandboxHost {
    const found = this.sandbox.hosts.find(is);
    if (found === undefined) throw new Error(`the sandbox ${this.sandbox.id} has no host that ${what}`);
    return found;
  }
}

/** Waits, at most so many seconds, until `look` returns something. Throws Error where it does not. */
export async function until<T>(what: string, most: number, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + most * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not seen within ${String(most)} s`);
    await sleep(100);
  }
}

function isAbout({ at, body }: { readonly at: number; readonly body: unknown }, alert: string, host: string, since: number): boolean {
  const alerts = member(body, "alerts");
  if (at < since || !Array.isArray(alerts)) return false;
  return alerts.some((one: unknown) => {
    const labels = member(one, "labels");
    return member(one, "status") === "firing" && member(labels, "alert") === alert && member(labels, "instance") === host;
  });
}
