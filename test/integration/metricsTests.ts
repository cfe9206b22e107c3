/** What is measured of a host, at its vault. */
import { expect, it, type TestContext } from "vitest";
import { stackModel } from "../../components/containers/model";
import { AGENT_COMMAND, envelope } from "../../components/plan/request";
import { plannedParts, plannedRemovals } from "../../components/registry";
import { overSsh } from "../../ops/lib/ssh";
import type { Records } from "./recordsBench";
import { waitFor } from "./waiting";

const PUSHGATEWAY = "http://127.0.0.1:9091/metrics";
const EXPORTER = "http://127.0.0.1:9100/metrics";

/** What the vault's Pushgateway has now. */
function taken(records: Records): Promise<string> {
  // It may have been started a moment ago.
  return records.must("vault", "curl", "--silent", "--fail", "--retry", "5", "--retry-connrefused", PUSHGATEWAY);
}

/** Seconds since 1970 at which the vault last took metrics of a host; 0 where it never did. */
async function takenAt(records: Records, host: string): Promise<number> {
  const found = new RegExp(`^push_time_seconds\\{instance="${host}",job="host"\\} (\\S+)$`, "m").exec(await taken(records));
  return Number(found?.[1] ?? 0);
}

async function taskMemory(records: Records, host: string, unit: string): Promise<string> {
  const shown = await records.must(host, "systemctl", "show", "--property=MainPID,MemoryCurrent,CPUUsageNSec", unit);
  return shown.trim().replaceAll("\n", " ");
}

export function metricsTests(useThem: (context: TestContext) => Records): void {
  it("come with what is measured of the host, by name, and as no other host's", async (context) => {
    const records = useThem(context);
    await records.bench("vault").deploy(records.plan("vault", "monitor"));
    await waitFor("metrics of both at the vault", async () => (await takenAt(records, "web")) > 0 && (await takenAt(records, "vault")) > 0);
    const text = await taken(records);
    for (const metric of ["node_memory_MemAvailable_bytes", "phiward_reboot_required", "phiward_exporter_up"])
      expect(text).toMatch(new RegExp(`^${metric}\\{.*instance="web",job="host".*\\} `, "m"));
    expect(text).toMatch(/^phiward_exporter_up\{exporter="node",instance="web",job="host"\} 1$/m);
    // This host has no daily look. A vault publishes nothing: there the directory is the package's account's.
    expect(text).not.toMatch(/^phiward_metric_untold\{instance="web",.*metric="(?!phiward_undeclared").*\} 1$/m);
    expect((await records.must("web", "python3", "-I", "/usr/local/lib/phiward/phiward.pyz", "metrics", "arrives")).trim()).toBe("arrive");
    for (const host of ["web", "vault"])
      expect(
        (await records.verify(host, "metrics")).filter(({ status }) => status !== "pass"),
        host,
      ).toEqual([]);
  });

  it("come by no port that another machine reaches, and cost little", async (context) => {
    const records = useThem(context);
    const { address } = records.host("web");
    expect((await records.run("vault", "curl", "--silent", "--max-time", "3", `http://${address}:9100/metrics`)).code).not.toBe(0);
    const answered = await records.must("web", "curl", "--silent", "--fail", EXPORTER);
    const units = ["prometheus-node-exporter", "phiward-metrics"];
    for (const unit of units) process.stdout.write(`${unit} on web: ${await taskMemory(records, "web", unit)}\n`);
    const shown = await records.must(
      "web",
      "sh",
      "-c",
      "for u in prometheus-node-exporter phiward-metrics; do for p in $(cat /sys/fs/cgroup/system.slice/$u.service/cgroup.procs 2>/dev/null || cat /sys/fs/cgroup/systemd/system.slice/$u.service/cgroup.procs); do awk '/^Rss/ {r=$2} /^Pss:/ {p=$2} END {print r, p}' /proc/$p/smaps_rollup; ps -o comm=,cputimes=,etimes= -p $p; done; done",
    );
    process.stdout.write(
      `resident and proportional kB, and seconds of processor and of life:\n${shown}\n${String(answered.length)} bytes of node\n`,
    );
  });

  it("are taken of a host by its own account alone, in the form that metrics have", async (context) => {
    const records = useThem(context);
    const send = async (body: string) =>
      (await records.run("web", "sh", "-c", `printf '%s' "$0" | timeout 30 "$@"`, body, ...records.vaultSsh("vault-web", "metrics"))).text;
    await records.must("web", "systemctl", "stop", "phiward-metrics.service");
    try {
      const forged = 'phiward_reboot_required{instance="vault",job="other"} 7\n';
      expect(await send(`${String(forged.length)}\n${forged}`)).toContain('{"taken": true}');
      expect(await taken(records)).toMatch(/^phiward_reboot_required\{instance="web",job="host"\} 7$/m);
      expect(await taken(records)).not.toMatch(/^phiward_reboot_required\{instance="vault".*\} 7$/m);
      for (const [body, words] of [
        ["up 1\n", "line 1 is none of a metric that is taken"],
        ["node_a{b=} 1\n", "of another form"],
        ["node_a 1", "without its end"],
      ] as const)
        expect(await send(`${String(body.length)}\n${body}`), body).toContain(words);
      expect(await send("9999999\n")).toContain("another size");
    } finally {
      await records.must("web", "systemctl", "start", "phiward-metrics.service");
    }
  });

  it("come again by themselves after the vault's Pushgateway was away, with nothing of the time between", async (context) => {
    const records = useThem(context);
    const since = `--since=@${String(Math.floor(Date.now() / 1000))}`;
    await records.must("vault", "systemctl", "stop", "prometheus-pushgateway.service");
    await waitFor("the host to say so", async () =>
      (await records.must("web", "journalctl", "--unit=phiward-metrics", since, "--output=cat", "--no-pager")).includes(
        "the vault took no metrics",
      ),
    );
    await records.must("vault", "systemctl", "start", "prometheus-pushgateway.service");
    await waitFor("metrics of both at the vault", async () => (await takenAt(records, "web")) > 0 && (await takenAt(records, "vault")) > 0);
  });

  it("end with their removal, which leaves nothing that listens", async (context) => {
    const records = useThem(context);
    const bench = records.bench("web");
    const [web] = bench.config.hosts;
    if (web === undefined) throw new Error("no host");
    const parts = plannedParts(stackModel(bench.config), web).filter((part) => part.name !== "metrics");
    const removals = plannedRemovals(parts).filter(({ plan }) => plan.unit === "metrics");
    const { stdin } = envelope({ mode: "remove", removals });
    const removed = await overSsh(bench.target(), AGENT_COMMAND, stdin, bench.patience);
    expect(removed.code, removed.stderr).toBe(0);
    expect(await records.must("web", "ss", "--listening", "--tcp", "--no-header", "sport = :9100")).toBe("");
    expect((await records.run("web", "systemctl", "is-enabled", "prometheus-node-exporter", "phiward-metrics")).code).not.toBe(0);
    expect(await records.must("web", "find", "/etc/phiward", "-name", "metrics*")).toBe("");
  });
}
