/** Reads the stack's configuration inside the Pulumi program. */
import * as pulumi from "@pulumi/pulumi";
import { allConfig } from "@pulumi/pulumi/runtime";
import { ConfigError, parseConfig } from "../config/faults";
import type { StackConfig } from "../config/schema";

/** Namespace of the keys in Pulumi.<stack>.yaml: the project's name. */
export const NAMESPACE = "phiward";

/** The stack's configuration. Throws RunError, which Pulumi prints without a stack trace, naming all faults at once. */
export function loadConfig(): StackConfig {
  try {
    return parseConfig(fromKeys(allConfig()));
  } catch (error) {
    if (error instanceof ConfigError)
      throw new pulumi.RunError(`the configuration of stack ${pulumi.getStack()} is not valid:\n${error.message}`);
    throw error;
  }
}

/** Joins the keys of our namespace into one object; lists and maps arrive as JSON, texts as they are. */
export function fromKeys(keys: Readonly<Record<string, string>>): Record<string, unknown> {
  const ours = Object.entries(keys).filter(([key]) => key.startsWith(`${NAMESPACE}:`));
  return Object.fromEntries(ours.map(([key, value]) => [key.slice(NAMESPACE.length + 1), valueOf(value)]));
}

// A text may begin like a list, too: a banner in brackets is still a text.
function valueOf(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
