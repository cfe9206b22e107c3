import type { Rule } from "../engine/rule";
import { containersOf, WITH_CONTAINERS } from "../readers/containers";

/** Whoever gets a program to write a file has not got it to run the file. */
export const containerTemporaryNoexec: Rule = {
  id: "container-temporary-noexec",
  description: "No program is run from a container's memory file systems, such as /tmp.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["CTR-07"],
  remedy:
    "leave temporary.exec off; where a program runs what it unpacks there, accept this for its host's services by a waiver with the reason",
  appliesTo: WITH_CONTAINERS,
  judge(unit, report) {
    for (const container of containersOf(unit)) {
      // A container may have no memory file system, but has a name: without one, its arguments are hidden.
      container.at("name").text();
      const paths = container.has("tmpfs") ? (container.at("tmpfs").keys() ?? []).filter((path) => !path.startsWith("__")) : [];
      for (const path of paths)
        if (container.at("tmpfs").at(path).text()?.split(",").includes("exec") === true)
          report({ at: container.at("tmpfs").path, found: "a memory file system with exec", allowed: "noexec" });
    }
  },
};
