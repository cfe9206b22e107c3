/** The sandbox's stack: the committed Pulumi.sandbox.yaml with what is the sandbox's own put in. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { type LocalStack, localStackFile } from "../ops/lib/context";
import { ROOT } from "../ops/lib/root";
import type { SandboxImage } from "./images/images";
import type { Sandbox } from "./machines/inventory";
import { ensureRecoveryKey } from "./recoveryKey";

/** Where the sandbox's alerts are posted to on this machine. */
export const ALERT_PORT = 8099;

/** Writes the sandbox's configuration file, makes its recovery key where it has none, and returns the file's path. */
export async function writeStackFile(sandbox: Sandbox, images: readonly SandboxImage[]): Promise<string> {
  const document = parseDocument(readFileSync(join(ROOT, "Pulumi.sandbox.yaml"), "utf8"));
  const set = (path: readonly (string | number)[], value: unknown): void => {
    const [section, ...rest] = path;
    document.setIn(["config", `phiward:${String(section)}`, ...rest], document.createNode(value));
  };
  const publicKey = readFileSync(`${sandbox.keyFile}.pub`, "utf8").split(" ").slice(0, 2).join(" ").trim();
  HOSTS.forEach((name, index) => {
    const host = sandbox.hosts.find((entry) => entry.name === name);
    if (host === undefined)
      throw new Error(`sandbox ${sandbox.id}: it has no host ${name}, so an older version created it: run make sandbox-down`);
    set(["hosts", index, "address"], host.address);
    set(["hosts", index, "hostKey"], host.hostKey);
  });
  set(["adminNetworks"], [`${sandbox.adminAddress}/32`, `${sandbox.adminAddress6}/128`]);
  set(["people", 0, "keys"], [publicKey]);
  set(["recovery", "publicKey"], await ensureRecoveryKey(sandbox));
  IMAGES.forEach((name, index) => {
    set(["services", index, "image"], images.find((image) => image.name === name)?.id);
  });
  // cgroup v2 is where a program's limits can be delegated to a server in a container.
  set(["docker", "limits"], existsSync("/sys/fs/cgroup/cgroup.controllers") ? "enforced" : "unavailable");
  set(["alerts", "webhook"], `http://${sandbox.adminAddress}:${String(ALERT_PORT)}/alert`);
  const path = join(sandbox.dir, "Pulumi.sandbox.yaml");
  writeFileSync(path, String(document), { mode: 0o600 });
  writeLocalStack(sandbox, path);
  return path;
}

// How the operator's commands reach this stack: with the sandbox's own key, and from outside through its last outsider.
function writeLocalStack(sandbox: Sandbox, file: string): void {
  const netns = sandbox.outsiders.at(-1)?.netns;
  const local: LocalStack = { file, identity: sandbox.keyFile, ...(netns === undefined ? {} : { outsideNetns: netns }) };
  writeFileSync(localStackFile(sandbox.id), JSON.stringify(local), { mode: 0o600 });
}

/** The hosts of Pulumi.sandbox.yaml, in their order there. */
export const HOSTS = ["web", "store"] as const;

// In the order of the services in Pulumi.sandbox.yaml.
const IMAGES = ["postgres", "redis", "api"] as const;
