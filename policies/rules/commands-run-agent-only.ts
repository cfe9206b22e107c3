import { AGENT_COMMAND, CONFIRM_COMMAND, FIRST_CONFIRM_COMMAND } from "../../components/plan/request";
import type { Rule } from "../engine/rule";
import { PINNED_HOST_KEY } from "../readers/hostKey";
import { shown, type Value } from "../readers/value";

const OURS: readonly string[] = [AGENT_COMMAND, CONFIRM_COMMAND, FIRST_CONFIRM_COMMAND];

// What else a command may be told to run, or with what; of a connection, what lies in the state or leads elsewhere.
const MORE = ["update", "delete", "environment", "interpreter", "assetPaths", "archivePaths", "dir"];
const MORE_OF_CONNECTION = ["password", "privateKey", "privateKeyPassword", "proxy"];

/**
 * What a plan leaves out, a raw command could do beside it: no rule reads shell text. So a command of the program runs the agent, whose
 * plans are judged, and a file is copied by a plan alone. The program has no commands on the operator's machine either.
 */
export const commandsRunAgentOnly: Rule = {
  id: "commands-run-agent-only",
  description: "Each command of the program runs phiward's agent on a host, as a user other than root, and the host key is pinned.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["SSH-14"],
  remedy: "declare it in the stack's configuration, or as a concern, whose plan the policies judge",
  appliesTo: ["command:*", "pulumi-nodejs:dynamic*"],
  judge(unit, report) {
    const create = unit.at("create");
    const command = create.text();
    if (command !== undefined && !OURS.includes(command))
      report({ at: create.path, found: shown(command), allowed: "the commands that run phiward's agent" });
    for (const [holder, names] of [[unit, MORE] as const, [unit.at("connection"), MORE_OF_CONNECTION] as const])
      for (const value of named(holder, names)) report({ at: value.path, found: "a value", allowed: "nothing" });
    const connection = unit.at("connection");
    // What the engine shows of a connection while the host's address is not known; the provider refuses it when it is to be used.
    if (connection.at("host").text() === "") return;
    const hostKey = connection.at("hostKey");
    const key = connection.has("hostKey") ? hostKey.text() : "";
    if (key !== undefined && !PINNED_HOST_KEY.test(key))
      report({ at: hostKey.path, found: shown(key), allowed: "ssh-ed25519 and the base64 of the host's key" });
    const user = connection.at("user");
    const name = connection.has("user") ? user.text() : "root";
    if (name === "root" || name === "") report({ at: user.path, found: shown(name, ["root"]), allowed: "a user other than root" });
  },
};

function named(holder: Value, names: readonly string[]): readonly Value[] {
  return (holder.keys() ?? []).filter((key) => names.includes(key) && holder.has(key)).map((key) => holder.at(key));
}
