/** `phiward acknowledge`: someone has taken an alert on, so that it goes to no second contact; it is on record at the vault. */
import { report, resolvedStack } from "../lib/command";
import { personOf } from "../lib/person";
import { type SilenceTerms, silenceOf, silenceOn, watchingHost } from "./silence";

/** `phiward acknowledge ALERT --why …`. The alert, and that nobody acknowledged it, are sent again when the time is over. */
export async function acknowledgeCommand(alert: string, options: SilenceTerms): Promise<number> {
  const stack = resolvedStack(options);
  const silence = silenceOf(stack.config, { ...options, alert }, true);
  const person = personOf(stack.config, options.as, "sudo");
  const id = await silenceOn(watchingHost(stack), person, silence, stack.context.patience);
  const words = `${alert} of ${options.host ?? "all hosts"}: acknowledged by ${person}, and sent again where it lasts longer than ${options.for}`;
  report(options.json, { id, ...silence, who: person }, words);
  return 0;
}
