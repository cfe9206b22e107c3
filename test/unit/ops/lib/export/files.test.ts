/** What an export has, of recorded answers of a vault and its hosts. */
import { describe, expect, it } from "vitest";
import type { Answer, Question } from "../../../../../ops/lib/audit/acts";
import { accessCommands } from "../../../../../ops/lib/export/access";
import { allActs } from "../../../../../ops/lib/export/asked";
import { exportFiles, missingOf } from "../../../../../ops/lib/export/files";
import { tarOf } from "../../../../../ops/lib/export/tar";
import { CONFIG } from "../evidence/records";
import { object, PLANTED, parts } from "./parts";

const text = (name: string): string => Buffer.from(exportFiles(parts()).get(name) ?? []).toString();

describe("an export", () => {
  it("has the records, line by line as `audit --json` gives them", () => {
    expect(text("records.jsonl").trimEnd().split("\n").map(object)).toEqual(parts().record.acts);
  });

  it("has backups, compliance and access, and says in plain words what is missing", () => {
    expect([...exportFiles(parts()).keys()].sort()).toEqual([
      ...["README.txt", "access.json", "assessment-results.json", "backups.json"],
      ...["evidence.html", "evidence.json", "export.json", "records.jsonl"],
    ]);
    expect(object(text("backups.json"))).toMatchObject({
      hosts: [{ host: "web", said: { status: { offsite: { drill: { at: "2026-11-26T02:00:00+00:00", snapshot: "ab12" } } } } }],
    });
    expect(missingOf(parts())).toEqual([
      "store: no journal of it was found: nothing is said of what was done there",
      "store: not asked for its accounts and keys: Connection refused",
    ]);
    for (const sentence of missingOf(parts())) expect(text("README.txt")).toContain(`  - ${sentence}\n`);
    for (const name of exportFiles(parts()).keys()) if (name !== "README.txt") expect(text("README.txt")).toContain(`  ${name} `);
  });

  it("says who has access as it is declared, as it was found, and what differs", () => {
    const access = object(text("access.json"));
    expect(access["declared"]).toMatchObject({
      people: [
        { name: "alice", role: "administrator: root through sudo, deploys", keys: [{ type: "ssh-ed25519" }, { type: "ssh-ed25519" }] },
        { name: "bob", role: "login alone", keys: [{ type: "sk-ssh-ed25519@openssh.com" }] },
        { name: "carol-x", expires: "2027-03-31" },
      ],
    });
    expect(access["hosts"]).toMatchObject([
      {
        said: {
          accounts: [{ name: "root" }, { name: "alice" }, { name: "eve" }],
          groups: { sudo: ["eve"], docker: ["deploy"] },
          sudo: ["rule,user,alice,,ALL,,ALL,,NOPASSWD: ALL"],
          databases: [{ database: "db", says: ["login api_2 scram", "powerful eve"] }],
        },
      },
      { unanswered: "Connection refused" },
    ]);
    expect(access["undeclared"]).toEqual([
      "web: account eve has a shell and is not declared",
      expect.stringMatching(/^web: key SHA256:[A-Za-z0-9+/]{43} of deploy is not declared$/),
      "web: eve is in the group sudo and is not declared there",
    ]);
  });

  it("asks each database of the stack for its accounts, and no file for passwords", () => {
    const commands = accessCommands(CONFIG, { databases: true });
    expect([...commands.keys()]).toEqual(["accounts", "groups", "keys", "sudo", "database db", "database cache"]);
    expect([...commands.values()].join("\n")).not.toMatch(/shadow|\.env|\/run\/secrets/);
  });

  it("has no secret and no text of a note that a host holds", () => {
    const archive = tarOf(exportFiles(parts())).toString("latin1");
    for (const planted of PLANTED) expect(archive).not.toContain(planted);
  });

  it("is the same, byte for byte, of the same answers", () => {
    expect(tarOf(exportFiles(parts())).equals(tarOf(exportFiles(parts())))).toBe(true);
  });
});

describe("a question of more than is answered at once", () => {
  const whole: Question = { from: new Date("2026-11-01T00:00:00Z"), to: new Date("2026-11-01T01:00:00Z") };
  // One act each second; no more than 100 at once.
  const ask = ({ from, to }: Question): Promise<Answer> => {
    const seconds = Array.from({ length: (to.getTime() - from.getTime()) / 1000 }, (_, index) => new Date(from.getTime() + index * 1000));
    const acts = seconds.slice(0, 100).map((time) => ({ time: time.toISOString(), host: "web", kind: "login" as const, what: "ssh" }));
    return Promise.resolve({ acts, more: seconds.length > 100, hosts: { web: 1 } });
  };

  it("is asked in parts, each act once and in order", async () => {
    const { acts, more } = await allActs(whole, ask);
    const wanted = Array.from({ length: 3600 }, (_, index) => new Date(whole.from.getTime() + index * 1000).toISOString());
    expect([acts.map(({ time }) => time), more]).toEqual([wanted, false]);
  });

  it("is refused where one second has more: a part would pass for the whole", async () => {
    const always = (): Promise<Answer> => Promise.resolve({ acts: [], more: true, hosts: {} });
    await expect(allActs(whole, always)).rejects.toThrow("more acts in the second 2026-11-01T00:00:00.000Z than");
  });
});
