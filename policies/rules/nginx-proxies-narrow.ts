import { DEMANDED_LENGTH } from "../../components/config/demanded";
import type { Finding, Rule } from "../engine/rule";
import { prefixOf } from "../readers/network";
import { everywhere, NGINX, nginx } from "../readers/nginx";

const ALLOWED = `networks of /${String(DEMANDED_LENGTH.ipv4)} (IPv4) or /${String(DEMANDED_LENGTH.ipv6)} (IPv6) at the widest`;

/** Who is believed about the client's address can pass for anyone: in limits, in bans and in the record. */
export const nginxProxiesNarrow: Rule = {
  id: "nginx-proxies-narrow",
  description: "Only the declared proxies, in narrow networks, are believed when they say who asks.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["IDS-03"],
  remedy: "name the networks of your proxies under trustedProxies in the stack's configuration, as small as you can",
  appliesTo: [NGINX],
  judge(unit, report) {
    const settings = unit.at("settings");
    const declared = settings.has("proxies") ? settings.at("proxies") : undefined;
    for (const network of declared?.items() ?? []) {
      const text = network.text();
      if (text !== undefined) demandNarrow(text, network.path, report);
    }
    const { versions, complete } = nginx(unit);
    const wanted = declared === undefined ? [] : declared.texts();
    for (const top of versions) {
      const believed = everywhere(top, "set_real_ip_from");
      for (const { at, args } of believed) demandNarrow(args[0] ?? "", at, report);
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

function demandNarrow(network: string, at: string, report: (finding: Finding) => void): void {
  const prefix = network.includes("/") ? prefixOf(network) : undefined;
  const widest = prefix?.of === 32 ? DEMANDED_LENGTH.ipv4 : DEMANDED_LENGTH.ipv6;
  if (prefix === undefined || prefix.length < widest) report({ at, found: "a wide network, or none", allowed: ALLOWED });
}
