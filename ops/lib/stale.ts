/** Concerns whose hosts differ from the configuration, and how Pulumi is made to apply them again. */
import { z } from "zod";
import type { StackConfig } from "../../components/config/schema";
import { valueAt } from "../../components/config/unknown";
import type { HostPlan } from "../../components/plan/hostPlan";
import { programHashes, programsVersion } from "../../components/plan/programs";
import { generationOf } from "../../components/plan/request";
import { hostPlans } from "../../components/registry";
import type { statusAnswer } from "./agent";
import { presentName } from "./tree";

/** Type tokens of commands: on a host, and here for a host. */
const COMMANDS = ["command:remote:Command", "command:local:Command"];

// What a host holds of the agent and the programs is told as a unit; its command is named otherwise.
const PROGRAMS = "programs";

/** A unit whose host is not as the configuration says. */
export interface Stale {
  readonly host: string;
  readonly unit: string;
  /** What is wrong, for the operator. */
  readonly why: string;
}

/** The units of a host that are not as declared, by what its agent says of them. */
export function staleUnits(host: string, plans: readonly HostPlan[], { units, programs }: HostStatus): readonly Stale[] {
  const lacks = programHashes().some((hash) => !programs.includes(hash));
  const differing = plans.flatMap((plan): Stale[] => {
    const unit = units[plan.unit];
    const why = unit === undefined ? undefined : differenceOf(plan, unit);
    return why === undefined ? [] : [{ host, unit: plan.unit, why }];
  });
  const found = withFollowers(differing, new Set(plans.map(({ unit }) => unit)));
  return lacks ? [{ host, unit: PROGRAMS, why: "it lacks the agent or the programs of this version" }, ...found] : found;
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

/** What the agent knows of a host, and of a unit. */
type HostStatus = z.infer<typeof statusAnswer>;
type UnitStatus = HostStatus["units"][string];

/** How a unit on its host differs from its plan, for the operator; undefined if it does not. */
export function differenceOf(plan: HostPlan, unit: UnitStatus): string | undefined {
  const wanted = generationOf(plan);
  if (unit.waits) return "its last change was not confirmed";
  if (unit.rolledBack === wanted) return "its last change was rolled back";
  if (unit.generation !== wanted) return "its generation differs from the deployed one";
  return unit.drift.length > 0 ? `it has drifted: ${unit.drift.join(", ")}` : undefined;
}

const resource = z.object({ urn: z.string(), outputs: z.record(z.string(), z.unknown()).optional().catch(undefined) });
const deployment = z.object({ deployment: z.object({ resources: z.array(resource).nullish() }).nullish() });

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
    if (unit === PROGRAMS) return [SECRET, programsVersion()].includes(deployedPrograms(config, host, exported) ?? "");
    const generation = deployed.get(`${host}-${unit}`);
    return generation === SECRET || (generation !== undefined && generation === wanted.get(`${host}-${unit}`));
  });
}

/** Stands for a generation that cannot be read: it is a secret of the state. */
const SECRET = "secret";

/** The generations of the last deploy, by the present names of the concerns. One that is in the state has a command there. */
function deployedGenerations(config: StackConfig, exported: unknown): ReadonlyMap<string, string> {
  const resources = deployment.parse(exported).deployment?.resources ?? [];
  const commands = new Set(resources.flatMap(({ urn }) => (isCommand(urn) ? [nameOf(urn)] : [])));
  return new Map(
    resources.flatMap(({ urn, outputs }): [string, string][] => {
      const generation = outputs?.["generation"];
      if (generation === undefined || !commands.has(`${nameOf(urn)}-apply`)) return [];
      return [[presentName(config, nameOf(urn)), typeof generation === "string" ? generation : SECRET]];
    }),
  );
}

/** The version of the programs that the last deploy brought to a host. */
function deployedPrograms(config: StackConfig, host: string, exported: unknown): string | undefined {
  const resources = deployment.parse(exported).deployment?.resources ?? [];
  const install = resources.find(({ urn }) => isCommand(urn) && presentName(config, nameOf(urn)) === `${host}-programs-install`);
  const version = valueAt(install?.outputs, ["environment", "PHIWARD_PROGRAMS"]);
  if (install === undefined) return undefined;
  return typeof version === "string" ? version : SECRET;
}

function isCommand(urn: string): boolean {
  return COMMANDS.some((type) => urn.split("::").at(-2)?.endsWith(type) === true);
}

function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? "";
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
  const names = commandsOf(stale, hosts);
  return urns.filter((urn) => isCommand(urn) && names.has(presentName(config, nameOf(urn))));
}

/** Names of the commands that apply stale units, and that ask all checks of their hosts and of `hosts`. */
export function commandsOf(stale: readonly Stale[], hosts: readonly string[] = []): ReadonlySet<string> {
  return new Set([
    ...stale.flatMap(({ host, unit }) => [`${host}-${unit}-apply`, `${host}-${unit}-confirm`]),
    // What a host lost may be its programs.
    ...stale.map(({ host }) => `${host}-programs-install`),
    ...[...stale.map(({ host }) => host), ...hosts].map((host) => `${host}-verify`),
  ]);
}
