/**
 * What a plan asks for besides its files, in the open and in few words: a request travels compressed, so by this alone Pulumi can show
 * what changes in it.
 */
import { createHash } from "node:crypto";
import type { PlanDirectory } from "./files";
import type { HostPlan, HostStep } from "./hostPlan";
import type { ExclusiveSet } from "./types";

/** A command of a plan. What it waits for are paths and globs of the plan, ids of earlier commands, or `*` for any change. */
export type ShownCommand = string | { readonly run: string; readonly on: readonly string[] };

/** A plan by the names of its parts, so that a difference names what is another one. */
export interface ShownPlan {
  readonly packages: readonly string[];
  readonly directories: Readonly<Record<string, string>>;
  /** Globs of files that must not exist. */
  readonly absent: readonly string[];
  /** By id; a text alone runs unless the host already is as it would make it. */
  readonly commands: Readonly<Record<string, ShownCommand>>;
  /** Members that alone may be there, such as accounts, by the set. */
  readonly sets: Readonly<Record<string, readonly string[]>>;
  /** Secrets that are made on the host, as `id.epoch`. */
  readonly secrets: readonly string[];
  /** SHA-256 of each check, shortened, by id. */
  readonly checks: Readonly<Record<string, string>>;
  /** SHA-256, shortened, of how the parts are validated, undone and reported. */
  readonly rest: string;
}

/** The plan as it is shown. It holds no secret, as the plan itself holds none. */
export function shownPlan(plan: HostPlan): ShownPlan {
  const { packages, directories, absent, steps, sets, made, kept, checks, systems, writes, validators, reports, leavesFormerFiles } = plan;
  return {
    packages,
    directories: byName(directories, ({ path }) => path, shownDirectory),
    absent: absent.map(({ glob }) => glob),
    commands: byName(steps, ({ id }) => id, shownCommand),
    sets: byName(
      sets,
      ({ id }) => id,
      ({ keep }: ExclusiveSet) => keep,
    ),
    secrets: [...made, ...kept].map(({ id, epoch }) => `${id}.${String(epoch)}`),
    checks: byName(checks, ({ id }) => id, short),
    rest: short([
      systems,
      writes,
      validators,
      reports,
      leavesFormerFiles,
      steps.map((step) => ({ ...step, argv: [] })),
      sets,
      made,
      kept,
      absent,
    ]),
  };
}

function shownCommand({ argv, when }: HostStep): ShownCommand {
  const run = argv.join(" ");
  return when.kind === "change" ? { run, on: when.on } : run;
}

function shownDirectory({ owner, mode, exclusive }: PlanDirectory): string {
  return `${owner} ${mode}${exclusive === undefined ? "" : ", what is not declared in it is removed"}`;
}

function byName<Part, Shown>(
  parts: readonly Part[],
  nameOf: (part: Part) => string,
  show: (part: Part) => Shown,
): Readonly<Record<string, Shown>> {
  return Object.fromEntries(parts.map((part) => [nameOf(part), show(part)]));
}

// Long enough that no two of one name are alike by chance.
function short(part: unknown): string {
  return createHash("sha256").update(JSON.stringify(part)).digest("hex").slice(0, 8);
}
