import { createHash } from "node:crypto";
import { hostArchive } from "../../components/host/archive";
import type { Rule } from "../engine/rule";

const PATH = "/usr/local/lib/phiward/phiward.pyz";
const BUILT = createHash("sha256").update(hostArchive()).digest("hex");

/** What root's timers and the vault's forced command run is what this repository holds: append-only, with the kept password. */
export const hostProgramsAsBuilt: Rule = {
  id: "host-programs-as-built",
  description: "The programs on the hosts are those of this repository, and only root can change them.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["BKP-04"],
  remedy: "leave the archive of host programs as built",
  notWaivable: "these programs are root on the hosts",
  appliesTo: ["phiward:host:Baseline"],
  judge(unit, report) {
    const files = unit.at("files").items();
    if (files === undefined) return;
    const archives = files.filter((file) => file.at("path").text() === PATH);
    // A path that is not known may be this one.
    const isKnown = files.every((file) => file.at("path").text() !== undefined);
    if (isKnown && archives.length !== 1)
      report({ at: "files", found: `${String(archives.length)} files ${PATH}`, allowed: "one, with the host programs" });
    for (const file of archives)
      for (const [name, allowed] of [["sha256", BUILT] as const, ["owner", "root:root"] as const, ["mode", "0755"] as const]) {
        const found = file.at(name).text();
        if (found !== undefined && found !== allowed) report({ at: file.at(name).path, found: `another ${name} of ${PATH}`, allowed });
      }
  },
};
