import { EARLY_PACKAGES, earlyPackagesIn } from "../../components/plan/earlyPackages";
import { INSTALL_COMMAND, INSTALL_ENVIRONMENT } from "../../components/plan/programs";
import { AGENT_COMMAND, CONFIRM_COMMAND, FIRST_CONFIRM_COMMAND } from "../../components/plan/request";
import type { Finding, Rule } from "../engine/rule";
import { PINNED_HOST_KEY } from "../readers/hostKey";
import { shown, type Value } from "../readers/value";

const OURS: readonly string[] = [AGENT_COMMAND, CONFIRM_COMMAND, FIRST_CONFIRM_COMMAND];

// What else a command may be told to run, or with what; of a connection, what lies in the state or leads elsewhere.
const MORE = ["update", "delete", "environment", "interpreter", "assetPaths", "archivePaths", "dir"];
const MORE_OF_CONNECTION = ["password", "privateKey", "privateKeyPassword", "proxy"];

/**
 * What a plan leaves out, a raw command could do beside it: no rule reads shell text. So a command of the program runs the agent, whose
 * plans are judged, and a file is copied by a plan alone. On the operator's machine the program has one command, word by word, and with
 * nothing but the host's place and the version: it brings a host the agent and its programs.
 */
export const commandsRunAgentOnly: Rule = {
  id: "commands-run-agent-only",
  description: "Each command of the program runs phiward's agent on a host, as a user other than root, and the host key is pinned.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["SSH-14"],
  remedy: "declare it in the stack's configuration, or as a concern, whose plan the policies judge",
  notWaivable: "a command beside the agent may do anything on a host, and no other rule would see it",
  appliesTo: ["command:*", "pulumi-nodejs:dynamic*"],
  judge(unit, report) {
    const create = unit.at("create");
    const command = create.text();
    // On a host there is no such command. What is not known yet may be it.
    if ([INSTALL_COMMAND, undefined].includes(command) && !unit.has("connection")) {
      judgeInstall(unit, report);
      return;
    }
    if (command !== undefined && !OURS.includes(command))
      report({ at: create.path, found: shown(command), allowed: "the commands that run phiward's agent" });
    for (const [holder, names] of [[unit, MORE] as const, [unit.at("connection"), MORE_OF_CONNECTION] as const])
      for (const value of named(holder, names)) report({ at: value.path, found: "a value", allowed: "nothing" });
    const connection = unit.at("connection");
    // What the engine shows of a connection while the host's address is not known; the provider refuses it when it is to be used.
    if (connection.at("host").text() === "") return;
    judgeLogin(connection, { hostKey: "hostKey", user: "user" }, report);
  },
};

function judgeInstall(unit: Value, report: (finding: Finding) => void): void {
  for (const value of named(
    unit,
    MORE.filter((name) => name !== "environment"),
  ))
    report({ at: value.path, found: "a value", allowed: "nothing" });
  const environment = unit.at("environment");
  const more = (environment.keys() ?? []).filter((key) => !INSTALL_ENVIRONMENT.includes(key));
  for (const value of named(environment, more)) report({ at: value.path, found: "a value", allowed: "nothing" });
  const packages = environment.at(EARLY_PACKAGES);
  const variable = environment.has(EARLY_PACKAGES) ? packages.text() : "";
  if (variable !== undefined && earlyPackagesIn(variable) === undefined)
    report({ at: packages.path, found: "another package", allowed: "packages that start nothing, which a host gets early" });
  judgeLogin(environment, { hostKey: "PHIWARD_HOST_KEY", user: "PHIWARD_USER" }, report);
}

function judgeLogin(holder: Value, names: { readonly hostKey: string; readonly user: string }, report: (finding: Finding) => void): void {
  const hostKey = holder.at(names.hostKey);
  const key = holder.has(names.hostKey) ? hostKey.text() : "";
  if (key !== undefined && !PINNED_HOST_KEY.test(key))
    report({ at: hostKey.path, found: shown(key), allowed: "ssh-ed25519 and the base64 of the host's key" });
  const user = holder.at(names.user);
  const name = holder.has(names.user) ? user.text() : "root";
  if (name === "root" || name === "") report({ at: user.path, found: shown(name, ["root"]), allowed: "a user other than root" });
}

function named(holder: Value, names: readonly string[]): readonly Value[] {
  return (holder.keys() ?? []).filter((key) => names.includes(key) && holder.has(key)).map((key) => holder.at(key));
}
