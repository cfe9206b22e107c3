/** The recovery key of a sandbox's owner: an age key beside the sandbox, made once. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import type { Sandbox } from "./machines/inventory";

/** File of the sandbox's recovery key, as age-keygen(1) writes it. */
export function recoveryKeyFile({ dir }: Pick<Sandbox, "dir">): string {
  return join(dir, "recovery-key");
}

/** Makes the sandbox's recovery key where it has none, and returns its public half: `age1…`. */
export async function ensureRecoveryKey(sandbox: Pick<Sandbox, "dir">): Promise<string> {
  const file = recoveryKeyFile(sandbox);
  if (!existsSync(file)) writeFileSync(file, `${await generateX25519Identity()}\n`, { mode: 0o600 });
  return identityToRecipient(readFileSync(file, "utf8").trim());
}
