/** The sandbox's stack: the committed Pulumi.sandbox.yaml with the addresses, keys and networks of the sandbox at hand. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { sandboxStackFile } from "../ops/context";
import type { Sandbox } from "./hosts/inventory";

/** Writes the sandbox's configuration file and returns its path. The owner's recovery key is, in a sandbox, the admin's own. */
export function writeStackFile(sandbox: Sandbox): string {
  const document = parseDocument(readFileSync(join(__dirname, "../Pulumi.sandbox.yaml"), "utf8"));
  const publicKey = readFileSync(`${sandbox.keyFile}.pub`, "utf8").split(" ").slice(0, 2).join(" ").trim();
  const hosts = sandbox.hosts.map(({ name, address, hostKey }) => ({ kind: "existing", name, address, hostKey }));
  document.setIn(["config", "phiward:hosts"], document.createNode(hosts));
  document.setIn(["config", "phiward:adminNetworks"], document.createNode([`${sandbox.adminAddress}/32`, `${sandbox.adminAddress6}/128`]));
  document.setIn(["config", "phiward:people", 0, "keys"], document.createNode([publicKey]));
  document.setIn(["config", "phiward:recovery", "publicKey"], publicKey);
  const path = sandboxStackFile(sandbox);
  writeFileSync(path, String(document), { mode: 0o600 });
  return path;
}
