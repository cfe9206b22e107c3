import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import { accounts } from "../../../../../components/containers/accounts/concern";
import { accountsPlan } from "../../../../../components/containers/accounts/plan";
import { accountsRetireChecks, accountsRetireSteps } from "../../../../../components/containers/accounts/retired";
import { accountsSettings } from "../../../../../components/containers/accounts/settings";
import { containersModel, stackModel } from "../../../../../components/containers/model";
import { hostPlans } from "../../../../../components/registry";
import { changed, complete } from "../../examples";
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
    expect(accountsRetireSteps({ databases: [], handovers: [] })).toEqual([]);
  });

  it("end with what is replaced stop-first, whose containers come next, also on a host without a database", () => {
    const config = parseConfig(changed(complete(), { "services.2.updateOrder": "stop-first" }));
    const [step] = accountsPlan(accountsSettings(stackModel(config))).steps.slice(-1);
    const [declared] = containersModel(config).services;
    expect([step?.id, step?.phase, step?.argv.slice(3, 5)]).toEqual(["stop-former-containers", "after", ["handover", "begin"]]);
    expect(step?.argv[5]).toBe(JSON.stringify([{ service: "notes-api", name: declared?.name, seconds: 78 }]));
    expect(accountsPlan(accountsSettings(stackModel(config))).checks.map(({ id }) => id)).toContain("services-handed-over");
    expect(accountsPlan(STATE).steps.map(({ id }) => id)).toEqual(["add-accounts"]);
    const alone = { ...config, services: config.services.slice(2).map((service) => ({ ...service, uses: [] })) };
    expect(hostPlans(alone, "web").map(({ unit }) => unit)).toContain("accounts");
    expect(hostPlans({ ...alone, services: CONFIG.services.slice(2) }, "web").map(({ unit }) => unit)).not.toContain("accounts");
  });

  it("are all retired but those of this epoch", () => {
    expect(accountsRetireChecks(STATE).map(({ id, expect: wanted }) => [id, wanted])).toEqual([
      ["accounts-of-db-current-epoch-only", { kind: "lacks", pattern: "^login (?!(?:notes-api_e2) )" }],
      ["accounts-of-cache-current-epoch-only", { kind: "set", lines: ["default", "phiward", "phiward_host_metrics", "notes-api_e3"] }],
    ]);
  });
});
