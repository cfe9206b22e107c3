/** Who DigitalOcean writes to when a droplet is busy or full, or one of its sites late, silent or near its certificate's end. */
import * as digitalocean from "@pulumi/digitalocean";
import type * as pulumi from "@pulumi/pulumi";
import type { DropletSettings, UptimeSettings } from "../../cloud/droplet/settings";

/** Makes the alerts of a droplet and the checks of its sites. */
export function dropletAlerts(name: string, settings: DropletSettings, dropletId: pulumi.Input<string>, parent: pulumi.Resource): void {
  const emails = [...settings.emails];
  for (const { role, type, above } of settings.thresholds)
    new digitalocean.MonitorAlert(
      `${name}-${role}-alert`,
      {
        alerts: { emails },
        compare: "GreaterThan",
        description: `${settings.name}: ${role} above ${above}`,
        enabled: true,
        entities: [dropletId],
        type,
        value: above,
        window: "5m",
      },
      { parent },
    );
  for (const site of settings.uptime) uptimeAlerts(name, site, emails, parent);
}

function uptimeAlerts(
  name: string,
  { site, target, latencyMilliseconds, certificateDays }: UptimeSettings,
  emails: string[],
  parent: pulumi.Resource,
): void {
  const { id: checkId } = new digitalocean.UptimeCheck(
    `${name}-${site}-uptime`,
    // Three regions: one that cannot reach the site has a fault itself.
    { name: site, target, type: "https", enabled: true, regions: ["eu_west", "us_east", "se_asia"] },
    { parent },
  );
  const common = { checkId, notifications: [{ emails }] };
  const alert = (role: string, args: Omit<digitalocean.UptimeAlertArgs, keyof typeof common>) =>
    new digitalocean.UptimeAlert(`${name}-${site}-${role}-alert`, { ...common, ...args, name: `${site} ${role}` }, { parent });
  alert("down", { type: "down_global", period: "2m" });
  alert("latency", { type: "latency", comparison: "greater_than", threshold: latencyMilliseconds, period: "5m" });
  alert("certificate", { type: "ssl_expiry", comparison: "less_than", threshold: certificateDays });
}
