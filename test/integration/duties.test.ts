/** What people attest, kept by a real vault: signed by their key, verified there, and missed where it is overdue. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureRecoveryKey } from "../../sandbox/recoveryKey";
import { Records } from "./recordsBench";
import { useHosts } from "./useHosts";
import { waitFor } from "./waiting";

const PROGRAM = ["python3", "-I", "/usr/local/lib/phiward/phiward.pyz", "duties"] as const;
const INCIDENTS = ["python3", "-I", "/usr/local/lib/phiward/phiward.pyz", "incidents"] as const;
const NOTE = "All accounts and keys compared with the list of staff.";
const SINCE = "/var/lib/phiward/duties/since.json";

const useThem = useHosts("duties", {
  hosts: ["web", "vault"],
  make: async (sandbox) => new Records(sandbox, await ensureRecoveryKey(sandbox)),
  begin: (records) => records.deploy("vault", ["baseline", "people", "ssh", "vault", "duties"]),
});

describe("what people attest", () => {
  let directory = "";
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "phiward-duties-"));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });
  const record = (): string => join(directory, "duties.records.jsonl");
  const attest = (records: Records, duty: string) =>
    records.phiward(directory, "attest", duty, "--note", NOTE, "--key", records.sandbox.keyFile);

  it("is kept by the vault as it was signed", async (context) => {
    const records = useThem(context);
    for (const duty of ["access-reviewed", "training-held"]) {
      const { status, stdout, stderr } = attest(records, duty);
      expect([status, stderr]).toEqual([0, ""]);
      expect(stdout).toContain(`${duty}: attested by alice for `);
    }
    expect(await records.must("vault", ...PROGRAM, "show")).toBe(readFileSync(record(), "utf8"));
    expect(await records.must("vault", "stat", "--format=%a %U", "/var/lib/phiward/duties/record.json")).toBe("600 root\n");
  });

  it("cannot be taken out again without a trace, nor be put there by a key that nobody declared", async (context) => {
    const records = useThem(context);
    const whole = readFileSync(record(), "utf8");
    writeFileSync(record(), `${whole.split("\n")[0] ?? ""}\n`);
    const shorter = attest(records, "keys-rotated");
    expect(shorter.status).toBe(1);
    expect(shorter.stderr).toContain("vault: found a record that does not go on from the 2 lines which the vault keeps");
    expect(await records.must("vault", ...PROGRAM, "show")).toBe(whole);
    writeFileSync(record(), whole);
    // Root's own attempt on the vault to take a line whose text was changed.
    const forged = whole.replace("training-held", "keys-rotated");
    await records.must("vault", "rm", "/var/lib/phiward/duties/record.json");
    await expect(records.asAlice("vault", `sudo -n ${PROGRAM.join(" ")} keep`, forged)).rejects.toThrow(
      "line 2: found a signature of another text or purpose",
    );
    expect(records.phiward(directory, "duties", "--send", "--as", "alice", "--key", records.sandbox.keyFile).stderr).toContain(
      "vault has the record; 2 of its lines were new there",
    );
  });

  it("raises an alert where it is overdue, which ends once it is attested", async (context) => {
    const records = useThem(context);
    expect((await records.verify("vault", "duties")).filter(({ status }) => status !== "pass")).toEqual([]);
    await records.must("vault", "systemctl", "start", "phiward-duties.service");
    await records.must("vault", "sh", "-c", `echo '"2025-01-01"' >${SINCE}`);
    expect((await records.run("vault", "systemctl", "start", "phiward-duties.service")).code).not.toBe(0);
    const [said] = (await records.journal("vault", "--unit=phiward-duties", "--output=cat", "--grep=overdue:")).split("\n");
    expect(said).toMatch(/^phiward: overdue: records-read \(never done\), .*; npx phiward duties says what each is$/);
    expect(said).not.toContain("training-held");
    // The receiver of this stack is away: the alert is on the disk, and is tried again.
    await waitFor("the alert", async () =>
      (await records.run("vault", "sh", "-c", "cat /var/lib/phiward/alerts/*")).text.includes("phiward-duties.service"),
    );
    const warned = (await records.verify("vault", "duties")).filter(({ status }) => status !== "pass");
    expect(warned.map(({ id }) => id)).toEqual(["duties-done"]);
    const { duties } = JSON.parse(records.phiward(directory, "duties", "--json").stdout) as {
      readonly duties: readonly { readonly duty: string; readonly standing: string }[];
    };
    for (const { duty } of duties.filter(({ standing }) => standing === "overdue")) expect(attest(records, duty).status).toBe(0);
    await records.must("vault", "systemctl", "start", "phiward-duties.service");
    expect(await records.must("vault", ...PROGRAM, "done")).toBe("none is overdue\n");
  });

  it("has incidents beside it: signed, kept, watched by their clocks, and verified elsewhere", async (context) => {
    const records = useThem(context);
    const incident = (...words: readonly string[]) => records.phiward(directory, "incident", ...words);
    const key = ["--key", records.sandbox.keyFile] as const;
    const what = ["--class", "P1", "--host", "web", "--what", "Files of web are encrypted"] as const;
    const opened = incident("open", ...what, "--aware", "2026-01-05T08:00+01:00", ...key);
    expect([opened.status, opened.stderr]).toEqual([0, ""]);
    const kept = join(directory, "incidents.records.jsonl");
    const shown = (): Promise<string> => records.must("vault", ...INCIDENTS, "show");
    expect(await shown()).toBe(readFileSync(kept, "utf8"));
    expect(await records.must("vault", "stat", "--format=%a %U", "/var/lib/phiward/incidents/record.json")).toBe("600 root\n");
    // What the vault's metrics say, by the program that sends them.
    const script =
      "import sys; sys.path.insert(0, '/usr/local/lib/phiward/phiward.pyz'); from phiward_host.metrics import incident_clocks as c; print(c.ends())";
    expect(await records.must("vault", "python3", "-I", "-c", script)).toContain("({'clock': '1 authority'}, 1767855600.0)");

    // A machine that has nothing gets the record from the vault; an entry is taken by whoever signed it alone.
    rmSync(kept);
    const noted = incident("note", "1", "--note", "web is isolated", "--done", "acknowledge,contain", ...key);
    expect([noted.status, noted.stderr]).toEqual([0, ""]);
    const whole = await shown();
    expect(readFileSync(kept, "utf8")).toBe(whole);
    const [first = "", second = ""] = whole.split("\n");
    for (const forged of [
      whole.replace("is isolated", "is untouched"),
      `${first}\n${first.replace("encrypted", "untouched")}\n`,
      `${second}\n`,
    ])
      await expect(records.asAlice("vault", `sudo -n ${INCIDENTS.join(" ")} keep`, forged)).rejects.toThrow("phiward: ");
    expect(await shown()).toBe(whole);

    const none = ["--data", "none", "--note", "nothing of patients was reached"] as const;
    expect(incident("note", "1", ...none, ...key).status).toBe(0);
    expect(incident("close", "1", "--cause", "a stolen key", "--review", "keys on hardware", ...key).status).toBe(0);
    expect(await records.must("vault", "python3", "-I", "-c", script)).toBe("[]\n");
    incident("export", "1", "--as", "alice", "--output", "incident.tar", ...key);
    expect(incident("verify", "incident.tar")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("4 entries signed by alice") as string,
    });
  });

  it("is in the report of the month, which says what could not be measured", (context) => {
    const records = useThem(context);
    const made = records.phiward(directory, "report", "month", "--as", "alice", "--key", records.sandbox.keyFile, "--output", "month.html");
    expect([made.status, made.stdout]).toEqual([
      0,
      expect.stringMatching(/^month\.html: \d+ facts, \d+ of which could not be measured/) as string,
    ]);
    const page = readFileSync(join(directory, "month.html"), "utf8");
    expect(page).toMatch(/<th scope="row">keys-rotated<\/th><td>\d{4}-\d\d-\d\d, alice: All accounts and keys compared/);
    expect(page).toMatch(/<th scope="row">web<\/th><td>not measured: it did not answer<\/td>/);
  });
});
