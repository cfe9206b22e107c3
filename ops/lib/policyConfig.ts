/** What a stack has made stricter of the rules' thresholds: `policy-config.<stack>.json` beside its file, in the form of Pulumi. */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { membersOf } from "../../components/config/unknown";
import { ALL_RULES } from "../../policies/all";
import { type Configured, type Thresholds, thresholdFaults } from "../../policies/engine/thresholds";
import { OperatorError } from "./errors";

/** By id of the rule. */
export type PolicyConfig = Readonly<Record<string, Configured>>;

const CONFIG_FAULT = 3;
const KNOWN: ReadonlyMap<string, Thresholds> = new Map(
  ALL_RULES.flatMap(({ id, thresholds }): [string, Thresholds][] => (thresholds === undefined ? [] : [[id, thresholds]])),
);

/** The file of a stack. */
export function policyConfigBeside(stackFile: string): string {
  return join(dirname(stackFile), basename(stackFile).replace(/^Pulumi\.(.*)\.yaml$/, "policy-config.$1.json"));
}

/** What is set; nothing where there is no file. Throws OperatorError with every fault. */
export function policyConfig(stackFile: string): PolicyConfig {
  const path = policyConfigBeside(stackFile);
  if (!existsSync(path)) return {};
  const config = jsonMap(readFileSync(path, "utf8"));
  if (config === undefined) throw new OperatorError(`${path}: found another text, allowed: a JSON map of rules`, CONFIG_FAULT);
  const faults = Object.entries(config).flatMap(([rule, set], index) => faultsOf(rule, set, index + 1));
  if (faults.length > 0) throw new OperatorError(faults.map((fault) => `${path}: ${fault}`).join("\n"), CONFIG_FAULT);
  return Object.fromEntries(Object.entries(config).map(([rule, set]) => [rule, membersOf(set)]));
}

/** How Pulumi is told of the file, which is judged first: by itself it passes over a rule that it does not know. */
export function policyConfigOption(stackFile: string): readonly string[] {
  return Object.keys(policyConfig(stackFile)).length === 0 ? [] : ["--policy-pack-config", policyConfigBeside(stackFile)];
}

// A level is set nowhere here: who accepts a finding writes a waiver.
function faultsOf(rule: string, set: unknown, entry: number): readonly string[] {
  const thresholds = KNOWN.get(rule);
  if (thresholds === undefined)
    return [
      `entry ${String(entry)}: found the name of something else, allowed: rules with thresholds, ${[...KNOWN.keys()].sort().join(", ")}`,
    ];
  if (typeof set !== "object" || set === null || Array.isArray(set))
    return [`${rule}: found another kind of value, allowed: a map of ${Object.keys(thresholds).sort().join(", ")}`];
  return thresholdFaults(thresholds, membersOf(set), rule).map(({ at, found, allowed }) => `${at}: found ${found}, allowed: ${allowed}`);
}

function jsonMap(text: string): object | undefined {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === "object" && read !== null && !Array.isArray(read) ? read : undefined;
  } catch {
    return undefined;
  }
}
