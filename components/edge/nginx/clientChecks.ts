/** What this host itself is answered where only others may ask. */
import { HTTP_PORTS } from "../../config/names";
import { inNetworks } from "../../config/network";
import { anyOf, literal } from "../../plan/patterns";
import type { Check } from "../../plan/types";
import { certificatePath } from "../certificates/settings";
import type { NginxSettings, NginxSite } from "./settings";

const HERE = "127.0.0.1";

/** One for the site, and one for each route with networks of its own. */
export function clientChecks(site: NginxSite): readonly Check[] {
  const denied = (id: string, path: string): Check => ({
    id: `nginx-${site.name}-${id}`,
    control: "NET-06",
    argv: [
      ...["curl", "--silent", "--head", "--max-time", "10", "--cacert", certificatePath(site.name)],
      ...["--connect-to", `${site.name}:${HTTP_PORTS.tls}:${HERE}:${HTTP_PORTS.tls}`, `https://${site.name}${path}`],
    ],
    expect: { kind: "matches", pattern: "^HTTP/\\S+ 403" },
  });
  const isClosed = (allow: readonly string[] | undefined): boolean => allow !== undefined && !inNetworks(HERE, allow);
  // No route begins like this, but for one that takes every path.
  const all = site.routes.find(({ path, match }) => path === "/" && match === "prefix");
  const asked = all === undefined || (all.allow === undefined && all.methods.includes("HEAD"));
  const own = asked ? [denied("named-networks-alone", "/phiward-nothing")] : [];
  const routes = site.routes.flatMap((route, index) =>
    isClosed(route.allow) && route.methods.includes("HEAD") ? [denied(`route-${index + 1}-named-networks-alone`, route.path)] : [],
  );
  return [...(isClosed(site.allow) ? own : []), ...routes];
}

/** Who is believed about the client: the declared proxies, and nobody else. */
export function proxyChecks({ proxies = [] }: NginxSettings): readonly Check[] {
  const ask = { control: "IDS-03", argv: ["/usr/sbin/nginx", "-T", "-q"] } as const;
  const others = proxies.length === 0 ? "" : `(?!${anyOf(proxies)};)`;
  return [
    { ...ask, id: "nginx-believes-no-other-proxy", expect: { kind: "lacks", pattern: `^\\s*set_real_ip_from ${others}` } },
    ...proxies.map(
      (network, index): Check => ({
        ...ask,
        id: `nginx-believes-proxy-${index + 1}`,
        expect: { kind: "matches", pattern: `^\\s*set_real_ip_from ${literal(network)};` },
      }),
    ),
  ];
}
