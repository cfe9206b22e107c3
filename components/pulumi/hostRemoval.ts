/** Taking down what no longer applies to a host. */
import * as pulumi from "@pulumi/pulumi";
import type { HostPlan } from "../plan/hostPlan";
import { AGENT_COMMAND, shortEnvelope } from "../plan/request";
import type { PlannedRemoval } from "../registry";
import { agentCommand } from "./agentCommand";
import { outputsUnder } from "./keptSecret";
import type { ReachableHost } from "./reachableHost";

/**
 * The concerns that do not apply to a host: the agent takes down those that it has a record of, and touches nothing else. One
 * that waits for something, such as a last container that Pulumi deletes at the end of the deploy, is taken down by the next run.
 */
export class HostRemoval extends pulumi.ComponentResource {
  static readonly __pulumiType = "phiward:host:Removal";
  /** Checks of those that have nothing to wait for. */
  readonly checked: readonly Pick<HostPlan, "unit" | "checks">[];

  constructor(
    name: string,
    { host, removals }: { readonly host: ReachableHost; readonly removals: readonly PlannedRemoval[] },
    options: pulumi.ComponentResourceOptions = {},
  ) {
    super(HostRemoval.__pulumiType, name, { connection: { ...host }, concerns: removals.map(({ plan }) => plan.unit) }, options);
    this.checked = removals.flatMap(({ plan: { unit, checks }, onceTrue }) => (onceTrue === null ? [{ unit, checks }] : []));
    const { stdin } = shortEnvelope({ mode: "remove", removals });
    agentCommand(`${name}-apply`, { host, command: AGENT_COMMAND, stdin, budgetSeconds: 60 }, { parent: this });
    // Policies about the whole stack see what is registered here, and nothing of the arguments.
    this.registerOutputs(outputsUnder(options, { connection: { ...host } }));
  }
}
