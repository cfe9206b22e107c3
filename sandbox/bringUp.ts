/** From an example's stack file to hardened, verified servers on this machine that run it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { adopt } from "../ops/commands/adopt";
import { verifyStack } from "../ops/commands/verify";
import { SANDBOX_STACK, sandboxId, stackContext } from "../ops/lib/context";
import { hostAddresses } from "../ops/lib/hosts";
import { sendImages } from "../ops/lib/images";
import { readStack } from "../ops/lib/stack";
import type { HostResults } from "../ops/lib/waivedChecks";
import { deploy } from "./deploy";
import { ensureImages } from "./images/images";
import { openSandbox, type Sandbox } from "./machines/inventory";
import { ensurePackages } from "./machines/packages";
import { createSandbox } from "./machines/sandbox";
import { HOSTS, type StackExample, writeStackFile } from "./stackFile";

// What a fresh server has that no declared set allows: the key by which root was reached until now.
const FRESH_SERVER_REMOVALS = ["/root/.ssh/authorized_keys"];

/** Makes the servers where there are none, deploys the example to them, and verifies them from inside and from outside. */
export async function bringUp(
  example: StackExample,
  say: (line: string) => void,
  /** What is to be there before anything is deployed. */
  begin: (sandbox: Sandbox) => Promise<void> = () => Promise.resolve(),
): Promise<{ readonly sandbox: Sandbox; readonly results: readonly HostResults[] }> {
  const id = sandboxId();
  await ensurePackages(say);
  const [images, sandbox] = await bothDone(
    ensureImages(say, undefined, example.recipes),
    openSandbox(id) ?? createSandbox({ id, hosts: HOSTS, outsiders: 3, progress: say }),
  );
  await begin(sandbox);
  await writeStackFile(sandbox, images, example);
  const context = stackContext(SANDBOX_STACK);
  const config = readStack(context.file, { stack: SANDBOX_STACK, secrets: context.secrets });
  const archives = images.map(({ archive }) => archive);
  await Promise.all(
    config.hosts.map(async (host) => {
      say(`${host.name}: ${await adopt(config, host, { identity: sandbox.keyFile, remove: FRESH_SERVER_REMOVALS, say })}`);
      if (host.role === "application") await sendImages(host, archives, context.patience, say);
    }),
  );

  const { outputs, inside } = await deploy(sandbox, context, say);
  writeFileSync(join(sandbox.dir, "outputs.json"), `${JSON.stringify(outputs, undefined, 2)}\n`, { mode: 0o600 });

  const results = await verifyStack(config, context, hostAddresses(config), inside);
  say("verified, from inside and from outside");
  return { sandbox, results };
}

/** Both results, or the first one's fault, once neither is being worked on any more. */
async function bothDone<A, B>(first: Promise<A>, second: B | Promise<B>): Promise<readonly [A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}
