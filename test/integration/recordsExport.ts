/** What an auditor is given: of the records of a host and its vault, by the commands as people type them. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, type TestContext } from "vitest";
import { filesOf } from "../../ops/lib/export/tar";
import { outputOf } from "../../ops/lib/process";
import { object } from "../unit/ops/lib/export/parts";
import type { Records } from "./recordsBench";

/** Tests of `phiward audit export` and `verify-export`, after others have left acts on record. */
export function exportTests(useIt: (context: TestContext) => Records): void {
  it("are exported for an auditor with who has access, verified, and refused after one byte changed", (context) => {
    const records = useIt(context);
    const directory = mkdtempSync(join(tmpdir(), "phiward-audit-export-"));
    try {
      const date = new Date().toISOString();
      // Of the policies and checks other tests have reports: these say nothing, and so does the report.
      const found = { programs: "ab".repeat(32), hosts: [], unanswered: [], waivers: [] };
      writeFileSync(join(directory, "policy.json"), JSON.stringify({ stack: "records", date, results: [] }));
      writeFileSync(join(directory, "verify.json"), JSON.stringify({ stack: "records", date, ...found }));
      const time = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString().replace(/\.\d+/, "");
      const question = ["--as", "alice", "--from", time(-15), "--to", time(1), "--host", "web", "--key", records.sandbox.keyFile];
      const made = records.phiward(
        directory,
        ...["audit", "export", ...question, "--policy", "policy.json", "--verify", "verify.json", "--output", "export.tar"],
      );
      // Its backups are in other tests: here the host has none, which the export says.
      expect(made.stderr).toMatch(/^missing: web: not asked for its backups: /m);
      expect([made.status, statSync(join(directory, "export.tar")).mode & 0o777]).toEqual([1, 0o600]);
      const files = filesOf(readFileSync(join(directory, "export.tar")));
      const text = (name: string): string => Buffer.from(files.get(name) ?? []).toString();
      expect(text("records.jsonl")).toContain("sudo as root: /usr/bin/cat /etc/shadow");
      const fingerprint = outputOf(["ssh-keygen", "-l", "-f", `${records.sandbox.keyFile}.pub`]).split(" ")[1] ?? "none";
      const access = object(text("access.json"));
      expect(access["undeclared"]).toEqual([]);
      expect(access["hosts"]).toMatchObject([
        {
          said: {
            accounts: expect.arrayContaining([expect.objectContaining({ name: "alice" })]) as unknown,
            keys: expect.arrayContaining([{ account: "alice", type: "ssh-ed25519", fingerprint }]) as unknown,
            groups: { docker: ["deploy"] },
          },
        },
      ]);
      expect(records.phiward(directory, "audit", "verify-export", "export.tar")).toMatchObject({
        status: 0,
        stdout: "export.tar: 8 files, as alice signed them\n",
      });
      const changed = readFileSync(join(directory, "export.tar"));
      const at = changed.indexOf("/usr/bin/cat /etc/shadow");
      changed[at] = (changed[at] ?? 0) ^ 1;
      writeFileSync(join(directory, "export.tar"), changed);
      const refused = records.phiward(directory, "audit", "verify-export", "export.tar");
      expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining("records.jsonl: changed after the signature")]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}
