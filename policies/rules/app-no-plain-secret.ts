import type { Rule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { optionalItems, optionalText } from "../readers/containers";
import { looksSecret, secretWord } from "../readers/secretTexts";

const PARTS = ["services", "workers", "jobs", "functions", "staticSites"];
// Characters of a value that are looked at, so that the time is bounded: a secret is shorter.
const LONGEST = 4000;

/** A variable of the type GENERAL is shown to whoever may see the app, and in its build's log. */
export const appNoPlainSecret: Rule = {
  id: "app-no-plain-secret",
  description: "Apps have secrets only in variables of the type SECRET.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["SEC-01", "CTR-16"],
  remedy: "set the variable's type to SECRET, and its value from a secret of the configuration",
  appliesTo: [cloudType("App")],
  judge(unit, report) {
    const spec = unit.at("spec");
    spec.at("name").text();
    for (const holder of [spec, ...PARTS.flatMap((key) => optionalItems(spec, key) ?? [])])
      for (const variable of optionalItems(holder, "envs") ?? []) {
        const type = variable.has("type") ? variable.at("type").text() : "GENERAL";
        const word = secretWord(variable.at("key").text() ?? "");
        const kind =
          looksSecret((optionalText(variable, "value") ?? "").slice(0, LONGEST)) ??
          (word === undefined ? undefined : `a name with ${word} in it`);
        if (type !== undefined && type !== "SECRET" && kind !== undefined)
          report({ at: variable.path, found: `a variable with ${kind}, and not of the type SECRET`, allowed: "the type SECRET" });
      }
  },
};
