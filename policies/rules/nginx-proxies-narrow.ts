import type { Finding, Rule } from "../engine/rule";
import { LENGTH_THRESHOLDS, type Narrowest, narrowest, prefixOf } from "../readers/network";
import { everywhere, NGINX, nginx } from "../readers/nginx";

/** Who is believed about the client's address can pass for anyone: in limits, in bans and in the record. */
export const nginxProxiesNarrow: Rule = {
  id: "nginx-proxies-narrow",
  description: "Only the declared proxies, in narrow networks, are believed when they say who asks.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["IDS-03"],
  remedy: "name the networks of your proxies under trustedProxies in the stack's configuration, as small as you can",
  appliesTo: [NGINX],
  thresholds: LENGTH_THRESHOLDS,
  judge(unit, report, { configured }) {
    const lengths = narrowest(configured);
    const settings = unit.at("settings");
    const declared = settings.has("proxies") ? settings.at("proxies") : undefined;
    for (const network of declared?.items() ?? []) {
      const text = network.text();
      if (text !== undefined) demandNarrow(text, network.path, lengths, report);
    }
    const { versions, complete } = nginx(unit);
    const wanted = declared === undefined ? [] : declared.texts();
    for (const top of versions) {
      const believed = everywhere(top, "set_real_ip_from");
      for (const { at, args } of believed) demandNarrow(args[0] ?? "", at, lengths, report);
      if (wanted === undefined || !complete) continue;
      const found = believed.map(({ args }) => args[0] ?? "");
      if (found.length !== wanted.length || !wanted.every((network) => found.includes(network)))
        report({
          at: believed[0]?.at ?? "files",
          found: "other proxies in nginx's files than in its settings",
          allowed: "the declared ones",
        });
    }
  },
};

function demandNarrow(network: string, at: string, { of, allowed }: Narrowest, report: (finding: Finding) => void): void {
  const prefix = network.includes("/") ? prefixOf(network) : undefined;
  if (prefix === undefined || prefix.length < of[prefix.of]) report({ at, found: "a wide network, or none", allowed });
}
