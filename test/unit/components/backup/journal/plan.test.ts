import { describe, expect, it } from "vitest";
import { journal } from "../../../../../components/backup/journal/concern";
import { journalSettings } from "../../../../../components/backup/journal/settings";
import { parseConfig } from "../../../../../components/config/faults";
import { stackModel } from "../../../../../components/containers/model";
import { changed, complete, ed25519, smallest } from "../../examples";
import { CONFIG, expectGolden } from "../../golden";

const settingsOf = (raw: unknown, host: string) => journalSettings(stackModel(parseConfig(raw)), host);

describe("the plan of a host's journal", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, journal, CONFIG, "web");
  });

  it("is sent to the vault by its address and host key, under the account that backups have", () => {
    expect(settingsOf(complete(), "web")).toEqual({
      host: "web",
      vault: { address: "store.example.org", port: 22, user: "vault-web", hostKey: ed25519(3) },
    });
  });

  it("keeps its name at the vault when the host is renamed", () => {
    const renamed = changed(complete(), { "hosts.0.name": "front", "hosts.0.formerly": ["web"] });
    expect(settingsOf(renamed, "front")?.host).toBe("web");
  });

  it("is of no vault, and of no host without one", () => {
    expect(settingsOf(complete(), "store")).toBeUndefined();
    expect(settingsOf(smallest(), "web")).toBeUndefined();
  });
});
