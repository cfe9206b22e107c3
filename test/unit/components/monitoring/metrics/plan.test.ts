import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import { stackModel } from "../../../../../components/containers/model";
import { metrics } from "../../../../../components/monitoring/metrics/concern";
import { metricsPlan } from "../../../../../components/monitoring/metrics/plan";
import { metricsSettings } from "../../../../../components/monitoring/metrics/settings";
import { complete, smallest } from "../../examples";
import { CONFIG, expectGolden, textOf } from "../../golden";

const VAULT = CONFIG.hosts.find(({ role }) => role === "vault")?.name ?? "";

function settingsOf(raw: unknown, name: string) {
  const config = parseConfig(raw);
  const host = config.hosts.find((entry) => entry.name === name);
  if (host === undefined) throw new Error(`no host ${name}`);
  return metricsSettings(stackModel(config), host);
}

describe("the plan of metrics", () => {
  it("is as it was last reviewed on a host: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, metrics, CONFIG);
  });

  const NOTHING = { databases: [], nginx: null };

  it("has the vault take metrics of each host by its own account, and bring its own by no connection", () => {
    const settings = settingsOf(complete(), VAULT);
    expect(settings).toEqual({
      host: VAULT,
      exporters: [],
      served: NOTHING,
      vault: null,
      senders: [{ account: "vault-web", host: "web" }],
    });
    if (settings === undefined) throw new Error("no settings");
    const plan = metricsPlan(settings);
    expect(JSON.parse(textOf(plan, "/etc/phiward/metrics-remote.json"))).toEqual({ senders: settings.senders });
    expect(JSON.parse(textOf(plan, "/etc/phiward/metrics.json"))).toEqual({ host: VAULT, exporters: [], served: NOTHING, vault: null });
    expect(textOf(plan, "/etc/systemd/system/phiward-metrics.service")).toContain("IPAddressDeny=any\nIPAddressAllow=localhost\n");
    expect(textOf(plan, "/etc/systemd/system/phiward-metrics-taken@.service")).toContain("\nDynamicUser=yes\n");
    expect(plan.checks.map(({ id }) => id)).toEqual(expect.arrayContaining(["metrics-taken", "metrics-on-loopback-alone"]));
  });

  it("asks each database by its own login, and the web server, where they are declared", () => {
    const { served } = settingsOf(complete(), "web") ?? {};
    const redis = { secret: "/var/lib/phiward/secrets/cache-metrics.1", profile: "sessions" };
    expect(served?.databases.map(({ kind, name }) => `${kind} ${name}`)).toEqual(expect.arrayContaining(["postgres db", "redis cache"]));
    for (const database of served?.databases ?? [])
      expect(database.redis).toEqual(
        database.kind === "postgres" ? undefined : { ...redis, secret: redis.secret.replace("cache", database.name) },
      );
    expect(served?.nginx).toBe(9113);
    expect(settingsOf({ ...complete(), sites: [] }, "web")?.served.nginx).toBeNull();
    expect(
      settingsOf({ ...complete(), people: smallest()["people"], retention: undefined, subjects: undefined, services: [], sites: [] }, "web")
        ?.served,
    ).toEqual(NOTHING);
  });

  it("is of hosts with a vault and of vaults alone", () => {
    expect(settingsOf(complete(), "web")?.vault?.user).toBe("vault-web");
    expect(settingsOf(smallest(), "web")).toBeUndefined();
  });
});
