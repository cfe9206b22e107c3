import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import { alertMatrix } from "../../../../../components/monitoring/alerts/matrix";
import { RUNBOOK } from "../../../../../components/monitoring/alerts/runbook";
import { FIGURES } from "../../../../../components/monitoring/look/figures";
import { namesIn } from "../../../../../components/monitoring/look/metrics";
import { phiward } from "../../../../../ops/cli";
import { isQuiet } from "../../../../../ops/lib/look/lines";
import { type Now, nowOf } from "../../../../../ops/lib/look/now";
import { lookedText, statusText } from "../../../../../ops/lib/statusText";
import { toldIn } from "../../../../../ops/lib/told";
import { complete } from "../../../components/examples";

const CONFIG = parseConfig(complete());
const ABOUT = { config: CONFIG, stack: "prod" };
const AT = Math.floor(Date.now() / 1000);
const SINCE = Date.UTC(2026, 10, 28, 9, 12) / 1000;
const SILENT = {
  ...{ alert: "HOST_SILENT", host: "web", severity: "critical", since: SINCE, silenced: "", escalated: false },
  what: "The host web has sent no metrics for two minutes",
};
const QUIET: Now = {
  ...{ at: AT, vault: "store", hosts: ["web", "store"], missing: [], raised: [], undelivered: {} },
  figures: { heard: { web: AT - 8, store: AT - 3 }, disk: { web: 41.4 }, certificate: { web: AT + 62 * 86_400 }, restart: { web: 0 } },
};

describe("what the vault knows, on the screen of status", () => {
  it("says that there is no alert, and what was measured", () => {
    expect(lookedText(QUIET, ABOUT)).toBe(`alerts, as store knows them
  alerts         none
  measured       web            heard 8 s ago, disk 41 %, certificate in 62 d, restart pending no
  measured       store          heard 3 s ago`);
    expect(isQuiet(QUIET)).toBe(true);
  });

  it("names each alert with its time and the command for it, and marks what needs attention", () => {
    const kept = { ...SILENT, alert: "DISK_FILLS", severity: "medium", silenced: "alice", what: "A disk fills" };
    const late = { ...SILENT, alert: "UNIT_FAILED", severity: "medium", escalated: true, what: "x.service has failed" };
    const looked = { ...QUIET, hosts: [], raised: [SILENT, late, kept], undelivered: { webhook: 3 } };
    expect(lookedText(looked, ABOUT)).toBe(`alerts, as store knows them
! critical       HOST_SILENT    since 2026-11-28 09:12 UTC: The host web has sent no metrics for two minutes
                                npx phiward verify
! medium         UNIT_FAILED    since 2026-11-28 09:12 UTC: x.service has failed; nobody acknowledged it in time
                                npx phiward shell web --why "a unit has failed"
  kept back      DISK_FILLS     since 2026-11-28 09:12 UTC: A disk fills; kept back by alice
! not delivered  webhook        3 within an hour, kept and tried again: npx phiward shell store --why "alerts are not delivered"`);
    expect(lookedText(looked, { ...ABOUT, stack: "lab" })).toContain("npx phiward verify --stack lab\n");
    expect(isQuiet({ ...QUIET, raised: [kept] })).toBe(true);
  });

  it.each([
    ["an alert", { raised: [SILENT] }],
    ["a message that did not get through", { undelivered: { email: 1 } }],
    ["a part that gives no answer", { missing: ["alerts"] }],
    ["an old look", { at: AT - 400 }],
  ])("is not quiet with %s", (_, change) => {
    expect(isQuiet({ ...QUIET, ...change })).toBe(false);
    expect(lookedText({ ...QUIET, ...change }, ABOUT)).toMatch(/^! /m);
  });

  it("is not quiet where the vault does not answer, and says why", () => {
    const looked = { vault: "store", unreachable: "no route to host" };
    expect(isQuiet(looked)).toBe(false);
    expect(lookedText(looked, ABOUT)).toContain("! not known      alerts         no route to host");
  });

  it("takes no host and no command from the vault's words", () => {
    const made = { ...SILENT, host: "web; reboot", alert: "NOT_OURS" };
    const text = lookedText({ ...QUIET, raised: [made, { ...SILENT, host: "web; reboot" }] }, ABOUT);
    expect(text).not.toContain("npx phiward");
    expect(text).not.toContain("web; reboot");
  });
});

describe("the answer of the vault", () => {
  it("is read with what a terminal acts on escaped, and with no field more than is known", () => {
    const sent = { ...QUIET, silences: [], raised: [{ ...SILENT, what: "\u001b[2Jgone\n", command: "rm" }] };
    const [raised] = nowOf(JSON.stringify(sent)).raised;
    expect(raised).toEqual({ ...SILENT, what: "\\x1b[2Jgone\\n" });
  });

  it.each([
    ["no JSON", "{"],
    ["another form", JSON.stringify({ ...QUIET, raised: "none" })],
    ["a time that is none", JSON.stringify({ ...QUIET, at: 1e12 })],
    ["alerts without end", JSON.stringify({ ...QUIET, raised: Array.from({ length: 1001 }, () => SILENT) })],
  ])("is refused where it is %s", (_, text) => {
    expect(() => nowOf(text)).toThrow(/answered in another form/);
  });
});

describe("what a host tells", () => {
  const answer = (bans: unknown, waiting: unknown) => JSON.stringify([bans, waiting]);
  const done = (value: unknown) => ({ code: 0, stdout: JSON.stringify(value), stderr: "" });

  it("is each by itself: what one program does not say hides nothing of the other", () => {
    const waiting = { count: 1, newest: [{ unit: "phiward-backup.service", time: "2026-11-28T09:00:00Z", result: "exit-code" }] };
    expect(toldIn(answer(done([]), done(waiting)))).toEqual({
      bans: [],
      waiting: { count: 1, newest: [{ unit: "phiward-backup.service", time: "2026-11-28T09:00:00Z" }] },
    });
    expect(toldIn(answer({ code: 1, stdout: "", stderr: "" }, done({ count: 0, newest: [] })))).toEqual({
      bans: null,
      waiting: { count: 0, newest: [] },
    });
    for (const text of ["", "[]", "no JSON", answer(null, null), answer(done("x"), done([]))])
      expect(toldIn(text)).toEqual({ bans: null, waiting: null });
  });

  it("shows alerts that wait, with the command for them", () => {
    const well = { host: "web", units: [], containers: [], backups: [] };
    const waiting = { count: 7, newest: [{ unit: "phiward-backup.service", time: "2026-11-28T09:00:00Z" }] };
    expect(statusText([{ ...well, waiting }])).toContain(
      `! not delivered  alerts         7 of its jobs, kept and tried again: phiward-backup.service 2026-11-28T09:00:00Z
                                npx phiward shell web --why "alerts are not delivered"`,
    );
    expect(statusText([{ ...well, waiting: null }])).toContain("! not known      alerts");
    expect(statusText([{ ...well, waiting: { count: 0, newest: [] } }])).toBe("web");
  });
});

describe("the runbook's commands", () => {
  it.each(Object.entries(RUNBOOK))("of %s are understood by the command line", async (_, command) => {
    let called = 0;
    const program = phiward(() => () => {
      called++;
      return Promise.resolve();
    });
    for (const verb of [program, ...program.commands]) verb.exitOverride();
    const [npx, name, ...words] = [...command.replace("{host}", "web").matchAll(/"([^"]*)"|(\S+)/g)].map(
      ([, quoted, plain]) => quoted ?? plain ?? "",
    );
    expect([npx, name]).toEqual(["npx", "phiward"]);
    await program.parseAsync(words, { from: "user" });
    expect(called).toBe(1);
  });
});

describe("the figures", () => {
  it("name alerts that there are, and metrics that are published", () => {
    const ids = alertMatrix(CONFIG.monitoring).map(({ id }) => id);
    for (const { name, alerts, query } of FIGURES) {
      expect(ids, name).toEqual(expect.arrayContaining([...alerts]));
      expect(namesIn(query).length, name).toBeGreaterThan(0);
    }
  });
});
