/** Asks the running server for what wants a password, without one. */
import { HTTP_PORTS } from "../../config/names";
import { literal } from "../../plan/patterns";
import type { Check } from "../../plan/types";
import { certificatePath } from "../certificates/settings";
import { usersPath } from "./passwordText";
import type { NginxRoute, NginxSite } from "./settings";

/** One or two for each route that asks: only what changes nothing is asked of the service behind it, should it be open. */
export function passwordChecks(site: NginxSite): readonly Check[] {
  return site.routes.flatMap((route, index) => {
    if (route.passwords === undefined) return [];
    const id = `nginx-${site.name}-route-${index + 1}`;
    const users = literal(usersPath(route.passwords.users));
    return [
      {
        id: `${id}-users`,
        control: "TLS-26",
        argv: ["/usr/sbin/nginx", "-T", "-q"],
        expect: { kind: "matches", pattern: `^\\s*auth_basic_user_file ${users};` },
      },
      ...asked(site, route, `${id}-asks-for-password`),
    ];
  });
}

function asked({ name }: NginxSite, { path, methods }: NginxRoute, id: string): readonly Check[] {
  const method = ["GET", "HEAD"].find((safe) => methods.includes(safe));
  if (method === undefined) return [];
  return [
    {
      id,
      control: "TLS-26",
      argv: [
        ...["curl", "--silent", "--max-time", "10", "--cacert", certificatePath(name), "--output", "/dev/null"],
        ...["--write-out", "%{http_code}", ...(method === "HEAD" ? ["--head"] : [])],
        ...["--connect-to", `${name}:${HTTP_PORTS.tls}:127.0.0.1:${HTTP_PORTS.tls}`, `https://${name}${path}`],
      ],
      // Where only others may ask, this host is refused for that already.
      expect: { kind: "oneOf", texts: ["401", "403"] },
    },
  ];
}
