import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { stackSchema } from "../../../../components/config/schema";
import { member } from "../../../../components/config/unknown";
import { judgeStack } from "../../../../ops/commands/policy";
import { DECIDED_BY } from "../../../../ops/lib/provenance/decidedBy";
import { withSettings } from "../../../../ops/lib/provenance/settings";
import { type KeyPath, stackLines } from "../../../../ops/lib/provenance/stackLines";
import type { Place, Result } from "../../../../ops/lib/record";
import { readStack } from "../../../../ops/lib/stack";
import { HOST_RULES, RULES, STACK_RULES } from "../../../../policies/all";
import { remedyOf } from "../../../../policies/engine/rule";

type Fault = Extract<Result, { readonly outcome: "fail" }>;

const directory = mkdtempSync(join(tmpdir(), "provenance-"));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const STACK = join(directory, "Pulumi.t.yaml");
const PROJECT = join(directory, "Pulumi.yaml");

describe("the line of a key", () => {
  const lineOf = (key: KeyPath, stack: string, project = "name: phiward\nruntime: nodejs\n"): string => {
    writeFileSync(STACK, stack);
    writeFileSync(PROJECT, project);
    const found = stackLines(STACK)(key);
    if (found === undefined) return "nowhere";
    const text = (found.file === STACK ? stack : project).split("\n")[found.line - 1];
    return `${found.file === STACK ? "" : "project: "}${text?.trim() ?? ""}${found.whole ? "" : " (around it)"}`;
  };

  it.each<[string, KeyPath, string, string]>([
    ["that is set", ["bans", "maxRetry"], "config:\n  phiward:bans:\n    findTime: 1\n    maxRetry: 9\n", "maxRetry: 9"],
    [
      "in a list",
      ["publicPorts", 1, "port"],
      "config:\n  phiward:publicPorts:\n    - port: 1\n    - purpose: x\n      port: 2\n",
      "port: 2",
    ],
    ["an entry of a list", ["adminNetworks", 1], "config:\n  phiward:adminNetworks:\n    - a\n    # b\n    - c\n", "- c"],
    ["in a map on one line", ["bans", "maxRetry"], "config:\n  x: 1\n  phiward:bans: { maxRetry: 9 }\n", "phiward:bans: { maxRetry: 9 }"],
    ["without the namespace", ["bans", "maxRetry"], "config:\n  bans:\n    maxRetry: 9\n", "maxRetry: 9"],
    ["in the old spelling", ["bans", "maxRetry"], "config:\n  phiward:config:bans:\n    maxRetry: 9\n", "maxRetry: 9"],
    ["in a JSON text", ["bans", "maxRetry"], `config:\n  x: 1\n  phiward:bans: '{"maxRetry":9}'\n`, `phiward:bans: '{"maxRetry":9}'`],
    [
      "that is merged in",
      ["bans", "maxRetry"],
      "x: &x\n  maxRetry: 9\nconfig:\n  phiward:bans:\n    <<: *x\n    findTime: 1\n",
      "maxRetry: 9",
    ],
    ["merged from a list", ["bans", "b"], "x: &x\n  a: 9\ny: &y\n  b: 1\nconfig:\n  phiward:bans:\n    <<: [*x, *y]\n", "b: 1"],
    ["set beside what is merged in", ["bans", "a"], "x: &x\n  a: 9\nconfig:\n  phiward:bans:\n    <<: *x\n    a: 1\n", "a: 1"],
    ["behind an alias", ["bans", "a"], "x: &x\n  a: 9\nconfig:\n  phiward:bans: *x\n", "a: 9"],
    ["that its section leaves out", ["bans", "maxRetry"], "config:\n  phiward:bans:\n    findTime: 1\n", "phiward:bans: (around it)"],
    ["that nothing sets", ["bans", "maxRetry"], "config:\n  phiward:hosts: []\n", "nowhere"],
    ["of a file with a byte order mark", ["bans"], "\uFEFFconfig:\n  phiward:bans: {}\n", "phiward:bans: {}"],
    ["of a file without configuration", ["bans"], "encryptionsalt: x\n", "nowhere"],
    ["of a list that is too short", ["publicPorts", 4], "config:\n  phiward:publicPorts: []\n", "phiward:publicPorts: [] (around it)"],
  ])("%s", (_, key, stack, line) => {
    expect(lineOf(key, stack)).toBe(line);
  });

  it.each<[string, string, string]>([
    ["as it is", "config:\n  phiward:bans:\n    default:\n      maxRetry: 9\n", "project: maxRetry: 9"],
    ["under value", "config:\n  bans:\n    value: { maxRetry: 9 }\n", "project: value: { maxRetry: 9 }"],
  ])("that only the project sets, %s", (_, project, line) => {
    expect(lineOf(["bans", "maxRetry"], "config:\n  phiward:hosts: []\n", `name: phiward\n${project}`)).toBe(line);
    expect(lineOf(["bans", "maxRetry"], "config:\n  phiward:bans:\n    maxRetry: 1\n", `name: phiward\n${project}`)).toBe("maxRetry: 1");
  });
});

describe("a fault of the example stack", () => {
  const example = readFileSync(join(__dirname, "../../../../Pulumi.prod.yaml"), "utf8");

  type Changes = readonly (readonly [string, string])[];

  const faultsOf = (rule: string, changes: Changes): { readonly text: string; readonly faults: readonly Fault[] } => {
    const text = changes.reduce((changed, [from, to]) => {
      expect(changed).toContain(from);
      return changed.replace(from, to);
    }, example);
    writeFileSync(STACK, text);
    writeFileSync(PROJECT, "name: phiward\nruntime: nodejs\n");
    const config = readStack(STACK, { stack: "t", judging: true });
    const { results } = withSettings(judgeStack("t", config), { file: STACK, config });
    return { text, faults: results.flatMap((result) => (result.outcome === "fail" && result.rule.id === rule ? [result] : [])) };
  };

  /** Where a rule's faults are said to be: the key, and the line's text. */
  const placesOf = (rule: string, changes: Changes): readonly string[] => {
    const { text, faults } = faultsOf(rule, changes);
    const told = ({ setting, unset }: Place): string =>
      setting === undefined ? `unset ${unset ?? ""}` : `${setting.key}: ${text.split("\n")[setting.line - 1]?.trim() ?? ""}`;
    return [...new Set(faults.flatMap(({ places }) => places.map(told)))];
  };

  it.each<[string, readonly (readonly [string, string])[], string]>([
    ["fail2ban-guards-sshd", [["  #phiward:bans: {", "  phiward:bans:\n    maxRetry: 9\n  #x {"]], "bans.maxRetry: maxRetry: 9"],
    ["fail2ban-guards-sshd", [["    - 198.51.100.0/29", "    - 198.51.100.0/29\n    - 100.0.0.0/8"]], "adminNetworks.1: - 100.0.0.0/8"],
    [
      "no-public-database-port",
      [["    - port: 80\n", "    - port: 5432\n      purpose: x\n    - port: 80\n"]],
      "publicPorts.1: - port: 5432",
    ],
    [
      "admin-ports-not-public",
      [["    - port: 443\n", "    - port: 2375\n      purpose: x\n    - port: 443\n"]],
      "publicPorts.0: - port: 2375",
    ],
    [
      "container-no-plain-secret-environment",
      [["        LOG_LEVEL: info", "        LOG_LEVEL: info\n        API_TOKEN: x"]],
      "services.2.environment.API_TOKEN: API_TOKEN: x",
    ],
    [
      "container-no-plain-secret-environment",
      [["        command: [/app/health]", "        command: [/app/health, --token=x]"]],
      "services.2.health.command.1: command: [/app/health, --token=x]",
    ],
    [
      "backup-restore-tested",
      [["    #keep: { last: 7, days: 30 }", "    keep:\n      last: 1\n      days: 30"]],
      "backup.keep.last: last: 1",
    ],
    ["vault-append-only", [["    #keep: { last: 7, days: 30 }", "    keep:\n      last: 7\n      days: 1"]], "backup.keep.days: days: 1"],
    [
      "nginx-security-headers",
      [["#contentSecurityPolicy: default-src 'none'", "contentSecurityPolicy: default-src * #"]],
      "sites.0.contentSecurityPolicy: contentSecurityPolicy: default-src *",
    ],
    ["droplet-backup-off-site", [], "hosts.0.hostKey: - kind: droplet"],
    [
      "container-limits-enforced",
      [["  #phiward:docker: {", "  phiward:docker: { limits: unavailable }\n  #x {"]],
      "docker.limits: phiward:docker: { limits: unavailable }",
    ],
  ])("of %s has the line that its author wrote", (rule, changes, place) => {
    const told = placesOf(rule, changes);
    expect(told.length).toBe(1);
    expect(told[0]).toContain(place);
  });

  it.each<[string, readonly [string, string], string]>([
    ["backup-restore-tested", ["    #keep: { last: 7, days: 30 }", "    keep: { last: 1, days: 30 }"], "set backup.keep.last "],
    ["vault-append-only", ["    #keep: { last: 7, days: 30 }", "    keep: { last: 7, days: 1 }"], "set backup.keep.days "],
    [
      "nginx-security-headers",
      ["#contentSecurityPolicy: default-src 'none'", "contentSecurityPolicy: default-src * #"],
      "set contentSecurityPolicy ",
    ],
  ])("of %s has a fix that names the key to change", (rule, change, fix) => {
    const [first] = faultsOf(rule, [change]).faults;
    expect(first === undefined ? "" : remedyOf(first.rule, first.finding)).toContain(fix);
  });
});

describe("the keys that decide a rule", () => {
  const about = [...RULES, ...HOST_RULES, ...STACK_RULES].filter(
    (rule) => !("appliesTo" in rule) || rule.appliesTo.some((token) => token.startsWith("phiward:")),
  );

  it("are named of each rule about our components, and of no other that is not there", () => {
    const ids = [...RULES, ...HOST_RULES, ...STACK_RULES].map(({ id }) => id);
    for (const { id } of about) expect(DECIDED_BY, `an entry in ops/lib/provenance/decidedBy.ts`).toHaveProperty([id]);
    for (const id of Object.keys(DECIDED_BY)) expect(ids).toContain(id);
  });

  it("are keys of the configuration", () => {
    const has = (node: unknown, steps: readonly string[]): boolean => {
      const [step, ...rest] = steps;
      if (step === undefined) return true;
      const kinds = [node, ...[member(node, "oneOf"), member(node, "anyOf")].flat()];
      const inner = kinds.map((kind) => member(member(kind, "properties"), step.replace("[]", ""))).filter((one) => one !== undefined);
      return inner.some((one) => has(step.endsWith("[]") ? member(one, "items") : one, rest));
    };
    const schema = z.toJSONSchema(stackSchema, { io: "input" });
    for (const path of Object.values(DECIDED_BY).flat()) expect([path, has(schema, path.split("."))]).toEqual([path, true]);
  });
});
