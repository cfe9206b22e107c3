import { isLoopback } from "../../components/config/network";
import type { Rule } from "../engine/rule";
import { containersOf, isDatabases, optionalFlag, optionalItems, WITH_CONTAINERS } from "../readers/containers";
import { databaseOn } from "../readers/databases";
import { shown } from "../readers/value";

/** The world comes in by the web server alone: Docker's own rules go round the firewall for whatever a container publishes. */
export const containerPortsOnLoopback: Rule = {
  id: "container-ports-on-loopback",
  description: "A container publishes ports only on the loopback address, and a database publishes none.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["CTR-15", "NET-09"],
  remedy: "set ip to 127.0.0.1 and add a site's route to it; reach a database through its container's network",
  notWaivable: "what containers publish could be reached by anyone, past the firewall",
  appliesTo: WITH_CONTAINERS,
  judge(unit, report) {
    const database = isDatabases(unit);
    for (const container of containersOf(unit)) {
      // A container may publish nothing, but has a name: without one, its arguments are hidden.
      container.at("name").text();
      if (optionalFlag(container, "publishAllPorts") === true)
        report({ at: container.at("publishAllPorts").path, found: "every port that the image names, on every address", allowed: "false" });
      for (const port of optionalItems(container, "ports") ?? []) {
        const ip = port.has("ip") ? port.at("ip").text() : "";
        if (ip !== undefined && !isLoopback(ip))
          report({
            at: port.at("ip").path,
            found: ip === "" ? "nothing, which is every address" : shown(ip, ["0.0.0.0", "::"]),
            allowed: "127.0.0.1 or ::1",
          });
        const internal = port.at("internal").number();
        const name = internal === undefined ? undefined : (databaseOn(internal) ?? (database ? "a database" : undefined));
        if (name !== undefined) report({ at: port.path, found: `a port of ${name} that is published`, allowed: "none" });
      }
    }
  },
};
