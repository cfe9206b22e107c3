/** The key `monitoring`: what a vault watches the stack's hosts by, and who hears when the first contact does not. */
import { z } from "zod";
import { DEMANDED_ALERTS, demandedBy } from "../demanded";
import { isHttps, isWebhook } from "../webhook";
import { rotation } from "./rotation";
import { mailAddress, name, text, whole } from "./values";
import { vulnerabilities } from "./vulnerabilities";

const HTTPS_RULE =
  "an https address without user, password, ? and #, of a machine of another provider; what is secret of it is a secret that you bring, by its name";

const httpsAddress = text(HTTPS_RULE, isHttps);

const heartbeat = z
  .strictObject({
    url: httpsAddress.describe("Where a JSON message is posted to each time, as services that watch cron jobs take it."),
    token: name
      .optional()
      .describe(
        "Name in `phiward:secrets` of what comes behind the address, such as the code of the check: who knows it can keep the heart beating. Without it, the address is all.",
      ),
    minutes: whole(1, 15)
      .default(1)
      .describe("Minutes between two of them. 1: with the service's own patience, three minutes of silence are seen."),
  })
  .optional()
  .describe(
    "An outside address that hears from the vault every few minutes, and alerts when it does not: a machine that is gone cannot say so. None, since the service is yours to choose.",
  );

const escalation = z
  .strictObject({
    webhook: text("an https address, or http to a private one, as of alerts.webhook", isWebhook)
      .optional()
      .describe("Where a message is posted to, as to `alerts.webhook`."),
    mail: mailAddress.optional().describe("Recipient; by the server and sender of `alerts.mail`."),
  })
  .optional()
  .describe(
    "The second contact: gets an alert that nobody acknowledged in the time that its severity allows (15 minutes, an hour, 4 hours, a day). None, since it has to be someone other than the first.",
  );

const pagerDuty = z
  .strictObject({
    routingKey: name.describe("Name in `phiward:secrets` of the integration's key."),
    url: httpsAddress
      .default("https://events.pagerduty.com/v2/enqueue")
      .describe("Where events go. PagerDuty's own; others that take its Events API v2 have addresses of their own."),
  })
  .optional()
  .describe("PagerDuty, or what speaks its Events API v2. None, since mail and a webhook need no further party.");

/** The key `monitoring`. */
export const monitoring = z
  .strictObject({
    heartbeat,
    escalation,
    pagerDuty,
    repeatHours: whole(1, 24)
      .default(4)
      .describe(
        `Hours after which an alert that lasts is sent again. 4: twice in a working day, and no reason to filter it away.${demandedBy("alerts-repeated-in-a-shift", `${String(DEMANDED_ALERTS.repeatHours)} at most`)}`,
      ),
    diskPercent: whole(50, 94)
      .default(80)
      .describe(
        `Percent of a file system in use that raise an alert; a graver one comes at 95. 80: time to act before a database stops.${demandedBy("alert-limits-leave-time", `${String(DEMANDED_ALERTS.diskPercent)} at most`)}`,
      ),
    memoryPercent: whole(50, 98)
      .default(90)
      .describe(
        `Percent of memory in use for a quarter of an hour that raise an alert. 90: the kernel begins to kill soon after.${demandedBy("alert-limits-leave-time", `${String(DEMANDED_ALERTS.memoryPercent)} at most`)}`,
      ),
    certificateDays: whole(2, 60)
      .default(7)
      .describe(
        `Days before its end at which a certificate that was not renewed raises an alert; of one that is renewed later than that, a day after it was due. 7: three weeks after it was due, and a week to put it right.${demandedBy("alert-limits-leave-time", `${String(DEMANDED_ALERTS.certificateDays)} at least`)}`,
      ),
    retentionDays: whole(7, 400).default(30).describe("Days that the vault keeps metrics. 30: a month shows what is usual."),
    diskMegabytes: whole(256, 65_536)
      .default(1024)
      .describe("Size in MB that they may take; then the oldest go. 1024: a month of ten hosts takes half of it."),
    vulnerabilities,
    rotation,
  })
  .prefault({})
  .describe(
    "Monitoring, on each vault: it collects the metrics of the stack's hosts and its own, and sends alerts to whom `alerts` names (164.308(a)(6)(ii)).",
  );
