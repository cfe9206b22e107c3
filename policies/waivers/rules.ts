/** What is demanded of a stack's waivers themselves, and what none of them may accept. */
import type { ControlId } from "../../components/compliance/controls";
import type { RuleFacts } from "../engine/rule";
import type { WaiverTerms } from "./file";
import type { Entry } from "./schema";

/** Rules about the waivers of a stack. */
export const waiversValid: RuleFacts = {
  id: "waivers-valid",
  description:
    "Every waiver has a rule and a resource that it is for, a reason, an owner, someone else who approved it, and a day on which it ends.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["MON-11"],
  remedy: "correct the entry, or remove it and the fault that it was for",
  notWaivable: "a waiver cannot accept what is wrong with waivers",
};

/** What is left of a baseline is good news, and stops nothing. */
export const baselineNeeded: RuleFacts = {
  id: "baseline-needed",
  description: "Every entry of the baseline still accepts a finding.",
  severity: "low",
  enforcementLevel: "advisory",
  controls: ["MON-11"],
  remedy: "remove the entry",
  notWaivable: "a waiver cannot accept what is wrong with waivers",
};

/** All rules about waivers. */
export const WAIVER_RULES: readonly RuleFacts[] = [waiversValid, baselineNeeded];

const ROOT = "whoever comes by it is root on the host";
const READABLE = "patients' data could be read by outsiders";

/** Controls whose checks on a running host no waiver may accept, and why. */
export const CONTROLS_NOT_WAIVABLE: Readonly<Partial<Record<ControlId, string>>> = {
  "SSH-02": ROOT,
  "SSH-03": ROOT,
  "SSH-14": "whoever answers in the host's place is sent its secrets",
  "SSH-27": ROOT,
  "NET-02": READABLE,
  "NET-03": READABLE,
  "NET-09": READABLE,
  "NET-13": READABLE,
  "PG-13": READABLE,
  "RDS-03": READABLE,
  "CTR-03": ROOT,
  "CTR-06": ROOT,
  "CTR-15": READABLE,
  "DKD-06": ROOT,
  "SEC-09": READABLE,
  "BKP-02": READABLE,
  "BKP-04": "whoever takes over a host could destroy its backups as well",
};

/** A check that a host, or an outsider, is asked, and what it proves. */
export interface KnownCheck {
  readonly id: string;
  readonly control: ControlId;
  readonly host: string;
  readonly unit: string;
}

/** What a waiver may be about. */
export interface Waivable {
  readonly rules: readonly RuleFacts[];
  /** Checks of a host of the stack; left out where nobody knows them: then an id that is not a rule's is believed to be a check's. */
  readonly checksOf?: ((host: string) => readonly KnownCheck[]) | undefined;
}

/** What is wrong with the rule that an entry names, if anything. */
export function faultOfRule({ rules, checksOf }: Waivable): WaiverTerms["faultOfRule"] {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  return (entry) => {
    const rule = byId.get(entry.rule);
    const check = checkOf(entry, checksOf);
    const why = rule?.notWaivable ?? (check === undefined ? undefined : CONTROLS_NOT_WAIVABLE[check.control]);
    if (why !== undefined) return { found: entry.rule, allowed: `a rule that may be waived; of this one, ${why}` };
    if (rule !== undefined || check !== undefined || checksOf === undefined) return undefined;
    return { found: `${entry.rule}, which is neither a rule nor a check of that host`, allowed: "an id as a report shows it" };
  };
}

/** The check of a host that an entry is about, if it is about one that is known. */
export function checkOf(entry: Pick<Entry, "rule" | "resource">, checksOf: Waivable["checksOf"]): KnownCheck | undefined {
  return checksOf?.(entry.resource.split("/")[0] ?? "").find((check) => isOf(entry, check));
}

/** Whether an entry is about a check of a host. */
export function isOf({ rule, resource }: Pick<Entry, "rule" | "resource">, check: Omit<KnownCheck, "control">): boolean {
  return rule === check.id && (resource === check.host || resource === `${check.host}/${check.unit}`);
}
