import { textFile } from "../../plan/files";
import { programCommand } from "../../plan/programs";
import { type ConcernPlan, EMPTY_PLAN, type Step } from "../../plan/types";
import { ENGINES } from "../databases/engines";
import { handoverSteps } from "../handover";
import { initializeFiles, initializeSteps } from "../initialization";
import { keptSecretPath } from "../secrets/files";
import { accountsChecks } from "./checks";
import type { AccountsSettings } from "./settings";

const PROGRAM = "accounts";
const CONFIGURATION = "/etc/phiward/accounts.json";

/** Adds accounts; the concern `retire` removes those of earlier epochs. */
export function accountsPlan(settings: AccountsSettings): ConcernPlan {
  const { handovers, initialized = [] } = settings;
  return {
    ...EMPTY_PLAN,
    packages: ["python3"],
    files: [textFile(CONFIGURATION, configuration(settings), "0600"), ...initializeFiles(initialized)],
    steps: [accountsStep("add-accounts", "add"), ...initializeSteps(initialized), ...handoverSteps(handovers)],
    checks: accountsChecks(settings),
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

function configuration({ databases }: AccountsSettings): string {
  const entries = databases.map((settings) => {
    const { kind, container, accounts } = settings;
    return {
      kind,
      container,
      users: accounts.map(({ service, login, secret, extensions }) => ({
        service,
        login,
        secret: keptSecretPath(secret),
        ...(extensions === undefined ? {} : { extensions }),
      })),
      ...ENGINES[kind].accounts.settings(settings),
    };
  });
  return `${JSON.stringify(entries, undefined, 1)}\n`;
}
