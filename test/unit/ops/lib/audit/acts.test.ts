import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { actsText, keepers, questionOf, timeOf } from "../../../../../ops/commands/audit";
import { answerOf, asCalledNow, auditCommand, fingerprints, ownersOf } from "../../../../../ops/lib/audit/acts";
import { ACT_KINDS } from "../../../../../ops/lib/audit/kinds";

const END = JSON.stringify({ end: true, acts: 1, more: false, hosts: { web: 1 } });
const NOBODY = { keys: new Map<string, string>(), containers: new Map<string, string>() };
const NOW = new Date("2026-11-27T09:00:00.500Z");
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE2ZJ3k3vJ9wJ0f7rT0m1mXo0m1Q2d3f4g5h6i7j8k9l alice";

describe("a host that was renamed", () => {
  it("has its present name in what its vault kept by the first one", () => {
    const hosts = [
      { name: "clinic", formerly: ["web", "www"] },
      { name: "store", formerly: [] },
    ] as never; // what it reads of a stack
    const acts = ["web", "store", "other"].map(
      (host) => ({ time: "2026-11-27T09:00:00.000000Z", host, kind: "login", what: "x" }) as const,
    );
    const found = asCalledNow({ hosts }, { acts, more: false, hosts: { web: 3, store: 1 } });
    expect(found.acts.map(({ host }) => host)).toEqual(["clinic", "store", "other"]);
    expect(found.hosts).toEqual({ clinic: 3, store: 1 });
  });
});

describe("a question to the record", () => {
  it("is of the last day where no time is given, with the second that has begun", () => {
    const { from, to } = questionOf({ stack: "prod" }, NOW);
    expect([from.toISOString(), to.toISOString()]).toEqual(["2026-11-26T09:00:01.000Z", "2026-11-27T09:00:01.000Z"]);
  });

  it.each([
    [{ from: "2026-11-02", to: "2026-11-01" }, "--from"],
    [{ from: "2026-02-30" }, "--from"],
    [{ to: "yesterday" }, "--to"],
    [{ who: "--file" }, "--who"],
    [{ what: "login,raw" }, "--what"],
  ])("refuses %j, naming the option and not what was found", (options, option) => {
    expect(() => questionOf({ stack: "prod", ...options }, NOW)).toThrow(new RegExp(`^${option}: found [a-z -]*, allowed: `));
  });

  it("takes days and seconds in UTC alone", () => {
    expect(timeOf("--from", "2026-11-01").toISOString()).toBe("2026-11-01T00:00:00.000Z");
    expect(() => timeOf("--from", "2026-11-01T08:30:00+01:00")).toThrow("--from");
  });

  it("goes as words that the host checks, with the keys of who is asked for", () => {
    const keys = fingerprints({ people: [{ name: "alice", keys: [KEY], sudo: true }] }); // what it reads of a stack
    const question = questionOf({ stack: "prod", who: "alice", what: "login", host: "web" }, NOW);
    expect(auditCommand("vault", question, keys).slice(3).join(" ")).toMatch(
      /^records acts own=vault from=2026-11-26T09:00:01Z to=2026-11-27T09:00:01Z host=web who=alice key=SHA256:[A-Za-z0-9+/]{43} what=login$/,
    );
  });

  it("goes to the vaults, and without one to each host", () => {
    const hosts = [{ name: "web" }, { name: "vault" }];
    const stack = (role: string) => ({ config: { hosts: [hosts[0], { ...hosts[1], role }] }, hosts }) as never; // what it reads of a stack
    expect(keepers(stack("vault")).map(({ name }) => name)).toEqual(["vault"]);
    expect(keepers(stack("application")).map(({ name }) => name)).toEqual(["web", "vault"]);
    expect(keepers(stack("application"), "web").map(({ name }) => name)).toEqual(["web"]);
  });

  it("has the same kinds as the host's program", () => {
    const source = readFileSync("components/host/phiward_host/records/act.py", "utf8");
    const listed = /^Kind = Literal\[([^\]]*)\]/m.exec(source)?.[1] ?? "";
    expect([...listed.matchAll(/"(\w+)"/g)].map(([, kind]) => kind)).toEqual(ACT_KINDS);
  });
});

describe("an answer of the record", () => {
  it("names the person whose key opened an account that others use too", () => {
    const line = JSON.stringify({ time: 1790000000000001, host: "web", kind: "login", what: "ssh", who: "deploy", key: "SHA256:x" });
    const { acts } = answerOf("vault", `${line}\n${END}\n`, { keys: new Map([["SHA256:x", "alice"]]), containers: new Map() });
    expect(acts).toEqual([expect.objectContaining({ time: "2026-09-21T14:13:20.000001Z", who: "deploy", person: "alice" })]);
    expect(actsText(acts)).toBe("2026-09-21T14:13:20Z  web  login  alice (deploy)  -  -  ssh");
  });

  it("names the container whose user's number no account of the host has", () => {
    const line = (who: string) =>
      JSON.stringify({ time: 1790000000000001, host: "web", kind: "file", what: "key-files: /usr/bin/cat", who });
    const services = [{ name: "api", formerly: [], user: "10101:10101" }] as never; // what it reads of a stack
    const owners = ownersOf({ people: [], services });
    const { acts } = answerOf("vault", `${line("uid 10101")}\n${line("uid 10102")}\n${END}\n`, owners);
    expect(acts.map(({ container }) => container)).toEqual(["api", undefined]);
    expect(actsText(acts)).toMatch(/ container api \(uid 10101\) .*\n.* {2}uid 10102 {2}/);
  });

  it("is one line for what one command did many times within a second", () => {
    const one = { host: "web", kind: "privilege", what: "sudo as root: /usr/bin/journalctl …", who: "alice", outcome: "success" };
    const said = [
      ...[0, 100, 200].map((ms) => ({ ...one, time: 1790000000000001 + ms * 1000 })),
      { ...one, time: 1790000000150000, what: "as-another: /usr/bin/journalctl" },
      { ...one, time: 1790000000160000, who: "bob" },
      { ...one, time: 1790000000170000, outcome: "denied" },
      { ...one, time: 1790000001000000 },
    ];
    const { acts } = answerOf("vault", `${said.map((act) => JSON.stringify(act)).join("\n")}\n${END}\n`, NOBODY);
    expect(acts).toHaveLength(7);
    expect(actsText(acts).split("\n")).toEqual([
      "2026-09-21T14:13:20Z  web  privilege  alice  success  -  sudo as root: /usr/bin/journalctl …  (3 times)",
      "2026-09-21T14:13:20Z  web  privilege  alice  success  -  as-another: /usr/bin/journalctl",
      "2026-09-21T14:13:20Z  web  privilege  bob    success  -  sudo as root: /usr/bin/journalctl …",
      "2026-09-21T14:13:20Z  web  privilege  alice  denied   -  sudo as root: /usr/bin/journalctl …",
      "2026-09-21T14:13:21Z  web  privilege  alice  success  -  sudo as root: /usr/bin/journalctl …",
    ]);
  });

  it("shows nothing that a terminal acts on", () => {
    const line = JSON.stringify({ time: 1, host: "web\u001b[2J", kind: "ban", what: "x\ny\u202e" });
    const { acts } = answerOf("vault", `${line}\n${END}\n`, NOBODY);
    expect(actsText(acts)).toMatch(/^[\x20-\x7e]*$/);
  });

  it.each(["", "{}", `{"time":1}\n${END}`, JSON.stringify({ time: 1, host: "web", kind: "login", what: "ssh" })])(
    "that was cut off or is another one, %j, is not a short record",
    (text) => {
      expect(() => answerOf("vault", text, NOBODY)).toThrow("vault: its answer was cut off");
    },
  );
});
