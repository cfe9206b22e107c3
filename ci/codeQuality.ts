/** `node ci/codeQuality.ts`: reads the record of `phiward policy --format json` and writes what GitLab shows in a merge request's changes. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

interface Line {
  readonly file: string;
  readonly line: number;
}
interface Recorded {
  readonly stack: string;
  readonly results: readonly {
    readonly outcome: string;
    readonly rule: { readonly id: string; readonly severity: string; readonly description: string; readonly remedy: string };
    readonly finding?: { readonly at: string; readonly found: string; readonly allowed: string };
    readonly places: readonly { readonly where: string; readonly source?: Line; readonly setting?: Line }[];
  }[];
}

/** One finding, in the format of Code Climate as far as GitLab reads it. */
export interface Issue {
  readonly check_name: string;
  readonly description: string;
  readonly severity: string;
  /** The same for the same finding, wherever its line moves. */
  readonly fingerprint: string;
  readonly location: { readonly path: string; readonly lines: { readonly begin: number } };
}

const SEVERITY: Readonly<Record<string, string>> = { low: "minor", medium: "major", high: "critical", critical: "blocker" };

/** Every fault of a record, once for each place, at the line of the stack's file or of the program. What is waived is left out. */
export function codeQuality({ stack, results }: Recorded): readonly Issue[] {
  return results.flatMap(({ outcome, rule, finding, places }) =>
    outcome !== "fail" || finding === undefined
      ? []
      : places.map((place) => {
          const at = place.setting ?? place.source ?? { file: `Pulumi.${stack.split("/").at(-1) ?? stack}.yaml`, line: 1 };
          return {
            check_name: rule.id,
            description: `${place.where}: ${finding.at}: found ${finding.found}, allowed: ${finding.allowed}; ${rule.remedy}`,
            severity: SEVERITY[rule.severity] ?? "major",
            fingerprint: createHash("sha256")
              .update(JSON.stringify([rule.id, place.where, finding]))
              .digest("hex"),
            location: { path: at.file, lines: { begin: at.line } },
          };
        }),
  );
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(codeQuality(JSON.parse(readFileSync(0, "utf8")) as Recorded))}\n`);
