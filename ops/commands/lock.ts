/** `phiward lock PERSON` and `phiward unlock PERSON`: keys and sudo are refused, all that is open ends, until it is undone. */

import type { ResolvedStack } from "../lib/command";
import { requireWord } from "../lib/confirm";
import { type EverywhereOptions, everywhere } from "../lib/containment/everywhere";
import { OperatorError } from "../lib/errors";
import { warn } from "../lib/terminal";

/** `phiward lock PERSON`. */
export async function lockCommand(name: string, options: EverywhereOptions): Promise<number> {
  await requireWord({ what: `${name}: keys and sudo are refused, and all that is open ends.`, word: name, yes: options.yes });
  return everywhere(options, (stack, person) => {
    requirePerson(stack, name);
    if (name === person) throw new OperatorError("PERSON: found yourself, allowed: another person; a colleague locks you", 2);
    if (!stack.config.people.some((other) => other.sudo && other.name !== name))
      throw new OperatorError(`PERSON: found ${name}, the last one with sudo, allowed: another person; nobody could undo it`, 1);
    if (!stack.config.jobs.some(({ every }) => every === "lock"))
      warn("the tokens of applications are theirs to end: no service of the stack declares how (phiward:jobs, every: lock)");
    return { verb: "lock", what: name, words: `${name} is locked` };
  });
}

/** `phiward unlock PERSON`. */
export function unlockCommand(name: string, options: EverywhereOptions): Promise<number> {
  return everywhere(options, () => ({ verb: "unlock", what: name, words: `${name} is not locked` }));
}

function requirePerson({ config }: ResolvedStack, name: string): void {
  const names = config.people.map((person) => person.name);
  if (!names.includes(name)) throw new OperatorError(`PERSON: found ${name}, allowed: ${names.join(", ")}`, 2);
}
