/** A concern's plan as a host gets it: JSON, in which what refers to a file or a step names it. */
import type { AbsentFiles, PlanDirectory, PlanFile } from "./files";
import { ownChecks } from "./ownChecks";
import { ANY, type Cause, type ConcernPlan, type Step, type Validator, type When } from "./types";

/** A checker, with the paths that it judges. */
export type HostValidator = Omit<Validator, "files"> & { readonly files: readonly string[] };

/** A step, with the names of what it waits for: paths and globs, ids of earlier steps, or `*`. */
export type HostStep = Omit<Step, "when"> & { readonly when: When<string> };

/** Everything a host is to do for one concern. */
export interface HostPlan extends Omit<ConcernPlan, "validators" | "steps"> {
  /** The unit's name, unique on its host, e.g. `ssh`. */
  readonly unit: string;
  readonly validators: readonly HostValidator[];
  readonly steps: readonly HostStep[];
  /** Seconds until an unconfirmed change is taken back; `null` where the unit cannot cut us off. */
  readonly deadManSeconds: number | null;
}

/**
 * The plan of the unit `unit`. Throws Error where a step or a checker refers to what the plan does not hold, where a step waits for
 * one that has not run by then, where two have one name, and where a path is not one that root alone can change.
 */
export function hostPlan(unit: string, deadManSeconds: number | null, plan: ConcernPlan): HostPlan {
  requireRootsPaths(unit, plan);
  const known = namesOf(unit, plan);
  const nameOf = (user: string, reference: Cause): string => {
    const name = known.get(reference);
    if (name === undefined) throw new Error(`${unit}: ${user} refers to what its plan does not hold: ${JSON.stringify(reference)}`);
    return name;
  };
  const validators = plan.validators.map((validator) => ({
    ...validator,
    files: validator.files.map((file) => nameOf(validator.id, file)),
  }));
  const steps = new Map<Step, HostStep>();
  // The agent runs all steps of the first phase before any of the second.
  for (const step of [...plan.steps.filter(isBefore), ...plan.steps.filter((step) => !isBefore(step))]) {
    steps.set(step, { ...step, when: named(step.when, (cause) => nameOf(step.id, cause)) });
    known.set(step, step.id);
  }
  const checks = [...ownChecks(unit, plan), ...plan.checks];
  return { ...plan, unit, deadManSeconds, validators, checks, steps: plan.steps.flatMap((step) => steps.get(step) ?? []) };
}

// Where people and root keep what is theirs. The agent refuses them as well.
const HOMES = ["/home", "/root"];

/** Whoever owns a home can lead a path in it anywhere: a plan names none, and a glob stays in the one directory that it names. */
function requireRootsPaths(unit: string, { files, directories, absent, writes, reports }: ConcernPlan): void {
  const globs = absent.map(({ glob }) => glob);
  for (const path of [...[...files, ...directories, ...reports].map((entry) => entry.path), ...writes, ...globs]) {
    if (!path.startsWith("/") || path.split("/").some((part, index) => index > 0 && ["", ".", ".."].includes(part)))
      throw new Error(`${unit}: found the path ${path}, allowed: one from the root without empty parts, . and ..`);
    if (HOMES.some((home) => `${path}/`.startsWith(`${home}/`)))
      throw new Error(`${unit}: found the path ${path}, allowed: one outside of homes, which belong to their accounts`);
  }
  const wide = globs.find((glob) => /[*?[].*\//.test(glob));
  if (wide !== undefined) throw new Error(`${unit}: found the glob ${wide}, allowed: wildcards in the last part alone`);
}

function namesOf(unit: string, { files, directories, absent, steps }: ConcernPlan): Map<Cause, string> {
  const byPath = [...files, ...directories].map((entry): [PlanFile | PlanDirectory, string] => [entry, entry.path]);
  const byGlob = absent.map((entry): [AbsentFiles, string] => [entry, entry.glob]);
  const names = [...byPath, ...byGlob].map(([, name]) => name).concat(steps.map(({ id }) => id));
  const seen = new Set<string>();
  // Adding a name to the set gives the set itself: only a name that is there already is found.
  const twice = names.find((name) => seen.has(name) || !seen.add(name));
  if (twice !== undefined) throw new Error(`${unit}: two parts of the plan are called ${twice}`);
  return new Map<Cause, string>([[ANY, ANY], ...byPath, ...byGlob]);
}

function isBefore({ phase }: Step): boolean {
  return phase === "before";
}

function named(when: When<Cause>, nameOf: (cause: Cause) => string): When<string> {
  return when.kind === "state" ? when : { kind: "change", on: when.on.map(nameOf) };
}
