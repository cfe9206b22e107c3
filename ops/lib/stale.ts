/** Units whose hosts are not as the configuration says, and how Pulumi is told to apply them again. */
import { z } from "zod";
import type { StackConfig } from "../../components/config/schema";
import { generationOf } from "../../components/plan/request";
import { hostPlans } from "../../components/registry";
import { ask, statusAnswer } from "./agent";
import type { StackContext } from "./context";
import { type PlacedHost, placedHosts } from "./hosts";
import { deployTarget } from "./ssh";
import { OperatorError } from "./stack";

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
  hosts: readonly PlacedHost[] = placedHosts(config),
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
            `${error.message}\n${name}: cannot be asked what it holds. A new server needs make adopt HOST=${name} first; one that was just cut off comes back by itself within ${String(config.deadMan.seconds)} s`,
            2,
          );
        throw error;
      });
      return plans.flatMap((plan): Stale[] => {
        const wanted = generationOf(plan);
        const unit = units[plan.unit];
        if (unit === undefined) return [];
        if (unit.waits) return [{ host: name, unit: plan.unit, why: "its last change was not confirmed" }];
        if (unit.rolledBack === wanted) return [{ host: name, unit: plan.unit, why: "its last change was rolled back" }];
        if (unit.generation !== wanted) return [{ host: name, unit: plan.unit, why: "it holds another generation" }];
        return unit.drift.length > 0 ? [{ host: name, unit: plan.unit, why: `it has drifted: ${unit.drift.join(", ")}` }] : [];
      });
    }),
  );
  return found.flat();
}

const deployment = z.object({ deployment: z.object({ resources: z.array(z.object({ urn: z.string() })).nullish() }).nullish() });

/**
 * The commands of stale units that Pulumi's state already has: their inputs are as they were, so Pulumi must be told to run them
 * again. A host with a stale unit is asked all its checks again, and so is each of `hosts`.
 */
export function replacements(stale: readonly Stale[], exported: unknown, hosts: readonly string[] = []): readonly string[] {
  const urns = (deployment.parse(exported).deployment?.resources ?? []).map(({ urn }) => urn);
  const names = new Set([
    ...stale.flatMap(({ host, unit }) => [`${host}-${unit}-apply`, `${host}-${unit}-confirm`]),
    ...[...stale.map(({ host }) => host), ...hosts].map((host) => `${host}-verify`),
  ]);
  return urns.filter(
    (urn) => urn.split("::").at(-2)?.endsWith("command:remote:Command") === true && names.has(urn.split("::").at(-1) ?? ""),
  );
}
