/** The project of a stack that lives on this machine, made ready for the Pulumi CLI. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LocalStack } from "./context";

/**
 * Gives the project the stack's `file` as it is now, and this process the variables that Pulumi finds the stack by. Pulumi keeps the salt of
 * the stack's secrets in its file: it stays when the file is written again.
 */
export function readyProject({ project, backend, passphrase }: NonNullable<LocalStack["pulumi"]>, stack: string, file: string): void {
  const own = join(project, `Pulumi.${stack}.yaml`);
  const salt = existsSync(own) ? (/^encryptionsalt: .*\n/m.exec(readFileSync(own, "utf8"))?.[0] ?? "") : "";
  writeFileSync(own, `${readFileSync(file, "utf8").trimEnd()}\n${salt}`, { mode: 0o600 });
  Object.assign(process.env, { PULUMI_BACKEND_URL: backend, PULUMI_CONFIG_PASSPHRASE: passphrase });
}
