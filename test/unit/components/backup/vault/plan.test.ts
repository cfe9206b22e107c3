import { describe, expect, it } from "vitest";
import { vault } from "../../../../../components/backup/vault/concern";
import { parseConfig } from "../../../../../components/config/faults";
import { machineAccounts } from "../../../../../components/plan/machineAccounts";
import { KEYS_DIRECTORY } from "../../../../../components/plan/places";
import { peoplePlan } from "../../../../../components/system/people/plan";
import { peopleSettings, SSH_GROUP } from "../../../../../components/system/people/settings";
import { changed, complete, ed25519 } from "../../examples";
import { CONFIG, expectGolden, textOf } from "../../golden";

const VAULT = CONFIG.hosts.find(({ role }) => role === "vault")?.name ?? "";

/** The complete configuration, with other addresses. */
function at(web: string, vault: string) {
  return parseConfig(changed(complete(), { "hosts.0.address": web, "hosts.1.address": vault }));
}

describe("the vault's plan", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, vault, CONFIG, "store");
  });

  it("lets a host in with its own SSH host key, from its own address, to one program", () => {
    const config = at("203.0.113.10", "203.0.113.20");
    const [account] = machineAccounts(config, VAULT);
    expect(account).toEqual({
      name: "vault-web",
      host: "web",
      home: "/srv/vault/web",
      authorizedKey: `restrict,from="203.0.113.10",command="/usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz vault gate" ${ed25519(1)} web\n`,
    });
  });

  it.each([
    ["203.0.113.10", "vault.example.org"],
    ["web.example.org", "203.0.113.20"],
    ["203.0.113.10", "2001:db8::20"],
  ])("does not say where %s comes from to %s, for it may be another address", (web, vault) => {
    expect(machineAccounts(at(web, vault), VAULT)[0]?.authorizedKey).toMatch(/^restrict,command="/);
  });

  it("has its accounts declared with the people of that host, and of no other", () => {
    const here = peoplePlan(peopleSettings(CONFIG, VAULT));
    expect(textOf(here, `${KEYS_DIRECTORY}/vault-web`)).toMatch(/^restrict,/);
    expect(here.sets.find(({ id }) => id === `members-${SSH_GROUP}`)?.keep).toContain("vault-web");
    expect(here.steps.find(({ id }) => id === "account-vault-web")?.argv).toContain("--system");
    const there = peoplePlan(peopleSettings(CONFIG, "web"));
    expect(there.files.map(({ path }) => path).filter((path) => path.includes("vault-"))).toEqual([]);
    expect(there.sets.flatMap(({ keep }) => keep).filter((name) => name.startsWith("vault-"))).toEqual([]);
  });

  it("gives its accounts no right to sudo", () => {
    expect(textOf(peoplePlan(peopleSettings(CONFIG, VAULT)), "/etc/sudoers.d/phiward")).not.toContain("vault-");
  });
});
