/** How a concern becomes Pulumi resources: the only file that knows @pulumi/command. */
import { remote, type types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { AGENT_COMMAND, CONFIRM_COMMAND, envelope } from "./envelope";
import { judgedArguments } from "./judged";
import type { HostPlace } from "./place";
import type { HostPlan } from "./plan";

/** What a concern's component takes. */
export interface UnitArgs<State> {
  readonly host: HostPlace;
  readonly state: State;
}

/** A unit as the operator's commands and the next unit see it. */
export interface UnitSummary {
  /** SHA-256 that the host holds as the unit's generation. */
  readonly generation: pulumi.Output<string>;
  /** Secrets made on the host, encrypted to the owner's recovery key: id to armored age file. */
  readonly escrow: pulumi.Output<Record<string, string>>;
}

/**
 * One concern on one host: a component whose arguments policies can judge (state, connection and every file, in the open
 * but for secrets), with an apply command and, where the concern could lock people out, a confirm command over a new
 * connection. It has no delete: a destroyed unit leaves the host as it is.
 */
export abstract class HostUnit<State extends object> extends pulumi.ComponentResource implements UnitSummary {
  readonly generation: pulumi.Output<string>;
  readonly escrow: pulumi.Output<Record<string, string>>;

  protected constructor(
    type: string,
    name: string,
    args: UnitArgs<State>,
    plan: HostPlan,
    options: pulumi.ComponentResourceOptions,
    secrets: Readonly<Record<string, pulumi.Input<string>>> = {},
  ) {
    const judged = judgedArguments(args.state, args.host, plan);
    super(type, name, judged, options);
    const sealed = pulumi.all(secrets).apply((values) => envelope({ mode: "apply", plan, secrets: values }));
    this.generation = sealed.sha256;
    const apply = new remote.Command(
      `${name}-apply`,
      { ...quiet, connection: connection(args.host, 60), create: AGENT_COMMAND, stdin: sealed.stdin },
      { parent: this },
    );
    if (plan.deadManSeconds !== null)
      new remote.Command(
        `${name}-confirm`,
        {
          ...quiet,
          connection: connection(args.host, plan.deadManSeconds),
          create: CONFIRM_COMMAND,
          stdin: pulumi.interpolate`${plan.unit} ${sealed.sha256}\n`,
        },
        { parent: this, dependsOn: [apply] },
      );
    this.escrow = apply.stdout.apply((line) => escrowOf(line));
    this.registerOutputs({ ...judged, generation: this.generation });
  }
}

/** Asks a host all checks of all its units; last of all, and again whenever one of them changed. */
export class HostVerify extends pulumi.ComponentResource {
  static readonly __pulumiType = "phiward:host:Verify";
  /** How many checks passed and how many were skipped; a failed one fails the deploy. */
  readonly counts: pulumi.Output<{ pass: number; skipped: number }>;

  constructor(
    name: string,
    args: { host: HostPlace; plans: readonly HostPlan[]; units: readonly UnitSummary[] },
    options: pulumi.ComponentResourceOptions,
  ) {
    super(HostVerify.__pulumiType, name, { connection: { ...args.host } }, options);
    const generations = pulumi.all(args.units.map((unit) => unit.generation));
    const stdin = generations.apply((hashes) => {
      const plans = args.plans.map(({ unit, checks }) => ({ unit, checks }));
      return envelope({
        mode: "verify",
        plans,
        strict: true,
        generations: Object.fromEntries(args.plans.map((plan, index) => [plan.unit, hashes[index] ?? ""])),
      }).stdin;
    });
    const verify = new remote.Command(
      name,
      { ...quiet, connection: connection(args.host, 60), create: AGENT_COMMAND, stdin },
      { parent: this },
    );
    this.counts = verify.stdout.apply((line) => ({
      pass: line.split('"status":"pass"').length - 1,
      skipped: line.split('"status":"skipped"').length - 1,
    }));
    this.registerOutputs({});
  }
}

const quiet = { logging: remote.Logging.None, addPreviousOutputInEnv: false };

// An exact object: a field that the provider does not know would print the whole connection. No key and no path: the SSH
// agent holds the key, so that the program is the same on every laptop. Five tries, which end before the switch fires.
function connection(host: HostPlace, budgetSeconds: number): types.input.remote.ConnectionArgs {
  return {
    host: host.address,
    port: host.port,
    user: host.user,
    hostKey: host.hostKey,
    dialErrorLimit: 5,
    perDialTimeout: Math.min(15, Math.floor((budgetSeconds - 5) / 6)),
  };
}

function escrowOf(line: string): Record<string, string> {
  const answer: unknown = JSON.parse(line);
  const escrow: unknown = typeof answer === "object" && answer !== null && "escrow" in answer ? answer.escrow : {};
  return Object.fromEntries(Object.entries(escrow ?? {}).map(([id, sealed]) => [id, String(sealed)]));
}
