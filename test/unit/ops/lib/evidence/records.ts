/** Two records of a stack, as the commands write them, for tests of what is made of both. */
import fc from "fast-check";
import type { ControlId } from "../../../../../components/compliance/controls";
import { parseConfig } from "../../../../../components/config/faults";
import type { Attestation } from "../../../../../ops/lib/attestations";
import { type Evidence, evidenceOf } from "../../../../../ops/lib/evidence/evidence";
import type { Accepted, PolicyInput, VerifyInput } from "../../../../../ops/lib/evidence/inputs";
import { knownChecks } from "../../../../../ops/lib/knownChecks";
import { ALL_RULES } from "../../../../../policies/all";
import type { KnownCheck } from "../../../../../policies/waivers/rules";
import { complete } from "../../../components/examples";

export const CONFIG = parseConfig(complete());
export const ASKED = CONFIG.hosts.flatMap(({ name }) => knownChecks(CONFIG)(name));
export const NOW = new Date("2026-11-27T09:30:00.000Z");
export const YESTERDAY = "2026-11-26T03:10:00.000Z";

type Result = PolicyInput["results"][number];
type Outcome<Kind = Result> = Kind extends Result ? Omit<Kind, "rule" | "places"> : never;

/** What a rule of one control says of places. */
export function result(control: ControlId, said: Outcome, ...where: readonly string[]): Result {
  const rule = { id: `rule-of-${control}`, controls: [control], enforcementLevel: "mandatory" as const, remedy: "put it right" };
  return { rule, places: where.map((place) => ({ where: place })), ...said };
}

/** A waiver with its last day. */
export function acceptance(expires: string): Accepted {
  return { reason: "an older client needs it until then", owner: "alice", approver: "bob", expires };
}

// Every rule of the pack, which found nothing to judge.
const IDLE: readonly Result[] = ALL_RULES.map((rule) => ({ rule, places: [], outcome: "not-applicable" }));

/** A policies' record: of every rule of the pack, and of these. */
export function policy(...results: readonly Result[]): PolicyInput {
  return { stack: "prod", date: YESTERDAY, results: [...IDLE, ...results] };
}

type Answer = VerifyInput["hosts"][number]["results"][number];

/** Every check of every host passes, but for what `said` says of one; undefined: it has no answer. */
export function verify(said: (host: string, id: string) => Partial<Answer> | undefined = () => ({}), date = YESTERDAY): VerifyInput {
  const hosts = CONFIG.hosts.map(({ name: host }) => ({
    host,
    results: ASKED.filter((asked) => asked.host === host).flatMap(({ id }): readonly Answer[] => {
      const own = said(host, id);
      return own === undefined ? [] : [{ id, status: "pass", ...own }];
    }),
  }));
  return { stack: "prod", date, programs: "ab".repeat(32), hosts, unanswered: [], waivers: [] };
}

/** What is made of them; records of a week count. */
export function evidence(
  of: { readonly policy?: PolicyInput; readonly verify?: VerifyInput; readonly attestations?: readonly Attestation[] } = {},
): Evidence {
  const { policy: judged = policy(), verify: found = verify(), attestations = [] } = of;
  return evidenceOf({
    stack: "prod",
    now: NOW,
    maxAgeDays: 7,
    hosts: CONFIG.hosts.map(({ name }) => name),
    asked: ASKED,
    policy: { record: judged },
    verify: { record: found, sha256: "cd".repeat(32) },
    attestations,
  });
}

/** The checks of a host that are filed under a control, one at least. */
export function checksOf(control: ControlId, host = "web"): readonly [KnownCheck, ...KnownCheck[]] {
  const [first, ...others] = ASKED.filter((asked) => asked.control === control && asked.host === host);
  if (first === undefined) throw new Error(`found no check of ${control} on ${host}`);
  return [first, ...others];
}

/** An attestation of yesterday. */
export const ATTESTED: Attestation = {
  clause: "164.308(a)(2)",
  statement: "Dr. Anna Example is the security official.",
  by: "Anna Example, practice owner",
  on: "2026-11-26",
  until: "2027-11-26",
  evidence: "policies/official.pdf",
};

/** A control in each state but one that needs an old record. */
export function everyState(): Evidence {
  const answers = new Map<string, Partial<Answer> | undefined>([
    [checksOf("SSH-02")[0].id, { status: "fail" }],
    [checksOf("SSH-03")[0].id, { status: "fail", waiver: acceptance("2026-12-31") }],
    [checksOf("SSH-08")[0].id, { status: "skipped", reason: "a container" }],
    ...checksOf("TIM-01").map(({ id }) => [id, { status: "skipped", reason: "a container" }] as const),
    [checksOf("SSH-09")[0].id, undefined],
  ]);
  const advice = result("CLD-06", { outcome: "fail", finding: { at: "tls" } }, "a-sink");
  const judged = policy(
    result("CLD-01", { outcome: "fail", finding: { at: "acl" } }, "a-bucket"),
    { ...advice, rule: { ...advice.rule, enforcementLevel: "advisory" } },
    result("CLD-02", { outcome: "waived", finding: { at: "versioning" }, waiver: acceptance("2026-12-31") }, "a-bucket"),
    result("CLD-03", { outcome: "unknown", at: "id" }, "a-bucket"),
    result("CLD-04", { outcome: "pass" }, "a-key"),
  );
  return evidence({ policy: judged, verify: verify((_, id) => (answers.has(id) ? answers.get(id) : {})) });
}

/** Texts that mean something to a browser, a terminal or a parser. */
const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom(
    "</li></ul><script>alert(1)</script>",
    "]]>",
    "<!--",
    "\"'><img src=https://evil.example onerror=x>",
    "&amp;&#x3c;",
    "\u001b]52;c;aGk=\u0007",
    "\u202egpj.exe",
    "\ud800",
    "a\nb\r\nc\u2028d\u0000",
    " ",
    "",
  ),
);

/** Evidence in which every text that comes from a record is hostile. */
export const hostileEvidence = fc.record({ text: hostile, where: hostile, at: hostile }).map(({ text, where, at }) => {
  const waiver = { ...acceptance("2026-12-31"), reason: text, owner: where, approver: at };
  const named = (one: Result): Result => ({ ...one, rule: { ...one.rule, id: text, remedy: at } });
  const skipped = checksOf("SSH-02")[0].id;
  return evidence({
    policy: policy(
      named(result("CLD-01", { outcome: "fail", finding: { at } }, where, `web-${where}`)),
      named(result("CLD-02", { outcome: "waived", finding: { at }, waiver }, where)),
      named(result("CLD-03", { outcome: "unknown", at }, `store/${where}`)),
    ),
    attestations: [{ ...ATTESTED, statement: text, by: where, evidence: at }],
    verify: {
      ...verify((host, id) => (id === skipped && host === "web" ? { status: "skipped", reason: text } : {})),
      programs: where,
      unanswered: [{ host: text }],
    },
  });
});
