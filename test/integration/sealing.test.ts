import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateX25519Identity } from "age-encryption";
import { describe, expect, it } from "vitest";
import { sealing } from "../../components/backup/sealing/concern";
import { type SealingSettings, sealingSettings } from "../../components/backup/sealing/settings";
import { stackModel } from "../../components/containers/model";
import { type HostPlan, hostPlan } from "../../components/plan/hostPlan";
import { openSealed } from "../../ops/lib/recovery";
import { rebootHost } from "../../sandbox/machines/power";
import { ensureRecoveryKey, recoveryKeyFile } from "../../sandbox/recoveryKey";
import { Records } from "./recordsBench";
import { useHosts } from "./useHosts";
import { waitFor } from "./waiting";

const PROGRAM = ["python3", "-I", "/usr/local/lib/phiward/phiward.pyz", "sealing"] as const;
const INTERVAL_SECONDS = 900;

function planOf(records: Records, name: string, changed: Partial<SealingSettings> = {}): HostPlan {
  const config = records.config();
  const host = config.hosts.find((entry) => entry.name === name);
  if (host === undefined) throw new Error(`no host ${name}`);
  const settings = { ...sealingSettings(stackModel(config), host), intervalSeconds: INTERVAL_SECONDS, ...changed };
  return hostPlan("sealing", null, sealing.rendered(settings));
}

/** The encrypted verification keys of web that the vault keeps. */
async function keysOf(records: Records): Promise<readonly { readonly host: string; readonly name: string; readonly text: string }[]> {
  const list = JSON.parse(await records.must("vault", ...PROGRAM, "list")) as { host: string; name: string; text: string }[];
  return list.filter(({ host }) => host === "web");
}

interface Answer {
  readonly files: readonly { readonly file: string; readonly verdict: string; readonly key?: string; readonly wrong?: string }[];
}

/** `phiward audit verify-journal` of web: what it says of each file, and its exit status. */
function verified(records: Records, ...words: readonly string[]) {
  const key = recoveryKeyFile(records.sandbox);
  const argv = ["audit", "verify-journal", "--host", "web", "--as", "alice", "--key", records.sandbox.keyFile, "--recovery-key", key];
  const { status, stdout, stderr } = records.phiward(directoryOf(records), ...argv, "--json", ...words);
  return { status, stderr, files: stdout === "" ? [] : (JSON.parse(stdout) as Answer).files };
}

// The stack's file is written into it.
function directoryOf({ sandbox }: Records): string {
  const directory = join(sandbox.dir, "stack");
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** What the checks of web's unit say that fail. */
async function failing(records: Records): Promise<readonly string[]> {
  const results = await records.verify("web", "sealing", planOf(records, "web"));
  return results.filter(({ status }) => status !== "pass").map((result) => JSON.stringify(result));
}

const useThem = useHosts("sealing", {
  hosts: ["web", "vault"],
  make: async (sandbox) => new Records(sandbox, await ensureRecoveryKey(sandbox)),
  begin: async (records) => {
    await records.deploy("vault");
    await records.deploy("web", ["baseline", "people", "ssh"]);
    for (const name of ["vault", "web"]) await records.bench(name).deploy(planOf(records, name));
  },
});

describe("the seal of a journal", () => {
  it("is made as records are written, and its verification key is at the vault, encrypted", async (context) => {
    const records = useThem(context);
    await records.write("sealed", 20);
    expect(await failing(records)).toEqual([]);
    // The timer's work, within a quarter of an hour.
    await records.must("web", "systemctl", "start", "phiward-sealing.service");
    await waitFor("the verification key at the vault", async () => (await keysOf(records)).length === 1);
    const [kept] = await keysOf(records);
    expect(await openSealed(kept?.text ?? "", recoveryKeyFile(records.sandbox))).toMatch(
      /^[0-9a-f]{6}(-[0-9a-f]{6}){3}\/[0-9a-f]+-35a4e900$/,
    );
  });

  it("is found whole on another machine, also after restarts; another key or the host itself looks at nothing", async (context) => {
    const records = useThem(context);
    await records.must("web", "systemctl", "restart", "systemd-journald.service");
    await records.write("between", 20);
    await rebootHost(records.host("web"));
    // Each time it was said that a whole file is set aside, and nothing of that failed.
    const said = await records.must("web", "journalctl", "--quiet", "--output=cat", "PHIWARD_ACT=set-aside");
    expect(said.match(/Set aside the closed file of the journal/g)?.length).toBeGreaterThanOrEqual(2);
    await records.must("web", "test", "!", "-e", "/run/phiward/sealing-trouble");
    const answer = verified(records);
    expect(answer).toMatchObject({ status: 0 });
    expect(answer.files.filter(({ verdict }) => verdict === "whole").length).toBeGreaterThan(0);
    const other = join(directoryOf(records), "other-key");
    writeFileSync(other, `${await generateX25519Identity()}\n`, { mode: 0o600 });
    const byOther = verified(records, "--recovery-key", other);
    expect([byOther.status, byOther.stderr]).toEqual([2, expect.stringContaining("opens no verification key")]);
    const onItself = verified(records, "--on", "web");
    expect([onItself.status, onItself.stderr]).toEqual([2, expect.stringContaining("--on: found another name")]);
  });

  it("is broken by one byte that root changes in a full file, and the answer names it", async (context) => {
    const records = useThem(context);
    const whole = verified(records).files.filter(({ verdict }) => verdict === "whole");
    const [{ file } = { file: "" }] = whole;
    const change = (from: string, to: string) =>
      records.must("web", "sh", "-c", `cd /var/log/journal/$(cat /etc/machine-id) && sed --in-place 's/${from}/${to}/' '${file}'`);
    await change("systemd", "systemX");
    const answer = verified(records);
    expect(answer.status).toBe(1);
    const wrong = answer.files.filter((found) => found.wrong !== undefined);
    expect(wrong.map((found) => [found.file, found.verdict])).toEqual([[file, "broken"]]);
    expect(wrong[0]?.wrong).toContain("its seal is broken");
    await change("systemX", "systemd");
    expect(verified(records).status).toBe(0);
  });

  it("is made by a new key where root removed or replaced one, which proves nothing before it is at the vault", async (context) => {
    const records = useThem(context);
    const bench = records.bench("web");
    await records.must("web", "sh", "-c", "rm /var/log/journal/*/fss");
    expect(await failing(records)).toEqual([expect.stringContaining("the sealing key was removed")]);
    await bench.deploy(planOf(records, "web"));
    expect(await failing(records)).toEqual([]);
    await records.must("web", "journalctl", "--setup-keys", "--force", "--interval=1h");
    expect(await failing(records)).toEqual([expect.stringContaining("not the one whose verification key was kept")]);
    await bench.deploy(planOf(records, "web", { intervalSeconds: INTERVAL_SECONDS + 1 }));
    await waitFor("three verification keys at the vault", async () => {
      await records.must("web", "systemctl", "start", "phiward-sealing.service");
      return (await keysOf(records)).length === 3;
    });
    // What was sealed before is still found whole.
    const answer = verified(records);
    const sealed = answer.files.filter(({ verdict }) => verdict === "whole");
    expect(new Set(sealed.map(({ key }) => key)).size).toBe(3);
    const [first = ""] = sealed.map(({ key }) => key);
    expect([answer.status, answer.files.some(({ verdict }) => verdict === "broken")]).toEqual([1, false]);
    for (const { key, wrong } of sealed)
      expect(wrong).toEqual(key === first ? undefined : expect.stringContaining("before that it could be made"));
  });

  it("leaves its keys in the clear on neither host", async (context) => {
    const records = useThem(context);
    const keys = await Promise.all((await keysOf(records)).map(({ text }) => openSealed(text, recoveryKeyFile(records.sandbox))));
    const places = ["/run", "/var", "/srv", "/tmp", "/etc", "/root", "/home"];
    for (const key of keys) {
      const [seed = ""] = (key ?? "").split("/");
      expect(seed).toMatch(/^[0-9a-f-]{27}$/);
      const grep = ["grep", "--recursive", "--text", "--files-with-matches", "--no-messages", "--devices=skip", seed, ...places];
      for (const host of ["web", "vault"]) expect((await records.run(host, ...grep)).text, host).toBe("");
    }
  });
});
