import type { Rule } from "../engine/rule";
import { jsonFile } from "../readers/files";
import { FORCED_LINE_ALLOWED, forcedKey } from "../readers/machines";
import { demandRetention, RETENTION_THRESHOLDS } from "../readers/retention";
import { demandEvery, demandJob } from "../readers/systemd";

const DAY = 86_400;
const KEEPER = /^\/usr\/bin\/python3 -I \/usr\/local\/lib\/phiward\/phiward\.pyz vault (prune|check)$/;

/** Who breaks into a host cannot take its backups away: it can add to them and not delete. */
export const vaultAppendOnly: Rule = {
  id: "vault-append-only",
  description: "On the vault a host can add backups and do nothing else; the vault itself prunes and checks them.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["BKP-04"],
  remedy: "leave the accounts' forced command and the vault's jobs as rendered",
  appliesTo: ["phiward:host:Vault"],
  thresholds: RETENTION_THRESHOLDS,
  judge(unit, report, { configured }) {
    for (const account of unit.at("settings").at("accounts").items() ?? []) {
      const line = account.at("authorizedKey");
      const found = line.text();
      if (found !== undefined && forcedKey(found) === undefined)
        report({ at: line.path, found: "a key that can do more than add backups", allowed: FORCED_LINE_ALLOWED });
    }
    const rendered = jsonFile(unit, "/etc/phiward/vault.json", report);
    for (const place of [unit.at("settings"), ...(rendered === undefined ? [] : [rendered])])
      demandRetention(place.at("keep"), report, configured);
    for (const name of ["phiward-vault-prune", "phiward-vault-check"]) {
      demandJob(unit, name, KEEPER, report);
      demandEvery(unit, name, DAY, report);
    }
  },
};
