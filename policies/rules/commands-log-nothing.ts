import type { Rule } from "../engine/rule";
import { shown } from "../readers/value";

/** What a command prints stands in the log of the deploy, and is handed to the command's next run: it may repeat what it was sent. */
export const commandsLogNothing: Rule = {
  id: "commands-log-nothing",
  description: "What commands print is not logged, and not handed to their next run.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["SEC-08"],
  remedy: 'set `logging` of the command to "none" and `addPreviousOutputInEnv` to false',
  appliesTo: ["command:local:Command", "command:remote:Command"],
  judge(unit, report) {
    const logging = unit.has("logging") ? unit.at("logging").text() : "stdoutAndStderr";
    if (logging !== undefined && logging !== "none")
      report({ at: unit.at("logging").path, found: shown(logging, ["stdoutAndStderr", "stdout", "stderr"]), allowed: "none" });
    const repeats = unit.has("addPreviousOutputInEnv") ? unit.at("addPreviousOutputInEnv").flag() : true;
    if (repeats === true) report({ at: unit.at("addPreviousOutputInEnv").path, found: "true", allowed: "false" });
  },
};
