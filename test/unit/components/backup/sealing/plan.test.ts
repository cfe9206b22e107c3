import { describe, expect, it } from "vitest";
import { sealing } from "../../../../../components/backup/sealing/concern";
import { sealingPlan } from "../../../../../components/backup/sealing/plan";
import { sealingSettings } from "../../../../../components/backup/sealing/settings";
import { parseConfig } from "../../../../../components/config/faults";
import { stackModel } from "../../../../../components/containers/model";
import { changed, complete, faultsOf, smallest } from "../../examples";
import { CONFIG, expectGolden, textOf } from "../../golden";

function settingsOf(raw: unknown, name: string) {
  const config = parseConfig(raw);
  const host = config.hosts.find((entry) => entry.name === name);
  if (host === undefined) throw new Error(`no host ${name}`);
  return sealingSettings(stackModel(config), host);
}

const RECOVERY = parseConfig(complete()).recovery.publicKey;
const OTHER_KEY = "age1jha5ng3y4uup827ul7s3kjx92ugvqnrsst7yudlzljwxhqsj3ulqg6xvey";

describe("the plan of a sealed journal", () => {
  it("is as it was last reviewed: the plan and its files", async () => {
    await expectGolden(__dirname, sealing, CONFIG, "web");
  });

  it("encrypts to the recovery key, or to the incident key that is declared, and sends to the vault", () => {
    expect(settingsOf(complete(), "web")).toMatchObject({ recipient: RECOVERY, vault: { user: "vault-web" }, alerts: true });
    expect(settingsOf(changed(complete(), { audit: { sessionsKey: OTHER_KEY } }), "web").recipient).toBe(OTHER_KEY);
  });

  it("leaves the keys of a vault, and of a host without one, on it", () => {
    expect(settingsOf(complete(), "store")).toMatchObject({ vault: null, alerts: true });
    const alone = settingsOf(smallest(), "web");
    expect(alone).toMatchObject({ vault: null, alerts: false });
    const plan = sealingPlan(alone);
    expect(textOf(plan, "/etc/systemd/system/phiward-sealing.service")).not.toContain("OnFailure");
    expect(textOf(plan, "/etc/phiward/sealing.json")).toContain('"vault": null');
  });

  it("seals as often as is declared, and refuses what is no number of minutes", () => {
    expect(settingsOf(complete(), "web").intervalSeconds).toBe(900);
    expect(settingsOf(changed(complete(), { journal: { sealMinutes: 1 } }), "web").intervalSeconds).toBe(60);
    expect(faultsOf(changed(smallest(), { journal: { sealMinutes: 0 } })).join("\n")).toContain("journal.sealMinutes: found");
  });
});
