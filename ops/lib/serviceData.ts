/** Data on the hosts that the configuration no longer uses: a deploy that would leave it is refused, and what is to be erased is, at the end. */
import { hostDuties } from "../../components/config/duties";
import type { StackConfig } from "../../components/config/schema";
import { stackModel } from "../../components/containers/model";
import { dataDeclaredCheck, eraseSteps, type ServiceDataSettings, serviceDataSettings } from "../../components/containers/serviceData";
import { hostPlans } from "../../components/registry";
import { applyAnswer, ask, type CheckResult, verifyAnswer } from "./agent";
import { OperatorError } from "./errors";
import type { HostAddress } from "./hosts";
import { deployTarget, type Patience, type SshTarget } from "./ssh";
import { oneLine } from "./terminal";

/** What a host holds and the configuration does not use, a line each, as the host's program says it. */
export function leftData(results: readonly CheckResult[]): readonly string[] {
  // A host whose programs are of an earlier version does not know the question: the deploy asks it again.
  return results
    .filter(({ status }) => status === "fail")
    .flatMap(({ seen = "" }) => seen.split("\n"))
    .filter((line) => /^the (volume|database) /.test(line))
    .map(oneLine);
}

/** Asks a host what it holds that these settings neither use nor have as removed. Throws OperatorError if it does not answer. */
export async function unusedData(settings: ServiceDataSettings, target: SshTarget, patience: Patience): Promise<readonly string[]> {
  const plans = [{ unit: "docker", checks: [dataDeclaredCheck(settings)] }];
  return leftData((await ask(target, { mode: "verify", plans, generations: {}, strict: false }, verifyAnswer, patience)).results);
}

/**
 * Asks each host that is to run services what it holds of others. Throws OperatorError if something is neither used nor in `removed`.
 * A host that is to have no service any more keeps all of its data, which `say` is told of.
 */
export async function requireDataDeclared(
  config: StackConfig,
  hosts: readonly HostAddress[],
  patience: Patience,
  say: (line: string) => void,
): Promise<void> {
  const settings = serviceDataSettings(stackModel(config));
  const applications = hosts.filter(({ name }) => config.hosts.find((host) => host.name === name)?.role === "application");
  const found = await Promise.all(
    applications.map(async (host) => ({ name: host.name, left: await unusedData(settings, deployTarget(host), patience) })),
  );
  const left = found.filter((host) => host.left.length > 0);
  for (const { name, left: data } of left.filter((host) => !hostDuties(config, host.name).services))
    say(`${name}: stays on the host, without backups: ${data.join("; ")}`);
  const refused = left.filter(({ name }) => hostDuties(config, name).services);
  if (refused.length > 0)
    throw new OperatorError(
      [
        ...refused.map(({ name, left: data }) => `${name}: it has data that the configuration no longer uses: ${data.join("; ")}`),
        "Nothing was changed. A service that was renamed says so, `formerly: [FIRST NAME]` beside the new one; a volume or database gets its former name back: under another it would begin empty. Of one that was taken out, say what becomes of its data: an entry in `removed` as in parentheses above, or of the service alone, with `data: keep`, or with `data: erase` and `confirm: SERVICE`",
      ].join("\n"),
      2,
    );
}

/** Erases, on each host, what could not be erased while Pulumi had a container of it. Throws OperatorError if that fails. */
export async function finishErasing(
  config: StackConfig,
  hosts: readonly HostAddress[],
  patience: Patience,
  say: (line: string) => void,
): Promise<void> {
  if (eraseSteps(serviceDataSettings(stackModel(config))).length === 0) return;
  await Promise.all(
    hosts.map(async (host) => {
      const plan = hostPlans(config, host.name).find(({ unit }) => unit === "retire");
      if (plan === undefined) return;
      const { changed } = await ask(deployTarget(host), { mode: "apply", plan, secrets: {} }, applyAnswer, patience);
      if (changed.length > 0) say(`${host.name}: what was removed is erased`);
    }),
  );
}
