import type { Finding, Rule } from "../engine/rule";
import { containersOf, isComponent, optionalText, WITH_CONTAINERS } from "../readers/containers";
import { jsonFile } from "../readers/files";
import { shown, type Value } from "../readers/value";

type Report = (finding: Finding) => void;

const DAEMON = "/etc/docker/daemon.json";
const DRIVER = "journald";
const OTHERS = ["json-file", "local", "none"];

/** What is in a file of Docker's alone ends with the container, and no vault has it. */
export const containerOutputRecorded: Rule = {
  id: "container-output-recorded",
  description: "What containers print, and with it applications' own audit lines, goes to the host's journal.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["LOG-02", "LOG-03"],
  remedy:
    "leave docker.logs.driver of the stack's configuration at journald, and a container's own logDriver out; let a program that prints patients' data print none",
  appliesTo: ["phiward:host:Docker", ...WITH_CONTAINERS],
  judge(unit, report) {
    if (unit.has("files")) judgeDaemon(unit, report);
    if (isComponent(unit) || !unit.has("files")) for (const container of containersOf(unit)) judgeContainer(container, report);
  },
};

function judgeDaemon(unit: Value, report: Report): void {
  const daemon = jsonFile(unit, DAEMON, report);
  if (daemon === undefined) return;
  const driver = daemon.has("log-driver") ? daemon.at("log-driver").text() : "json-file";
  if (driver !== undefined && driver !== DRIVER)
    report({ at: `${daemon.path} (${DAEMON})`, found: shown(driver, OTHERS), allowed: `log-driver: ${DRIVER}` });
}

// Its own driver takes the place of the daemon's.
function judgeContainer(container: Value, report: Report): void {
  // A container may have no driver, but has a name: without one, its arguments are hidden.
  container.at("name").text();
  const driver = optionalText(container, "logDriver");
  if (driver !== undefined && driver !== "" && driver !== DRIVER)
    report({ at: container.at("logDriver").path, found: shown(driver, OTHERS), allowed: `nothing, or ${DRIVER}` });
}
