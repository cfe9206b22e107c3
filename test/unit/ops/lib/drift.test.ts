import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { acceptable } from "../../../../ops/commands/accept";
import { acceptIn, requireTerms } from "../../../../ops/lib/acceptedDrift";
import { type DriftFinding, driftText } from "../../../../ops/lib/drift";
import { readStack } from "../../../../ops/lib/stack";
import { smallest } from "../../components/examples";

const CRON: DriftFinding = {
  kind: "job of cron",
  path: "/etc/cron.d/it's",
  digest: "a".repeat(64),
  remedy: { by: "host", command: "rm -f -- x" },
  acceptable: true,
};
const DECLARED: DriftFinding = {
  kind: "declared file, changed by hand",
  path: "/etc/sudoers",
  digest: "b".repeat(64),
  remedy: { by: "up", command: "" },
  acceptable: false,
};
const ROOT: DriftFinding = { ...CRON, kind: "account with id 0", path: "toor", digest: "0", acceptable: false };
const TERMS = { reason: "the laboratory's transfer, ticket 12", owner: "anna@example.org", expires: "2027-02-28" };

describe("what was found on hosts", () => {
  it("is listed with what repairs, removes and accepts it, in words that a shell takes as they are", () => {
    expect(
      driftText("prod", [
        { host: "web", seal: "c".repeat(64), daily: { hours: 3.5, cpu: 7.25 }, found: [CRON, DECLARED] },
        { host: "store", seal: null, daily: null, found: [] },
      ]),
    ).toBe(
      [
        `web: 2 found; the last daily look was 3.5 hours ago and took 7.25 s of CPU; baseline ${"c".repeat(64)}`,
        "  job of cron: /etc/cron.d/it's",
        "    remove:  sudo sh -c 'rm -f -- x'",
        "    accept:  npx phiward accept web '/etc/cron.d/it'\\''s' --stack prod --reason TEXT --owner NAME --expires DAY",
        "  declared file, changed by hand: /etc/sudoers",
        "    repair:  npx phiward up --stack prod",
        "",
        "store: 0 found; no daily look yet; no baseline yet",
      ].join("\n"),
    );
  });

  it("is accepted by its path, unless nothing is there, or what must not stay", () => {
    expect(acceptable([CRON, DECLARED], CRON.path)).toEqual([CRON]);
    expect(() => acceptable([CRON], "/etc/cron.d")).toThrow("allowed: one that npx phiward drift lists");
    expect(() => acceptable([CRON, DECLARED], DECLARED.path)).toThrow("allowed: npx phiward up, which repairs it");
    expect(() => acceptable([ROOT], "toor")).toThrow("account with id 0), allowed: what makes nobody root");
  });
});

describe("what is accepted", () => {
  let directory = "";
  let file = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "phiward-accept-"));
    file = join(directory, "Pulumi.prod.yaml");
    const config = Object.fromEntries(Object.entries(smallest()).map(([key, value]) => [`phiward:${key}`, value]));
    writeFileSync(file, `# ours\n${stringify({ config }, { lineWidth: 0 })}`);
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it("is written once into the stack's file as the schema wants it, and nothing else is changed", () => {
    const before = readFileSync(file, "utf8");
    acceptIn(file, "web", [CRON], TERMS);
    const entry = { host: "web", kind: CRON.kind, path: CRON.path, ...TERMS };
    expect(readStack(file).integrity.accepted).toEqual([{ ...entry, sha256: CRON.digest }]);
    expect(readFileSync(file, "utf8").startsWith(before.trimEnd())).toBe(true);
    // What is no hash of a content is not written as one.
    acceptIn(file, "web", [{ ...CRON, digest: "link to /opt/x" }], { ...TERMS, expires: "2027-03-01" });
    expect(readStack(file).integrity.accepted).toEqual([{ ...entry, expires: "2027-03-01" }]);
  });

  it.each([
    ["it makes whoever writes it root", "web", "/etc/sudoers.d/vendor", "what does not make someone root"],
    ["the stack has no such host", "other", "/etc/cron.d/vendor", "the name of a host under hosts"],
  ])("is not written where %s", (_, host, path, message) => {
    const before = readFileSync(file, "utf8");
    expect(() => {
      acceptIn(file, host, [{ ...CRON, path }], TERMS);
    }).toThrow(message);
    expect(readFileSync(file, "utf8")).toBe(before);
  });

  it("has a reason, an owner and a last day that is not far ahead, or all faults are said at once", () => {
    const refused = (terms: Partial<typeof TERMS>) => () => {
      requireTerms({ ...TERMS, ...terms }, "2026-11-27");
    };
    expect(refused({})).not.toThrow();
    expect(refused({ expires: "2027-05-26" })).not.toThrow();
    expect(refused({ expires: "2027-05-27" })).toThrow("--expires: found another text, allowed: a day from today (2026-11-27, UTC) to 180");
    expect(refused({ expires: "2026-11-26" })).toThrow("--expires");
    expect(refused({ reason: "because", owner: "", expires: "soon" })).toThrow(/--reason: [^]*--owner: [^]*--expires: /);
  });
});
