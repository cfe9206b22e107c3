/** The sandbox's whole stack, deployed by `make sandbox` for the tests of a file. */
import { afterAll, beforeAll, type TestContext } from "vitest";
import { openSandbox, type Sandbox, type SandboxHost } from "../../sandbox/machines/inventory";
import { sandboxObstacle } from "../../sandbox/machines/machine";
import { createSandbox, destroySandbox } from "../../sandbox/machines/sandbox";
import { HOSTS } from "../../sandbox/stackFile";
import { type Answer, command } from "./deployCommands";
import { sandboxId } from "./runDirectory";

/** A deployed stack in a test. */
export interface Stack {
  readonly sandbox: Sandbox;
  readonly web: SandboxHost;
  readonly store: SandboxHost;
  /** How the first `make sandbox` ended. */
  readonly first: Answer;
}

/** Makes the stack before the tests of a file, and removes it afterwards, also when they fail. */
export function useStack(): (context: TestContext) => Stack {
  const id = sandboxId("stack");
  const unavailable = sandboxObstacle();
  let first: Answer = { code: 1, output: "" };
  beforeAll(async () => {
    if (unavailable !== undefined) return;
    // By this the commands know their sandbox.
    process.env["SANDBOX"] = id;
    await createSandbox({ id, hosts: HOSTS, outsiders: 3, progress: () => undefined });
    first = await command(["make", "sandbox"]);
  });
  afterAll(() => destroySandbox(id));
  return (context) => {
    if (unavailable !== undefined) context.skip(unavailable);
    const sandbox = openSandbox(id);
    const [web, store] = sandbox?.hosts ?? [];
    if (sandbox === undefined || web === undefined || store === undefined) throw new Error(`no sandbox: ${first.output}`);
    return { sandbox, web, store, first };
  };
}
