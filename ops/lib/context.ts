/** Where a stack's file is and how its hosts are reached: a stack of one's own, or one that lives on this machine. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import type { Prefix } from "./programs";
import { stackFile } from "./project";
import type { Patience } from "./ssh";

/** The name of the stack that lives on this machine. */
export const SANDBOX_STACK = "sandbox";

/** How the operator's commands reach a stack. */
export interface StackContext {
  /** Its configuration file. */
  readonly file: string;
  /** How its hosts are dialled. */
  readonly patience: Patience;
  /** What is put before a program so that it runs from an address outside the admin networks; empty: from here. */
  readonly outside: Prefix;
  /** Where Pulumi keeps a stack that lives on this machine: what its CLI is given. */
  readonly pulumi?: NonNullable<LocalStack["pulumi"]>;
  /** The stack's own secrets, by name, where it lives on this machine and no Pulumi CLI keeps them. */
  readonly secrets?: NonNullable<LocalStack["secrets"]>;
  /** Packets a second of the port scan: what an ordinary line bears without loss, or this machine's own memory. */
  readonly scanRate: number;
}

/** How a stack that lives on this machine is reached. Whoever makes such a stack writes it to `localStackFile`. */
export const localStack = z.strictObject({
  /** Path of its configuration file. */
  file: z.string(),
  /** Path of the private key that reaches its hosts. */
  identity: z.string(),
  /** Network namespace that lies outside the admin networks. */
  outsideNetns: z.string().optional(),
  /** Where Pulumi's own engine deploys it; without it the embedded engine does. */
  pulumi: z.strictObject({ project: z.string(), backend: z.string(), passphrase: z.string() }).optional(),
  /** Its secrets by name, of which the configuration file has the names alone. */
  secrets: z.record(z.string(), z.string()).optional(),
});
/** How a stack that lives on this machine is reached. */
export type LocalStack = z.infer<typeof localStack>;

/**
 * Returns the cache, which outlives a checkout: `$PHIWARD_CACHE`, else `$XDG_CACHE_HOME/phiward`, else `~/.cache/phiward` (XDG Base
 * Directory Specification).
 */
export function cacheRoot(): string {
  const { PHIWARD_CACHE, XDG_CACHE_HOME } = process.env;
  if (PHIWARD_CACHE !== undefined && PHIWARD_CACHE !== "") return PHIWARD_CACHE;
  if (XDG_CACHE_HOME !== undefined && XDG_CACHE_HOME !== "") return join(XDG_CACHE_HOME, "phiward");
  return join(homedir(), ".cache", "phiward");
}

/** Id of the sandbox on this machine: `SANDBOX` where there are several, else `sandbox`. */
export function sandboxId(): string {
  const id = process.env["SANDBOX"];
  return id === undefined || id === "" ? SANDBOX_STACK : id;
}

/** The file that says how the stack of a sandbox on this machine is reached. */
export function localStackFile(id: string): string {
  return join(cacheRoot(), "sandboxes", id, "stack.json");
}

/** Whether a stack's file is that of a sandbox on this machine, whose hosts are thrown away and where nothing encrypts a secret. */
export function isOfSandbox(file: string): boolean {
  return resolve(file).startsWith(`${resolve(cacheRoot(), "sandboxes")}/`);
}

/** Finds a stack. `key` is a private key to use instead of the SSH agent's. */
export function stackContext(stack: string, key?: string): StackContext {
  const local = stack === SANDBOX_STACK ? localStackFile(sandboxId()) : undefined;
  if (local !== undefined && existsSync(local)) {
    const { file, identity, outsideNetns, pulumi, secrets } = localStack.parse(JSON.parse(readFileSync(local, "utf8")));
    return {
      file,
      patience: { identity: key ?? identity },
      outside: outsideNetns === undefined ? [] : ["nsenter", `--net=/run/netns/${outsideNetns}`, "--"],
      scanRate: 30_000,
      ...(pulumi === undefined ? {} : { pulumi }),
      ...(secrets === undefined ? {} : { secrets }),
    };
  }
  return { file: stackFile(stack), patience: key === undefined ? {} : { identity: key }, outside: [], scanRate: 2000 };
}
