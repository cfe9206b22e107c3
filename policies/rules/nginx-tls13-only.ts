import type { Finding, Rule } from "../engine/rule";
import { blocks, everywhere, holding, isTls, NGINX, nginx } from "../readers/nginx";
import { withoutStream } from "../readers/nginxStream";
import { shown } from "../readers/value";

const SUITES = ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"];
// What would open recorded connections, or let an attacker replay a request (RFC 8446 sections 2.3 and 8).
const OFF = ["ssl_session_tickets", "ssl_early_data"];

/** What goes over the Internet is encrypted by TLS 1.3 and nothing older. */
export const nginxTls13Only: Rule = {
  id: "nginx-tls13-only",
  description: "nginx speaks TLS 1.3 and nothing older, with forward secrecy and without early data.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["TLS-01", "TLS-02", "TLS-05"],
  remedy: "leave protocol, cipher suites and session tickets as in the component's profile",
  appliesTo: [NGINX],
  judge(unit, report) {
    const { versions, complete } = nginx(unit);
    for (const top of versions) {
      for (const { at, args } of everywhere(withoutStream(top), "ssl_protocols"))
        if (args.join(" ") !== "TLSv1.3")
          report({ at, found: `ssl_protocols ${shown(args.join(" "), ["TLSv1.2", "TLSv1.2 TLSv1.3"])}`, allowed: "TLSv1.3" });
      for (const { at, args } of everywhere(top, "ssl_conf_command")) judgeCommand(at, args, report);
      for (const name of OFF)
        for (const { at, args } of everywhere(top, name)) if (args[0] !== "off") report({ at, found: `${name} on`, allowed: "off" });
      for (const server of blocks(withoutStream(top), "server").filter(({ block }) => isTls(block)))
        for (const name of ["ssl_protocols", "ssl_session_tickets"])
          if (complete && holding(server, name).length === 0)
            report({ at: server.block.at, found: `an HTTPS server with no ${name} in effect`, allowed: "one in its block or in http" });
    }
    if (complete && !versions.every((top) => blocks(withoutStream(top), "server").some(({ block }) => isTls(block))))
      report({ at: "files", found: "no HTTPS server", allowed: "one for each site" });
  },
};

function judgeCommand(at: string, [name, value = ""]: readonly string[], report: (finding: Finding) => void): void {
  if (name !== "Ciphersuites") report({ at, found: "an ssl_conf_command other than Ciphersuites", allowed: "Ciphersuites" });
  else if (!value.split(":").every((suite) => SUITES.includes(suite)))
    report({ at, found: "a suite that is weaker than 128 bits or not from TLS 1.3", allowed: SUITES.join(", ") });
}
