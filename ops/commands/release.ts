/** `make release`: lets a host go. It stays as it is, hardened, with its accounts, rules, containers, data and jobs; what goes is phiward's hold on it. */
import { z } from "zod";
import { ask } from "../lib/agent";
import { stackContext } from "../lib/context";
import { namedHost, placedHosts, stackOutputs } from "../lib/hosts";
import { deployTarget } from "../lib/ssh";
import { isMain, OperatorError, operate, readStack, setting } from "../lib/stack";

const releaseAnswer = z.object({ gone: z.array(z.string()) });

if (isMain(__filename))
  operate(async () => {
    const stack = setting("STACK") ?? "prod";
    const context = stackContext(stack);
    const config = readStack(context.file);
    const host = namedHost(config, placedHosts(config, stackOutputs(config, stack)), ["application", "vault"]);
    if (setting("CONFIRM") !== host.name)
      throw new OperatorError(
        `CONFIRM: found ${setting("CONFIRM") === undefined ? "nothing" : "another name"}, allowed: ${host.name}, so that no host is let go by mistake. It stays as it is, and nothing repairs it from then on`,
        2,
      );
    const { gone } = await ask(deployTarget(host), { mode: "release" }, releaseAnswer, context.patience);
    process.stdout.write(
      [
        `${host.name}: let go; removed: ${gone.join(", ") || "nothing, it was let go before"}`,
        "It keeps its accounts, rules, containers, data, secrets, backups and their timers. make up takes it back.",
        `To have Pulumi forget it, take it out of ${context.file} and run pulumi up; protected volumes stop that until pulumi state unprotect.`,
        "",
      ].join("\n"),
    );
    return 0;
  });
