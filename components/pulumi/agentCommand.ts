/** Commands on a host over SSH: the only file that knows @pulumi/command. */
import { remote, type types } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import type { ReachableHost } from "./reachableHost";

/** One command on a host, with what it reads. */
export interface AgentCommandArgs {
  readonly host: ReachableHost;
  /** Constant: `AGENT_COMMAND` or `CONFIRM_COMMAND`. */
  readonly command: string;
  readonly stdin: pulumi.Input<string>;
  /** Seconds until a connection that does not come about is given up; below the deadline of a change that waits for it. */
  readonly budgetSeconds: number;
  /** Tries to connect; five unless said otherwise, which end before a deadline of a confirmation passes. */
  readonly dialErrorLimit?: number;
  /** A change of these runs the command again as another one. */
  readonly triggers?: readonly pulumi.Input<string>[];
}

/** Runs a command on a host. It has no delete: that would receive the standard input of the create. */
export function agentCommand(name: string, args: AgentCommandArgs, options: pulumi.CustomResourceOptions): remote.Command {
  const { host, command, stdin, budgetSeconds, dialErrorLimit = 5, triggers } = args;
  return new remote.Command(
    name,
    {
      logging: remote.Logging.None,
      addPreviousOutputInEnv: false,
      connection: connection(host, budgetSeconds, dialErrorLimit),
      create: command,
      stdin,
      ...(triggers === undefined ? {} : { triggers: [...triggers] }),
    },
    options,
  );
}

// An exact object: a field that the provider does not know would print the whole connection. No key and no path: the SSH
// agent holds the key, so that the program is the same on every laptop.
function connection(host: ReachableHost, budgetSeconds: number, dialErrorLimit: number): types.input.remote.ConnectionArgs {
  return {
    host: host.address,
    port: host.port,
    user: host.user,
    hostKey: host.hostKey,
    dialErrorLimit,
    perDialTimeout: Math.min(15, Math.floor((budgetSeconds - 5) / 6)),
  };
}
