import { describe, expect, it } from "vitest";
import { backupChecks } from "../../../../../components/backup/backup/checks";
import { backup } from "../../../../../components/backup/backup/concern";
import { backupJobs } from "../../../../../components/backup/backup/jobs";
import { backupPlan } from "../../../../../components/backup/backup/plan";
import { backupSettings, limitsOf } from "../../../../../components/backup/backup/settings";
import { parseConfig } from "../../../../../components/config/faults";
import { stackModel } from "../../../../../components/containers/model";
import { changed, complete, ed25519, smallest } from "../../examples";
import { CONFIG, expectGolden, textOf } from "../../golden";

const settings = backupSettings(stackModel(CONFIG), "web");
const plan = backupPlan(settings);

describe("the backups' plan", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, backup);
  });

  it("takes every database, and no volume of a database", () => {
    expect(settings.databases.map(({ service }) => service)).toEqual(
      CONFIG.services.filter(({ kind }) => kind === "postgres").map(({ name }) => name),
    );
    expect(settings.volumes.filter((volume) => volume.endsWith(".data") && !volume.includes("api"))).toEqual([]);
  });

  it("holds no secret: the settings name the password's file alone", () => {
    expect(JSON.parse(textOf(plan, "/etc/phiward/backup.json"))).toMatchObject({ passwordFile: "/var/lib/phiward/secrets/backup.1" });
  });

  it.each([
    ["day", "23:30", "*-*-* 23:30:00 UTC", "*-*-* 01:30:00 UTC"],
    ["hour", "02:15", "*-*-* *:15:00 UTC", "*-*-* 04:15:00 UTC"],
  ])("backs up every %s, and checks two hours after the time of day", (every, time, backup, check) => {
    const config = parseConfig(changed(complete(), { "backup.every": every, "backup.time": time }));
    const calendars = backupJobs(backupSettings(stackModel(config), "web")).map(({ calendar }) => calendar);
    expect(calendars.slice(0, 2)).toEqual([backup, check]);
  });

  it("sends hourly backups to the vault apart, so that no local one waits for it", () => {
    const of = (every: string) => {
      const hourly = backupSettings(stackModel(parseConfig(changed(complete(), { "backup.every": every }))), "web");
      const { offsiteUnit } = JSON.parse(textOf(backupPlan(hourly), "/etc/phiward/backup.json")) as { offsiteUnit: unknown }; // as the plan writes it
      return [
        offsiteUnit,
        backupJobs(hourly)
          .map(({ name }) => name)
          .includes("phiward-backup-offsite"),
      ];
    };
    expect(of("hour")).toEqual(["phiward-backup-offsite.service", true]);
    expect(of("day")).toEqual([null, false]);
  });

  it("cleans up after every job, however it ended", () => {
    for (const { name } of backupJobs(settings))
      expect(textOf(plan, `/etc/systemd/system/${name}.service`)).toContain(
        "\nExecStopPost=/usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz backup clean-up\n",
      );
  });

  it("names the host keys of the hosts that it replaces, whose backups are its own", () => {
    const key = ed25519(7);
    const config = parseConfig(changed(complete(), { "hosts.0.formerHostKeys": [key] }));
    expect(backupSettings(stackModel(config), "web").formerHostKeys).toEqual([key]);
  });

  it("tells of every failed job, and confines every job", () => {
    for (const { name } of backupJobs(settings)) {
      const text = textOf(plan, `/etc/systemd/system/${name}.service`);
      for (const line of ["OnFailure=phiward-alert@%n.service", "ProtectSystem=strict", "NoNewPrivileges=yes", "PrivateTmp=yes"])
        expect(text.split("\n")).toContain(line);
    }
  });

  it("has the first backup made by the first deploy, whose failure leaves the programs in place", () => {
    const step = plan.steps.find(({ id }) => id === "first-backup");
    expect(step?.argv[0]).toBe("-systemctl");
    expect(plan.steps[0]?.id).toBe("read-units");
  });

  it("counts a job as late before two are missing", () => {
    const base = CONFIG.backup;
    if (base === undefined) throw new Error("no backup in the example");
    expect(limitsOf({ ...base, every: "hour", restoreTest: "week" })).toEqual({ backup: 10_800, check: 108_000, "restore-test": 691_200 });
    expect(limitsOf({ ...base, every: "day", restoreTest: "day" })).toEqual({ backup: 108_000, check: 108_000, "restore-test": 108_000 });
  });

  it("asks the host for facts of its own, each by an id of its own", () => {
    const ids = backupChecks(settings).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(["backup-recent", "backup-checked", "backup-restore-tested", "backup-timer-runs"]));
  });

  it("refuses a stack without backups", () => {
    expect(() => backupSettings(stackModel(parseConfig(smallest())), "web")).toThrow(/^backup: found nothing/);
  });
});
