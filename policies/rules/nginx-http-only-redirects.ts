import type { Finding, Rule } from "../engine/rule";
import { blocks, everywhere, isStatus, isTls, NGINX, nginx, type Placed } from "../readers/nginx";

const CONTENT = /^(root|alias|try_files|index|autoindex|empty_gif|stub_status|\w+_pass)$/;
const CHALLENGE = "/.well-known/acme-challenge/";

/** Without TLS nothing is said but where to find it. */
export const nginxHttpOnlyRedirects: Rule = {
  id: "nginx-http-only-redirects",
  description: "Over plain HTTP nginx redirects to HTTPS or closes the connection, and answers nothing else.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["TLS-16"],
  remedy: "return 308 to https:// in every server without TLS, or 444 for unknown hosts",
  appliesTo: [NGINX],
  judge(unit, report) {
    const { versions, complete } = nginx(unit);
    for (const top of versions)
      for (const { block } of blocks(top, "server").filter((server) => !isTls(server.block) && !isStatus(server.block)))
        judgeServer(block, complete, report);
  },
};

function judgeServer(server: Placed, complete: boolean, report: (finding: Finding) => void): void {
  for (const { at, args } of everywhere(server.inside, "return"))
    if (args[0] !== "444" && !(/^30[18]$/.test(args[0] ?? "") && /^https:\/\//.test(args[1] ?? "")))
      report({ at, found: "a response other than a redirect to HTTPS", allowed: "return 301 or 308 with https://…, or 444" });
  // An authority asks by plain HTTP for the answer to its challenge (RFC 8555 section 8.3).
  const inside = server.inside.filter(({ name, args }) => name !== "location" || args.at(-1) !== CHALLENGE);
  if (everywhereAny(inside).some(({ name }) => CONTENT.test(name)))
    report({ at: server.at, found: "a server that answers without TLS", allowed: "redirects to HTTPS" });
  const last = inside.filter(({ name, args }) => name === "location" && args.join(" ") === "/").flatMap((location) => location.inside);
  if (complete && ![...inside, ...last].some(({ name }) => name === "return"))
    report({
      at: server.at,
      found: "a server without TLS that does not redirect everything",
      allowed: "a return in its block or in location /",
    });
}

function everywhereAny(inside: readonly Placed[]): readonly Placed[] {
  return inside.flatMap((directive) => [directive, ...everywhereAny(directive.inside)]);
}
