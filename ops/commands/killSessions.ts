/** `phiward kill-sessions [PERSON]`: ends what people have open on the hosts, but for the session that asks. */
import { requireWord } from "../lib/confirm";
import { type EverywhereOptions, everywhere } from "../lib/containment/everywhere";
import { OperatorError } from "../lib/errors";

/** `phiward kill-sessions [PERSON]`. */
export async function killSessionsCommand(name: string | undefined, options: EverywhereOptions): Promise<number> {
  const whose = name ?? "everybody";
  await requireWord({ what: `All sessions of ${whose} end, but your own that asks.`, word: whose, yes: options.yes });
  return everywhere(options, ({ config }) => {
    const names = config.people.map((person) => person.name);
    if (name !== undefined && !names.includes(name))
      throw new OperatorError(`PERSON: found ${name}, allowed: ${names.join(", ")}, or nobody for all of them`, 2);
    return { verb: "kill-sessions", what: name ?? "", words: `sessions of ${whose} have ended` };
  });
}
