import { describe, expect, it } from "vitest";
import type { HostHolds } from "../../../../../ops/lib/secrets/held";
import { knownSecrets } from "../../../../../ops/lib/secrets/known";
import { overdueSecretsLine, secretsReport, standings } from "../../../../../ops/lib/secrets/report";
import { secretsText } from "../../../../../ops/lib/secrets/text";
import { daysAgo, NOW, stackWithSecrets, TODAY } from "./known";

const CONFIG = stackWithSecrets();
const KNOWN = knownSecrets(CONFIG);

const mailFiles = KNOWN.find(({ name }) => name === "mail-key")?.heldAs ?? [];
const made = { kind: "password", escrowed: false } as const;

/** What the application's host holds: one rotation was not finished, and one secret is old. */
const WEB: HostHolds = {
  host: "web",
  now: NOW,
  held: [
    { ...made, name: "db-api", epoch: 1, at: daysAgo(120) },
    { ...made, name: "db-api", epoch: 2, at: daysAgo(1) },
    { ...made, name: "db-worker", epoch: 2, at: daysAgo(92) },
    { ...made, name: "api-session-key", epoch: 1, at: daysAgo(93) },
    { kind: "key", name: "backup", epoch: 1, at: daysAgo(4000), escrowed: true },
    { kind: "key", name: "api-files-key", epoch: 3, at: daysAgo(200), escrowed: true },
    ...mailFiles.map((name, index) => ({ kind: "brought" as const, name, epoch: null, at: daysAgo(300 + index), escrowed: false })),
    // Of nothing that is declared, and of another kind by the same name.
    { ...made, name: "old-thing", epoch: 1, at: daysAgo(900) },
    { kind: "certificate", name: "db-worker", epoch: null, at: daysAgo(900), escrowed: false },
  ],
};
const REPORT = standings("prod", CONFIG, [WEB, { host: "store", unreachable: "store: no route to host\u001b[2J" }], TODAY);
const of = (name: string, host: string | null = "web") => REPORT.secrets.find((secret) => secret.name === name && secret.host === host);

describe("the secrets of a stack", () => {
  it("are all that its plans have, each with who uses it and how it is rotated", () => {
    expect(KNOWN.map(({ host, name, kind, epoch, users, rotation }) => [host, name, kind, epoch, users.join(" "), rotation.by])).toEqual([
      ["web", "breakglass-password", "key", 1, "the console", "epoch"],
      ["web", "db-postgres", "password", 1, "db", "nothing"],
      ["web", "db-api", "password", 2, "api", "epoch"],
      ["web", "cache-api", "password", 1, "api", "epoch"],
      ["web", "api-session-key", "password", 1, "api", "epoch"],
      ["web", "api-files-key", "key", 3, "api", "epoch"],
      ["web", "db-worker", "password", 2, "worker", "epoch"],
      ["web", "backup", "key", 1, "backup", "nothing"],
      ["web", "cache-redis", "password", 1, "the host", "nothing"],
      ["web", "cache-metrics", "password", 1, "the host", "nothing"],
      ["web", "puller-token", "brought", null, "docker", "bringing"],
      ["web", "mail-key", "brought", null, "api worker", "bringing"],
      ["store", "breakglass-password", "key", 1, "the console", "epoch"],
      [null, "version-key", "brought", null, "deploys", "nothing"],
    ]);
  });

  it("are due by the days of their kind, from when the oldest that is still there was made", () => {
    expect(of("db-worker")).toMatchObject({ ageDays: 92, due: "2026-11-29", overdue: false });
    expect(of("api-session-key")).toMatchObject({ madeAt: "2026-08-28T12:00:00.000Z", due: "2026-11-28", overdue: true });
    expect(of("api-files-key")).toMatchObject({ kind: "key", overdue: false, escrow: "hosts.web.escrow.api-files-key" });
    expect(of("mail-key")).toMatchObject({ ageDays: 301, overdue: false, escrow: null, rotation: "bringing" });
    expect(of("db-api")).toMatchObject({ epoch: 2, former: [1], ageDays: 120, overdue: true });
    expect(of("backup")).toMatchObject({
      due: null,
      overdue: false,
      ageDays: 4000,
      why: expect.stringContaining("every backup") as string,
    });
  });

  it("are of an unknown age where the host does not have them yet, or does not answer", () => {
    expect(of("cache-api")).toMatchObject({ madeAt: null, ageDays: null, due: null, overdue: false });
    expect(of("breakglass-password", "store")).toMatchObject({ madeAt: null, due: null });
    expect(of("version-key", null)).toMatchObject({ madeAt: null, due: null, rotation: "nothing" });
    expect(REPORT.unasked).toEqual([{ host: "store", why: expect.stringContaining("no route") as string }]);
  });

  it("are said as JSON of the form that is declared", () => {
    expect(secretsReport.parse(JSON.parse(JSON.stringify(REPORT)))).toEqual(REPORT);
  });

  it("are a table that fits a terminal, with what is to be done, and a host that does not answer is named", () => {
    const text = secretsText(REPORT);
    expect(text).toMatchSnapshot();
    expect(text).not.toContain("\u001b");
    for (const line of text.split("\n").filter((each) => /^[! ] \S+ +(password|key|brought|certificate) /.test(each)))
      expect(line.length).toBeLessThanOrEqual(90);
  });

  it("are named in the status where they are overdue, and nothing is said where none is", () => {
    expect(overdueSecretsLine(REPORT)).toBe(
      "secrets overdue: web: db-api, api-session-key; npx phiward secrets --stack prod says since when",
    );
    expect(overdueSecretsLine(standings("prod", CONFIG, [], TODAY))).toBeUndefined();
  });
});
