/** What every command begins with: the stack that it is about. */
import type { HostConfig, StackConfig } from "../../components/config/schema";
import { type StackContext, stackContext } from "./context";
import { type HostAddress, hostAddresses, namedHost, stackOutputs } from "./hosts";
import { requireKeyFile } from "./keyFile";
import { readStack } from "./stack";
import { print, safeJson } from "./terminal";

/** Options of every command about a stack. */
export interface StackOptions {
  readonly stack: string;
  /** Private key to use in place of the SSH agent's. */
  readonly key?: string;
}

/** The same, and JSON in place of text. */
export interface ReportOptions extends StackOptions {
  readonly json?: boolean;
}

/** A stack, read and validated. */
export interface OpenStack {
  readonly stack: string;
  readonly context: StackContext;
  readonly config: StackConfig;
}

/** A stack, and where its hosts are. */
export interface ResolvedStack extends OpenStack {
  readonly hosts: readonly HostAddress[];
}

/** Reads a stack's configuration. Throws OperatorError with all its faults, or if `key` is not a private key that can be used. */
export function openStack({ stack, key }: StackOptions): OpenStack {
  const context = stackContext(stack, key);
  const config = readStack(context.file, { stack, secrets: context.secrets });
  requireKeyFile(key);
  return { stack, context, config };
}

/** The same, and finds its hosts. Throws OperatorError if a droplet was never deployed. */
export function resolvedStack(options: StackOptions): ResolvedStack {
  const open = openStack(options);
  return { ...open, hosts: hostAddresses(open.config, stackOutputs(open.config, open.stack)) };
}

/** The host that the command is about. Throws OperatorError if the stack has none of that name in these roles. */
export function hostOf({ config, hosts }: ResolvedStack, name: string | undefined, roles: readonly HostConfig["role"][]): HostAddress {
  return namedHost(config, hosts, name, roles);
}

/** Writes what a command found: as one line of JSON, or as text. */
export function report(json: boolean | undefined, value: unknown, text: string): void {
  print(json === true ? safeJson(value) : text);
}
