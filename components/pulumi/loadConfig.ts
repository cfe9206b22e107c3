/** Reads the stack's configuration inside the Pulumi program. */
import * as pulumi from "@pulumi/pulumi";
import { allConfig } from "@pulumi/pulumi/runtime";
import { ConfigError, parseConfig } from "../config/faults";
import { fromKeys } from "../config/keys";
import type { StackConfig } from "../config/schema";

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
