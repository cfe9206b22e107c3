/** The configuration of Alertmanager: who gets which alert, how they are grouped, and when they are sent again. */
import { anyOf } from "../../plan/patterns";
import { FOLLOW_ISOLATION, HOST_ISOLATED } from "../alerts/isolation";
import { HEARTBEAT } from "../alerts/matrix";
import { ESCALATED } from "../alerts/rules";
import { asYaml } from "./prometheusText";
import type { Contact, MonitorSettings } from "./settings";
import { CREDENTIALS, HEARTBEAT_URL, ROUTING_KEY, TOKEN } from "./units";

/** What Alertmanager reads. */
export const ALERTMANAGER_CONFIG = "/etc/phiward/monitor/alertmanager.yml";

// Alertmanager looks whether a message is due each time that it looks at a group: a little earlier than the whole minutes.
const HEARTBEAT_LEAD_SECONDS = 20;
// PagerDuty has four words of its own.
const PAGERDUTY_SEVERITY =
  '{{ if eq .CommonLabels.severity "critical" }}critical{{ else if eq .CommonLabels.severity "high" }}error{{ else if eq .CommonLabels.severity "medium" }}warning{{ else }}info{{ end }}';

/** Alertmanager's configuration. No secret is in it: what is secret is in files of its unit. */
export function alertmanagerText(settings: MonitorSettings): string {
  const { host, mail, heartbeat, repeatHours } = settings;
  return asYaml({
    global: {
      resolve_timeout: "5m",
      // Names of hosts and of what is wrong with them go over no line in the clear.
      ...(mail === null
        ? {}
        : {
            smtp_smarthost: `${mail.server.includes(":") ? `[${mail.server}]` : mail.server}:${String(mail.port)}`,
            smtp_from: mail.from,
            smtp_hello: host,
            smtp_require_tls: true,
          }),
    },
    route: {
      receiver: "first",
      group_by: ["alert", "instance"],
      group_wait: "10s",
      // What is raised again soon after it was over waits for this too: a silent host is known within three minutes all the same.
      group_interval: "30s",
      repeat_interval: `${String(repeatHours)}h`,
      routes: [
        heartbeat === null
          ? // Without a place to hear it, it would go to the first contact as one more alert.
            { receiver: "nobody", matchers: [`alert="${HEARTBEAT}"`] }
          : heartbeatRoute(heartbeat.minutes),
        { receiver: "escalation", matchers: [`stage="${ESCALATED.stage}"`] },
      ],
    },
    // By the label that an alert shares with the one that nobody acknowledged it: that one waits too.
    inhibit_rules: [
      {
        source_matchers: [`alert="${HOST_ISOLATED}"`],
        target_matchers: [`alert=~"${anyOf(FOLLOW_ISOLATION)}"`],
        equal: ["instance"],
      },
    ],
    receivers: [
      { name: "first", ...contact(settings.first), ...pagerDuty(settings) },
      { name: "escalation", ...contact(settings.escalation) },
      ...(heartbeat === null ? [{ name: "nobody" }] : [{ name: "heartbeat", webhook_configs: [beat(heartbeat)] }]),
    ],
  });
}

function heartbeatRoute(minutes: number): object {
  return {
    receiver: "heartbeat",
    matchers: [`alert="${HEARTBEAT}"`],
    group_wait: "0s",
    group_interval: "15s",
    repeat_interval: `${String(minutes * 60 - HEARTBEAT_LEAD_SECONDS)}s`,
  };
}

function beat({ url, token }: NonNullable<MonitorSettings["heartbeat"]>): object {
  const where = token === null ? { url } : { url_file: `${CREDENTIALS}/${HEARTBEAT_URL}` };
  return { ...where, send_resolved: false, http_config: { follow_redirects: false } };
}

function contact({ webhook, mail }: Contact): object {
  return {
    ...(webhook === null
      ? {}
      : {
          webhook_configs: [
            {
              url: webhook,
              send_resolved: true,
              max_alerts: 100,
              http_config: { authorization: { credentials_file: `${CREDENTIALS}/${TOKEN}` }, follow_redirects: false },
            },
          ],
        }),
    ...(mail === null ? {} : { email_configs: [{ to: mail, send_resolved: true }] }),
  };
}

function pagerDuty({ pagerDuty: declared }: MonitorSettings): object {
  if (declared === null) return {};
  const key = `${CREDENTIALS}/${ROUTING_KEY}`;
  return {
    pagerduty_configs: [
      { routing_key_file: key, url: declared.url, severity: PAGERDUTY_SEVERITY, http_config: { follow_redirects: false } },
    ],
  };
}
