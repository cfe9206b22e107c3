/** `make sandbox`: from nothing to a hardened, verified, running Debian server on this machine. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { adopt } from "../ops/adopt";
import { stackContext } from "../ops/context";
import { operate, readStack, setting } from "../ops/stack";
import { anyFailed, resultTable, verifyStack } from "../ops/verify";
import { deploy } from "./deploy";
import { openSandbox } from "./hosts/inventory";
import { createSandbox } from "./hosts/sandbox";
import { writeStackFile } from "./stackFile";

// What a fresh server has that no declared set allows: the key by which root was reached until now.
const FRESH_SERVER_REMOVALS = ["/root/.ssh/authorized_keys"];

operate(async () => {
  const start = performance.now();
  const say = (line: string): void => {
    process.stdout.write(`${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);
  };
  const id = setting("SANDBOX") ?? "sandbox";
  const sandbox = openSandbox(id) ?? (await createSandbox({ id, hosts: ["web"], outsiders: 3, progress: say }));
  writeStackFile(sandbox);
  const context = stackContext("sandbox");
  const config = readStack(context.file);
  for (const host of config.hosts)
    say(`${host.name}: ${await adopt(config, host, { identity: sandbox.keyFile, remove: FRESH_SERVER_REMOVALS, say })}`);

  const outputs = await deploy(sandbox, context.file, say);
  writeFileSync(join(sandbox.dir, "outputs.json"), `${JSON.stringify(outputs, undefined, 2)}\n`, { mode: 0o600 });

  const results = await verifyStack(config, context);
  say("verified, from inside and from outside");
  const address = sandbox.hosts[0]?.address ?? "";
  process.stdout.write(`\n${resultTable(results)}\n\n${advice(address, sandbox.keyFile, sandbox.dir)}\n`);
  return anyFailed(results) ? 1 : 0;
});

function advice(address: string, key: string, directory: string): string {
  return [
    "The host is up. Try:",
    `  ssh -i ${key} alice@${address}      log in as a declared person`,
    `  ssh -i ${key} root@${address}       refused`,
    "  make verify STACK=sandbox            all checks again",
    "  make sandbox                         apply again: everything unchanged",
    `  cat ${directory}/outputs.json   the stack's outputs, the break-glass password among them, for the recovery key alone`,
    "  make sandbox-down                    leave nothing behind",
  ].join("\n");
}
