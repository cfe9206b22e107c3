/**
 * Prepares a server that exists already, once: shows its host key and what the exclusive sets would remove, and only when
 * both are accepted by name makes the deploy account. Nothing is taken away here; the deploy does that.
 */

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { parseDocument } from "yaml";
import type { HostConfig, StackConfig } from "../../components/config/schema";
import { isHostKey } from "../../components/config/sshKey";
import { member } from "../../components/config/unknown";
import { DEPLOY_USER, SSH_PORT } from "../../components/plan/places";
import { AGENT_COMMAND, ROOT_AGENT_COMMAND } from "../../components/plan/request";
import { hostPlans } from "../../components/registry";
import { adoptPlan } from "../../components/system/adoption/plan";
import { applyAnswer, ask, inventoryAnswer } from "../lib/agent";
import type { StackOptions } from "../lib/command";
import { stackContext } from "../lib/context";
import { OperatorError } from "../lib/errors";
import { namedHost } from "../lib/hosts";
import { sendImages } from "../lib/images";
import { requireKeyFile } from "../lib/keyFile";
import { answerOf } from "../lib/process";
import { withProgress } from "../lib/progress";
import { deployTarget, overSsh, type SshTarget } from "../lib/ssh";
import { readStack, readStackFile } from "../lib/stack";
import { print } from "../lib/terminal";
import { unadopted, withStandInKeys } from "../lib/unadopted";

/** How a server is adopted. */
export interface AdoptOptions {
  /** Who can log in now and is root or has sudo without a password. Default `root`. */
  readonly login?: string;
  /** Names of what may be removed, as `phiward adopt` printed them. */
  readonly remove: readonly string[];
  /** Private key to log in with, in place of the SSH agent's. */
  readonly identity?: string;
  readonly say: (line: string) => void;
}

/** Run by the login of deploys: whether an adoption made it. */
export const ADOPTED_COMMAND = "sudo -n test -e /var/lib/phiward/units/adopt/generation.json";

/** `SHA256:…` of a host key, as ssh-keygen(1) prints it. */
export function fingerprint(hostKey: string): string {
  const blob = Buffer.from(hostKey.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

/** The Ed25519 host key that a server shows now: to be compared with what its console shows. */
export async function scanHostKey(address: string): Promise<string> {
  const { stdout } = await answerOf(["ssh-keyscan", "-T", "10", "-t", "ed25519", "-p", String(SSH_PORT), address]);
  const line = stdout.split("\n").find((text) => text !== "" && !text.startsWith("#"));
  const key = line?.split(" ").slice(1, 3).join(" ");
  if (key === undefined || !isHostKey(key))
    throw new OperatorError(
      `${address}: found no SSH server with an Ed25519 host key on port ${String(SSH_PORT)}; check the address, and that port 22 is open to you`,
      2,
    );
  return key;
}

/** Adopts one host. Throws OperatorError if something would be removed that is not named; the server is then as it was. */
export async function adopt(config: StackConfig, host: HostConfig, options: AdoptOptions): Promise<"adopted" | "already adopted"> {
  if (host.kind !== "existing") throw unadoptable(host.name);
  const deploy = deployTarget(host);
  const patience = options.identity === undefined ? {} : { identity: options.identity };
  // Not any account of that name: only one that an adoption made.
  if ((await overSsh(deploy, ADOPTED_COMMAND, "", { ...patience, retries: 0 })).code === 0) return "already adopted";

  const login = options.login ?? "root";
  const target: SshTarget = { ...deploy, user: login };
  const first = await withProgress(`${host.name}: connecting`, () =>
    overSsh(target, login === "root" ? "/usr/bin/python3 -V" : "sudo -n /usr/bin/python3 -V", "", { ...patience, retries: 1 }),
  );
  if (first.code !== 0 && (await overSsh(deploy, "sudo -n true", "", { ...patience, retries: 0 })).code === 0)
    throw new OperatorError(
      `${host.name}: ${login} is denied access, and ${DEPLOY_USER} is not: this host was adopted, and what it knew of that (/var/lib/phiward) is gone. npx phiward up creates it again`,
      2,
    );
  if (first.code !== 0) throw new OperatorError(`${host.name}: ${explain(first.code, first.stderr, target)}`, 2);
  const command = login === "root" ? ROOT_AGENT_COMMAND : AGENT_COMMAND;

  const { found } = await withProgress(`${host.name}: looking for what is not declared`, () =>
    ask(target, { mode: "inventory", plans: hostPlans(config, host.name) }, inventoryAnswer, patience, command),
  );
  for (const { noun, name, holds } of found)
    options.say(`${host.name}: would be removed: ${noun}: ${name}${holds.map((line) => `\n    ${line}`).join("")}`);
  if (found.some(({ unit, noun }) => unit === "ssh" && noun === "authorized keys"))
    options.say(`${host.name}: keys in homes stay where they are, and will open no login any more`);
  const unnamed = found.filter(({ name }) => !options.remove.includes(name));
  if (unnamed.length > 0)
    throw new OperatorError(
      `${host.name}: nothing was changed. The first deploy would remove what is listed above. Declare what to keep, or confirm the removals:\n` +
        `  --remove ${quoted(found.map(({ name }) => name).join(","))}`,
      1,
    );
  await withProgress(`${host.name}: making the account of deploys`, () =>
    ask(target, { mode: "apply", plan: adoptPlan(config), secrets: {} }, applyAnswer, patience, command),
  );
  const check = await overSsh(deploy, "sudo -n true", "", { ...patience, retries: 2 });
  if (check.code !== 0)
    throw new OperatorError(
      `${host.name}: the ${DEPLOY_USER} account exists, but it rejected your key: ${explain(check.code, check.stderr, deploy)}`,
      2,
    );
  return "adopted";
}

function unadoptable(name: string): OperatorError {
  return new OperatorError(
    `${name}: found a droplet, allowed: an existing server; droplets are created by npx phiward up, and adopt is for existing servers`,
    2,
  );
}

function explain(code: number, stderr: string, target: SshTarget): string {
  const words = (stderr.split("\n").at(-1) ?? "").replace(/^ +\| /, "");
  if (/Host key verification failed|HOST IDENTIFICATION HAS CHANGED/i.test(stderr))
    return `its host key is not the pinned one (${fingerprint(target.hostKey)}). Compare it with the server's console; if it was replaced on purpose, correct hostKey`;
  if (code === 127) return "python3 is missing; on the server: apt-get install python3 sudo";
  if (/Permission denied/i.test(stderr))
    return `permission denied for ${target.user}: check that the SSH agent holds your key (ssh-add -l) and that --login names an account it opens`;
  return words === "" ? `ssh ended with exit code ${String(code)}` : words;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * The host's pinned key. Where the file has none yet, the key that the server shows is pinned, once the operator has confirmed
 * its fingerprint: at the terminal, or as `--host-key SHA256:…`, read from the server's console.
 */
async function pinHostKey(file: string, name: string, confirmation: string | undefined): Promise<void> {
  const hosts: unknown = readStackFile(file)["hosts"];
  const index = Array.isArray(hosts) ? hosts.findIndex((host: unknown) => member(host, "name") === name) : -1;
  const host: unknown = Array.isArray(hosts) ? hosts[index] : undefined;
  if (host === undefined)
    throw new OperatorError(`${file}: hosts: found no host named ${JSON.stringify(name)}; give one of those in the file`, 3);
  if (member(host, "kind") === "droplet") throw unadoptable(name);
  if (member(host, "hostKey") !== undefined) return;
  const key = await withProgress(`${name}: asking for its host key`, () => scanHostKey(String(member(host, "address"))));
  const shown = fingerprint(key);
  print(`${name}: the server shows the host key ${shown} (ED25519)`);
  if (!(await confirmedKey(shown, confirmation)))
    throw new OperatorError(
      `${name}: nothing was changed. Compare it with the server's console (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then give --host-key ${shown}`,
      1,
    );
  const document = parseDocument(readFileSync(file, "utf8"));
  document.setIn(["config", "phiward:hosts", index, "hostKey"], key);
  writeFileSync(file, document.toString({ lineWidth: 0 }));
  print(`${file}: hosts.${String(index)}.hostKey is now ${key}`);
}

/** Whether a person confirms the fingerprint of a host key: as it was given, or at the terminal. */
export async function confirmedKey(shown: string, given: string | undefined): Promise<boolean> {
  if (given !== undefined || !process.stdin.isTTY) return given === shown;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question("Is that what the server's own console shows? Type yes: ");
  terminal.close();
  return answer.trim() === "yes";
}

/** Options of `phiward adopt`. */
export interface AdoptCommandOptions extends StackOptions {
  readonly host: string;
  readonly login?: string;
  /** Fingerprint of the server's host key, as its own console shows it. */
  readonly hostKey?: string;
  /** Names of what may be removed. */
  readonly remove?: readonly string[];
  /** Archives of images that are copied to the host. */
  readonly images?: readonly string[];
}

/** `phiward adopt`. */
export async function adoptCommand(options: AdoptCommandOptions): Promise<number> {
  const { host: name, login, remove = [], images = [] } = options;
  const { file, patience } = stackContext(options.stack, options.key);
  // Before the host key is asked for: where there is no such stack, that is said first.
  if (existsSync(file)) requireKeyFile(options.key);
  await pinHostKey(file, name, options.hostKey);
  const config = readStack(file, { stack: options.stack }, (raw) => withStandInKeys(raw, name));
  const host = namedHost(config, config.hosts, name, ["application", "vault"]);
  const state = await adopt(config, host, {
    ...(login === undefined ? {} : { login }),
    ...(patience.identity === undefined ? {} : { identity: patience.identity }),
    remove,
    say: print,
  });
  await sendImages(host, images, patience, print);
  const [next] = unadopted(readStackFile(file));
  print(`${name}: ${state}; next: npx phiward ${next === undefined ? "up" : `adopt --host ${next}`} --stack ${options.stack}`);
  return 0;
}
