/**
 * The monitoring on a vault: that it is as checked, that a cause becomes a message, and that nothing is left of it where it goes.
 */
import { writeFileSync } from "node:fs";
import { describe, expect, it, type TestContext } from "vitest";
import { SEVERITIES } from "../../components/config/severity";
import { stackModel } from "../../components/containers/model";
import { alertMatrix, HEARTBEAT } from "../../components/monitoring/alerts/matrix";
import { ruleGroups, UNACKNOWLEDGED } from "../../components/monitoring/alerts/rules";
import { MONITORING_PORTS } from "../../components/plan/places";
import { AGENT_COMMAND, envelope } from "../../components/plan/request";
import { plannedParts, plannedRemovals } from "../../components/registry";
import { silenceOn } from "../../ops/commands/silence";
import { overSsh } from "../../ops/lib/ssh";
import type { Arrival } from "./alertReceiver";
import { attackAlertTests } from "./attackAlerts";
import { lookTests } from "./lookTests";
import { quietDaysTests } from "./quietDays";
import type { Records } from "./recordsBench";
import { RULE_CASES, type RuleCase } from "./ruleCases";
import { waitFor } from "./waiting";

const MATRIX = alertMatrix({
  diskPercent: 80,
  memoryPercent: 90,
  certificateDays: 7,
  vulnerabilities: { graveDays: 1, otherDays: 7, indexDrop: 5 },
  rotation: { passwordDays: 92, keyDays: 366, broughtDays: 366, graceDays: 14 },
});
const PUSHED = "http://127.0.0.1:9091/metrics/job/host/instance/web";
const LONG_MINUTES = 120;
const SERVICES = ["prometheus", "prometheus-alertmanager", "prometheus-pushgateway"];

/** Tests of the monitoring of the vault of these records. */
export function monitoringTests(useThem: (context: TestContext) => Records): void {
  describe("the monitoring of a vault", () => {
    it("comes up, passes its checks, and changes nothing a second time", async (context) => {
      const records = useThem(context);
      const bench = records.bench("vault");
      const began = Date.now();
      await bench.deploy(records.plan("vault", "monitor"));
      print(`the monitoring was up ${seconds(began, Date.now())} s after its deploy began`);
      expect((await records.verify("vault", "monitor")).filter(({ status }) => status !== "pass")).toEqual([]);
      expect((await bench.deploy(records.plan("vault", "monitor"))).status).toBe("unchanged");
    });

    it("raises each alert at its threshold, and not before, and none in two ordinary days of a clinic", async (context) => {
      const records = useThem(context);
      const { root } = records.host("vault");
      const files = ruleTests().map(({ matrix, tests }, index) => {
        const [rules, cases] = [`rules-${String(index)}.json`, `cases-${String(index)}.json`];
        writeFileSync(`${root}/root/${rules}`, JSON.stringify({ groups: ruleGroups(matrix, ["web"]) }));
        writeFileSync(`${root}/root/${cases}`, JSON.stringify({ rule_files: [rules], evaluation_interval: "1m", tests }));
        return `/root/${cases}`;
      });
      const said = await records.must("vault", "promtool", "test", "rules", ...files);
      expect(said.split("SUCCESS").length - 1).toBe(files.length);
      // Each that is raised has its case.
      expect(new Set(RULE_CASES.map(({ alert }) => alert))).toEqual(new Set(MATRIX.map(({ id }) => id)));
    });

    it("sends each message where it belongs", async (context) => {
      const records = useThem(context);
      const routed = (...labels: string[]) =>
        records.must("vault", "amtool", "config", "routes", "test", "--config.file=/etc/phiward/monitor/alertmanager.yml", ...labels);
      expect(await routed("alert=HOST_SILENT", "severity=critical")).toMatch(/^first$/m);
      expect(await routed("alert=HOST_SILENT", "stage=escalation")).toMatch(/^escalation$/m);
      expect(await routed(`alert=${HEARTBEAT}`)).toMatch(/^nobody$/m);
    });

    it("tells of a silent host that is isolated, and of its failed audit within a minute, at a real receiver", async (context) => {
      const records = useThem(context);
      const failing = 'phiward_check_failing{check="audit-rules-loaded",control="IDS-13"} 1';
      const isolated = ["phiward_isolated 1", 'phiward_backup_last_success_timestamp_seconds{backup="local"} 1'];
      writeFileSync(`${records.host("vault").root}/root/pushed`, `${[failing, ...isolated].join("\n")}\n`);
      const began = Date.now();
      await records.must("vault", "curl", "--silent", "--fail", "--upload-file", "/root/pushed", PUSHED);
      await waitFor("the alert", () => records.receiver.about("first", "AUDIT_LOG_FAILURE", "web").length > 0);
      const [arrived] = records.receiver.about("first", "AUDIT_LOG_FAILURE", "web");
      print(`AUDIT_LOG_FAILURE arrived ${seconds(began, arrived?.at ?? 0)} s after its cause`);
      expect(JSON.stringify(arrived?.body)).toContain("What is to be on record of the host web may not be");
      // Not the silence of a host that had not spoken yet.
      const silences = (): readonly Arrival[] => records.receiver.about("first", "HOST_SILENT", "web").filter(({ at }) => at > began);
      await waitFor("the silence of a host that spoke", () => silences().length > 0);
      print(`HOST_SILENT arrived ${seconds(began, silences()[0]?.at ?? 0)} s after the last metrics`);
      // What only follows from an isolation goes to nobody, and what tells of an intruder or of silence does.
      await waitFor("the isolation", () => records.receiver.about("first", "HOST_ISOLATED", "web").length > 0);
      expect(records.receiver.about("first", "BACKUP_MISSING", "web")).toEqual([]);
      const query = ["amtool", "--alertmanager.url=http://127.0.0.1:9093", "alert", "query", "--inhibited", "instance=web"];
      expect(await records.must("vault", ...query)).toContain("BACKUP_MISSING");
    });

    it("has an alert acknowledged by whoever is on call, with the reason on record", async (context) => {
      const records = useThem(context);
      const wanted = { alert: "HOST_SILENT", host: "lab", seconds: 3600, why: "it's not built yet", acknowledged: true };
      await silenceOn(records.host("vault"), "alice", wanted, records.bench("vault").patience);
      const silences = await records.must(
        "vault",
        "amtool",
        "--alertmanager.url=http://127.0.0.1:9093",
        "silence",
        "query",
        "--output=json",
      );
      expect(JSON.parse(silences)).toMatchObject([{ createdBy: "alice", comment: "it's not built yet", status: { state: "active" } }]);
      const said = await records.journal("vault", "--quiet", "--output=cat", "SYSLOG_IDENTIFIER=phiward", "PHIWARD_WHO=alice");
      expect(said).toContain("alice acknowledged HOST_SILENT of lab for 3600 s: it's not built yet");
    });

    it("costs little, has no rights of root, and answers the vault alone", async (context) => {
      const records = useThem(context);
      let total = 0;
      for (const service of SERVICES) {
        const main = (await records.must("vault", "systemctl", "show", "--property=MainPID", "--value", service)).trim();
        const status = await records.must("vault", "cat", `/proc/${main}/status`);
        const resident = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
        const cpu = Number((await records.must("vault", "systemctl", "show", "--property=CPUUsageNSec", "--value", service)).trim()) / 1e9;
        total += resident;
        print(`${service}: ${resident.toFixed(0)} MiB, ${cpu.toFixed(1)} s of CPU`);
        expect(/^CapEff:\s+(\w+)$/m.exec(status)?.[1]).toBe("0000000000000400");
        expect(Number(/^Uid:\s+(\d+)/m.exec(status)?.[1])).toBeGreaterThan(60_000);
      }
      print(`together: ${total.toFixed(0)} MiB`);
      expect(total).toBeLessThan(200);
      const outside = await records.run("web", "curl", "--silent", "--max-time", "5", `http://${records.host("vault").address}:9093/`);
      expect(outside.code).not.toBe(0);
    });

    it("takes metrics and silences from root and its own units alone", async (context) => {
      const records = useThem(context);
      await records.bench("vault").deploy(records.plan("vault", "ufw"));
      for (const account of ["nobody", "www-data", "alice"])
        for (const port of Object.values(MONITORING_PORTS)) {
          const asked = ["curl", "--silent", "--show-error", "--max-time", "5", `http://127.0.0.1:${String(port)}/`];
          const refused = await records.run("vault", "runuser", "-u", account, "--", ...asked);
          expect(refused.code, `${account}, ${String(port)}`).toBe(7);
          expect(await records.must("vault", ...asked, "--output", "/dev/null", "--write-out", "%{http_code}")).toMatch(/^[23]\d\d$/);
        }
    });

    attackAlertTests(useThem);

    lookTests(useThem);

    it("is taken down whole", async (context) => {
      const records = useThem(context);
      const bench = records.bench("vault");
      const vault = bench.config.hosts.find(({ name }) => name === "vault");
      if (vault === undefined) throw new Error("no host");
      const parts = plannedParts(stackModel(bench.config), vault).filter(({ name }) => name !== "monitor");
      const removals = plannedRemovals(parts).filter(({ plan }) => plan.unit === "monitor");
      const { stdin } = envelope({ mode: "remove", removals });
      const removed = await overSsh(bench.target(), AGENT_COMMAND, stdin, bench.patience);
      expect(removed.code, removed.stderr).toBe(0);
      const listening = await records.must("vault", "ss", "--no-header", "--listening", "--tcp", "--numeric", "--processes");
      // What measures the vault itself stays.
      expect(listening).not.toMatch(/:909[013]\b/);
      expect((await records.run("vault", "ls", "/etc/phiward/monitor")).text).not.toMatch(/\.yml/);
    });
  });
}

/** Tests, and the alerts whose rules each minute of them is judged by: of one that takes hours, its own. */
function ruleTests(): readonly { readonly matrix: typeof MATRIX; readonly tests: readonly object[] }[] {
  const escalated = RULE_CASES.find(({ alert }) => alert === "AUDIT_LOG_FAILURE");
  const short = RULE_CASES.filter(({ raised }) => raised <= LONG_MINUTES);
  const tests = [...short.map(ruleTest), ...(escalated === undefined ? [] : [escalation(escalated)]), heartbeat(), ...quietDaysTests()];
  return [
    { matrix: MATRIX, tests },
    ...RULE_CASES.filter((one) => !short.includes(one)).map((one) => ({
      matrix: MATRIX.filter(({ id }) => id === one.alert),
      tests: [ruleTest(one)],
    })),
  ];
}

function ruleTest(one: RuleCase): object {
  const { alert, severity, quiet, raised, labels, summary } = one;
  const runbook = `docs/operations.md#${MATRIX.find(({ id }) => id === alert)?.runbook ?? ""}`;
  return {
    interval: "1m",
    input_series: seriesOf(one),
    alert_rule_test: [
      { eval_time: `${String(quiet)}m`, alertname: alert, exp_alerts: [] },
      {
        eval_time: `${String(raised)}m`,
        alertname: alert,
        exp_alerts: [
          {
            exp_labels: { instance: "web", job: "host", alert, severity, ...labels },
            exp_annotations: { summary, runbook },
          },
        ],
      },
    ],
  };
}

function seriesOf({ series }: RuleCase): readonly object[] {
  return series.map(([metric, labels, values]) => {
    const all = Object.entries({ instance: "web", job: "host", ...labels }).map(([name, text]) => `${name}=${JSON.stringify(text)}`);
    return { series: `${metric}{${all.join(",")}}`, values };
  });
}

// Nobody acknowledged it in the time of its severity.
function escalation(one: RuleCase): object {
  const minutes = SEVERITIES[one.severity].responseMinutes;
  const [first] = one.series;
  if (first === undefined) throw new Error("no series");
  const at = (minute: number, count: number) => ({
    eval_time: `${String(minute)}m`,
    expr: `count(ALERTS{alertname="${UNACKNOWLEDGED}",alertstate="firing",alert="${one.alert}",stage="escalation"}) or vector(0)`,
    exp_samples: [{ labels: "{}", value: count }],
  });
  return {
    interval: "1m",
    input_series: seriesOf({ ...one, series: [[first[0], first[1], "1x60"]] }),
    promql_expr_test: [at(minutes - 1, 0), at(minutes + 2, 1)],
  };
}

function heartbeat(): object {
  return {
    interval: "1m",
    promql_expr_test: [
      { eval_time: "1m", expr: `count(ALERTS{alertname="${HEARTBEAT}",alertstate="firing"})`, exp_samples: [{ labels: "{}", value: 1 }] },
    ],
  };
}

function seconds(from: number, to: number): string {
  return ((to - from) / 1000).toFixed(1);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
