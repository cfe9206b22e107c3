/** What a drill measures, and how that is shown beside what was aimed at. */
import { counted } from "../../ops/lib/counted";

/** The parts of an answer to an incident, in the order of doing, with the seconds that each may take. */
export const AIMS = { detected: 60, isolated: 10, evidence: 300, recovered: 900 } as const;
/** A part of the answer. */
export type Part = keyof typeof AIMS;

const WORDS: Readonly<Record<Part, string>> = {
  detected: "an alert arrived",
  isolated: "the attacker is cut off",
  evidence: "evidence is complete",
  recovered: "a clean host serves",
};

/** What a drill found. */
export interface DrillResult {
  readonly drill: string;
  /** When the attack began, in ISO 8601. */
  readonly at: string;
  /** Seconds of each part; why a drill has none. */
  readonly parts: Readonly<Record<Part, number | string>>;
  /** Where a part takes longer than the aim by design: how long it may take, and why. */
  readonly longer: Partial<Readonly<Record<Part, { readonly seconds: number; readonly why: string }>>>;
  /** What was proven on the way, a sentence each. */
  readonly proven: readonly string[];
}

/** The parts that took longer than they may. */
export function late({ parts, longer }: DrillResult): readonly Part[] {
  return partsOf().filter((part) => {
    const seconds = parts[part];
    return typeof seconds === "number" && seconds > (longer[part]?.seconds ?? AIMS[part]);
  });
}

/** A drill for people: a line for each part, then what was proven. */
export function drillText(result: DrillResult): string {
  const rows = partsOf().map((part) => {
    const found = result.parts[part];
    if (typeof found === "string") return `    ${WORDS[part].padEnd(24)}       -          ${found}`;
    const allowed = result.longer[part];
    const aim = `aim ${String(AIMS[part])} s`.padStart(9);
    const verdict = late(result).includes(part)
      ? "  LATE"
      : allowed !== undefined && found > AIMS[part]
        ? `  by design: ${allowed.why}`
        : "";
    return `    ${WORDS[part].padEnd(24)} ${found.toFixed(1).padStart(7)} s  ${aim}${verdict}`;
  });
  return [`drill ${result.drill} of ${result.at}`, ...rows, ...result.proven.map((sentence) => `  - ${sentence}`)].join("\n");
}

/** The same in one line, as the note of an attested duty. */
export function drillNote(result: DrillResult): string {
  const parts = partsOf().flatMap((part) => {
    const found = result.parts[part];
    return typeof found === "number" ? [`${part} ${found.toFixed(1)} s (aim ${String(AIMS[part])} s)`] : [];
  });
  return `drill ${result.drill} of ${result.at} in a sandbox: ${parts.join(", ")}; ${counted(result.proven.length, "proof")}; late: ${late(result).join(", ") || "nothing"}`;
}

function partsOf(): readonly Part[] {
  return ["detected", "isolated", "evidence", "recovered"];
}
