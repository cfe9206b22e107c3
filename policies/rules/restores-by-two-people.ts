import type { Rule } from "../engine/rule";
import { filesAt } from "../readers/files";
import type { Value } from "../readers/value";

const SIGNERS = "/etc/phiward/restore-signers";

/** What one person alone can replace, one stolen key can. */
export const restoresByTwoPeople: Rule = {
  id: "restores-by-two-people",
  description: "Live data is replaced by a backup on the word of two people, or of one where the stack says why.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["BKP-08"],
  remedy: "name a second person in backup.restores.approvers, or set backup.restores.people to 1 with the reason",
  appliesTo: ["phiward:host:Backup"],
  judge(unit, report) {
    const restores = unit.at("settings").at("restores");
    const signers = restores.at("signers").items();
    const [people, reason] = [restores.at("people").number(), reasonOf(restores)];
    const lines = signers?.map(linesOf);
    if (people === undefined || signers === undefined || lines === undefined) return;
    if (people !== 2 && !(people === 1 && reason === true))
      report({
        at: restores.at("people").path,
        found: `${String(people)} without a reason`,
        allowed: "2, or 1 with the reason",
      });
    if (people === 2 && reason === true)
      report({ at: restores.at("reason").path, found: "a reason for one person", allowed: "none where two are needed" });
    const names = new Set(signers.map((signer) => signer.at("name").text()));
    if (people === 2 && names.size < 2)
      report({ at: restores.at("signers").path, found: `${String(names.size)} who may sign`, allowed: "2 at least" });
    if (lines.some((line) => line === undefined)) return;
    const expected = lines.join("");
    for (const { at, texts } of filesAt(unit, [SIGNERS], report))
      if (texts.some((text) => text !== expected)) report({ at, found: "other keys", allowed: "those of the people who may sign" });
  },
};

function reasonOf(restores: Value): boolean | undefined {
  if (!restores.has("reason")) return false;
  const text = restores.at("reason").text();
  return text === undefined ? undefined : text.trim() !== "";
}

// Said here again, and not read from the plans: a key that is added there is refused here.
function linesOf(signer: Value): string | undefined {
  const [name, keys] = [signer.at("name").text(), signer.at("keys").texts()];
  const expires = signer.has("expires") ? signer.at("expires").text() : "";
  if (name === undefined || keys === undefined || expires === undefined) return undefined;
  const until = expires === "" ? "" : `,valid-before="${expires.replaceAll("-", "")}2359Z"`;
  return keys.map((key) => `${name} namespaces="phiward-restore"${until} ${key}\n`).join("");
}
