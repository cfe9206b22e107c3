import { isDeepStrictEqual } from "node:util";
import type { ShownFile } from "../../components/plan/reviewedArguments";
import { CONCERNS } from "../../components/registry";
import type { Finding, Rule } from "../engine/rule";
import { renderedAgain } from "../readers/renderedAgain";
import type { Value } from "../readers/value";

const ALLOWED = "what the settings give";

/**
 * Other rules read what they know to look for. This one renders the plan again, by the pack's own copy of the code, and compares
 * all of it: a transformation, a component written by hand or another program has nothing else that the host would get.
 */
export const renderedAsDeclared: Rule = {
  id: "rendered-as-declared",
  description: "Every file and step that a host gets is what the settings of its component give, rendered again by the policies.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["MON-06"],
  remedy: "change the stack's configuration, or the concern's plan under components/, and transform no component of phiward",
  notWaivable: "what other rules find is worth nothing where a host gets something else",
  appliesTo: [...CONCERNS.map(({ type }) => type), "phiward:host:HostKey"],
  judge(unit, report) {
    const rendered = unit.at("rendered");
    const given = rendered.at("from").json();
    const from = given.plain();
    const settings = unit.at("settings").plain();
    if (from !== undefined && settings !== undefined && !isDeepStrictEqual(from, settings))
      report({ at: "settings", found: "other settings than those that the plan was rendered from", allowed: "the same" });
    const name = rendered.at("unit").text();
    const text = rendered.at("from").text();
    const seconds = unit.has("deadManSeconds") ? unit.at("deadManSeconds").number() : null;
    const sha256 = rendered.at("sha256").text();
    if (from === undefined || name === undefined || text === undefined || seconds === undefined) return;
    const fresh = renderedAgain(name, text, seconds);
    if (fresh === undefined)
      report({ at: "settings", found: "settings from which no plan follows", allowed: "those of a unit of phiward" });
    else if (!differInFiles(unit, fresh.files, report) && sha256 !== undefined && sha256 !== fresh.sha256)
      report({ at: rendered.at("sha256").path, found: "other steps, checks or directories", allowed: ALLOWED });
  },
};

// One finding a file, which repeats nothing of it.
function differInFiles(unit: Value, fresh: readonly ShownFile[], report: (finding: Finding) => void): boolean {
  const expected = new Map<string | undefined, ShownFile>(fresh.map((file) => [file.path, file]));
  const missing = new Set(expected.keys());
  const findings: Finding[] = [];
  const members = unit.at("files").items();
  let complete = members !== undefined;
  for (const member of members ?? []) {
    const path = member.at("path").text();
    const shown = member.plain();
    const wanted = expected.get(path);
    if (path === undefined) complete = false;
    else if (wanted === undefined) findings.push({ at: member.path, found: "a file that the settings do not give", allowed: "none" });
    else if (!missing.delete(path)) findings.push({ at: member.path, found: `${wanted.path} a second time`, allowed: "once" });
    else if (shown !== undefined && !isDeepStrictEqual(shown, wanted))
      findings.push({ at: `${member.path} (${wanted.path})`, found: "another file", allowed: ALLOWED });
  }
  if (complete) for (const path of missing) findings.push({ at: "files", found: `no ${String(path)}`, allowed: ALLOWED });
  findings.forEach(report);
  return findings.length > 0;
}
