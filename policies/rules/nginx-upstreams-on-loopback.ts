import { isLoopback } from "../../components/config/network";
import type { Rule } from "../engine/rule";
import { blocks, everywhere, NGINX, nginx } from "../readers/nginx";

const PASS = ["proxy_pass", "grpc_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "memcached_pass"];

/** What nginx has decrypted stays on the host. */
export const nginxUpstreamsOnLoopback: Rule = {
  id: "nginx-upstreams-on-loopback",
  description: "nginx proxies requests only to services of the same host.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["TLS-23"],
  remedy: "let a route name a service of this host, by its upstream",
  appliesTo: [NGINX],
  judge(unit, report) {
    const { versions, complete } = nginx(unit);
    for (const top of versions) {
      const upstreams = new Set(blocks(top, "upstream").map(({ block }) => block.args[0] ?? ""));
      for (const { block } of blocks(top, "upstream"))
        for (const { at, args } of block.inside.filter(({ name }) => name === "server"))
          if (!isHere(args[0] ?? "")) report({ at, found: "an upstream on another host", allowed: "127.0.0.1 or [::1] with a port" });
      for (const name of PASS)
        for (const { at, args } of everywhere(top, name)) {
          const target = (args[0] ?? "").replace(/^(https?|grpcs?):\/\//, "").replace(/^(?!unix:)([^/]*).*$/, "$1");
          // What is not known may hold the upstream that is meant.
          if (!isHere(target) && !upstreams.has(target) && (complete || target.includes("$")))
            report({
              at,
              found: `a ${name} to another host, or to one that is resolved at run time`,
              allowed: "an upstream on the loopback address",
            });
        }
    }
  },
};

// An address of this machine, perhaps with a port, or a socket.
function isHere(server: string): boolean {
  if (server.startsWith("unix:/")) return true;
  const [, ipv6, ipv4] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(server) ?? [];
  return isLoopback(ipv6 ?? ipv4 ?? "");
}
