/** `phiward accept`: writes into the stack's file that something on a host, which nobody declared, may stay for a time. */
import { acceptIn, requireTerms, type Terms } from "../lib/acceptedDrift";
import { hostOf, resolvedStack, type StackOptions } from "../lib/command";
import { askDrift, type DriftFinding } from "../lib/drift";
import { OperatorError } from "../lib/errors";
import { personOf } from "../lib/person";
import { withProgress } from "../lib/progress";
import { print } from "../lib/terminal";

/** Options of `phiward accept`. */
export interface AcceptOptions extends StackOptions, Terms {
  readonly as?: string;
}

/** `phiward accept HOST PATH`. The host accepts it from the next deploy on. */
export async function acceptCommand(name: string, path: string, options: AcceptOptions): Promise<number> {
  requireTerms(options);
  const stack = resolvedStack(options);
  const person = personOf(stack.config, options.as, "sudo");
  const host = hostOf(stack, name, ["application", "vault"]);
  const { found } = await withProgress("looking for what nobody declared", () => askDrift(host, person, stack.context.patience));
  const findings = acceptable(found, path);
  acceptIn(stack.context.file, host.name, findings, options);
  for (const { kind } of findings) print(`${stack.context.file}: accepted on ${host.name} until ${options.expires}: ${kind}: ${path}`);
  print(`next: npx phiward policy --stack ${options.stack}, then npx phiward up --stack ${options.stack}`);
  return 0;
}

/** All that was found at a path. Throws OperatorError where there is nothing, or something that must not stay. */
export function acceptable(found: readonly DriftFinding[], path: string): readonly DriftFinding[] {
  const here = found.filter((finding) => finding.path === path);
  if (here.length === 0) throw new OperatorError("PATH: found nothing of that path or name, allowed: one that npx phiward drift lists", 2);
  const never = here.find((finding) => !finding.acceptable);
  if (never !== undefined)
    throw new OperatorError(
      `PATH: found what cannot be accepted (${never.kind}), allowed: ${never.remedy.by === "up" ? "npx phiward up, which repairs it" : "what makes nobody root; remove it from the host"}`,
      1,
    );
  return here;
}
