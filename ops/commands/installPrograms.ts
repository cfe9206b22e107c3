/** `phiward install-programs`: what Pulumi runs at the operator's machine, in a deploy, for each host. No verb for people. */
import { EARLY_PACKAGES } from "../../components/plan/earlyPackages";
import { programsVersion } from "../../components/plan/programs";
import { OperatorError } from "../lib/errors";
import { installPrograms } from "../lib/installPrograms";
import { print } from "../lib/terminal";

/**
 * Brings a host the programs, by its place in the environment, which is what Pulumi's state has of it (components/pulumi/agentCommand.ts).
 * The key is that of the SSH agent. Throws OperatorError where the sources are of another version than the deploy's.
 */
export async function installProgramsCommand(environment: NodeJS.ProcessEnv = process.env): Promise<number> {
  const field = (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === "")
      throw new OperatorError(`${name}: found nothing, allowed: what a deploy sets; run npx phiward up, which runs this`, 2);
    return value;
  };
  if (field("PHIWARD_PROGRAMS") !== programsVersion())
    throw new OperatorError("the host programs changed while the deploy was under way; nothing was sent. Run npx phiward up again", 2);
  const target = {
    address: field("PHIWARD_ADDRESS"),
    port: Number(field("PHIWARD_PORT")),
    user: field("PHIWARD_USER"),
    hostKey: field("PHIWARD_HOST_KEY"),
  };
  await installPrograms(target, environment[EARLY_PACKAGES] ?? "");
  print(programsVersion());
  return 0;
}
