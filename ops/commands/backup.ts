/** `make backup`: backs a host up now, and says how recent its last good jobs are. */
import { z } from "zod";
import { BACKUP } from "../../components/backup/backup/jobs";
import { programCommand } from "../../components/plan/programs";
import { stackContext } from "../lib/context";
import { namedHost, placedHosts, stackOutputs } from "../lib/hosts";
import { deployTarget, overSsh } from "../lib/ssh";
import { isMain, OperatorError, operate, readStack, setting } from "../lib/stack";

const RUN_COMMAND = "sudo -n /usr/bin/systemctl start phiward-backup.service";
const REASON_COMMAND = "sudo -n /usr/bin/journalctl --unit=phiward-backup.service --identifier=python3 --lines=1 --output=cat --no-pager";
const STATUS_COMMAND = `sudo -n ${programCommand(BACKUP, "status").join(" ")}`;

const statusAnswer = z.object({ host: z.string(), status: z.record(z.string(), z.record(z.string(), z.looseObject({ at: z.string() }))) });

/** One line for each repository and job: when it last went well. */
export function statusText({ host, status }: z.infer<typeof statusAnswer>): string {
  return Object.entries(status)
    .flatMap(([repository, jobs]) => Object.entries(jobs).map(([job, { at }]) => `${host} ${repository.padEnd(8)} ${job.padEnd(13)} ${at}`))
    .join("\n");
}

if (isMain(__filename))
  operate(async () => {
    const stack = setting("STACK") ?? "prod";
    const context = stackContext(stack);
    const config = readStack(context.file);
    const host = namedHost(config, placedHosts(config, stackOutputs(config, stack)), ["application"]);
    const ask = (command: string) => overSsh(deployTarget(host), command, "", context.patience);
    const run = await ask(RUN_COMMAND);
    if (run.code !== 0) throw new OperatorError(`${host.name}: ${(await ask(REASON_COMMAND)).stdout.trim() || run.stderr.trim()}`, 1);
    const answer = statusAnswer.parse(JSON.parse((await ask(STATUS_COMMAND)).stdout));
    process.stdout.write(setting("FORMAT") === "json" ? `${JSON.stringify(answer)}\n` : `${statusText(answer)}\n`);
    return 0;
  });
