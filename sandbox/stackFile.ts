/** The sandbox's stack: the committed Pulumi.sandbox.yaml with what is the sandbox's own put in. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { z } from "zod";
import { type LocalStack, localStackFile } from "../ops/lib/context";
import { ROOT } from "../ops/lib/root";
import { waiversBeside } from "../policies/waivers/load";
import { utcDay } from "../policies/waivers/schema";
import { type SandboxImage, sandboxRecipes } from "./images/images";
import type { ImageRecipe } from "./images/recipe";
import type { Sandbox } from "./machines/inventory";
import { ensureRecoveryKey } from "./recoveryKey";

/** Where the sandbox's alerts are posted to on this machine. */
export const ALERT_PORT = 8099;

/** A stack file, and what its services run. */
export interface StackExample {
  readonly file: string;
  /** The image of each of its services, by the service's name. */
  readonly images: Readonly<Record<string, string>>;
  /** How these are made. */
  readonly recipes: readonly ImageRecipe[];
  /** The secrets that it uses, by name. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Other values, by their path below `config`. */
  readonly values?: (sandbox: Sandbox) => readonly (readonly [path: readonly (string | number)[], value: unknown])[];
}

/** What `make sandbox` deploys. */
export const SANDBOX_EXAMPLE: StackExample = {
  file: join(ROOT, "Pulumi.sandbox.yaml"),
  images: { db: "postgres", cache: "redis", api: "api" },
  recipes: sandboxRecipes(),
};

const namedServices = z.array(z.looseObject({ name: z.string() }));

/**
 * Writes the sandbox's configuration file from an example, by default its own, makes its recovery key where it has none, and returns
 * the file's path.
 */
export async function writeStackFile(
  sandbox: Sandbox,
  images: readonly SandboxImage[],
  example: StackExample = SANDBOX_EXAMPLE,
): Promise<string> {
  const document = parseDocument(readFileSync(example.file, "utf8"));
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
  const { config } = z.object({ config: z.looseObject({ "phiward:services": namedServices }) }).parse(document.toJS());
  config["phiward:services"].forEach((service, index) => {
    set(["services", index, "image"], images.find((image) => image.name === example.images[service.name])?.id);
  });
  // cgroup v2 is where a program's limits can be delegated to a server in a container.
  set(["docker", "limits"], existsSync("/sys/fs/cgroup/cgroup.controllers") ? "enforced" : "unavailable");
  set(["alerts", "webhook"], `http://${sandbox.adminAddress}:${String(ALERT_PORT)}/alert`);
  // As Pulumi would write them, who alone could open them; here they are beside the file.
  if (example.secrets !== undefined)
    set(
      ["secrets"],
      mapValues(example.secrets, () => ({ secure: "kept beside this file" })),
    );
  for (const [place, value] of example.values?.(sandbox) ?? []) set(place, value);
  const path = join(sandbox.dir, "Pulumi.sandbox.yaml");
  writeFileSync(path, String(document), { mode: 0o600 });
  writeWaivers(waiversBeside(example.file), waiversBeside(path));
  writeLocalStack(sandbox, path, example.secrets);
  return path;
}

// An example is older than a waiver may be.
function writeWaivers(from: string, to: string): void {
  if (!existsSync(from)) return;
  const inThirtyDays = utcDay(new Date(Date.now() + 30 * 86_400_000));
  writeFileSync(to, readFileSync(from, "utf8").replaceAll(/^( *expires:).*$/gm, `$1 ${inThirtyDays}`));
}

function mapValues<Value, To>(map: Readonly<Record<string, Value>>, to: (value: Value) => To): Readonly<Record<string, To>> {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, to(value)]));
}

// How the operator's commands reach this stack: with the sandbox's own key, and from outside through its last outsider.
function writeLocalStack(sandbox: Sandbox, file: string, secrets: StackExample["secrets"]): void {
  const netns = sandbox.outsiders.at(-1)?.netns;
  const local: LocalStack = {
    ...{ file, identity: sandbox.keyFile },
    ...(netns === undefined ? {} : { outsideNetns: netns }),
    ...(secrets === undefined ? {} : { secrets: { ...secrets } }),
  };
  writeFileSync(localStackFile(sandbox.id), JSON.stringify(local), { mode: 0o600 });
}

/** The hosts of Pulumi.sandbox.yaml and of other examples, in their order there. */
export const HOSTS = ["web", "store"] as const;
