/** The keys of a new stack: the owner's recovery key, and the SSH host key that a droplet starts with. Their private halves stay with the owner. */
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { OperatorError } from "../errors";
import { writeNewFile } from "../newFile";
import { answerOf } from "../process";

/** What is allowed as the place of a private key. */
export const KEY_PLACE =
  "the path of a file that is not there yet, in a directory that is, outside of every repository and of this project";

/** Why a private key may not be put there; undefined where it may. */
export function keyPlaceFault(path: string): string | undefined {
  if (path === "" || path.includes("\n")) return KEY_PLACE;
  const file = resolve(path);
  if (existsSync(file) || !existsSync(dirname(file))) return KEY_PLACE;
  const home = realpathSync(dirname(file));
  // What lies in a repository, or beside the stack's file, is one `git add` away from everyone who reads that.
  return isWithinRepository(home) || isWithin(home, realpathSync(process.cwd())) ? KEY_PLACE : undefined;
}

function isWithin(directory: string, other: string): boolean {
  return `${directory}/`.startsWith(`${other}/`);
}

function isWithinRepository(directory: string): boolean {
  return existsSync(join(directory, ".git")) || (dirname(directory) !== directory && isWithinRepository(dirname(directory)));
}

/** Makes the recovery key, writes its private half as age-keygen(1) does, and returns its public half. */
export async function newRecoveryKey(path: string): Promise<string> {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  writeNewFile("--recovery-key", path, `# public key: ${recipient}\n${identity}\n`, 0o600);
  return recipient;
}

/** Makes the SSH host key that a droplet starts with, writes its private half, and returns its public half without a comment. */
export async function newFirstHostKey(path: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "phiward-init-"));
  try {
    const key = join(directory, "key");
    const { code, stderr } = await answerOf(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key]);
    if (code !== 0) throw new OperatorError(`--first-host-key: ssh-keygen failed: ${stderr.trim()}`, 2);
    writeNewFile("--first-host-key", path, readFileSync(key, "utf8"), 0o600);
    return readFileSync(`${key}.pub`, "utf8").trim();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
