/** The sandbox's whole stack, deployed by `make sandbox` for the tests of a file. */
import { createServer } from "node:http";
import { afterAll, beforeAll, type TestContext } from "vitest";
import { openSandbox, type Sandbox, type SandboxHost } from "../../sandbox/machines/inventory";
import { sandboxObstacle } from "../../sandbox/machines/machine";
import { createSandbox, destroySandbox } from "../../sandbox/machines/sandbox";
import { ALERT_PORT, HOSTS } from "../../sandbox/stackFile";
import { type Answer, command } from "./deployCommands";
import { sandboxId } from "./runDirectory";

/** A deployed stack in a test. */
export interface Stack {
  readonly sandbox: Sandbox;
  readonly web: SandboxHost;
  readonly store: SandboxHost;
  /** A fresh host that is not in the stack: it takes the place of the first when that is lost. */
  readonly spare: SandboxHost;
  /** How the first `make sandbox` ended. */
  readonly first: Answer;
  /** The alerts so far, as they were posted to whoever is on call. */
  readonly alerts: readonly string[];
}

/** Makes the stack before the tests of a file, and removes it afterwards, also when they fail. */
export function useStack(): (context: TestContext) => Stack {
  const id = sandboxId("stack");
  const unavailable = sandboxObstacle();
  const alerts: string[] = [];
  const listener = createServer((request, response) => {
    request.setEncoding("utf8").on("data", (part: string) => alerts.push(part));
    request.on("end", () => response.end());
  });
  let first: Answer = { code: 1, output: "" };
  beforeAll(async () => {
    if (unavailable !== undefined) return;
    // By this the commands know their sandbox.
    process.env["SANDBOX"] = id;
    const { adminAddress } = await createSandbox({ id, hosts: [...HOSTS, "spare"], outsiders: 3, progress: () => undefined });
    listener.listen(ALERT_PORT, adminAddress);
    first = await command(["make", "sandbox"]);
  });
  afterAll(async () => {
    listener.close();
    listener.closeAllConnections();
    await destroySandbox(id);
  });
  return (context) => {
    if (unavailable !== undefined) context.skip(unavailable);
    const sandbox = openSandbox(id);
    const [web, store, spare] = sandbox?.hosts ?? [];
    if (sandbox === undefined || web === undefined || store === undefined || spare === undefined)
      throw new Error(`no sandbox: ${first.output}`);
    return { sandbox, web, store, spare, first, alerts };
  };
}
