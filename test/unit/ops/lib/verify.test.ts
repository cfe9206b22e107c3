import { describe, expect, it } from "vitest";
import { anyFailed, resultTable } from "../../../../ops/commands/verify";

const hosts = [
  {
    host: "web",
    results: [
      { unit: "ssh", id: "ssh-no-passwords", status: "pass" as const },
      {
        unit: "ssh",
        id: "ssh-no-root-login",
        status: "fail" as const,
        expected: { kind: "lines", lines: ["permitrootlogin no"] },
        seen: "permitrootlogin yes",
      },
      { unit: "baseline", id: "time-synchronised", status: "skipped" as const, reason: "container kernel: the clock is the machine's" },
    ],
  },
];

describe("the table of results", () => {
  it("counts by host and concern, and says of each failure what was expected and seen", () => {
    expect(resultTable(hosts)).toBe(
      [
        "host            concern         pass    fail skipped",
        "web             ssh                1       1       0",
        "web             baseline           0       0       1",
        "FAIL web ssh-no-root-login",
        '     expected {"kind":"lines","lines":["permitrootlogin no"]}',
        "     seen     permitrootlogin yes",
        "skipped 1: container kernel: the clock is the machine's",
      ].join("\n"),
    );
  });

  it("fails for one failed check and not for a skipped one", () => {
    expect(anyFailed(hosts)).toBe(true);
    expect(anyFailed([{ host: "web", results: hosts[0]?.results.filter(({ status }) => status !== "fail") ?? [] }])).toBe(false);
  });
});
