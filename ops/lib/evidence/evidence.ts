/** Joins what the policies said of a stack and what verify found on its hosts, by control and by host; a pure function of both. */
import { CONTROL_IDS, CONTROLS, type ControlId } from "../../../components/compliance/controls";
import { WAIVERS } from "../../../components/compliance/waivers";
import { ALL_RULES } from "../../../policies/all";
import type { KnownCheck } from "../../../policies/waivers/rules";
import type { Attestation } from "../attestations";
import { type Clause, clauses } from "./clauses";
import type { Input, PolicyInput, VerifyInput } from "./inputs";
import { checksSaid, rulesSaid, STACK } from "./said";
import { type CheckSaid, type Outdated, type RuleSaid, type State, stateOf } from "./states";

/** What is shown of a control in one place: a host, or STACK for what belongs to none. */
export interface PlaceRecord {
  readonly place: string;
  readonly state: State;
  readonly rules: readonly RuleSaid[];
  readonly checks: readonly CheckSaid[];
}

/** What is shown of a control. */
export interface ControlRecord {
  readonly control: ControlId;
  readonly title: string;
  readonly state: State;
  readonly places: readonly PlaceRecord[];
  /** Rules that found nothing to judge, or of which the record says nothing. */
  readonly idle: readonly RuleSaid[];
  /** Why the catalogue itself does not follow it. */
  readonly refrained?: string;
}

/** A record that the report is made of. */
export interface Origin {
  /** ISO 8601, in UTC; nothing where the record has no date. */
  readonly date?: string;
  /** Whole days before the report. */
  readonly ageDays?: number;
  readonly outdated: boolean;
  /** SHA-256 of the file that it was read from. */
  readonly sha256?: string;
}

/** Everything that a report shows. */
export interface Evidence {
  readonly stack: string;
  readonly date: string;
  readonly maxAgeDays: number;
  readonly hosts: readonly string[];
  readonly unanswered: readonly string[];
  /** Version of the agent that asked the checks. */
  readonly programs: string;
  readonly policy: Origin;
  readonly verify: Origin;
  readonly clauses: readonly Clause[];
  readonly controls: readonly ControlRecord[];
  /** Answers in the record of verify to checks that this stack's hosts are not asked: they count for nothing. */
  readonly unasked: number;
}

/** What is joined. */
export interface Records {
  readonly stack: string;
  readonly now: Date;
  /** Records that are older show nothing any more. */
  readonly maxAgeDays: number;
  readonly hosts: readonly string[];
  /** Every check that verify asks the hosts. */
  readonly asked: readonly KnownCheck[];
  readonly policy: Input<PolicyInput>;
  readonly verify: Input<VerifyInput>;
  readonly attestations: readonly Attestation[];
}

/** The evidence that two records give together. */
export function evidenceOf(records: Records): Evidence {
  const { stack, now, maxAgeDays, hosts, asked, verify } = records;
  const policy = originOf(records.policy, records);
  const found = originOf(verify, records);
  const rules = rulesSaid(records.policy.record, ALL_RULES, hosts, now);
  const checks = checksSaid(asked, verify.record, now);
  const outdated = { policy: policy.outdated, verify: found.outdated };
  const isAsked = new Set(asked.map(({ host, id }) => `${host} ${id}`));
  return {
    stack,
    date: now.toISOString(),
    maxAgeDays,
    hosts,
    unanswered: verify.record.unanswered.map(({ host }) => host).filter((host) => hosts.includes(host)),
    programs: verify.record.programs,
    policy,
    verify: found,
    clauses: clauses(now.toISOString().slice(0, 10), records.attestations),
    controls: CONTROL_IDS.map((control) => controlRecord(control, [...hosts, STACK], rules(control), checks(control), outdated)),
    unasked: verify.record.hosts.flatMap(({ host, results }) => results.filter(({ id }) => !isAsked.has(`${host} ${id}`))).length,
  };
}

const DAY = 24 * 60 * 60 * 1000;

function originOf(
  { record: { date }, sha256 }: Input<{ readonly date?: string | undefined }>,
  { now, maxAgeDays }: Pick<Records, "now" | "maxAgeDays">,
): Origin {
  const file = sha256 === undefined ? {} : { sha256 };
  if (date === undefined) return { ...file, outdated: true };
  const age = now.getTime() - Date.parse(date);
  return { ...file, date, ageDays: Math.max(0, Math.floor(age / DAY)), outdated: age > maxAgeDays * DAY };
}

function controlRecord(
  control: ControlId,
  places: readonly string[],
  rules: ReadonlyMap<string | undefined, readonly RuleSaid[]>,
  checks: ReadonlyMap<string, readonly CheckSaid[]>,
  outdated: Outdated,
): ControlRecord {
  const refrained = WAIVERS.find((waiver) => waiver.control === control)?.reason;
  const idle = rules.get(undefined) ?? [];
  return {
    control,
    title: CONTROLS[control].title,
    state: stateOf([...rules.values()].flat(), [...checks.values()].flat(), outdated, refrained !== undefined),
    places: places.flatMap((place): readonly PlaceRecord[] => {
      const said = { rules: rules.get(place) ?? [], checks: checks.get(place) ?? [] };
      return said.rules.length + said.checks.length === 0 ? [] : [{ place, state: stateOf(said.rules, said.checks, outdated), ...said }];
    }),
    idle,
    ...(refrained === undefined ? {} : { refrained }),
  };
}
