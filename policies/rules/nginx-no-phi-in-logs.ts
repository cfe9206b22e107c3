import type { Finding, Rule } from "../engine/rule";
import { blocks, everywhere, holding, NGINX, nginx, type Placed } from "../readers/nginx";

// What a client said beyond method and path: queries, bodies, cookies, credentials, and pages that it came from.
const TELLING =
  /\$\{?(request|request_uri|args|query_string|request_body|request_body_file|arg_\w+|cookie_\w+|http_\w+|sent_http_\w+|upstream_http_\w+|upstream_cookie_\w+)\b(?!\w)/;
const HARMLESS = /\$\{?(http_host|sent_http_content_type|sent_http_content_length|upstream_http_content_type)\b(?!\w)/g;

/** A log says that something was done, by whom and when, and nothing of patients. */
export const nginxNoPhiInLogs: Rule = {
  id: "nginx-no-phi-in-logs",
  description: "nginx logs every request, without its query, body, cookies or credentials.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["TLS-18"],
  remedy: "log the declared route and the request's id; the application's audit log has the rest",
  appliesTo: [NGINX],
  judge(unit, report) {
    const { versions, complete } = nginx(unit);
    for (const top of versions) {
      const tells = telling(top);
      for (const { at, args } of everywhere(top, "log_format"))
        if (args.slice(1).some(tells))
          report({
            at,
            found: "a format with a variable that may identify a patient",
            allowed: "method, route, status, times and the request's id",
          });
      judgeAccess(top, complete, report);
      judgeErrors(top, complete, report);
    }
  },
};

function judgeAccess(top: readonly Placed[], complete: boolean, report: (finding: Finding) => void): void {
  const formats = new Set(everywhere(top, "log_format").map(({ args }) => args[0] ?? ""));
  for (const { at, args } of everywhere(top, "access_log")) {
    if (args[0] === "off") report({ at, found: "requests that are not logged", allowed: "a log of each" });
    else if (complete && !formats.has(args[1] ?? ""))
      report({ at, found: "one of nginx's default formats, with the whole request", allowed: "a declared log_format" });
    if (args.some((word) => word.startsWith("if="))) report({ at, found: "a log of some requests only", allowed: "a log of each" });
  }
  for (const server of blocks(top, "server"))
    if (complete && server.around.some(({ name }) => name === "http") && holding(server, "access_log").length === 0)
      report({
        at: server.block.at,
        found: "a server whose requests are not logged in a declared format",
        allowed: "an access_log in its block or in http",
      });
}

// Below `emerg`, a line of the error log quotes the request with its query.
function judgeErrors(top: readonly Placed[], complete: boolean, report: (finding: Finding) => void): void {
  for (const { block } of blocks(top, "http")) {
    const logs = everywhere(block.inside, "error_log");
    for (const { at, args } of logs)
      if (args[1] !== "emerg") report({ at, found: "an error log within http that quotes requests", allowed: "emerg" });
    if (complete && !block.inside.some(({ name }) => name === "error_log"))
      report({ at: block.at, found: "request errors go to the inherited error_log", allowed: "error_log … emerg in http" });
  }
}

/** What may identify a patient: those variables, and all that are derived from them. */
function telling(top: readonly Placed[]): (text: string) => boolean {
  const made = new Set<string>();
  const tells = (text: string): boolean =>
    TELLING.test(text.replace(HARMLESS, "")) || [...text.matchAll(/\$\{?(\w+)/g)].some(([, name = ""]) => made.has(name));
  const sources = [
    ...everywhere(top, "set").map(({ args: [name = "", ...values] }) => ({ name, values })),
    ...blocks(top, "map").map(({ block: { args, inside } }) => ({ name: args[1] ?? "", values: inside.flatMap((entry) => entry.args) })),
  ];
  // One made of another may stand before it.
  for (let before = -1; before !== made.size; ) {
    before = made.size;
    for (const { name, values } of sources) if (values.some(tells)) made.add(name.replace(/^\$/, ""));
  }
  return tells;
}
