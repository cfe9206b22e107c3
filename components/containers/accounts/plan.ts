import { programCommand, programPath } from "../../plan/programs";
import { EMPTY_PLAN, type HostPlan, SECRETS_DIRECTORY, type Step, textFile } from "../../plan/types";
import { aclDirectory } from "../services/database";
import { REDIS_BASE_USERS } from "../services/databaseFiles";
import { accountsChecks } from "./checks";
import { ACCOUNTS_PROGRAM } from "./program";
import type { AccountsState } from "./settings";

const PROGRAM = "accounts";
const CONFIGURATION = "/etc/phiward/accounts.json";
// The number of Redis' group in its image.
const REDIS_GROUP = 999;

/** Everything this unit wants of the host. It adds accounts; those of earlier epochs stay until the unit `retire`. */
export function accountsPlan(state: AccountsState): HostPlan {
  return {
    ...EMPTY_PLAN,
    unit: "accounts",
    packages: ["python3"],
    files: [textFile(programPath(PROGRAM), ACCOUNTS_PROGRAM, "0755"), textFile(CONFIGURATION, configuration(state), "0600")],
    steps: [accountsStep("add-accounts", "add")],
    checks: accountsChecks(state),
  };
}

/** The step that runs the program unless what it does is done. */
export function accountsStep(id: string, action: "add" | "retire"): Step {
  const done = action === "add" ? "check-added" : "check-retired";
  return {
    id,
    argv: programCommand(PROGRAM, action, CONFIGURATION),
    phase: "after",
    when: { kind: "state", unless: { argv: programCommand(PROGRAM, done, CONFIGURATION), expect: { kind: "exit", code: 0 } } },
    undo: { kind: "none" },
  };
}

function configuration({ databases }: AccountsState): string {
  const entries = databases.map(({ kind, database, container, accounts }) => ({
    kind,
    container,
    users: accounts.map(({ service, login, secret }) => ({
      service,
      login,
      secret: `${SECRETS_DIRECTORY}/${secret.id}.${String(secret.epoch)}`,
    })),
    ...(kind === "redis"
      ? { acl: `${aclDirectory(database)}/users.acl`, group: REDIS_GROUP, base: REDIS_BASE_USERS.trimEnd().split("\n") }
      : {}),
  }));
  return `${JSON.stringify(entries, undefined, 1)}\n`;
}
