/** `make sandbox`: from nothing to hardened, verified, running Debian servers on this machine, with an API that keeps notes. */
import { anyFailed, resultTable } from "../ops/commands/verify";
import { operate } from "../ops/lib/operate";
import { print } from "../ops/lib/terminal";
import { alertsFile, ensureReceiver } from "./alerts";
import { bringUp } from "./bringUp";
import { notesSite } from "./journey";
import type { Sandbox } from "./machines/inventory";
import { logIn, noteReaders, readNote, writeNote } from "./notes";
import { recoveryKeyFile } from "./recoveryKey";
import { SANDBOX_EXAMPLE } from "./stackFile";

operate(async () => {
  const start = performance.now();
  const say = (line: string): void => {
    print(`${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  };
  const { sandbox, results } = await bringUp(SANDBOX_EXAMPLE, say, ensureReceiver);
  say(await keepNote(sandbox));
  print(`\n${resultTable(results)}\n\n${advice(sandbox)}`);
  return anyFailed(results) ? 1 : 0;
});

async function keepNote(sandbox: Sandbox): Promise<string> {
  const { site, password } = await notesSite(sandbox);
  const session = await logIn(site, "admin", password);
  const text = `a note of ${new Date().toISOString()}`;
  const id = await writeNote(site, session, "patient 1", text);
  if ((await readNote(site, session, id)) !== text) throw new Error(`note ${id}: read another text than was written`);
  const readers = await noteReaders(site, session, id);
  if (readers.join() !== "admin")
    throw new Error(`note ${id}: its record of accesses has ${readers.join() || "nobody"}, allowed: admin, once`);
  return `a clinical note was written and read over TLS 1.3 (id ${id}); the database keeps it encrypted, and has on record who read it`;
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
    `  ${sandbox}npx phiward report phi-access --stack sandbox --as alice   who read which note`,
    `  ${sandbox}npx phiward backup --stack sandbox --host web   a backup now, on the host and on its vault`,
    `  ${sandbox}npx phiward restore --stack sandbox --host web --what database:api --why "a drill"`,
    `  tail ${alertsFile({ dir })}   what whoever is on call would have got`,
    `  cat ${dir}/outputs.json   the stack's outputs; what is escrowed in them opens with ${recoveryKeyFile({ dir })}`,
    `  ${sandbox}make sandbox-down                    leave nothing behind`,
  ].join("\n");
}
