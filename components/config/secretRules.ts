/** Rules between secrets that people bring and what uses them. They run on invalid values too. */
import { certificateSecrets } from "./certificateRules";
import { PASSWORD_USES } from "./passwordRules";
import { asText, type Disallowed, each } from "./paths";
import { HOW_TO_SET } from "./sections/secrets";
import { NAME } from "./sections/values";
import { member } from "./unknown";

/** Where a secret that somebody brings is used, by its name. */
const USES: readonly string[] = [
  "services.*.secrets.*.from",
  "registries.*.password",
  "audit.collector.clientCertificate.key",
  "monitoring.heartbeat.token",
  "monitoring.pagerDuty.routingKey",
  ...PASSWORD_USES,
];

/** Each name that nothing was brought under, and each secret that nothing uses. */
export function secretRules(stack: unknown): readonly Disallowed[] {
  const brought = member(stack, "secrets");
  // What has a fault of its own was not read.
  if (!Array.isArray(brought)) return [];
  const names = brought.flatMap((entry: unknown) => asText(member(entry, "name")) ?? []);
  const uses = [...USES.flatMap((path) => each(stack, path.split("."))), ...certificateSecrets(stack)];
  const used = new Set(uses.map(({ value }) => value));
  return [
    ...uses
      .filter(({ value }) => NAME.test(asText(value) ?? "") && !names.includes(asText(value) ?? ""))
      .map(({ path }) => ({ path, message: `the name of a secret of this stack, under secrets; ${HOW_TO_SET}` })),
    ...names
      .filter((name) => !used.has(name))
      .map((name) => ({ path: ["secrets"], message: `secrets that something uses, and nothing uses ${name}; remove it or use it` })),
  ];
}
