/** The end of accounts of earlier epochs, as a part of the unit `retire`: it uses what the unit `accounts` has put on the host. */
import type { Check, Step } from "../../plan/types";
import { ENGINES } from "../databases/engines";
import { accountsStep } from "./plan";
import type { AccountsSettings } from "./settings";

const ASK = { control: "SEC-06" } as const;

/** Steps of the unit `retire`: accounts that are not declared lose their sessions and go. */
export function accountsRetireSteps({ databases }: AccountsSettings): readonly Step[] {
  return databases.length === 0 ? [] : [accountsStep("retire-accounts", "retire")];
}

/** Checks of the unit `retire`: the databases have the declared accounts and no others. */
export function accountsRetireChecks({ databases }: AccountsSettings): readonly Check[] {
  return databases.map((database) =>
    ENGINES[database.kind].accounts.currentOnly(database, { ...ASK, id: `accounts-of-${database.database}-current-epoch-only` }),
  );
}
