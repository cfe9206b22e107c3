/** How the hosts are, as the vault shows it: what status is told, the page that a browser opens, and what dashboards ask for. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, type TestContext } from "vitest";
import { METRICS, namesIn } from "../../components/monitoring/look/metrics";
import { PANELS } from "../../components/monitoring/look/panels";
import { lookedAt, pageOf } from "../../ops/lib/look/now";
import { checkedPage } from "../../ops/lib/look/page";
import { isInstalled } from "../../ops/lib/programs";
import { toldBy } from "../../ops/lib/told";
import { pictures, SCHEMES } from "./pictures";
import type { Records } from "./recordsBench";
import { runAnew } from "./timers";
import { waitFor } from "./waiting";

const DIRECTORY = "/run/private/phiward-status-page";
const PAGE_UNIT = "phiward-status-page";

/** Tests of a vault with alerts that are raised. */
export function lookTests(useThem: (context: TestContext) => Records): void {
  it("tells status which alerts are raised, since when, and what it measured", async (context) => {
    const records = useThem(context);
    // A connection's own time is the sandbox's.
    const began = Date.now();
    const looked = await lookedAt(records.host("vault"), "alice", records.bench("vault").patience);
    const took = Date.now() - began;
    // Two seconds are the aim for all of status.
    await context.annotate(`the vault said how the hosts are in ${String(took)} ms`);
    if ("unreachable" in looked) throw new Error(looked.unreachable);
    expect(looked.missing).toEqual([]);
    expect(looked.hosts).toEqual(expect.arrayContaining(["web", "lab", "vault"]));
    const raised = looked.raised.map(({ alert, host }) => `${alert} ${host}`);
    expect(raised).toContain("HOST_SILENT web");
    expect(raised.join()).not.toMatch(/HEARTBEAT|UNACKNOWLEDGED/);
    for (const { since } of looked.raised) expect(Math.abs(Date.now() / 1000 - since)).toBeLessThan(7200);
    expect(looked.figures["disk"]?.["vault"]).toBeGreaterThan(0);
    expect(looked.figures["heard"]?.["vault"]).toBeGreaterThan(looked.at - 120);
    // It never sent anything, and the vault counts its events all the same.
    expect(looked.figures["heard"]?.["lab"]).toBeUndefined();
  });

  it("makes the page with an account that has no other right, and hands it to people who may become root, on record", async (context) => {
    const records = useThem(context);
    const { patience } = records.bench("vault");
    const { at, page } = await pageOf(records.host("vault"), "alice", patience);
    expect(checkedPage(page)).toBe(page);
    expect(page).toContain("HOST_SILENT");
    expect(Math.abs(Date.now() / 1000 - at)).toBeLessThan(60);
    const said = await records.journal("vault", "--quiet", "--output=cat", "SYSLOG_IDENTIFIER=phiward", "PHIWARD_ACT=reading");
    expect(said).toContain("alice read the status page");
    await expect(records.asAlice("vault", `cat ${DIRECTORY}/page.html`)).rejects.toThrow(/Permission denied/);
    const owner = await records.must("vault", "stat", "--format=%u %a", `${DIRECTORY}/page.html`);
    expect(Number(owner.split(" ")[0])).toBeGreaterThan(60_000);
    expect(owner.trim().endsWith(" 600")).toBe(true);
    const shown = await records.must("vault", "systemctl", "show", "--property=CPUUsageNSec,MemoryPeak", `${PAGE_UNIT}.service`);
    process.stdout.write(`each page cost ${shown.trim().replaceAll("\n", ", ")}\n`);
  });

  it("shows the page as it was, with its time, where Prometheus and Alertmanager are away, and says what is not known", async (context) => {
    const records = useThem(context);
    const units = ["prometheus.service", "prometheus-alertmanager.service"];
    await records.must("vault", "systemctl", "stop", ...units);
    try {
      await runAnew((...words) => records.must("vault", ...words), PAGE_UNIT);
      const looked = await lookedAt(records.host("vault"), "alice", records.bench("vault").patience);
      expect("missing" in looked ? looked.missing.slice(0, 3) : looked).toEqual(["silences", "alerts", "alerts on their way"]);
      const { page } = await pageOf(records.host("vault"), "alice", records.bench("vault").patience);
      expect(page).toContain("not all of it is known");
    } finally {
      await records.must("vault", "systemctl", "start", ...units);
      await records.must("vault", "python3", "-I", "/usr/local/lib/phiward/phiward.pyz", "monitor", "ready");
    }
    // Until both have everything again, it is not all known.
    await waitFor("all of it", async () => {
      const looked = await lookedAt(records.host("vault"), "alice", records.bench("vault").patience);
      if ("unreachable" in looked) throw new Error(looked.unreachable);
      const isThere = looked.raised.some(({ alert, host }) => `${alert} ${host}` === "HOST_SILENT web");
      expect(isThere || looked.missing.length > 0).toBe(true);
      return isThere && looked.missing.length === 0;
    });
  });

  it("is asked for nothing by a dashboard that it does not have, nor in what is no question", async (context) => {
    const records = useThem(context);
    const rules = PANELS.map(({ query }, index) => ({ record: `panel:${String(index)}`, expr: query.replaceAll("$host", ".*") }));
    writeFileSync(`${records.host("vault").root}/root/panels.json`, JSON.stringify({ groups: [{ name: "panels", rules }] }));
    expect(await records.must("vault", "promtool", "check", "rules", "/root/panels.json")).toContain("SUCCESS");
    const answer = await records.must("vault", "curl", "--silent", "--fail", "http://127.0.0.1:9090/api/v1/label/__name__/values");
    const { data } = JSON.parse(answer) as { data: readonly string[] };
    // Of our own, a host has those that there is something to tell of; these hosts have no database and no site (servedMetrics.ts).
    const others = Object.entries(METRICS).flatMap(([name, publisher]) => (["host", "served"].includes(publisher) ? [] : [name]));
    const asked = new Set(PANELS.flatMap(({ query }) => namesIn(query)));
    for (const name of others.filter((each) => asked.has(each))) expect(data, name).toContain(name);
    for (const name of ["phiward_login_sessions", "phiward_reboot_required"]) expect(data).toContain(name);
  });

  it("has alerts that a host's own jobs could not send told with its bans", async (context) => {
    const records = useThem(context);
    const told = await toldBy({ ...records.bench("web").target(), user: "alice" }, records.bench("web").patience);
    expect(told.waiting).toEqual({ count: 0, newest: [] });
    const waiting = { message: { host: "web", unit: "drill.service", result: "exit-code", time: "2026-11-28T09:00:00Z" }, sent: [] };
    const directory = "/var/lib/phiward/alerts";
    const text = JSON.stringify(waiting);
    const name = "2026-11-28T09:00:00Z-00000000.json";
    await records.must("web", "sh", "-c", `mkdir -p -m 0700 ${directory} && printf '%s' "$0" > ${directory}/${name}`, text);
    try {
      const again = await toldBy({ ...records.bench("web").target(), user: "alice" }, records.bench("web").patience);
      expect(again.waiting).toEqual({ count: 1, newest: [{ unit: "drill.service", time: "2026-11-28T09:00:00Z" }] });
    } finally {
      await records.must("web", "rm", `${directory}/${name}`);
    }
  });

  it("is a page that a browser shows whole, light and dark", async (context) => {
    const records = useThem(context);
    if (!isInstalled("chromium")) context.skip("chromium is not installed on this machine: no picture is taken");
    const { page } = await pageOf(records.host("vault"), "alice", records.bench("vault").patience);
    const file = join(records.sandbox.dir, "status.html");
    writeFileSync(file, page);
    const taken = await pictures(file, records.sandbox.dir);
    expect(taken.complaints).toEqual([]);
    for (const scheme of SCHEMES) {
      const picture = taken.files[scheme];
      expect(existsSync(picture)).toBe(true);
      const size = readFileSync(picture).length;
      expect(size).toBeGreaterThan(10_000);
      expect(size).toBeLessThan(400_000);
    }
    // They are two.
    expect(readFileSync(taken.files.light).equals(readFileSync(taken.files.dark))).toBe(false);
    process.stdout.write(`pictures of the status page: ${Object.values(taken.files).join(", ")}\n`);
  });
}
