/** Alerts that the record alone can tell of, each raised by its attack, and heard by a real receiver. */
import { dirname } from "node:path";
import { expect, it, type TestContext } from "vitest";
import { runSync } from "../../ops/lib/process";
import { unlockedRules, withKernelAudit, withRecordsInJournal } from "../../sandbox/machines/kernelAudit";
import type { Records } from "./recordsBench";
import { waitFor } from "./waiting";

const SECRET = "/var/lib/phiward/secrets/attack";

interface Attack {
  readonly alert: string;
  readonly begin: (records: Records) => Promise<unknown>;
}

const ATTACKS: readonly Attack[] = [
  {
    alert: "BRUTE_FORCE_ATTACK",
    // A key that nobody declared, for one account, from five addresses: sshd itself keeps a single one out after three.
    begin: (records) => {
      const key = `${records.sandbox.dir}/mallory`;
      runSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]);
      const guess = `for n in 1 2 3 4 5; do ssh -b 127.0.0.$n -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -i /run/mallory alice@127.0.0.1 true; done; true`;
      return records
        .must("web", "sh", "-c", `cat > /run/mallory <<'END'\n${runSync(["cat", key]).stdout}END\nchmod 600 /run/mallory`)
        .then(() => records.must("web", "sh", "-c", guess));
    },
  },
  {
    alert: "MULTIPLE_BACKUP_RESTORES",
    begin: (records) => {
      const begun = JSON.stringify({ event: "begun", who: "alice", what: "database:api" });
      return records.must("web", "sh", "-c", `for n in 1 2; do echo '${begun}' | logger --tag phiward-restore; done`);
    },
  },
  {
    alert: "CONTAINER_BY_HAND",
    begin: (records) =>
      records
        .must("web", "sh", "-c", "printf '#!/bin/sh\\n' > /usr/bin/docker && chmod 0755 /usr/bin/docker")
        .then(() => records.asAlice("web", "sudo -n docker run --rm miner")),
  },
];

/** Tests of a vault that has the detectors, and has been watching for a while. */
export function attackAlertTests(useThem: (context: TestContext) => Records): void {
  it("tells of each attack that the record shows, within a minute, at a real receiver", async (context) => {
    const records = useThem(context);
    const bench = records.bench("vault");
    await bench.deploy(records.plan("vault", "detectors"));
    expect((await records.verify("vault", "detectors")).filter(({ status }) => status !== "pass")).toEqual([]);
    // What is there from the beginning is no increase: Prometheus has to have seen it once.
    await counted(records, "brute-force");
    for (const { alert, begin } of ATTACKS) {
      const began = Date.now();
      await begin(records);
      await heard(records, alert, began);
    }
    await records.must("web", "rm", "/usr/bin/docker");
  });

  it("tells of a key that a person opens", async (context) => {
    const records = useThem(context);
    await records.must("web", "sh", "-c", `umask 077; mkdir -p ${dirname(SECRET)}; echo s > ${SECRET}`);
    const rules = await unlockedRules(records.host("web"));
    await withKernelAudit(records.host("web"), rules, () =>
      withRecordsInJournal(records.host("web"), async () => {
        const began = Date.now();
        await records.asAlice("web", `sudo -n tail -c1 ${SECRET}`);
        await heard(records, "ENCRYPTION_KEY_ACCESS", began);
      }),
    );
  });
}

async function counted(records: Records, event: string): Promise<void> {
  const query = ["promtool", "query", "instant", "http://127.0.0.1:9090", `phiward_events_total{event="${event}",instance="web"}`];
  await waitFor(`the count of ${event}`, async () => (await records.must("vault", ...query)).includes("=> 0"));
}

async function heard(records: Records, alert: string, began: number): Promise<void> {
  await waitFor(alert, () => records.receiver.about("first", alert, "web").length > 0);
  const [arrived] = records.receiver.about("first", alert, "web");
  process.stdout.write(`${alert} arrived ${(((arrived?.at ?? 0) - began) / 1000).toFixed(1)} s after its attack\n`);
}
