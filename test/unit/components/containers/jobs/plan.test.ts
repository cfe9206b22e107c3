import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import { jobs } from "../../../../../components/containers/jobs/concern";
import { jobsPlan } from "../../../../../components/containers/jobs/plan";
import { jobsSettings } from "../../../../../components/containers/jobs/settings";
import { containersModel, stackModel } from "../../../../../components/containers/model";
import { logSource } from "../../../../../ops/commands/logs";
import { changed, faultsOf, complete as withoutJobs } from "../../examples";
import { expectGolden, textOf } from "../../golden";

const JOB = { name: "report", service: "notes-api", command: ["/app/report", "--week"], every: "week", time: "21:10", timeoutSeconds: 900 };
const complete = (): Record<string, unknown> => ({ ...withoutJobs(), jobs: [JOB] });
const CONFIG = parseConfig(complete());
const planOf = (changes: Record<string, unknown>) => jobsPlan(jobsSettings(stackModel(parseConfig(changed(complete(), changes)))));

describe("scheduled jobs, and the watch over services", () => {
  it("are as they were last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, jobs, CONFIG);
  });

  it("run at their time: each hour, each day or on Sunday", () => {
    const calendar = (every: string) =>
      /^OnCalendar=(.*)$/m.exec(textOf(planOf({ "jobs.0.every": every }), "/etc/systemd/system/phiward-job-report.timer"))?.[1];
    expect(["hour", "day", "week"].map(calendar)).toEqual(["*-*-* *:10:00 UTC", "*-*-* 21:10:00 UTC", "Sun *-*-* 21:10:00 UTC"]);
  });

  it("are stopped when they are not declared any more, though their files are gone", () => {
    const { sets, files } = planOf({ jobs: [] });
    expect(sets).toMatchObject([{ keep: [], remove: [["systemctl", "stop", "{}"]] }]);
    expect(files.map(({ path }) => path).filter((path) => path.includes("phiward-job-"))).toEqual([]);
    expect(new RegExp(sets[0]?.pattern ?? "").exec("phiward-job-old.timer loaded active waiting Run")?.[1]).toBe("phiward-job-old.timer");
  });

  it("have no timer where they run at the lock of a person, and are no job that runs by the clock", () => {
    const plan = planOf({ "jobs.0.every": "lock" });
    expect(plan.files.map(({ path }) => path).filter((path) => path.includes("phiward-job-"))).toEqual([]);
    const settings = JSON.parse(textOf(plan, "/etc/phiward/jobs.json")) as object;
    expect(settings).toMatchObject({ jobs: {}, atLock: { report: { service: "notes-api", seconds: 900 } } });
    expect(faultsOf(changed(complete(), { "jobs.0.every": "lock", "updates.reboot": "automatic" }))).toEqual([]);
  });

  it("look at every container that is declared, under the name that its service has now", () => {
    const { databases, services } = containersModel(CONFIG);
    expect(jobsSettings(stackModel(CONFIG)).watched).toEqual(
      [...databases, ...services].map(({ called, name }) => ({ called, container: name })),
    );
    const renamed = { "services.2.formerly": ["old-notes"] };
    const { jobs: declared } = JSON.parse(textOf(planOf(renamed), "/etc/phiward/jobs.json")) as { jobs: { report: { service: string } } };
    expect(declared.report.service).toBe("old-notes");
    const config = parseConfig(changed(complete(), renamed));
    expect(logSource(config, "report")).toEqual({ kind: "file", name: "/var/lib/phiward/services/old-notes/runs/job-report.log" });
  });

  it("are refused where they are of no service, have a name that logs have, or leave no time for a restart", () => {
    const job = { name: "report", service: "notes-api", command: ["/app/report"], every: "hour", time: "00:45" };
    expect(faultsOf(changed(complete(), { jobs: [{ ...job, service: "db" }] }))).toEqual([
      "jobs.0.service: found text of 2 characters, allowed: the name of a service of kind container",
    ]);
    expect(faultsOf(changed(complete(), { jobs: [{ ...job, name: "nginx" }] })).join()).toContain("jobs.0.name: found");
    expect(faultsOf(changed(complete(), { jobs: [job, job] })).join()).toContain("must be unique; already used by jobs.0.name");
    // Hourly backups at :15 and a job at :45 leave no forty minutes of any hour.
    expect(faultsOf(changed(complete(), { jobs: [job] }))).toEqual([]);
    expect(faultsOf(changed(complete(), { jobs: [job], "updates.reboot": "automatic" }))).toEqual([
      expect.stringMatching(
        /^jobs: found a list of 1, allowed: jobs that leave a host forty minutes a day in which to restart itself, or updates/,
      ),
    ]);
  });
});
