import { describe, expect, it } from "vitest";
import { type Investigation, investigationText } from "../../../../ops/commands/investigate";
import type { HostFinding } from "../../../../ops/lib/hostEvidence/findings";
import type { Statement } from "../../../../ops/lib/hostEvidence/statement";

const AT = Date.parse("2026-11-29T12:00:00Z") / 1000;

function finding(kind: string, path: string, more: Partial<HostFinding> = {}): HostFinding {
  return { kind, path, digest: "", what: kind, record: "host", ...more };
}

function investigation(found: readonly HostFinding[], more: Partial<Investigation> = {}): Investigation {
  const hash = "0".repeat(64);
  const said = { mode: "findings", host: "web", of: null, by: "alice", nonce: "0".repeat(32), request: hash } as const;
  const statement: Statement = { format: "phiward-evidence 1", ...said, items: 3, bytes: 1, head: hash, begun: AT, ended: AT };
  const since = "2026-11-29T11:00:00.000Z";
  return { host: "web", found, statement, outcome: "whole", since, because: "as asked", acts: [], ...more };
}

describe("an investigation", () => {
  it("says of each topic what was found, or that nothing was", () => {
    const text = investigationText(
      investigation([
        finding("package's file, changed by hand", "/etc/pam.d/sshd", { what: "PAM", changed: AT, isNew: true, record: "operator" }),
        finding("container", "planted"),
      ]),
    );
    expect(text).toContain(
      "Accounts, keys and rights:\n  package's file, changed by hand (PAM): /etc/pam.d/sshd, changed 2026-11-29T12:00:00.000Z, after that deploy, held against this machine's own",
    );
    expect(text).toContain("Containers:\n  container: planted");
    expect(text).toContain("Network: listeners, the firewall, names: nothing found");
    expect(text).not.toContain("Other");
  });

  it("puts the record and what changed into one order of time, without what changed before", () => {
    const acts = [
      { time: "2026-11-29T11:30:00.000000Z", host: "web", kind: "login", what: "ssh", who: "bob", outcome: "success" },
      { time: "2026-11-29T12:30:00.000000Z", host: "web", kind: "login", what: "ssh", who: "eve", outcome: "failure" },
    ] as const;
    const found = [
      finding("job of cron", "/etc/cron.d/x", { changed: AT }),
      finding("job of cron", "/etc/cron.d/old", { changed: AT - 9000 }),
    ];
    const lines = investigationText(investigation(found, { acts })).split("\n");
    expect(lines.find((line) => line.startsWith("Since"))).toContain("2 acts are on record, 1 refused or failed");
    expect(lines.slice(-3).map((line) => /bob|CHANGED \S+ \S+ \S+: \S+|eve/.exec(line)?.[0])).toEqual([
      "bob",
      "CHANGED job of cron: /etc/cron.d/x",
      "eve",
    ]);
  });

  it("says where not all was looked at, and shows nothing that acts on a terminal", () => {
    const text = investigationText(investigation([finding("container", "a\x1b[2J\nb")], { outcome: "cut off: no end within 150 s" }));
    expect(text).toContain("not all was looked at: cut off: no end within 150 s");
    expect(text).toContain("container: a\\x1b[2J\\nb");
  });
});
