/** Thresholds that a stack configures: each rule that has one, at its strictest; and that Pulumi and the gate hold the same. */
import { describe, expect, it } from "vitest";
import { HOST_RULES, RULES, STACK_RULES } from "../../policies/all";
import { judge, judgeHosts, judgeResources } from "../../policies/engine/judge";
import { configSchemaOf, thresholdFaults, thresholdOf } from "../../policies/engine/thresholds";
import { toPolicies } from "../../policies/engine/toPolicies";
import { goodUnit, goodUnits, hostUnits, putAt, resource, textOf, valueAt } from "./fixtures";
import { replaced } from "./spoilt/spoil";

/** A value that passes as long as nothing is configured, and the number that refuses it. */
interface Row {
  readonly rule: string;
  readonly name: string;
  readonly unit: string;
  readonly path: string;
  readonly value: unknown;
  readonly configured: number;
  /** What the path of the finding has in it, where it is not that of the value. */
  readonly at?: string;
}

const KEPT = [{ enabled: true, noncurrentVersionExpiration: { days: 40 } }];
const EXEMPT: readonly (readonly [name: string, value: string, configured: number])[] = [
  ["ipv4Length", "203.0.0.0/20", 21],
  ["ipv6Length", "2001:db8::/40", 41],
];
const NAMESPACE = textOf("storage", "/etc/security/namespace.conf");
const SESSIONS = replaced("size=64m", "size=100m")(valueAt(goodUnit("storage").args, NAMESPACE));
const ALERT_LIMITS: readonly (readonly [rule: string, name: string, path: string, value: number, configured: number])[] = [
  ["alert-limits-leave-time", "diskPercent", "settings.thresholds.diskPercent", 85, 84],
  ["alert-limits-leave-time", "memoryPercent", "settings.thresholds.memoryPercent", 94, 93],
  ["alert-limits-leave-time", "certificateDays", "settings.thresholds.certificateDays", 6, 7],
  ["alerts-repeated-in-a-shift", "repeatHours", "settings.repeatHours", 6, 5],
  ["secrets-rotated", "passwordDays", "settings.thresholds.rotation.passwordDays", 100, 99],
  ["secrets-rotated", "keyDays", "settings.thresholds.rotation.keyDays", 370, 369],
  ["secrets-rotated", "broughtDays", "settings.thresholds.rotation.broughtDays", 370, 369],
  ["updates-mended-in-time", "graveDays", "settings.thresholds.vulnerabilities.graveDays", 5, 4],
  ["updates-mended-in-time", "otherDays", "settings.thresholds.vulnerabilities.otherDays", 20, 19],
];
const ROWS: readonly Row[] = [
  { rule: "bucket-keeps-versions", name: "days", unit: "raw-bucket", path: "lifecycleRules", value: KEPT, configured: 41 },
  {
    rule: "registry-credentials-limited",
    name: "expirySeconds",
    unit: "raw-registry-credentials",
    path: "expirySeconds",
    value: 7200,
    configured: 7199,
  },
  { rule: "certificates-renewed", name: "days", unit: "certificates", path: "settings.sites.0.days", value: 90, configured: 89 },
  {
    rule: "certificates-renewed",
    name: "renewBeforeDays",
    unit: "certificates",
    path: "settings.sites.0.renewBeforeDays",
    value: 20,
    configured: 21,
  },
  { rule: "backup-restore-tested", name: "days", unit: "backup", path: "settings.keep.days", value: 40, configured: 41 },
  { rule: "backup-restore-tested", name: "last", unit: "backup", path: "settings.keep.last", value: 10, configured: 11 },
  { rule: "vault-append-only", name: "days", unit: "vault", path: "settings.keep.days", value: 40, configured: 41 },
  { rule: "vault-append-only", name: "last", unit: "vault", path: "settings.keep.last", value: 10, configured: 11 },
  {
    rule: "records-kept-six-years",
    name: "retentionYears",
    unit: "records",
    path: "settings.retentionYears",
    value: 7,
    configured: 8,
  },
  { rule: "fail2ban-guards-sshd", name: "maxRetry", unit: "fail2ban", path: "settings.maxRetry", value: 4, configured: 3 },
  { rule: "fail2ban-guards-sshd", name: "findTime", unit: "fail2ban", path: "settings.findTime", value: 700, configured: 701 },
  { rule: "fail2ban-guards-sshd", name: "banTime", unit: "fail2ban", path: "settings.banTime", value: 4000, configured: 4001 },
  ...EXEMPT.map(([name, value, configured]) => ({
    ...{ rule: "fail2ban-guards-sshd", name, unit: "fail2ban", path: "settings.ignore.0", value, configured },
  })),
  ...EXEMPT.map(([name, value, configured]) => ({
    ...{ rule: "listener-networks-narrow", name, unit: "nginx", path: "settings.listeners.0.networks.0", value, configured },
  })),
  ...EXEMPT.map(([name, value, configured]) => ({
    ...{ rule: "nginx-proxies-narrow", name, unit: "nginx", path: "settings.proxies.0", value, configured },
  })),
  { rule: "backup-restore-tested", name: "backupHours", unit: "backup", path: "settings.limits.backup", value: 90_000, configured: 24 },
  {
    rule: "backup-restore-tested",
    name: "restoreTestHours",
    unit: "backup",
    path: "settings.limits.restore-test",
    value: 180_000,
    configured: 49,
  },
  {
    rule: "accepted-drift-reasoned",
    name: "reasonCharacters",
    unit: "integrity",
    path: "settings.declared.accepted.0.reason",
    value: "the vendor's own job, ticket 12",
    configured: 32,
  },
  { rule: "database-has-standby", name: "nodes", unit: "raw-cluster", path: "nodeCount", value: 2, configured: 3 },
  { rule: "guarded-units-have-dead-man", name: "seconds", unit: "ssh", path: "deadManSeconds", value: 300, configured: 299 },
  {
    rule: "cloud-firewall-ports-named",
    name: "ports",
    unit: "raw-firewall",
    path: "inboundRules.0.portRange",
    value: "8000-8009",
    configured: 9,
    at: "inboundRules.0",
  },
  {
    rule: "cloud-firewall-egress-named",
    name: "ports",
    unit: "raw-firewall",
    path: "outboundRules.0.portRange",
    value: "8000-8009",
    configured: 9,
    at: "outboundRules.0",
  },
  {
    rule: "container-limited",
    name: "processes",
    unit: "raw-bridged",
    path: "ulimits.0.hard",
    value: 300,
    configured: 299,
    at: "cgroupParent",
  },
  {
    rule: "container-processes-limited",
    name: "processes",
    unit: "raw-bridged",
    path: "ulimits.0.hard",
    value: 300,
    configured: 299,
    at: "cgroupParent",
  },
  {
    rule: "people-storage-limited",
    name: "temporaryMegabytes",
    unit: "storage",
    path: NAMESPACE,
    value: SESSIONS,
    configured: 99,
    at: "namespace.conf",
  },
  { rule: "records-watched", name: "silentMinutes", unit: "records", path: "settings.silentMinutes", value: 30, configured: 29 },
  ...ALERT_LIMITS.map(([rule, name, path, value, configured]) => ({ rule, name, unit: "monitor", path, value, configured })),
];

const ALL = [...RULES, ...HOST_RULES, ...STACK_RULES];
const WITH_THRESHOLDS = ALL.flatMap((rule) => Object.keys(rule.thresholds ?? {}).map((name) => ({ rule, name })));

/** Paths of what a rule of whichever kind says of the good stack with one value in it changed. */
function foundAt({ rule: id, unit: name, path, value }: Row, configured: Readonly<Record<string, unknown>>): readonly string[] {
  const spoilt = (units: ReturnType<typeof goodUnits>): typeof units => {
    for (const { args } of units.filter(({ unit }) => unit === name)) putAt(args, path, value);
    return units;
  };
  const set = { configured };
  const verdicts = [
    ...RULES.filter((rule) => rule.id === id).map((rule) => judge(rule, spoilt([goodUnit(name)])[0]?.args, new Map(), set)),
    ...HOST_RULES.filter((rule) => rule.id === id).map((rule) => judgeHosts(rule, spoilt(hostUnits()), set)),
    ...STACK_RULES.filter((rule) => rule.id === id).map((rule) => {
      const registered = spoilt(goodUnits()).map((unit) => ({ ...resource(unit), args: unit.args, references: {} }));
      return judgeResources(rule, registered, () => [], set);
    }),
  ];
  return verdicts.flatMap(({ violations }) => violations.map(({ at }) => at));
}

describe("a threshold", () => {
  it("is tested here wherever a rule has one", () => {
    const all = WITH_THRESHOLDS.map(({ rule, name }) => `${rule.id}.${name}`);
    expect(all.sort()).toEqual(ROWS.map(({ rule, name }) => `${rule}.${name}`).sort());
  });

  it.each(ROWS)("$name of $rule refuses, once it is configured, what passed before", (row) => {
    const { name, path, configured, at: where = path } = row;
    const before = foundAt(row, {});
    expect(before.filter((at) => at.includes(where))).toEqual([]);
    // What is rendered is judged as well.
    const more = foundAt(row, { [name]: configured }).filter((at) => !before.includes(at));
    expect(more.some((at) => at.includes(where))).toBe(true);
    expect(more.filter((at) => at.includes("policy-config"))).toEqual([]);
  });

  it.each(WITH_THRESHOLDS)("$name of $rule.id can be made stricter and not weaker", ({ rule, name }) => {
    const threshold = rule.thresholds?.[name];
    expect([threshold?.minimum, threshold?.maximum]).toContain(threshold?.default);
    expect(threshold?.minimum).toBeLessThan(threshold?.maximum ?? 0);
  });
});

describe("a value that nobody may set", () => {
  const known = { days: { description: "days", default: 30, minimum: 30, maximum: 60 } };

  it.each([
    [{ days: 29 }, "policy-config.x.days: found 29, allowed: a whole number, 30 to 60"],
    [{ days: 61 }, "policy-config.x.days: found 61, allowed: a whole number, 30 to 60"],
    [{ days: 30.5 }, "policy-config.x.days: found 30.5, allowed: a whole number, 30 to 60"],
    [{ days: "hunter2" }, "policy-config.x.days: found what is not a number, allowed: a whole number, 30 to 60"],
    [{ hunter2: 1 }, "policy-config.x: found a key more, allowed: days"],
    [{ constructor: 1 }, "policy-config.x: found a key more, allowed: days"],
  ])("%j is refused in words that repeat no text, and the default holds", (configured, words) => {
    const faults = thresholdFaults(known, configured, "policy-config.x");
    expect(faults.map(({ at, found, allowed }) => `${at}: found ${found}, allowed: ${allowed}`)).toEqual([words]);
    expect(thresholdOf(known, "days", configured)).toBe(30);
  });

  it("is a violation of the rule itself in Pulumi's engine", () => {
    const set = { configured: { weeks: 4 } };
    const said = [
      ...RULES.filter(({ id }) => id === "bucket-keeps-versions").map((rule) => judge(rule, goodUnit("raw-bucket").args, new Map(), set)),
      ...HOST_RULES.filter(({ id }) => id === "container-processes-limited").map((rule) => judgeHosts(rule, hostUnits(), set)),
      ...STACK_RULES.filter(({ id }) => id === "cloud-firewall-egress-named").map((rule) => judgeResources(rule, [], () => [], set)),
    ].flatMap(({ violations }) => violations.map(({ at, found }) => `${at}: ${found}`));
    expect(said).toEqual([
      "policy-config.bucket-keeps-versions: a key more",
      "host web1, policy-config.container-processes-limited: a key more",
      "policy-config.cloud-firewall-egress-named: a key more",
    ]);
  });
});

describe("the policies of the pack", () => {
  it("have the bounds in their schema, and are handed what is set", () => {
    const policies = toPolicies({ rules: RULES, hostRules: HOST_RULES, stackRules: STACK_RULES });
    for (const { rule, name } of WITH_THRESHOLDS) {
      const schema = policies.find((policy) => policy.name === rule.id)?.configSchema;
      expect(schema?.properties[name]).toMatchObject({ type: "integer", minimum: rule.thresholds?.[name]?.minimum });
    }
    expect(configSchemaOf({ days: { description: "days", default: 30, minimum: 30, maximum: 60 } })).toEqual({
      properties: { days: { type: "integer", description: "days", default: 30, minimum: 30, maximum: 60 } },
    });
  });
});
