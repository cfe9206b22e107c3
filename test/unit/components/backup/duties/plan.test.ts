import { describe, expect, it } from "vitest";
import { duties } from "../../../../../components/backup/duties/concern";
import { dutiesPlan } from "../../../../../components/backup/duties/plan";
import { dutiesSettings } from "../../../../../components/backup/duties/settings";
import { LISTED_DUTIES } from "../../../../../components/compliance/duties/duties";
import { parseConfig } from "../../../../../components/config/faults";
import { stackModel } from "../../../../../components/containers/model";
import { complete, smallest } from "../../examples";
import { CONFIG, expectGolden, textOf } from "../../golden";

const settingsOf = (raw: unknown, host: string) => dutiesSettings(stackModel(parseConfig(raw)), host);
const VAULT = CONFIG.hosts.find(({ role }) => role === "vault")?.name ?? "";

describe("the plan of duties", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, duties, CONFIG, VAULT);
  });

  it("asks for every duty of people, and takes the signatures of each declared person for this purpose alone", () => {
    const settings = settingsOf(complete(), "store");
    if (settings === undefined) throw new Error("no settings");
    expect(settings.duties.map(({ id }) => id)).toEqual(LISTED_DUTIES.filter(({ done }) => done.by === "person").map(({ id }) => id));
    const signers = textOf(dutiesPlan(settings), "/etc/phiward/duties-signers").trim().split("\n");
    expect(signers.map((line) => line.split(" ").slice(0, 2))).toEqual(
      ["alice", "alice", "bob", "carol-x"].map((name) => [name, 'namespaces="phiward-duty,phiward-incident"']),
    );
    expect(signers.every((line) => line.split(" ").length === 4)).toBe(true);
  });

  it("is of vaults alone", () => {
    expect(settingsOf(complete(), "web")).toBeUndefined();
    expect(settingsOf(smallest(), "web")).toBeUndefined();
  });
});
