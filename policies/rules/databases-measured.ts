import { NGINX_STATUS_PORT } from "../../components/plan/places";
import type { Finding, HostRule, HostUnits } from "../engine/rule";
import { NGINX } from "../readers/nginx";
import type { Value } from "../readers/value";

/** A database that nobody measures is full before anyone knows. */
export const databasesMeasured: HostRule = {
  id: "databases-measured",
  description: "On a host that brings its metrics to a vault, each of its databases is measured, and its web server at its own port.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["MON-02"],
  remedy: "let the concern metrics have the databases and the web server that the stack declares",
  judge(host, report) {
    // A vault has neither.
    for (const metrics of host.of("phiward:host:Metrics")) judgeServed(host, metrics.at("settings").at("served"), report);
  },
};

function judgeServed(host: HostUnits, served: Value, report: (finding: Finding) => void): void {
  const measured = namesOf(served.at("databases"), "name");
  for (const accounts of host.of("phiward:host:Accounts")) {
    const declared = namesOf(accounts.at("settings").at("databases"), "database");
    if (measured === undefined || declared === undefined) continue;
    const missing = declared.filter((name) => !measured.includes(name)).length;
    if (missing > 0)
      report({ at: served.at("databases").path, found: `${String(missing)} of the host's databases missing`, allowed: "all of them" });
  }
  if (host.of(NGINX).length === 0) return;
  const port = served.at("nginx");
  if (!served.has("nginx") || (port.number() ?? NGINX_STATUS_PORT) !== NGINX_STATUS_PORT)
    report({ at: port.path, found: "a web server that is not measured at its own port", allowed: String(NGINX_STATUS_PORT) });
}

// Kind and name and container, so that one is not measured in place of another. Undefined where one is not known.
function namesOf(databases: Value, name: "name" | "database"): readonly string[] | undefined {
  const names = databases.items()?.map((one) => [one.at("kind").text(), one.at(name).text(), one.at("container").text()]);
  if (names === undefined || names.flat().includes(undefined)) return undefined;
  return names.map((words) => words.join(" "));
}
