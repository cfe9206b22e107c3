/** How a concern becomes Pulumi resources: the only file that knows @pulumi/command. */
import { remote, type types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { AGENT_COMMAND, CONFIRM_COMMAND, envelope } from "../plan/request";
import { judgedArguments } from "../plan/reviewedArguments";
import type { HostPlan } from "../plan/types";
import type { HostPlace } from "./hostAddress";

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

/**
 * The unit that replaces the key its own connection is pinned to. It runs once in a machine's life: later it could not even
 * connect, so another agent, plan or address leaves it alone, and only another machine runs it again. What it confirms is
 * therefore the generation that the host answered, over a connection pinned to the new key.
 */
export abstract class FirstUnit<State extends object> extends pulumi.ComponentResource {
  /** The host's key from now on. */
  readonly hostKey: pulumi.Output<string>;

  /** `plan` reports the new key as `hostKey`; `machine` is the id of the machine. */
  protected constructor(
    type: string,
    name: string,
    args: UnitArgs<State> & { readonly machine: pulumi.Input<string> },
    plan: HostPlan & { readonly deadManSeconds: number },
    options: pulumi.ComponentResourceOptions,
  ) {
    const judged = judgedArguments(args.state, args.host, plan);
    super(type, name, judged, options);
    const apply = new remote.Command(
      `${name}-apply`,
      {
        ...quiet,
        // A new machine takes its time until it answers.
        connection: { ...connection(args.host, 60), dialErrorLimit: 60 },
        create: AGENT_COMMAND,
        stdin: envelope({ mode: "apply", plan, secrets: {} }).stdin,
        triggers: [args.machine],
      },
      { parent: this, ignoreChanges: ["connection", "create", "stdin"] },
    );
    const answer = apply.stdout.apply((line) => fieldsOf(JSON.parse(line)));
    this.hostKey = answer.apply(({ reports }) => keyOf(String(fieldsOf(reports)["hostKey"])));
    new remote.Command(
      `${name}-confirm`,
      {
        ...quiet,
        connection: connection({ ...args.host, hostKey: this.hostKey }, plan.deadManSeconds),
        create: CONFIRM_COMMAND,
        stdin: answer.apply(({ generation }) => `${plan.unit} ${String(generation)}\n`),
      },
      { parent: this, dependsOn: [apply] },
    );
    this.registerOutputs({ ...judged, hostKey: this.hostKey });
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
  const { escrow } = fieldsOf(JSON.parse(line));
  return Object.fromEntries(Object.entries(fieldsOf(escrow)).map(([id, sealed]) => [id, String(sealed)]));
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

// A public key's file ends in a comment, which is no part of the key.
function keyOf(line: string): string {
  return line.split(" ").slice(0, 2).join(" ");
}
