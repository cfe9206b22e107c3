import type { Rule } from "../engine/rule";
import { containersOf, optionalText, WITH_CONTAINERS } from "../readers/containers";
import { shown } from "../readers/value";

const RESTART = ["unless-stopped", "always", "on-failure"];

/** What dies is started again, and what hangs is seen. */
export const containerHealthChecked: Rule = {
  id: "container-health-checked",
  description: "Every container has a health check, restarts when it ends, and writes a log.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["CTR-11"],
  remedy: "give the service a health check, restart it unless it was stopped, and leave the daemon's log driver unchanged",
  appliesTo: WITH_CONTAINERS,
  judge(unit, report) {
    for (const container of containersOf(unit)) {
      const tests = container.at("healthcheck").at("tests");
      const words = tests.items()?.map((word) => word.text());
      if (words !== undefined && (words.length < 2 || words[0] === "NONE"))
        report({ at: tests.path, found: "no health check", allowed: "CMD, then a program and its arguments" });
      const restart = container.at("restart");
      const found = restart.text();
      if (found !== undefined && !RESTART.includes(found))
        report({ at: restart.path, found: shown(found, ["no"]), allowed: RESTART.join(" or ") });
      if (optionalText(container, "logDriver") === "none")
        report({ at: container.at("logDriver").path, found: "none", allowed: "nothing, so that the daemon's limits apply" });
    }
  },
};
