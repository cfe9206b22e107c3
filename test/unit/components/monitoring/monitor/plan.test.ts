import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import { stackModel } from "../../../../../components/containers/model";
import { monitor } from "../../../../../components/monitoring/monitor/concern";
import { monitorPlan } from "../../../../../components/monitoring/monitor/plan";
import { monitorSettings } from "../../../../../components/monitoring/monitor/settings";
import { handedSecrets } from "../../../../../components/plan/files";
import { changed, complete, faultsOf, GONE } from "../../examples";
import { CONFIG, expectGolden, textOf } from "../../golden";

const SECRETS = "/etc/phiward/monitor/secrets";
const ALERTMANAGER = "/etc/systemd/system/prometheus-alertmanager.service.d/phiward.conf";
const BROUGHT = { "version-key": "k".repeat(44), "heartbeat-code": "0123-beat", "pager-key": "0123-pager" };

function settingsOf(raw: unknown, name = "store") {
  const config = parseConfig(raw);
  const host = config.hosts.find((entry) => entry.name === name);
  if (host === undefined) throw new Error(`no host ${name}`);
  return monitorSettings(stackModel(config), host);
}

function planOf(raw: unknown) {
  const settings = settingsOf(raw);
  if (settings === undefined) throw new Error("no settings");
  return monitorPlan(settings);
}

const routesOf = (raw: unknown): string => textOf(planOf(raw), "/etc/phiward/monitor/alertmanager.yml");

describe("the plan of the monitoring", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, monitor, CONFIG, "store");
  });

  it("is the vault's, which watches the hosts whose backups it has, and no other host's", () => {
    expect(settingsOf(complete(), "web")).toBeUndefined();
    expect(settingsOf(complete())).toMatchObject({ host: "store", watched: ["web"] });
    const renamed = changed(complete(), {
      "hosts.0.name": "clinic",
      "hosts.0.formerly": ["web"],
      "integrity.accepted": [],
      "integrity.sealed": [],
    });
    expect(settingsOf(renamed)).toMatchObject({ watched: ["web"] });
  });

  it("hands secrets over beside the plan, to Alertmanager's unit alone, and has none in its settings", () => {
    const declared = changed(complete(), {
      secrets: BROUGHT,
      "monitoring.heartbeat.token": "heartbeat-code",
      "monitoring.pagerDuty": { routingKey: "pager-key" },
    });
    const plan = planOf(declared);
    expect(handedSecrets(plan.files)).toEqual(["heartbeat-code", "pager-key"]);
    for (const { owner, mode } of plan.files.filter(({ path }) => path.startsWith(SECRETS)))
      expect([owner, mode]).toEqual(["root:root", "0600"]);
    expect(JSON.stringify(plan)).not.toMatch(/0123-(beat|pager)/);
    expect(textOf(plan, ALERTMANAGER)).toContain(`LoadCredential=heartbeat-url:${SECRETS}/heartbeat-url\n`);
    expect(routesOf(declared)).not.toContain("https://beat.example.net");
    expect(routesOf(declared)).toContain('"url": "https://events.pagerduty.com/v2/enqueue"');
  });

  it("sends mail over TLS alone, and to an IPv6 address as well", () => {
    expect(routesOf(complete())).toContain('"smtp_smarthost": "mail.example.org:587"');
    expect(routesOf(complete())).toContain('"smtp_require_tls": true');
    expect(routesOf(changed(complete(), { "alerts.mail.server": "2001:db8::25" }))).toContain('"smtp_smarthost": "[2001:db8::25]:587"');
  });

  it("sends nothing anywhere where no contact is declared", () => {
    const alone = changed(complete(), { "monitoring.escalation": GONE, "monitoring.heartbeat": GONE, "alerts.mail": GONE });
    expect(JSON.parse(routesOf(alone))).toMatchObject({
      receivers: [{ name: "first", webhook_configs: [{}] }, { name: "escalation" }, { name: "nobody" }],
    });
    expect(routesOf(alone)).not.toMatch(/email_configs|pagerduty_configs|smtp/);
  });

  it("waits for the end of a certificate no longer than its renewal leaves", () => {
    const days = (renewBeforeDays: number) =>
      settingsOf(changed(complete(), { "sites.0.certificate.renewBeforeDays": renewBeforeDays }))?.thresholds.certificateDays;
    expect([days(20), days(5), days(3)]).toEqual([10, 4, 2]);
  });
});

describe("the section monitoring", () => {
  it.each([
    ["an address over http", { "monitoring.heartbeat.url": "http://10.0.0.1/" }, "monitoring.heartbeat.url: found"],
    ["a code in the address", { "monitoring.heartbeat.url": "https://beat.example.net/?code=1" }, "monitoring.heartbeat.url: found"],
    ["a secret that was not brought", { "monitoring.heartbeat.token": "beat" }, "the name of a secret of this stack"],
    ["nobody as second contact", { "monitoring.escalation": {} }, "allowed: a webhook or mail, or both"],
    ["the first contact as second", { "monitoring.escalation.mail": "oncall@example.org" }, "the second contact is someone else"],
    [
      "the first webhook as second",
      { "monitoring.escalation.webhook": "https://alerts.example.org/hook" },
      "the second contact is someone else",
    ],
    ["mail without a server", { "alerts.mail": GONE }, "a recipient where alerts.mail names the server that sends"],
    ["a disk that is full before it fills", { "monitoring.diskPercent": 95 }, "a whole number from 50 to 94"],
    ["hours of silence", { "monitoring.heartbeat.minutes": 60 }, "a whole number from 1 to 15"],
  ])("does not take %s", (_, changes, message) => {
    expect(faultsOf(changed(complete(), changes)).join("\n")).toContain(message);
  });
});
