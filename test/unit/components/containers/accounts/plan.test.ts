import { describe, expect, it } from "vitest";
import { accounts } from "../../../../../components/containers/accounts/concern";
import { accountsPlan } from "../../../../../components/containers/accounts/plan";
import { accountsRetireChecks, accountsRetireSteps } from "../../../../../components/containers/accounts/retired";
import { accountsSettings } from "../../../../../components/containers/accounts/settings";
import { stackModel } from "../../../../../components/containers/model";
import { CONFIG, expectGolden } from "../../golden";

const STATE = accountsSettings(stackModel(CONFIG));

describe("the databases' accounts", () => {
  it("are as they were last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, accounts);
  });

  it("are added by one step and retired by another, each unless it is done", () => {
    const [add, retire] = [...accountsPlan(STATE).steps, ...accountsRetireSteps(STATE)];
    expect(add?.argv.slice(2)).toEqual(["/usr/local/lib/phiward/phiward.pyz", "accounts", "add", "/etc/phiward/accounts.json"]);
    expect(retire?.argv.slice(2)).toEqual(["/usr/local/lib/phiward/phiward.pyz", "accounts", "retire", "/etc/phiward/accounts.json"]);
    expect(accountsRetireSteps({ databases: [] })).toEqual([]);
  });

  it("are all retired but those of this epoch", () => {
    expect(accountsRetireChecks(STATE).map(({ id, expect: wanted }) => [id, wanted])).toEqual([
      ["accounts-of-db-current-epoch-only", { kind: "lacks", pattern: "^login (?!(?:notes-api_e2) )" }],
      ["accounts-of-cache-current-epoch-only", { kind: "set", lines: ["default", "phiward", "notes-api_e3"] }],
    ]);
  });
});
