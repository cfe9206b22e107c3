import type { Rule } from "../engine/rule";
import { containersOf, WITH_CONTAINERS } from "../readers/containers";
import { shown } from "../readers/value";

/** A program in a container is nobody on the host. */
export const containerNotRoot: Rule = {
  id: "container-not-root",
  description: "Every container runs as a user and a group by number, neither of them root.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["CTR-01"],
  remedy: "give user as uid:gid, for a name means whatever the image says, and without a group the process gets root's",
  appliesTo: WITH_CONTAINERS,
  judge(unit, report) {
    for (const container of containersOf(unit)) {
      const user = container.at("user");
      const found = user.text();
      if (found !== undefined && !/^[1-9]\d{0,9}:[1-9]\d{0,9}$/.test(found))
        report({ at: user.path, found: shown(found, ["0", "root", "0:0", "root:root"]), allowed: "uid:gid, both numbers from 1 on" });
    }
  },
};
