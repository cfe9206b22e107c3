import type { ControlId } from "../../components/compliance/controls";
import type { Finding, Rule } from "../engine/rule";
import { blocks, type Context, holding, isTls, NGINX, nginx, type Placed } from "../readers/nginx";

interface Demand {
  readonly header: string;
  readonly control: ControlId;
  readonly allowed: string;
  readonly holds: (value: string) => boolean;
}

const REFERRERS = ["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"];
const YEAR = 31_536_000;

const DEMANDS: readonly Demand[] = [
  {
    header: "Strict-Transport-Security",
    control: "TLS-06",
    allowed: "max-age of a year in seconds at least (RFC 6797)",
    holds: (value) => Number(/(?:^|;)\s*max-age="?(\d+)"?\s*(?:;|$)/i.exec(value)?.[1] ?? 0) >= YEAR,
  },
  {
    header: "Content-Security-Policy",
    control: "TLS-09",
    allowed: "a policy with default-src and without unsafe-… or *",
    holds: isStrictPolicy,
  },
  { header: "X-Content-Type-Options", control: "TLS-08", allowed: "nosniff", holds: (value) => value === "nosniff" },
  {
    header: "X-Frame-Options",
    control: "TLS-08",
    allowed: "DENY or SAMEORIGIN",
    holds: (value) => ["DENY", "SAMEORIGIN"].includes(value.toUpperCase()),
  },
  { header: "Referrer-Policy", control: "TLS-10", allowed: REFERRERS.join(", "), holds: (value) => REFERRERS.includes(value) },
];

const POLICY_REMEDY =
  "set contentSecurityPolicy of the site to a policy that begins with default-src and names each origin; without the key nothing may be loaded";

/** The headers make a browser stay on HTTPS, run no foreign code, and send no referrer. */
export const nginxSecurityHeaders: Rule = {
  id: "nginx-security-headers",
  description: "Every response over HTTPS, errors included, has the headers that protect a browser's user.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["TLS-07", "TLS-06", "TLS-08", "TLS-09", "TLS-10"],
  remedy: "keep the one include of headers with `always`, and no add_header in a location: it would drop all others",
  appliesTo: [NGINX],
  judge(unit, report) {
    for (const site of unit.at("settings").at("sites").items() ?? []) {
      const policy = site.at("contentSecurityPolicy");
      const found = policy.text();
      if (found !== undefined && !isStrictPolicy(found))
        report({
          at: policy.path,
          found: "a policy that allows foreign code to run",
          allowed: "one with default-src and without unsafe-… or *",
          controls: ["TLS-09"],
          remedy: POLICY_REMEDY,
        });
    }
    const { versions, complete } = nginx(unit);
    for (const top of versions) {
      const answering = blocks(top, "server")
        .filter(({ block }) => isTls(block) && !rejects(block))
        .flatMap(answeringIn);
      // Most locations inherit the same headers, of which each is judged once.
      const sent = new Set<Placed>();
      for (const context of answering) for (const header of judgeAnswer(context, complete, report)) sent.add(header);
      for (const header of sent) judgeHeader(header, report);
    }
  },
};

/** Reports which headers an answer lacks; gives those that it has. */
function judgeAnswer(context: Context, complete: boolean, report: (finding: Finding) => void): readonly Placed[] {
  const { at, name } = context.block;
  const headers = holding(context, "add_header");
  const found = new Set(headers.map(headerOf));
  for (const { header, allowed, control } of DEMANDS)
    if (complete && !found.has(header.toLowerCase()))
      report({ at, found: `a ${name} whose responses have no ${header}`, allowed: `${header} with ${allowed}`, controls: [control] });
  return headers;
}

function judgeHeader(directive: Placed, report: (finding: Finding) => void): void {
  const { at, args } = directive;
  for (const { header, allowed, holds, control } of DEMANDS.filter((demand) => demand.header.toLowerCase() === headerOf(directive))) {
    if (!holds(args[1] ?? "")) report({ at, found: `another ${header}`, allowed, controls: [control] });
    if (args[2] !== "always") report({ at, found: `${header} without always`, allowed: "always, so that errors have it too" });
  }
}

function headerOf({ args }: Placed): string {
  return args[0]?.toLowerCase() ?? "";
}

// Servers, locations and conditions: each may have its own headers, and then inherits none.
function answeringIn(server: Context): readonly Context[] {
  const around = [...server.around, server.block];
  return [
    server,
    ...["location", "if"]
      .flatMap((name) => blocks(server.block.inside, name))
      .map((inner) => ({ block: inner.block, around: [...around, ...inner.around] })),
  ];
}

function rejects({ inside }: Placed): boolean {
  return inside.some(({ name, args }) => name === "ssl_reject_handshake" && args[0] === "on");
}

function isStrictPolicy(policy: string): boolean {
  const directives = policy.split(";").map((directive) => directive.trim().split(/\s+/));
  const sources = directives.flatMap(([, ...words]) => words);
  return (
    directives.some(([name]) => name?.toLowerCase() === "default-src") &&
    !/unsafe-|\$/i.test(policy) &&
    !sources.some((word) => ANYBODY.some((pattern) => pattern.test(word)))
  );
}

// Whatever has a scheme, whatever has any name or port, whatever is below a domain of the highest level, and what comes in the clear.
const ANYBODY = [/^[a-z][a-z0-9+.-]*:$/i, /^([a-z]+:\/\/)?\*(:|\/|$)/i, /^([a-z]+:\/\/)?\*\.[^.]+$/i, /^(http|ws|ftp):\/\//i];
