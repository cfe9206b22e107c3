import { CONTAINER_IDS, declaredUser, USER_RULE } from "../../components/config/containerIds";
import type { Rule } from "../engine/rule";
import { containersOf, WITH_CONTAINERS } from "../readers/containers";
import { shown } from "../readers/value";

/** What a container runs as is nobody's number on the host, and no other container's. */
export const containerUserInOwnRange: Rule = {
  id: "container-user-in-own-range",
  description: `Every container runs as a user and a group from ${String(CONTAINER_IDS.first)} to ${String(CONTAINER_IDS.last)}, which no other has.`,
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["CTR-01"],
  remedy: "leave `user` out, so that the numbers follow from the name: to the kernel, whoever has the same number is the same user",
  appliesTo: WITH_CONTAINERS,
  judge(unit, report) {
    const owners = new Map<number, string>();
    for (const container of containersOf(unit)) {
      const at = container.at("user");
      const text = at.text();
      if (text === undefined) continue;
      const user = declaredUser(text);
      if (user === undefined) report({ at: at.path, found: shown(text), allowed: USER_RULE });
      // Two containers of one service, old and new, have one name before the hyphen of the hash; in a plan there is one of each.
      for (const id of user === undefined ? [] : new Set([user.uid, user.gid])) {
        const owner = owners.get(id);
        if (owner !== undefined) report({ at: at.path, found: `the numbers of ${owner}`, allowed: "numbers that no other container has" });
        owners.set(id, at.path);
      }
    }
  },
};
