/** How a test file comes to hosts of its own, and to what it makes of them. */
import { afterAll, beforeAll, type TestContext } from "vitest";
import { SandboxUnavailable } from "../../sandbox/machines/errors";
import type { Sandbox } from "../../sandbox/machines/inventory";
import { createSandbox, destroySandbox } from "../../sandbox/machines/sandbox";
import { sandboxId } from "./runDirectory";

/** What is made of hosts, and how. */
export interface HostsOptions<Made> {
  /** The hosts by their names, or how they are made for a sandbox of that id. */
  readonly hosts: readonly string[] | ((id: string) => Promise<Sandbox>);
  readonly make: (sandbox: Sandbox) => Made | Promise<Made>;
  /** Before the first test. */
  readonly begin?: (made: Made) => Promise<unknown>;
  /** After the last test, also where one failed, before the hosts are removed. */
  readonly end?: (made: Made) => unknown;
}

/**
 * Gives each test of a file what was made of its hosts, which are removed afterwards, also when tests fail. Where this machine cannot
 * run hosts every test is skipped, with the reason. `name` is a part of the sandbox's id.
 */
export function useHosts<Made extends object>(
  name: string,
  { hosts, make, begin, end }: HostsOptions<Made>,
): (context: TestContext) => Made {
  const id = sandboxId(name);
  let made: Made | undefined;
  let reason = "the hosts could not be made";
  beforeAll(async () => {
    try {
      made = await make(typeof hosts === "function" ? await hosts(id) : await plain(id, hosts));
    } catch (error) {
      if (!(error instanceof SandboxUnavailable)) throw error;
      reason = error.message;
      return;
    }
    await begin?.(made);
  });
  afterAll(async () => {
    try {
      if (made !== undefined) await end?.(made);
    } finally {
      await destroySandbox(id);
    }
  });
  return (context) => made ?? context.skip(reason);
}

function plain(id: string, hosts: readonly string[]): Promise<Sandbox> {
  return createSandbox({ id, hosts, outsiders: 0, progress: () => undefined });
}
