/** The end of a deploy: the running host is asked every check. */
import * as pulumi from "@pulumi/pulumi";
import { member } from "../config/unknown";
import { acceptedIn } from "../plan/acceptedChecks";
import { AGENT_COMMAND, shortEnvelope } from "../plan/request";
import { agentCommand } from "./agentCommand";
import type { HostConcern } from "./hostConcern";
import { outputsUnder } from "./keptSecret";
import type { ReachableHost } from "./reachableHost";

/** Asks a host all checks of all its concerns; last of all, and again whenever one of them changed. */
export class HostVerify extends pulumi.ComponentResource {
  static readonly __pulumiType = "phiward:host:Verify";
  /** How many checks passed and how many were skipped; a failed one fails the deploy. */
  readonly counts: pulumi.Output<{ pass: number; skipped: number }>;

  constructor(
    name: string,
    args: {
      readonly host: ReachableHost;
      readonly concerns: readonly Pick<HostConcern, "checked" | "generation">[];
      /** What must hold of the concerns that do not apply. */
      readonly removed: readonly HostConcern["checked"][];
      /** Ids of checks whose failure is accepted, and stops no deploy. */
      readonly accepted?: ReadonlySet<string>;
    },
    options: pulumi.ComponentResourceOptions,
  ) {
    super(HostVerify.__pulumiType, name, { connection: { ...args.host } }, options);
    const { host, concerns, removed, accepted = new Set() } = args;
    const plans = [...concerns.map(({ checked }) => checked), ...removed].map((unit) => acceptedIn(unit, accepted));
    const stdin = pulumi
      .all(Object.fromEntries(concerns.map(({ checked, generation }) => [checked.unit, generation])))
      .apply((generations) => shortEnvelope({ mode: "verify", plans, strict: true, generations }).stdin);
    const verify = agentCommand(name, { host, command: AGENT_COMMAND, stdin, budgetSeconds: 60 }, { parent: this });
    this.counts = verify.stdout.apply((line) => {
      const results = resultsOf(line);
      const of = (wanted: string): readonly unknown[] => results.filter((result) => member(result, "status") === wanted);
      // The deploy would have failed by any other.
      for (const result of of("fail"))
        void pulumi.log.warn(`${idOf(result)}: fails; npx phiward verify says what was seen. The deploy goes on`, this);
      return { pass: of("pass").length, skipped: of("skipped").length };
    });
    // Policies about the whole stack see what is registered here, and nothing of the arguments.
    this.registerOutputs(outputsUnder(options, { connection: { ...host } }));
  }
}

function resultsOf(line: string): readonly unknown[] {
  const results = member(JSON.parse(line), "results");
  return Array.isArray(results) ? results : [];
}

// What the host says it is goes to a terminal.
function idOf(result: unknown): string {
  const id = member(result, "id");
  return typeof id === "string" && /^[a-z0-9.-]+$/i.test(id) ? id : "a check";
}
