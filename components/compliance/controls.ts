/** The controls catalogue: what checks and rules stand for, and through it the law that they support. */
import { ACCOUNTS } from "./catalogue/accounts";
import { CLOUD } from "./catalogue/cloud";
import { CONTAINERS } from "./catalogue/containers";
import { DATA } from "./catalogue/data";
import { DETECTION } from "./catalogue/detection";
import { NETWORK } from "./catalogue/network";
import { SYSTEM } from "./catalogue/system";
import type { AtLeastOne, Control } from "./control";
import { type Citation, CLAUSES, type ClauseId, type GdprReference, type HipaaReference, samePlace } from "./law";

/** Every control, by its id. Ids are unique: each area has its own prefix. */
export const CONTROLS = { ...ACCOUNTS, ...SYSTEM, ...NETWORK, ...DETECTION, ...CONTAINERS, ...DATA, ...CLOUD } as const satisfies Readonly<
  Record<string, Control>
>;

/** The id of a control that exists, e.g. `SSH-02`. */
export type ControlId = keyof typeof CONTROLS;

/** The ids of all controls, in the catalogue's order. */
// Object.keys is typed as plain strings; these are the keys of a constant, and there are no others.
export const CONTROL_IDS = Object.keys(CONTROLS) as readonly ControlId[];

/** What a control supports. */
export function citationsOf(id: ControlId): AtLeastOne<Citation> {
  const control: Control = CONTROLS[id];
  const { why = {}, supporting = {} } = control;
  const direct = (clause: ClauseId): Citation => ({ ...citation(clause), ...(why[clause] === undefined ? {} : { why: why[clause] }) });
  const helped = CLAUSES.flatMap((clause): Citation[] => {
    const reason = supporting[clause.id];
    return reason === undefined ? [] : [{ ...citation(clause.id), strength: "supporting", why: reason }];
  });
  const gdpr = (control.gdpr ?? []).map((reference) => direct(`GDPR ${reference}`));
  if (control.hipaa !== undefined) return [...each(control.hipaa, direct), ...gdpr, ...helped];
  return [...each(control.gdpr, (reference) => direct(`GDPR ${reference}`)), ...helped];
}

/** What several controls support together: each place once, and as the law's own demand where one of them has it so. */
export function citationsOfAll([first, ...others]: AtLeastOne<ControlId>): AtLeastOne<Citation> {
  const [main, ...rest] = citationsOf(first);
  const all = [...rest, ...others.flatMap((id) => citationsOf(id))];
  const ranked = [
    ...all.filter(({ framework, strength }) => strength === undefined && framework === "HIPAA"),
    ...all.filter(({ framework, strength }) => strength === undefined && framework === "GDPR"),
    ...all.filter(({ strength }) => strength !== undefined),
  ];
  return [main, ...ranked.filter((citation, index) => ![main, ...ranked.slice(0, index)].some((earlier) => samePlace(earlier, citation)))];
}

function each<From, To>([first, ...others]: AtLeastOne<From>, to: (from: From) => To): AtLeastOne<To> {
  return [to(first), ...others.map(to)];
}

function citation(id: ClauseId): Citation {
  // The names of the GDPR's clauses begin so, and no others: see ClauseId.
  return id.startsWith("GDPR ")
    ? { framework: "GDPR", reference: id.slice("GDPR ".length) as GdprReference }
    : { framework: "HIPAA", reference: id as HipaaReference };
}
