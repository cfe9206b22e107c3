import { MAKES_ROOT } from "../../components/config/integrityRules";
import type { Finding, Rule } from "../engine/rule";
import { thresholdOf } from "../engine/thresholds";
import { jsonFile } from "../readers/files";
import type { Value } from "../readers/value";

const THRESHOLDS = {
  reasonCharacters: { description: "the fewest characters of a reason", default: 20, minimum: 20, maximum: 200 },
};

/** As what whoever writes is root, besides where. */
const ROOT_KINDS = ["preloaded library", "account with id 0", "superuser of a database", "authorized keys", "sudo rule"];

/** Each entry hides a change of the host from every look, so it says why, for how long, and who sees to it. */
export const acceptedDriftReasoned: Rule = {
  id: "accepted-drift-reasoned",
  description: "What is accepted of a host that nobody declared has a reason, an owner and a last day, and makes nobody root.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["MON-06"],
  remedy: "remove it from the host, or accept it by npx phiward accept, which asks for what is missing",
  notWaivable: "a waiver of it would accept what nobody has to answer for",
  appliesTo: ["phiward:host:Integrity"],
  thresholds: THRESHOLDS,
  judge(unit, report, { configured }) {
    const shortest = thresholdOf(THRESHOLDS, "reasonCharacters", configured);
    const rendered = jsonFile(unit, "/etc/phiward/integrity.json", report);
    for (const declared of [unit.at("settings").at("declared"), ...(rendered === undefined ? [] : [rendered])])
      for (const entry of declared.at("accepted").items() ?? []) judgeEntry(entry, shortest, report);
  },
};

function judgeEntry(entry: Value, shortest: number, report: (finding: Finding) => void): void {
  const reason = entry.at("reason").text();
  if (reason !== undefined && reason.trim().replaceAll(/\s+/g, " ").length < shortest)
    report({
      at: `${entry.path}.reason`,
      found: "a shorter reason",
      allowed: `${String(shortest)} characters or more that say why, and where it was decided`,
    });
  if (entry.at("owner").text()?.trim() === "") report({ at: `${entry.path}.owner`, found: "nobody", allowed: "who sees to it" });
  const expires = entry.at("expires").text();
  if (expires !== undefined && !/^20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/.test(expires))
    report({ at: `${entry.path}.expires`, found: "no day", allowed: "the last day, as YYYY-MM-DD" });
  const [kind, path] = [entry.at("kind").text(), entry.at("path").text()];
  if (ROOT_KINDS.includes(kind ?? "") || MAKES_ROOT.test(path ?? ""))
    report({ at: entry.path, found: "what makes whoever put it there root", allowed: "anything else" });
}
