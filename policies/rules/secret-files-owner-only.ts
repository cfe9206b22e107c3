import type { Rule } from "../engine/rule";
import { shown } from "../readers/value";

/** A secret is read by the account that it is for. */
export const secretFilesOwnerOnly: Rule = {
  id: "secret-files-owner-only",
  description: "Every file with a secret in it can be read by its owner only.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["SEC-09"],
  remedy: "give the file the mode 0400 or 0600",
  notWaivable: "whoever reads the secret reads what it protects",
  appliesTo: ["phiward:host:*"],
  judge(unit, report) {
    // One component writes nothing and only asks; whose arguments are hidden is refused all the same.
    if (!unit.has("files")) unit.at("connection").at("name").text();
    else
      for (const file of unit.at("files").items() ?? []) {
        const names = ["kept", "secret"].filter((key) => file.has(key)).map((key) => file.at(key).text());
        if (names.length === 0) continue;
        const mode = file.at("mode");
        const found = mode.text();
        if (found !== undefined && !/^0[46]00$/.test(found))
          report({ at: mode.path, found: shown(found, ["0644", "0640", "0444", "0440", "0660", "0666"]), allowed: "0400 or 0600" });
      }
  },
};
