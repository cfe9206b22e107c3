/** A droplet's lasting host key, which every later connection is pinned to. */
import * as pulumi from "@pulumi/pulumi";
import { hostKeyPlan } from "../cloud/hostKey/plan";
import type { HostKeySettings } from "../cloud/hostKey/settings";
import { member, valueAt } from "../config/unknown";
import { AGENT_COMMAND, envelope, FIRST_CONFIRM_COMMAND } from "../plan/request";
import { reviewedArguments } from "../plan/reviewedArguments";
import { shownPlan } from "../plan/shownPlan";
import { agentCommand } from "./agentCommand";
import { outputsUnder } from "./keptSecret";
import type { ReachableHost } from "./reachableHost";

/**
 * The part of a droplet that replaces the key its own connection is pinned to. It runs once in a machine's life: later it could not
 * even connect, so another agent, plan or address leaves it alone, and only another machine runs it again. What it confirms is
 * therefore the generation that the host answered, over a connection pinned to the new key.
 */
export class HostKey extends pulumi.ComponentResource {
  static readonly __pulumiType = "phiward:host:HostKey";
  /** The host's key from now on. */
  readonly hostKey: pulumi.Output<string>;

  /** `machine` is the id of the machine. */
  constructor(
    name: string,
    args: { readonly host: ReachableHost; readonly settings: HostKeySettings; readonly machine: pulumi.Input<string> },
    options: pulumi.ComponentResourceOptions = {},
  ) {
    const { host, settings, machine } = args;
    const plan = hostKeyPlan(settings);
    const judged = reviewedArguments(settings, host, plan);
    super(HostKey.__pulumiType, name, { ...judged, plan: shownPlan(plan) }, options);
    const apply = agentCommand(
      `${name}-apply`,
      {
        host,
        command: AGENT_COMMAND,
        stdin: envelope({ mode: "apply", plan, secrets: {} }).stdin,
        budgetSeconds: 60,
        // A new machine takes its time until it answers.
        dialErrorLimit: 60,
        triggers: [machine],
      },
      { parent: this, ignoreChanges: ["connection", "create", "stdin"] },
    );
    const answer = apply.stdout.apply((line): unknown => JSON.parse(line));
    this.hostKey = answer.apply((told) => keyOf(String(valueAt(told, ["reports", "hostKey"]))));
    agentCommand(
      `${name}-confirm`,
      {
        host: { ...host, hostKey: this.hostKey },
        command: FIRST_CONFIRM_COMMAND,
        stdin: answer.apply((told) => `${plan.unit} ${String(member(told, "generation"))}\n`),
        budgetSeconds: plan.deadManSeconds,
      },
      { parent: this, dependsOn: [apply] },
    );
    this.registerOutputs(outputsUnder(options, { ...judged, hostKey: this.hostKey }));
  }
}

// A public key's file ends in a comment, which is no part of the key.
function keyOf(line: string): string {
  return line.split(" ").slice(0, 2).join(" ");
}
