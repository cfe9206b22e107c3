/** Numbers of rules that a stack may make stricter: the same in Pulumi's `--policy-pack-config` and in the gate. */
import type { PolicyConfigSchema } from "@pulumi/policy";

/** One number of a rule, with what it may be set to. */
export interface Threshold {
  /** What it is, as a clause, with its unit. */
  readonly description: string;
  readonly default: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** The numbers of a rule by name. */
export type Thresholds = Readonly<Record<string, Threshold>>;

/** What is wrong with a number that a stack has set. */
export interface ThresholdFault {
  readonly at: string;
  readonly found: string;
  readonly allowed: string;
}

/** What a stack has set for a rule, as it came. */
export type Configured = Readonly<Record<string, unknown>>;

/** The number that holds: the configured one where it is within its bounds, which is judged apart, else the default. */
export function thresholdOf<Known extends Thresholds>(known: Known, name: keyof Known & string, configured: Configured = {}): number {
  const threshold = known[name];
  if (threshold === undefined) throw new Error("found no threshold of that name");
  const value = configured[name];
  return isWithin(value, threshold) ? value : threshold.default;
}

/** Numbers that are out of bounds, and names that the rule does not have. `at` begins their paths. */
export function thresholdFaults(known: Thresholds, configured: Configured, at: string): readonly ThresholdFault[] {
  return Object.entries(configured).flatMap(([name, value]): ThresholdFault[] => {
    const threshold = Object.hasOwn(known, name) ? known[name] : undefined;
    // A name that nobody knows is not repeated: it may be anything.
    if (threshold === undefined) return [{ at, found: "a key more", allowed: Object.keys(known).sort().join(", ") }];
    if (isWithin(value, threshold)) return [];
    const found = typeof value === "number" ? String(value) : "what is not a number";
    return [{ at: `${at}.${name}`, found, allowed: `a whole number, ${String(threshold.minimum)} to ${String(threshold.maximum)}` }];
  });
}

/** The same for Pulumi, which refuses what is out of bounds before anything is judged. */
export function configSchemaOf(known: Thresholds): PolicyConfigSchema {
  const properties = Object.entries(known).map(([name, threshold]) => [name, { type: "integer" as const, ...threshold }]);
  return { properties: Object.fromEntries(properties) as NonNullable<PolicyConfigSchema["properties"]> };
}

function isWithin(value: unknown, { minimum, maximum }: Threshold): value is number {
  return Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum;
}
