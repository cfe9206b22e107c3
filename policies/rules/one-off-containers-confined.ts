import type { Finding, Rule } from "../engine/rule";
import { oneOffRequest } from "../readers/containerRequest";
import { optionalItems } from "../readers/containers";
import { demandJson, each, whole } from "../readers/expectedJson";
import { looksSecret, secretArgument, secretAssignment } from "../readers/secretTexts";
import type { Value } from "../readers/value";

const INITIALIZE = "/etc/phiward/initialize.json";
const JOBS = "/etc/phiward/jobs.json";

/** An init step, or a job, gets the service's data and secrets: nothing of what confines the service may be missing where it runs. */
export const oneOffContainersConfined: Rule = {
  id: "one-off-containers-confined",
  description:
    "An init step, and a job, runs as its service does: image, user, networks, mounts and limits are the same, no port is published, and what it says goes to no journal.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["CTR-03", "CTR-07", "CTR-14", "CTR-16"],
  remedy:
    "let the concerns accounts and jobs write these; what they run is set in the configuration, under `initialize` of the service and under `jobs`",
  appliesTo: ["phiward:host:Accounts", "phiward:host:Jobs"],
  judge(unit, report) {
    const settings = unit.at("settings");
    const name = unit.at("rendered").at("unit").text();
    if (name === undefined) return;
    if (name === "jobs") {
      judgeJobs(unit, report);
      return;
    }
    const containers = optionalItems(settings, "initialized");
    if (containers === undefined || containers.length === 0) return;
    for (const container of containers) judgeCommand(container.at("initialize").at("command"), report);
    const entries = each(settings.at("initialized"), initialization);
    demandJson(unit, INITIALIZE, entries === undefined ? undefined : Object.fromEntries(entries), report);
  },
};

function judgeJobs(unit: Value, report: (finding: Finding) => void): void {
  const settings = unit.at("settings");
  const isAtLock = settings.has("atLock");
  for (const job of [...(settings.at("jobs").items() ?? []), ...(optionalItems(settings, "atLock") ?? [])])
    judgeCommand(job.at("command"), report);
  const entries = each(settings.at("jobs"), jobEntry);
  const locks = isAtLock ? each(settings.at("atLock"), jobEntry) : [];
  const watched = each(settings.at("watched"), (entry) =>
    whole({ called: entry.at("called").text(), container: entry.at("container").text() }),
  );
  demandJson(
    unit,
    JOBS,
    entries === undefined || locks === undefined || watched === undefined
      ? undefined
      : { jobs: Object.fromEntries(entries), ...(isAtLock ? { atLock: Object.fromEntries(locks) } : {}), watched },
    report,
  );
}

function jobEntry(job: Value): readonly [string, object] | undefined {
  const container = job.at("container");
  const [name, seconds] = [job.at("name").text(), job.at("timeoutSeconds").number()];
  const expected = whole({
    service: container.at("service").text(),
    request: oneOffRequest(container, job.at("command").texts(), "phiward.job"),
    seconds,
  });
  return name === undefined || expected === undefined ? undefined : [name, expected];
}

function initialization(container: Value): readonly [string, object] | undefined {
  const step = container.at("initialize");
  const name = container.at("service").text();
  const order = container.at("updateOrder").text();
  const expected = whole({
    called: container.at("called").text(),
    definition: container.at("definition").text(),
    request: oneOffRequest(container, step.at("command").texts(), "phiward.initialize"),
    seconds: step.at("timeoutSeconds").number(),
    backup: step.at("backup").flag(),
    stopFirst: order === undefined ? undefined : order === "stop-first",
  });
  return name === undefined || expected === undefined ? undefined : [name, expected];
}

// Whoever may look at a list of processes reads it.
function judgeCommand(command: Value, report: (finding: Finding) => void): void {
  const words = command.texts();
  const isSecret =
    words?.some((word) => looksSecret(word) !== undefined || secretAssignment(word) !== undefined) === true ||
    (words !== undefined && secretArgument(words) !== undefined);
  if (isSecret)
    report({ at: command.path, found: "what is called or looks like a secret", allowed: "the path of a file under /run/secrets" });
}
