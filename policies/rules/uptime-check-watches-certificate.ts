import type { StackRule } from "../engine/rule";
import { cloudType } from "../readers/cloud";
import { namedBy } from "../readers/relations";

/** A certificate that ends takes the site with it; only a look from outside sees what clients are shown. */
export const uptimeCheckWatchesCertificate: StackRule = {
  id: "uptime-check-watches-certificate",
  description: "Every HTTPS check has alerts for a site that is down and for a certificate near its end.",
  severity: "medium",
  enforcementLevel: "mandatory",
  controls: ["CRT-05", "MON-01"],
  remedy: "add UptimeAlerts of the types down (or down_global) and ssl_expiry for the check",
  appliesTo: [cloudType("UptimeCheck")],
  judge(stack, report) {
    const checks = stack.of(cloudType("UptimeCheck"));
    const alerts = stack.of(cloudType("UptimeAlert")).map((alert) => ({ alert, type: alert.args.at("type").text() }));
    // An alert of a type that is not known yet may be the one.
    const ofTypes = (...types: readonly string[]) =>
      namedBy(
        alerts.filter(({ type }) => type === undefined || types.includes(type)).map(({ alert }) => alert),
        "checkId",
      );
    const [ends, fails] = [ofTypes("ssl_expiry"), ofTypes("down", "down_global")];
    for (const check of checks) {
      const isHttps = check.args.has("target") && check.args.at("target").text()?.startsWith("https://") === true;
      if (isHttps && ends(check) === false)
        report({ at: check.args.path, found: "no alert of the type ssl_expiry", allowed: "one for it" });
      if (fails(check) === false) report({ at: check.args.path, found: "no alert of the type down", allowed: "one for it" });
    }
  },
};
