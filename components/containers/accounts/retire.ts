/** The end of accounts of earlier epochs, as a part of the unit `retire`: it uses what the unit `accounts` has put on the host. */
import type { Check, Step } from "../../plan/types";
import { postgresCheck, redisCheck } from "./ask";
import { accountsStep } from "./plan";
import type { AccountsState } from "./settings";

const ASK = { control: "SEC-06", cites: ["164.308(a)(5)(ii)(D)", "164.312(d)"] };

/** Steps of the unit `retire`: accounts that are not declared lose their sessions and go. */
export function accountsRetireSteps({ databases }: AccountsState): readonly Step[] {
  return databases.length === 0 ? [] : [accountsStep("retire-accounts", "retire")];
}

/** Checks of the unit `retire`: the databases know the declared accounts and no others. */
export function accountsRetireChecks({ databases }: AccountsState): readonly Check[] {
  return databases.map((database): Check => {
    const logins = database.accounts.map(({ login }) => login);
    const about = { ...ASK, id: `accounts-of-${database.database}-of-this-epoch-alone` };
    return database.kind === "postgres"
      ? postgresCheck(database, about, { kind: "lacks", pattern: `^login (?!(?:${logins.join("|")}) )` })
      : redisCheck(database, about, ["ACL", "USERS"], { kind: "set", lines: ["default", "health", "phiward", ...logins] });
  });
}
