import type { Rule } from "../engine/rule";
import { jsonFile } from "../readers/files";
import { shown } from "../readers/value";

const DAEMON = "/etc/docker/daemon.json";

/** What is in a file of Docker's alone ends with the container, and no vault has it. */
export const containerOutputRecorded: Rule = {
  id: "container-output-recorded",
  description: "What containers print, and with it applications' own audit lines, goes to the host's journal.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["LOG-02", "LOG-03"],
  remedy: "leave docker.logs.driver of the stack's configuration at journald; let a program that prints patients' data print none",
  appliesTo: ["phiward:host:Docker"],
  judge(unit, report) {
    const daemon = jsonFile(unit, DAEMON, report);
    if (daemon === undefined) return;
    const driver = daemon.has("log-driver") ? daemon.at("log-driver").text() : "json-file";
    if (driver !== undefined && driver !== "journald")
      report({ at: `${daemon.path} (${DAEMON})`, found: shown(driver, ["json-file", "local", "none"]), allowed: "log-driver: journald" });
  },
};
