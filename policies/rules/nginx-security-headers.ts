import type { ControlId } from "../../components/compliance/controls";
import type { Finding, Rule } from "../engine/rule";
import { policyFaults } from "../readers/contentPolicy";
import { blocks, type Context, holding, isTls, NGINX, nginx, type Placed } from "../readers/nginx";
import { withoutStream } from "../readers/nginxStream";

interface Demand {
  readonly header: string;
  readonly control: ControlId;
  readonly allowed: string;
  /** Of the policy of contents each fault of its own is reported. */
  readonly holds: (value: string) => boolean;
}

const REFERRERS = ["no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"];
const YEAR = 31_536_000;
const POLICY = "Content-Security-Policy";
// A service's own, sent beside ours: it forbids more, and never allows more.
const BESIDE = ["$service_policy", "$service_frames"];

const DEMANDS: readonly Demand[] = [
  {
    header: "Strict-Transport-Security",
    control: "TLS-06",
    allowed: "max-age of a year in seconds at least (RFC 6797)",
    holds: (value) => Number(/(?:^|;)\s*max-age="?(\d+)"?\s*(?:;|$)/i.exec(value)?.[1] ?? 0) >= YEAR,
  },
  {
    header: POLICY,
    control: "TLS-09",
    allowed: "default-src, base-uri, form-action and frame-ancestors",
    holds: () => true,
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
  "set contentSecurityPolicy of the site to a policy with default-src, base-uri, form-action and frame-ancestors that names each origin; without the key nothing may be loaded";

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
      if (found !== undefined) reportPolicy(policy.path, found, report);
    }
    const { versions, complete } = nginx(unit);
    for (const top of versions) {
      const answering = blocks(withoutStream(top), "server")
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
  const headers = holding(context, "add_header").filter(({ args }) => !BESIDE.includes(args[1] ?? ""));
  const found = new Set(headers.map(headerOf));
  for (const { header, allowed, control } of DEMANDS)
    if (complete && !found.has(header.toLowerCase()))
      report({ at, found: `a ${name} whose responses have no ${header}`, allowed: `${header} with ${allowed}`, controls: [control] });
  return headers;
}

function judgeHeader(directive: Placed, report: (finding: Finding) => void): void {
  const { at, args } = directive;
  if (headerOf(directive) === POLICY.toLowerCase()) reportPolicy(at, args[1] ?? "", report);
  for (const { header, allowed, holds, control } of DEMANDS.filter((demand) => demand.header.toLowerCase() === headerOf(directive))) {
    if (!holds(args[1] ?? "")) report({ at, found: `another ${header}`, allowed, controls: [control] });
    if (args[2] !== "always") report({ at, found: `${header} without always`, allowed: "always, so that errors have it too" });
  }
}

// What stands in a page of its styles is another rule's.
function reportPolicy(at: string, policy: string, report: (finding: Finding) => void): void {
  for (const { isStyle, ...fault } of policyFaults(policy)) if (!isStyle) report({ at, remedy: POLICY_REMEDY, ...fault });
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
