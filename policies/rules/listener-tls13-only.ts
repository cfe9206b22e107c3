import type { Rule } from "../engine/rule";
import { isTls, NGINX, nginx } from "../readers/nginx";
import { streamServers } from "../readers/nginxStream";
import { shown } from "../readers/value";

/** What devices send is encrypted as what browsers send is; a device that cannot do so is known by name and for a time. */
export const listenerTls13Only: Rule = {
  id: "listener-tls13-only",
  description: "Listeners speak TLS 1.3 and nothing older.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["TLS-24", "TLS-01"],
  remedy: "leave minimumTls of the listener out; for a device that knows TLS 1.2 alone, waive this rule until it is replaced",
  appliesTo: [NGINX],
  judge(unit, report) {
    const settings = unit.at("settings");
    for (const listener of settings.has("listeners") ? (settings.at("listeners").items() ?? []) : []) {
      const oldest = listener.at("minimumTls");
      const found = oldest.text();
      if (found !== undefined && found !== "TLSv1.3") report({ at: oldest.path, found: shown(found, ["TLSv1.2"]), allowed: "TLSv1.3" });
    }
    const { versions, complete } = nginx(unit);
    for (const top of versions)
      for (const { stream, server } of streamServers(top)) {
        if (!isTls(server)) report({ at: server.at, found: "a listener without TLS", allowed: "ssl beside its port" });
        const own = server.named.get("ssl_protocols") ?? stream.named.get("ssl_protocols");
        if (own === undefined && complete)
          report({ at: server.at, found: "a listener with no ssl_protocols in effect", allowed: "one in its block or in stream" });
        for (const { at, args } of own ?? [])
          if (args.join(" ") !== "TLSv1.3")
            report({ at, found: `ssl_protocols ${shown(args.join(" "), ["TLSv1.2", "TLSv1.2 TLSv1.3"])}`, allowed: "TLSv1.3" });
      }
  },
};
