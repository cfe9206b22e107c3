/** `make sandbox`: from nothing to hardened, verified, running Debian servers on this machine, with an API that keeps notes. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { adopt } from "../ops/commands/adopt";
import { anyFailed, resultTable, verifyStack } from "../ops/commands/verify";
import { SANDBOX_STACK, sandboxId, stackContext } from "../ops/lib/context";
import { hostAddresses } from "../ops/lib/hosts";
import { sendImages } from "../ops/lib/images";
import { operate } from "../ops/lib/operate";
import { readStack } from "../ops/lib/stack";
import { print } from "../ops/lib/terminal";
import { deploy } from "./deploy";
import { ensureImages } from "./images/images";
import { notesSite } from "./journey";
import { openSandbox, type Sandbox } from "./machines/inventory";
import { ensurePackages } from "./machines/packages";
import { createSandbox } from "./machines/sandbox";
import { logIn, readNote, writeNote } from "./notes";
import { recoveryKeyFile } from "./recoveryKey";
import { HOSTS, writeStackFile } from "./stackFile";

// What a fresh server has that no declared set allows: the key by which root was reached until now.
const FRESH_SERVER_REMOVALS = ["/root/.ssh/authorized_keys"];

operate(async () => {
  const start = performance.now();
  const say = (line: string): void => {
    print(`${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  };
  const id = sandboxId();
  await ensurePackages(say);
  const [images, sandbox] = await bothDone(
    ensureImages(say),
    openSandbox(id) ?? createSandbox({ id, hosts: HOSTS, outsiders: 3, progress: say }),
  );
  await writeStackFile(sandbox, images);
  const context = stackContext(SANDBOX_STACK);
  const config = readStack(context.file);
  const archives = images.map(({ archive }) => archive);
  await Promise.all(
    config.hosts.map(async (host) => {
      say(`${host.name}: ${await adopt(config, host, { identity: sandbox.keyFile, remove: FRESH_SERVER_REMOVALS, say })}`);
      if (host.role === "application") await sendImages(host, archives, context.patience, say);
    }),
  );

  const { outputs, inside } = await deploy(sandbox, context.file, say);
  writeFileSync(join(sandbox.dir, "outputs.json"), `${JSON.stringify(outputs, undefined, 2)}\n`, { mode: 0o600 });

  const results = await verifyStack(config, context, hostAddresses(config), inside);
  say("verified, from inside and from outside");
  say(await keepNote(sandbox));
  print(`\n${resultTable(results)}\n\n${advice(sandbox)}`);
  return anyFailed(results) ? 1 : 0;
});

/** Both results, or the first one's fault, once neither is being worked on any more. */
async function bothDone<A, B>(first: Promise<A>, second: B | Promise<B>): Promise<readonly [A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

async function keepNote(sandbox: Sandbox): Promise<string> {
  const { site, password } = await notesSite(sandbox);
  const session = await logIn(site, "admin", password);
  const text = `a note of ${new Date().toISOString()}`;
  const id = await writeNote(site, session, "patient 1", text);
  if ((await readNote(site, session, id)) !== text) throw new Error(`note ${id}: read another text than was written`);
  return `a clinical note was written and read over TLS 1.3 (id ${id})`;
}

function advice({ hosts, keyFile, dir, id }: Sandbox): string {
  const address = hosts[0]?.address ?? "";
  const sandbox = id === "sandbox" ? "" : `SANDBOX=${id} `;
  return [
    "The hosts are up. Try:",
    `  ssh -i ${keyFile} alice@${address}      log in as a declared person`,
    `  ssh -i ${keyFile} root@${address}       refused`,
    `  curl --insecure --resolve api.sandbox.test:443:${address} https://api.sandbox.test/health`,
    `  ${sandbox}npx phiward verify --stack sandbox   all checks again`,
    `  ${sandbox}npx phiward status --stack sandbox --as alice   concerns, containers and backups on one screen`,
    `  ${sandbox}make sandbox                         apply again: everything unchanged`,
    `  ${sandbox}npx phiward preview --stack sandbox   what a change of ${dir}/Pulumi.sandbox.yaml would do, on Pulumi's engine; up deploys it`,
    `  ${sandbox}npx phiward backup --stack sandbox --host web   a backup now, on the host and on its vault`,
    `  ${sandbox}npx phiward restore --stack sandbox --host web --what database:api --why "a drill"`,
    `  cat ${dir}/outputs.json   the stack's outputs; what is escrowed in them opens with ${recoveryKeyFile({ dir })}`,
    `  ${sandbox}make sandbox-down                    leave nothing behind`,
  ].join("\n");
}
