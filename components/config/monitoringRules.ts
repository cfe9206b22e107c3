/** Rules of the monitoring: who the second contact is. */
import { asText, type Disallowed, each } from "./paths";
import { member } from "./unknown";

/** Everything about the monitoring that is allowed separately and not together. */
export function monitoringRules(stack: unknown): readonly Disallowed[] {
  const alerts = member(stack, "alerts");
  const first = { webhook: asText(member(alerts, "webhook")), mail: asText(member(member(alerts, "mail"), "to")) };
  return each(stack, ["monitoring", "escalation"]).flatMap(({ value, path }) => {
    if (typeof value !== "object" || value === null) return [];
    const [webhook, mail] = [asText(member(value, "webhook")), asText(member(value, "mail"))];
    return [
      ...(member(value, "webhook") === undefined && member(value, "mail") === undefined
        ? [{ path, message: "a webhook or mail, or both" }]
        : []),
      ...(mail !== undefined && first.mail === undefined
        ? [{ path: [...path, "mail"], message: "a recipient where alerts.mail names the server that sends; declare it or use a webhook" }]
        : []),
      ...(webhook !== undefined && webhook === first.webhook
        ? [{ path: [...path, "webhook"], message: "another address than that of alerts.webhook: the second contact is someone else" }]
        : []),
      ...(mail !== undefined && mail === first.mail
        ? [{ path: [...path, "mail"], message: "another recipient than that of alerts.mail: the second contact is someone else" }]
        : []),
    ];
  });
}
