/** Policy records for tests of formats: one with every outcome, and any, with whatever a name may hold. */
import fc from "fast-check";
import { failsOn } from "../../../../../ops/lib/failOn";
import type { Place, PolicyRecord, Result } from "../../../../../ops/lib/record";
import { HOST_RULES, RULES, STACK_RULES } from "../../../../../policies/all";
import type { Finding, RuleFacts } from "../../../../../policies/engine/rule";

const ALL: readonly RuleFacts[] = [...RULES, ...HOST_RULES, ...STACK_RULES];

/** A rule by its id. */
export function ruleOf(id: string): RuleFacts {
  const rule = ALL.find((one) => one.id === id);
  if (rule === undefined) throw new Error(`no rule ${id}`);
  return rule;
}

/** When the reports of tests are written. */
export const WRITTEN = { at: new Date("2026-11-27T01:02:03Z"), version: "0.1.0", fails: failsOn(undefined) };

const MAX_RETRY = { file: "Pulumi.prod.yaml", line: 12, key: "bans.maxRetry" };
const SAID = { at: "settings.maxRetry", found: "maxretry 9", allowed: "1 to 5 failures" };

/** One result of each outcome, and an advisory. */
export const RECORD: PolicyRecord = {
  stack: "prod",
  judged: { resource: 87 },
  rules: ALL.length,
  functions: ["digitalocean:index/getDroplet:getDroplet"],
  results: [
    {
      rule: ruleOf("fail2ban-guards-sshd"),
      outcome: "fail",
      finding: SAID,
      places: ["web", "store"].map((host) => ({ where: `${host}-fail2ban`, type: "phiward:host:Fail2ban", setting: MAX_RETRY })),
    },
    {
      rule: ruleOf("fail2ban-guards-sshd"),
      outcome: "fail",
      finding: { ...SAID, at: "files.0 (/etc/fail2ban/jail.d/phiward.local)" },
      places: [{ where: "web-fail2ban", type: "phiward:host:Fail2ban", setting: MAX_RETRY }],
    },
    {
      rule: ruleOf("bucket-private"),
      outcome: "fail",
      finding: { at: "acl", found: "public-read", allowed: "private" },
      places: [{ where: "exports", type: "digitalocean:index/spacesBucket:SpacesBucket", source: { file: "index.ts", line: 40 } }],
    },
    {
      rule: ruleOf("public-ports-answered"),
      outcome: "fail",
      finding: { at: "Ufw.settings.rules.6", found: "port 8443/tcp open to the world", allowed: "ports of sites" },
      places: [{ where: "web", setting: { file: "Pulumi.prod.yaml", line: 30, key: "publicPorts.2" } }],
    },
    {
      rule: ruleOf("container-limited"),
      outcome: "waived",
      finding: { at: "containers.0.memory", found: "nothing", allowed: "a limit" },
      waiver: {
        reason: "the kernel of this machine has no limits of memory",
        owner: "alice",
        approver: "bob",
        ticket: "OPS-12",
        expires: "2027-01-31",
      },
      places: [{ where: "web-services", type: "phiward:docker:Services" }],
    },
    { rule: ruleOf("connection-host-key-pinned"), outcome: "unknown", at: "connection.hostKey", places: [{ where: "web-ufw" }] },
    { rule: ruleOf("ssh-no-passwords"), outcome: "pass", places: [{ where: "web-ssh" }, { where: "store-ssh" }] },
    { rule: ruleOf("bucket-keeps-versions"), outcome: "not-applicable", places: [] },
  ],
};

// What breaks out of XML, of workflow commands, of tables and of comments, and what a terminal obeys.
const BREAKS = [
  "]]>",
  "<!--",
  "-->",
  "&amp;",
  "<b>",
  '"',
  "'",
  "::error::x",
  "%0A",
  "\n",
  "\r\n::set-output name=x::y",
  "|",
  "\\|",
  "`",
  "```",
  "[x](javascript:y)",
  "@everyone",
  "\u001b[2J",
  "\u0000",
  "\u202e",
  "\ud800",
  "\u2028",
  "\ufffe",
  ",",
  "$(id)",
  "a b",
  "../x",
  "#1",
  "~~~",
  "😀",
];

const hostile = fc
  .array(fc.oneof(fc.constantFrom(...BREAKS), fc.string({ unit: "binary", maxLength: 6 })), { maxLength: 6 })
  .map((parts) => parts.join(""));

const rule = fc.constantFrom(...ALL);
const finding: fc.Arbitrary<Finding> = fc.record({ at: hostile, found: hostile, allowed: hostile });
const line = fc.integer({ min: 1, max: 5000 });
const place: fc.Arbitrary<Place> = fc.record(
  {
    where: hostile,
    type: hostile,
    source: fc.record({ file: hostile, line }),
    setting: fc.record({ file: hostile, line, key: hostile }),
    unset: hostile,
  },
  { requiredKeys: ["where"] },
);
const places = fc.array(place, { minLength: 1, maxLength: 3 });
const waiver = fc.record({ reason: hostile, owner: hostile, approver: hostile, ticket: hostile, expires: fc.constant("2027-02-03") });
const result: fc.Arbitrary<Result> = fc.oneof(
  fc.record({ rule, places, outcome: fc.constant("fail" as const), finding }),
  fc.record({ rule, places, outcome: fc.constant("waived" as const), finding, waiver }),
  fc.record({ rule, places, outcome: fc.constant("unknown" as const), at: hostile }),
  fc.record({ rule, places, outcome: fc.constant("pass" as const) }),
  fc.record({ rule, places: fc.constant([]), outcome: fc.constant("not-applicable" as const) }),
);

/** Any record, with names that try to break out of a format. */
export const anyRecord: fc.Arbitrary<PolicyRecord> = fc.record({
  stack: hostile,
  judged: fc.constant({ resource: 3 }),
  rules: fc.constant(ALL.length),
  functions: fc.array(hostile, { maxLength: 2 }),
  results: fc.array(result, { maxLength: 6 }),
});
