/** How a concern becomes Pulumi resources. */
import * as pulumi from "@pulumi/pulumi";
import { member, membersOf } from "../config/unknown";
import type { HostPlan } from "../plan/hostPlan";
import { AGENT_COMMAND, CONFIRM_COMMAND, generationOf, shortEnvelope } from "../plan/request";
import { reviewedArguments } from "../plan/reviewedArguments";
import { shownPlan } from "../plan/shownPlan";
import type { PlannedConcern } from "../registry";
import { agentCommand } from "./agentCommand";
import { outputsUnder } from "./keptSecret";
import type { ReachableHost } from "./reachableHost";

/** What a concern's component takes. */
export interface HostConcernArgs {
  readonly host: ReachableHost;
  readonly planned: Pick<PlannedConcern, "type" | "settings" | "plan">;
  /** Secrets that files of the plan name, handed to the host beside the plan. */
  readonly secrets?: Readonly<Record<string, pulumi.Input<string>>>;
}

/**
 * One concern on one host: a component whose arguments policies can judge (settings, connection and every file, in the open but
 * for secrets), with an apply command and, where the concern could lock people out, a confirm command over a new connection. It
 * has no delete: a destroyed concern leaves the host as it is.
 */
export class HostConcern extends pulumi.ComponentResource {
  /** Its checks. */
  readonly checked: Pick<HostPlan, "unit" | "checks">;
  /** SHA-256 that the host holds as the concern's generation. */
  readonly generation: pulumi.Output<string>;
  /** Secrets made on the host, encrypted to the owner's recovery key: id to armored age file. */
  readonly escrow: pulumi.Output<Record<string, string>>;

  constructor(name: string, { host, planned, secrets = {} }: HostConcernArgs, options: pulumi.ComponentResourceOptions = {}) {
    const { type, settings, plan } = planned;
    const judged = reviewedArguments(settings, host, plan);
    // Shown of the inputs alone: policies of a stack judge outputs, and what is in both is in the state twice.
    super(type, name, { ...judged, plan: shownPlan(plan) }, options);
    this.checked = { unit: plan.unit, checks: plan.checks };
    this.generation = pulumi.output(generationOf(plan));
    const stdin = pulumi.all(secrets).apply((values) => shortEnvelope({ mode: "apply", plan, secrets: values }).stdin);
    const apply = agentCommand(`${name}-apply`, { host, command: AGENT_COMMAND, stdin, budgetSeconds: 60 }, { parent: this });
    if (plan.deadManSeconds !== null)
      agentCommand(
        `${name}-confirm`,
        {
          host,
          command: CONFIRM_COMMAND,
          stdin: pulumi.interpolate`${plan.unit} ${this.generation}\n`,
          budgetSeconds: plan.deadManSeconds,
        },
        { parent: this, dependsOn: [apply] },
      );
    this.escrow = apply.stdout.apply(escrowOf);
    this.registerOutputs(outputsUnder(options, { ...judged, generation: this.generation }));
  }
}

function escrowOf(line: string): Record<string, string> {
  const escrow = membersOf(member(JSON.parse(line), "escrow"));
  return Object.fromEntries(Object.entries(escrow).map(([id, sealed]) => [id, String(sealed)]));
}
