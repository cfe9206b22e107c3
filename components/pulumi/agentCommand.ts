/** Commands on a host over SSH: the only file that knows @pulumi/command. */
import { local, remote, type types } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { earlyVariable } from "../plan/earlyPackages";
import type { HostPlan } from "../plan/hostPlan";
import { INSTALL_COMMAND, programsVersion } from "../plan/programs";
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

/**
 * Brings the agent and the programs to a host. Their text goes by a connection of the command's own, from the project's sources: in
 * Pulumi's state, and in what it shows, is their version alone. So do the packages of its plans that it gets at once.
 */
export function programsInstall(
  name: string,
  host: ReachableHost,
  plans: readonly HostPlan[],
  options: pulumi.CustomResourceOptions,
): local.Command {
  return new local.Command(
    name,
    {
      logging: local.Logging.None,
      addPreviousOutputInEnv: false,
      create: INSTALL_COMMAND,
      environment: {
        PHIWARD_ADDRESS: host.address,
        PHIWARD_PORT: String(host.port),
        PHIWARD_USER: host.user,
        PHIWARD_HOST_KEY: host.hostKey,
        PHIWARD_PROGRAMS: programsVersion(),
        ...earlyVariable(plans),
      },
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
