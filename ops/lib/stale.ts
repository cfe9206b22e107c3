/** Concerns whose hosts differ from the configuration, and how Pulumi is made to apply them again. */
import { z } from "zod";
import type { StackConfig } from "../../components/config/schema";
import type { HostPlan } from "../../components/plan/hostPlan";
import { generationOf } from "../../components/plan/request";
import { hostPlans } from "../../components/registry";
import { ask, statusAnswer } from "./agent";
import type { StackContext } from "./context";
import { OperatorError } from "./errors";
import { type HostAddress, hostAddresses } from "./hosts";
import { deployTarget } from "./ssh";
import { presentName } from "./tree";

/** Type token of a command on a host. */
const COMMAND = "command:remote:Command";

/** A unit whose host is not as the configuration says. */
export interface Stale {
  readonly host: string;
  readonly unit: string;
  /** What is wrong, for the operator. */
  readonly why: string;
}

/** Asks every host which of its units are not as declared. A host that cannot be asked is an OperatorError. */
export async function staleUnits(
  config: StackConfig,
  context: StackContext,
  hosts: readonly HostAddress[] = hostAddresses(config),
): Promise<readonly Stale[]> {
  const found = await Promise.all(
    hosts.map(async ({ name, address, hostKey }) => {
      const plans = hostPlans(config, name);
      const { units } = await ask(
        deployTarget({ address, hostKey }),
        { mode: "status", plans, secrets: {} },
        statusAnswer,
        context.patience,
      ).catch((error: unknown) => {
        if (error instanceof OperatorError)
          throw new OperatorError(
            `${error.message}\n${name}: could not query its status. A new server needs npx phiward adopt --host ${name} first; a host that just became unreachable rolls back within ${String(config.deadMan.seconds)} s`,
            2,
          );
        throw error;
      });
      const differing = plans.flatMap((plan): Stale[] => {
        const unit = units[plan.unit];
        const why = unit === undefined ? undefined : differenceOf(plan, unit);
        return why === undefined ? [] : [{ host: name, unit: plan.unit, why }];
      });
      return withFollowers(differing, new Set(plans.map(({ unit }) => unit)));
    }),
  );
  return found.flat();
}

/** What writes files that containers have mounted, and what starts the containers again that still have the former ones. */
const WRITERS = ["docker", "secrets"];
const FOLLOWER = "retire";

/** Adds what must run after a stale unit, because it settles what that unit replaces. `units` are those of the host. */
export function withFollowers(stale: readonly Stale[], units: ReadonlySet<string>): readonly Stale[] {
  const writer = stale.find(({ unit }) => WRITERS.includes(unit));
  if (writer === undefined || !units.has(FOLLOWER) || stale.some(({ unit }) => unit === FOLLOWER)) return stale;
  return [...stale, { host: writer.host, unit: FOLLOWER, why: `containers may have mounted what ${writer.unit} replaces` }];
}

/** What the agent knows of a unit. */
type UnitStatus = z.infer<typeof statusAnswer>["units"][string];

/** How a unit on its host differs from its plan, for the operator; undefined if it does not. */
export function differenceOf(plan: HostPlan, unit: UnitStatus): string | undefined {
  const wanted = generationOf(plan);
  if (unit.waits) return "its last change was not confirmed";
  if (unit.rolledBack === wanted) return "its last change was rolled back";
  if (unit.generation !== wanted) return "its generation differs from the deployed one";
  return unit.drift.length > 0 ? `it has drifted: ${unit.drift.join(", ")}` : undefined;
}

const deployment = z.object({
  deployment: z
    .object({ resources: z.array(z.object({ urn: z.string(), inputs: z.record(z.string(), z.unknown()).optional() })).nullish() })
    .nullish(),
});

/**
 * Those of `stale` that Pulumi would leave alone, since by its state they are as declared: they changed behind its back. What is new, or
 * has changed in the configuration, it applies by itself, as its preview shows.
 */
export function changedBehindPulumi(config: StackConfig, stale: readonly Stale[], exported: unknown): readonly Stale[] {
  const deployed = deployedGenerations(config, exported);
  const wanted = new Map(
    [...new Set(stale.map(({ host }) => host))].flatMap((host) =>
      hostPlans(config, host).map((plan) => [`${host}-${plan.unit}`, generationOf(plan)] as const),
    ),
  );
  return stale.filter(({ host, unit }) => {
    const generation = deployed.get(`${host}-${unit}-apply`);
    return generation === SECRET || (generation !== undefined && generation === wanted.get(`${host}-${unit}`));
  });
}

/** Stands for a generation that cannot be read: what was sent is a secret of the state. */
const SECRET = "secret";

/** The generations that the last deploy sent, by the present names of the commands that sent them. */
function deployedGenerations(config: StackConfig, exported: unknown): ReadonlyMap<string, string> {
  return new Map(
    (deployment.parse(exported).deployment?.resources ?? []).flatMap(({ urn, inputs }): [string, string][] => {
      if (urn.split("::").at(-2)?.endsWith(COMMAND) !== true) return [];
      const stdin = inputs?.["stdin"];
      // A request begins with a line of its length and its hash, which is the generation.
      const generation = typeof stdin === "string" ? (/^phiward \d+ ([0-9a-f]{64})\n/.exec(stdin)?.[1] ?? "") : SECRET;
      return [[presentName(config, urn.split("::").at(-1) ?? ""), generation]];
    }),
  );
}

/**
 * The commands of stale units that Pulumi's state already has: their inputs are as they were, so Pulumi must be forced to run them
 * again. A host with a stale unit is asked all its checks again, and so is each of `hosts`.
 */
export function replacements(
  config: Pick<StackConfig, "hosts">,
  stale: readonly Stale[],
  exported: unknown,
  hosts: readonly string[] = [],
): readonly string[] {
  const urns = (deployment.parse(exported).deployment?.resources ?? []).map(({ urn }) => urn);
  const names = namesOf(stale, hosts);
  return urns.filter(
    (urn) => urn.split("::").at(-2)?.endsWith(COMMAND) === true && names.has(presentName(config, urn.split("::").at(-1) ?? "")),
  );
}

/** Names of the commands that apply stale units, and that ask all checks of their hosts and of `hosts`. */
export function namesOf(stale: readonly Stale[], hosts: readonly string[] = []): ReadonlySet<string> {
  return new Set([
    ...stale.flatMap(({ host, unit }) => [`${host}-${unit}-apply`, `${host}-${unit}-confirm`]),
    ...[...stale.map(({ host }) => host), ...hosts].map((host) => `${host}-verify`),
  ]);
}
