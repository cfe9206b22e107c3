import { describe, expect, it } from "vitest";
import { records } from "../../../../../components/backup/records/concern";
import { recordsPlan } from "../../../../../components/backup/records/plan";
import { recordsSettings } from "../../../../../components/backup/records/settings";
import { parseConfig } from "../../../../../components/config/faults";
import { stackModel } from "../../../../../components/containers/model";
import { complete, smallest } from "../../examples";
import { CONFIG, expectGolden, textOf } from "../../golden";

const settingsOf = (raw: unknown, host: string) => recordsSettings(stackModel(parseConfig(raw)), host);
const VAULT = CONFIG.hosts.find(({ role }) => role === "vault")?.name ?? "";

describe("the plan of other hosts' records", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, records, CONFIG, VAULT);
  });

  it("takes records of each host by its own account, for the years, minutes and gigabytes that are declared", () => {
    const raw = { ...complete(), records: { retentionYears: 8, silentMinutes: 20, gigabytesPerHost: 3 } };
    const settings = settingsOf(raw, VAULT);
    expect(settings).toEqual({
      senders: [{ account: "vault-web", host: "web" }],
      retentionYears: 8,
      silentMinutes: 20,
      gigabytesPerHost: 3,
      time: "02:15",
    });
    if (settings === undefined) throw new Error("no settings");
    expect(JSON.parse(textOf(recordsPlan(settings), "/etc/phiward/journal-remote.json"))).toEqual({
      senders: [{ account: "vault-web", host: "web" }],
      retentionYears: 8,
      silentSeconds: 1200,
      mostBytes: 3 * 2 ** 30,
    });
  });

  it("is of vaults alone", () => {
    expect(settingsOf(complete(), "web")).toBeUndefined();
    expect(settingsOf(smallest(), "web")).toBeUndefined();
  });
});
