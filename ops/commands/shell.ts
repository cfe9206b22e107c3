/** `phiward shell`: a login shell on a host, as the person on call. */
import { hostOf, resolvedStack, type StackOptions } from "../lib/command";
import { asPerson, journalled, personOf } from "../lib/person";

/** Options of `phiward shell`. */
export interface ShellOptions extends StackOptions {
  readonly as?: string;
  readonly why?: string;
}

/**
 * `phiward shell HOST`. The login is in the host's journal, as the person's; of who has sudo the reason as well, and what they do
 * under sudo is in /var/log/sudo.log.
 */
export function shellCommand(name: string, options: ShellOptions): Promise<number> {
  const stack = resolvedStack(options);
  const host = hostOf(stack, name, ["application", "vault"]);
  const person = personOf(stack.config, options.as, "login");
  const line = `shell of ${person} on ${host.name}: ${options.why ?? "no reason given"}`;
  const hasSudo = stack.config.people.some(({ name: each, sudo }) => each === person && sudo);
  return asPerson(host, person, `${hasSudo ? `${journalled(line)}; ` : ""}exec "$SHELL" --login`, stack.context.patience);
}
