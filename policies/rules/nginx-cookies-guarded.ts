import type { Rule } from "../engine/rule";
import { blocks, type Context, holding, isTls, NGINX, nginx, type Placed } from "../readers/nginx";
import type { Value } from "../readers/value";

const WORDS = ["strict", "lax"];

/** A cookie is what a person is known by: it is sent over HTTPS only, no script reads it, and no other site has it sent along. */
export const nginxCookiesGuarded: Rule = {
  id: "nginx-cookies-guarded",
  description: "Every cookie is Secure and SameSite, and HttpOnly but for those that the site names.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["TLS-17"],
  remedy:
    "set sameSite of the site to strict, or to lax where a person comes back from a sign-in elsewhere, and name readableCookies one by one",
  appliesTo: [NGINX],
  judge(unit, report) {
    const sites = unit.at("settings").at("sites").items() ?? [];
    for (const site of sites) {
      const sameSite = site.at("sameSite");
      const found = sameSite.text();
      if (found !== undefined && !WORDS.includes(found))
        report({
          at: sameSite.path,
          found: found === "none" ? "none: any site can act as the person who reads it" : "another word",
          allowed: WORDS.join(" or "),
        });
    }
    const readable = readableOf(sites);
    const { versions, complete } = nginx(unit);
    if (readable === undefined) return;
    for (const top of versions)
      for (const server of blocks(top, "server").filter(({ block }) => isTls(block))) {
        const names = (server.block.named.get("server_name") ?? []).flatMap(({ args }) => args);
        const locations = answering(server).map((context) => ({ at: context.block.at, flags: holding(context, "proxy_cookie_flags") }));
        // Most locations inherit the same flags, of which each is judged once.
        for (const directive of new Set(locations.flatMap(({ flags }) => flags))) judgeFlags(directive, readable(names), report);
        if (complete)
          for (const { at } of locations.filter(({ flags }) => !flags.some(({ args }) => args[0] === "~")))
            report({ at, found: "a location that sets no flags on cookies", allowed: "proxy_cookie_flags for every name" });
      }
  },
};

// The cookies that scripts may read, by the names of a server; undefined if not all are known.
function readableOf(sites: readonly Value[]): ((names: readonly string[]) => readonly string[]) | undefined {
  const known = sites.map((site) => ({ names: site.at("names").texts(), cookies: site.at("readableCookies").texts() }));
  if (known.some(({ names, cookies }) => names === undefined || cookies === undefined)) return undefined;
  return (served) => known.filter(({ names = [] }) => served.some((name) => names.includes(name))).flatMap(({ cookies = [] }) => cookies);
}

function judgeFlags({ at, args: [name = "", ...flags] }: Placed, readable: readonly string[], report: Parameters<Rule["judge"]>[1]): void {
  const words = flags.map((flag) => flag.toLowerCase());
  if (!words.includes("secure")) report({ at, found: "a cookie that is not Secure", allowed: "secure" });
  if (!WORDS.some((word) => words.includes(`samesite=${word}`)))
    report({ at, found: "a cookie without SameSite", allowed: WORDS.join(" or ") });
  if (!words.includes("httponly") && !readable.includes(name))
    report({ at, found: "a cookie that scripts can read", allowed: "httponly, or a name among readableCookies of the site" });
}

// The locations that pass requests on, whose answers may set cookies.
function answering(server: Context): readonly Context[] {
  return blocks(server.block.inside, "location")
    .filter(({ block }) => block.named.has("proxy_pass"))
    .map(({ block, around }) => ({ block, around: [...server.around, server.block, ...around] }));
}
