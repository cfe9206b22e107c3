/** What an export asks of hosts: the whole record of a time, the state of backups, and who has access. */
import { hostDuties } from "../../../components/config/duties";
import { BACKUP_STATUS_COMMAND, backupStatus } from "../../commands/backup";
import type { Answer, Question } from "../audit/acts";
import type { ResolvedStack } from "../command";
import { OperatorError } from "../errors";
import type { HostAddress } from "../hosts";
import { personTarget } from "../person";
import { overSsh } from "../ssh";
import { hostJson } from "../terminal";
import { accessCommands, type FoundAccess, foundAccess } from "./access";

/** What one host said, or why nothing is known of it. */
export type Said<Kind> = { readonly host: string; readonly said: Kind } | { readonly host: string; readonly unanswered: string };

/** The state of a host's backups: of each repository and job when it last succeeded, with what is known of it. */
export type BackupState = ReturnType<typeof backupStatus.parse>;

/**
 * All acts of a time, in order: a question that has more than a vault answers at once is asked again for each half of its time. Throws
 * OperatorError where one second alone has more.
 */
export async function allActs(question: Question, ask: (part: Question) => Promise<Answer>): Promise<Answer> {
  const answer = await ask(question);
  if (!answer.more) return answer;
  const [from, to] = [question.from.getTime(), question.to.getTime()];
  const half = new Date(from + Math.floor((to - from) / 2000) * 1000);
  if (half.getTime() === from)
    throw new OperatorError(`the record has more acts in the second ${question.from.toISOString()} than are answered at once`, 1);
  const first = await allActs({ ...question, to: half }, ask);
  const second = await allActs({ ...question, from: half }, ask);
  return { acts: [...first.acts, ...second.acts], more: false, hosts: { ...first.hosts, ...second.hosts } };
}

/** Asks each host that backs up for the state of its backups. */
export function backupStates(stack: ResolvedStack, person: string, hosts: readonly HostAddress[]): Promise<readonly Said<BackupState>[]> {
  const those = hosts.filter(({ name }) => hostDuties(stack.config, name).backup);
  return Promise.all(
    those.map((host) =>
      // A renamed host calls itself by the name that its backups keep.
      answered(host, async () => ({
        ...hostJson(await output(stack, host, person, BACKUP_STATUS_COMMAND), backupStatus),
        host: host.name,
      })),
    ),
  );
}

/** Asks each host who has access. */
export function accessOnHosts(stack: ResolvedStack, person: string, hosts: readonly HostAddress[]): Promise<readonly Said<FoundAccess>[]> {
  return Promise.all(
    hosts.map((host) =>
      answered(host, async () => {
        const answers = new Map<string, string>();
        for (const [what, command] of accessCommands(stack.config, hostDuties(stack.config, host.name)))
          answers.set(what, await output(stack, host, person, command));
        return foundAccess(host.name, answers);
      }),
    ),
  );
}

async function answered<Kind>(host: HostAddress, ask: () => Promise<Kind>): Promise<Said<Kind>> {
  try {
    return { host: host.name, said: await ask() };
  } catch (error) {
    if (error instanceof OperatorError) return { host: host.name, unanswered: error.message };
    throw error;
  }
}

async function output({ context }: ResolvedStack, host: HostAddress, person: string, command: string): Promise<string> {
  const { code, stdout, stderr } = await overSsh(personTarget(host, person), command, "", context.patience);
  if (code !== 0) throw new OperatorError(stderr.trim() || `a command ended with exit code ${String(code)}`, 2);
  return stdout;
}
