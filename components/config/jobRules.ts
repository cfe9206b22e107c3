/** Rules across `jobs`, `services`, `updates` and `backup`. They run on invalid values too. */
import { hasRebootTime } from "./calendar";
import { asText, type Disallowed, each, repeated } from "./paths";
import { member } from "./unknown";

const JOB_EVERY = ["hour", "day", "week"] as const;
const BACKUP_EVERY = ["hour", "day"] as const;
const NOT_OF_A_JOB = ["backup", "docker", "fail2ban", "nginx", "ssh"];

/** What jobs may not be: of a service that is none, twice, or so many that no host could restart itself between them. */
export function jobRules(stack: unknown): readonly Disallowed[] {
  const services = each(stack, ["services", "*"]).filter(({ value }) => member(value, "kind") === "container");
  const names = new Set(services.map(({ value }) => asText(member(value, "name"))));
  const taken = new Set(each(stack, ["services", "*"]).flatMap(({ value }) => asText(member(value, "name")) ?? []));
  return [
    ...repeated(each(stack, ["jobs", "*", "name"]), "must be unique", asText),
    ...each(stack, ["jobs", "*", "name"])
      .filter(({ value }) => taken.has(asText(value) ?? "") || NOT_OF_A_JOB.includes(asText(value) ?? ""))
      .map(({ path }) => ({
        path,
        message: `a name that no service has, other than ${NOT_OF_A_JOB.join(", ")}: logs are asked for by it`,
      })),
    ...each(stack, ["jobs", "*", "service"])
      .filter(({ value }) => typeof value === "string" && !names.has(value))
      .map(({ path }) => ({ path, message: "the name of a service of kind container" })),
    ...(leavesNoTime(stack)
      ? [{ path: ["jobs"], message: "jobs that leave a host forty minutes a day in which to restart itself, or updates.reboot: manual" }]
      : []),
  ];
}

function leavesNoTime(stack: unknown): boolean {
  const isTime = (value: unknown): value is string => typeof value === "string" && /^\d\d:\d\d$/.test(value);
  const jobs = each(stack, ["jobs", "*"]).flatMap(({ value }) => {
    const every = JOB_EVERY.find((one) => one === member(value, "every"));
    const time = member(value, "time") ?? "22:30";
    return isTime(time) && every !== undefined ? [{ every, time }] : [];
  });
  const [backup, updates] = [member(stack, "backup"), member(stack, "updates")];
  const backupTime = member(backup, "time") ?? "01:30";
  const every = BACKUP_EVERY.find((one) => one === member(backup, "every"));
  if (jobs.length === 0 || member(updates, "reboot") === "manual") return false;
  const declared = isTime(backupTime) && every !== undefined ? { time: backupTime, every } : undefined;
  return !hasRebootTime({ backup: declared, jobs });
}
