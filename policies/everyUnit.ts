/** Whether every host has every unit that a rule judges: what is not there is judged by no other rule. */
import type { Finding, Rule, RuleFacts } from "./rule";

/** What is said of this rule, which judges the whole stack. */
export const EVERY_UNIT: RuleFacts = {
  id: "hosts-have-every-unit",
  description: "Every host has each of the units that the other rules judge.",
  severity: "critical",
  enforcementLevel: "mandatory",
  control: "NET-02",
  citations: [
    { framework: "HIPAA", reference: "164.312(a)(1)" },
    { framework: "GDPR", reference: "32(1)(b)" },
  ],
  remedy: "declare the missing component for the host",
};

/** A component of the stack: its type, and the name of the host it is for if that is known. */
export interface PlacedUnit {
  readonly type: string;
  readonly host: string | undefined;
}

/** One finding for each unit that a host lacks. */
export function missingUnits(rules: readonly Rule[], units: readonly PlacedUnit[]): readonly Finding[] {
  const tokens = [...new Set(rules.flatMap((rule) => rule.appliesTo.filter((token) => !token.endsWith("*"))))].sort();
  const placed = units.filter(({ type }) => tokens.includes(type));
  const hosts = [...new Set(placed.flatMap(({ host }) => host ?? []))];
  if (placed.length === 0)
    return [{ at: "stack", found: "no host with a unit that could be judged", allowed: `${tokens.join(", ")} for each host` }];
  return hosts.flatMap((host) =>
    tokens
      .filter((token) => !placed.some((unit) => unit.type === token && (unit.host === host || unit.host === undefined)))
      .map((token) => ({ at: `host ${host}`, found: `no ${token}`, allowed: "one of each kind" })),
  );
}
