import { describe, expect, it } from "vitest";
import { collector } from "../../../../../components/backup/collector/concern";
import { collectorPlan } from "../../../../../components/backup/collector/plan";
import { collectorSettings } from "../../../../../components/backup/collector/settings";
import { parseConfig } from "../../../../../components/config/faults";
import { stackModel } from "../../../../../components/containers/model";
import { handedSecrets } from "../../../../../components/plan/files";
import { DEVICE_AUTHORITY } from "../../deviceAuthority";
import { changed, complete, faultsOf, GONE, smallest } from "../../examples";
import { CONFIG, expectGolden, textOf } from "../../golden";

const SENDER = "/etc/systemd/system/phiward-collector.service";
const OWN = { address: "192.0.2.60", ca: DEVICE_AUTHORITY, operator: "own" };
const VERSION_KEY = "k".repeat(44);

function settingsOf(raw: unknown, name: string) {
  const config = parseConfig(raw);
  const host = config.hosts.find((entry) => entry.name === name);
  if (host === undefined) throw new Error(`no host ${name}`);
  return collectorSettings(stackModel(config), host);
}

function planOf(raw: unknown, name: string) {
  const settings = settingsOf(raw, name);
  if (settings === undefined) throw new Error("no settings");
  return collectorPlan(settings);
}

describe("the plan of the copy for a collector", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, collector, CONFIG, "store");
  });

  it("is the vault's, with the records of all hosts, and of no host that sends its own there", () => {
    expect(settingsOf(complete(), "store")).toMatchObject({ host: "store", senders: ["web"], port: 10_514, alerts: true });
    expect(settingsOf(complete(), "web")).toBeUndefined();
    expect(settingsOf(changed(complete(), { "audit.collector": GONE }), "store")).toBeUndefined();
  });

  it("is each host's own where there is no vault, without an alert that nothing would send", () => {
    const alone = changed(smallest(), { audit: { collector: OWN } });
    expect(settingsOf(alone, "web")).toMatchObject({
      host: "web",
      senders: [],
      port: 6514,
      name: OWN.address,
      lateMinutes: 30,
      alerts: false,
    });
    const plan = planOf(alone, "web");
    expect(textOf(plan, SENDER)).toContain("\nSupplementaryGroups=systemd-journal\n");
    expect(textOf(plan, "/etc/systemd/system/phiward-collector-watch.service")).not.toContain("OnFailure");
  });

  it("hands a client's key over beside the plan, to systemd alone", () => {
    const secrets = { "version-key": VERSION_KEY, "siem-key": "a private key" };
    const declared = { ...OWN, clientCertificate: { chain: DEVICE_AUTHORITY, key: "siem-key" } };
    const plan = planOf(changed(smallest(), { secrets, audit: { collector: declared } }), "web");
    expect(handedSecrets(plan.files)).toEqual(["siem-key"]);
    expect(plan.files.find(({ path }) => path.endsWith("/key.pem"))).toMatchObject({ owner: "root:root", mode: "0600" });
    expect(textOf(plan, SENDER)).toContain("\nLoadCredential=key.pem:/etc/phiward/collector/key.pem\n");
    expect(JSON.stringify(plan)).not.toContain("a private key");
  });

  it("lets the sender reach one address alone", () => {
    const plan = planOf(changed(smallest(), { audit: { collector: { ...OWN, address: "2001:db8::60" } } }), "web");
    expect(textOf(plan, SENDER)).toMatch(/\nIPAddressDeny=any\nIPAddressAllow=2001:db8::60\n/);
  });

  it.each([
    ["a name in place of the address", { address: "siem.example.org" }, "audit.collector.address: found"],
    ["this machine's own address", { address: "127.0.0.1" }, "audit.collector.address: found"],
    ["the address of a host", { address: "203.0.113.10" }, "a machine other than the hosts of this stack"],
    ["no authority", { ca: GONE }, "audit.collector.ca: found nothing"],
    ["a text that is no certificate", { ca: "letmein" }, "one certificate as PEM text"],
    ["nobody whose it is", { operator: GONE }, "audit.collector.operator: found nothing"],
    [
      "a chain that cannot be read",
      { "clientCertificate.chain": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "clientCertificate.key": "k" },
      "cannot be read",
    ],
    [
      "a key that nobody brought",
      { "clientCertificate.chain": DEVICE_AUTHORITY, "clientCertificate.key": "siem-key" },
      "the name of a secret of this stack",
    ],
    ["a minute to be late", { lateMinutes: 1 }, "audit.collector.lateMinutes: found 1"],
  ])("refuses %s, and repeats no text of it", (_, changes, words) => {
    const paths = Object.fromEntries(Object.entries(changes).map(([path, value]) => [`audit.collector.${path}`, value]));
    const faults = faultsOf(changed(changed(smallest(), { audit: { collector: OWN } }) as Record<string, unknown>, paths)).join("\n");
    expect(faults).toContain(words);
    expect(faults).not.toMatch(/letmein|siem\.example/);
  });
});
