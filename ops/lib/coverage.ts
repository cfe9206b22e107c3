/** Which clauses of the law are supported, and by what: derived from the rules and the host checks, through their controls. */
import { CONTROL_IDS, type ControlId, citationsOf } from "../../components/compliance/controls";
import { CLAUSES, type ClauseId, citationText, type LawClause } from "../../components/compliance/law";
import type { StackConfig } from "../../components/config/schema";
import type { Check } from "../../components/plan/types";
import { hostPlans } from "../../components/registry";
import { ALL_RULES } from "../../policies/all";
import type { RuleFacts } from "../../policies/engine/rule";
import { OUTSIDE_HOST, OUTSIDE_SITE } from "./outsideControls";

/** A check, and the roles of the hosts that are asked. */
export interface AskedCheck {
  readonly check: Check;
  readonly concern: string;
  readonly roles: ReadonlySet<string>;
}

/** A check that is asked over the network. */
export interface OutsideCheck {
  readonly control: ControlId;
  readonly of: "host" | "site";
  readonly id: string;
}

/** Each check of a stack's hosts once, by control; one that several hosts are asked is as the first of them is asked it. */
export function checksOf(config: StackConfig): readonly AskedCheck[] {
  const asked = new Map<string, { check: Check; concern: string; roles: Set<string> }>();
  for (const { name, role } of config.hosts)
    for (const { unit, checks } of hostPlans(config, name))
      for (const check of checks) {
        const known = asked.get(check.id) ?? { check, concern: unit, roles: new Set() };
        known.roles.add(role);
        asked.set(check.id, known);
      }
  return [...asked.values()].sort((one, other) => place(one.check) - place(other.check));
}

/** The checks from outside, by control. */
export const OUTSIDE_CHECKS: readonly OutsideCheck[] = [
  ...Object.entries(OUTSIDE_HOST).map(([check, control]) => ({ control, of: "host" as const, id: `outside-${check}` })),
  ...Object.entries(OUTSIDE_SITE).map(([check, control]) => ({ control, of: "site" as const, id: `outside-SITE-${check}` })),
].sort((one, other) => place(one) - place(other));

function place({ control }: { readonly control: ControlId }): number {
  return CONTROL_IDS.indexOf(control);
}

/** What judges or asks for a control. */
export interface Means {
  readonly rules: readonly RuleFacts[];
  /** Ids of checks on hosts and from outside. */
  readonly checks: readonly string[];
}

/** What judges or asks for each control of the catalogue, on the hosts of a stack. */
export function meansOf(config: StackConfig): ReadonlyMap<ControlId, Means> {
  const asked = [...checksOf(config).map(({ check }) => check), ...OUTSIDE_CHECKS];
  const checks = Map.groupBy(asked, ({ control }) => control);
  return new Map(
    CONTROL_IDS.map((id): [ControlId, Means] => [
      id,
      { rules: ALL_RULES.filter(({ controls }) => controls.includes(id)), checks: (checks.get(id) ?? []).map((check) => check.id) },
    ]),
  );
}

/** A control that supports a clause and that something judges or asks for. */
export interface Supporter extends Means {
  readonly control: ControlId;
  readonly strength: "direct" | "supporting";
  readonly why?: string;
}

/** A clause, and everything that supports it, direct support first. */
export interface CoveredClause extends LawClause {
  readonly supporters: readonly Supporter[];
}

/** Every clause of the law, and what supports it on the hosts of a stack. A control that nothing judges or asks for supports nothing. */
export function coverage(config: StackConfig): readonly CoveredClause[] {
  const means = meansOf(config);
  const supporters = new Map<ClauseId, Supporter[]>();
  for (const [control, { rules, checks }] of means)
    for (const citation of rules.length + checks.length === 0 ? [] : citationsOf(control)) {
      const { strength = "direct", why } = citation;
      const id = citationText(citation);
      const one: Supporter = { control, strength, rules, checks, ...(why === undefined ? {} : { why }) };
      supporters.set(id, [...(supporters.get(id) ?? []), one]);
    }
  return CLAUSES.map((clause) => {
    const own = supporters.get(clause.id) ?? [];
    return { ...clause, supporters: [...own.filter(isDirect), ...own.filter((one) => !isDirect(one))] };
  });
}

/** Whether the law asks for the fact itself. */
export function isDirect({ strength }: Supporter): boolean {
  return strength === "direct";
}

/** The clauses that are for controls to support and that nothing supports itself, nor any specification of the same standard. */
export function holes(clauses: readonly CoveredClause[]): readonly ClauseId[] {
  const supported = clauses.filter(({ supporters }) => supporters.some(isDirect));
  const of = ({ id, kind }: LawClause): string => (kind === "standard" ? id.replace(/\((1|i)\)$/, "") : id);
  return clauses
    .filter(({ treatment }) => treatment.by === "controls")
    .filter((clause) => !supported.some(({ id }) => id === clause.id || id.startsWith(`${of(clause)}(`)))
    .map(({ id }) => id);
}
