/** Opens what was encrypted to the owner's recovery key (C2SP age.md). */
import { readFileSync, writeFileSync } from "node:fs";
import { Readable } from "node:stream";
import type { ReadableStream as WebStream } from "node:stream/web";
import { armor, Decrypter } from "age-encryption";
import { OperatorError } from "./errors";
import { answerOf, start } from "./process";

/**
 * Opens `sealed`, an armoured age file, by the private key in `keyFile`: age's own, or an SSH key, for which the program
 * age is used. Returns undefined where it was encrypted to another key. Throws OperatorError if there is no such file, or no key in it.
 */
export async function openSealed(sealed: string, keyFile: string): Promise<string | undefined> {
  const key = readKey(keyFile);
  return key.kind === "ssh" ? openByProgram(sealed, keyFile) : openByIdentities(sealed, key.identities);
}

/** The same for what is no text: writes it to the new file `target`, for its owner alone. Resolves with whether the key opens it. */
export async function openSealedTo(sealed: string, keyFile: string, target: string): Promise<boolean> {
  const key = readKey(keyFile);
  if (key.kind === "ssh") {
    const { code } = await answerOf(["age", "--decrypt", "--identity", keyFile, "--output", target], { stdin: sealed });
    return code === 0;
  }
  const decrypter = new Decrypter();
  for (const identity of key.identities) decrypter.addIdentity(identity);
  let opened: Uint8Array;
  try {
    opened = await decrypter.decrypt(armor.decode(sealed), "uint8array");
  } catch {
    return false;
  }
  writeFileSync(target, opened, { mode: 0o600, flag: "wx" });
  return true;
}

/**
 * The same for what is too large for a memory: what comes in is given out again, decrypted, as it comes. Rejects with OperatorError where
 * the key does not open it, and with another error where it is damaged or cut off.
 */
export async function openSealedStream(sealed: Readable, keyFile: string): Promise<Readable> {
  const key = readKey(keyFile);
  if (key.kind === "ssh") return openedByProgram(sealed, keyFile);
  const decrypter = new Decrypter();
  for (const identity of key.identities) decrypter.addIdentity(identity);
  try {
    // Node's own type of a web stream is the same thing by another name.
    return Readable.fromWeb((await decrypter.decrypt(Readable.toWeb(sealed) as ReadableStream<Uint8Array>)) as WebStream);
  } catch {
    throw new OperatorError(
      `--recovery-key: ${keyFile} does not open it, allowed: the private half of audit.sessionsKey, or else of recovery.publicKey`,
      2,
    );
  }
}

function openedByProgram(sealed: Readable, keyFile: string): Readable {
  const age = start(["age", "--decrypt", "--identity", keyFile], { stdio: ["pipe", "pipe", "ignore"] });
  sealed.pipe(age.stdin);
  age.stdin.on("error", () => undefined);
  age.on("close", (code) => {
    if (code !== 0) age.stdout.destroy(new Error(`age exited with status ${String(code)}: another key, or it is damaged or cut off`));
  });
  return age.stdout;
}

/** Escrows that a host handed out, by name, each opened by the key in `keyFile`. Throws OperatorError where that opens one of them not. */
export async function openEscrows(
  host: string,
  sealed: Readonly<Record<string, string>>,
  keyFile: string,
): Promise<Readonly<Record<string, string>>> {
  const opened = await Promise.all(
    Object.entries(sealed).map(async ([name, text]): Promise<readonly [string, string]> => {
      const value = await openSealed(text, keyFile);
      if (value === undefined)
        throw new OperatorError(
          `--recovery-key: ${keyFile} does not open the escrow of ${name} in the backup of ${host}, without which patients' columns cannot be read; nothing was restored. Give the file of the key that recovery.publicKey named when the backup was made`,
          2,
        );
      return [name, value];
    }),
  );
  return Object.fromEntries(opened);
}

/** Throws OperatorError if there is no such file, or no private key in it. */
export function requireRecoveryKey(keyFile: string): void {
  readKey(keyFile);
}

type RecoveryKey = { readonly kind: "ssh" } | { readonly kind: "age"; readonly identities: readonly string[] };

function readKey(keyFile: string): RecoveryKey {
  let text: string;
  try {
    text = readFileSync(keyFile, "utf8");
  } catch {
    throw new OperatorError(
      `--recovery-key: cannot read ${keyFile}, allowed: the file of the key whose public half is recovery.publicKey`,
      2,
    );
  }
  if (/^-----BEGIN (OPENSSH|RSA) PRIVATE KEY-----$/m.test(text)) return { kind: "ssh" };
  const identities = text.match(/^AGE-SECRET-KEY-[A-Z0-9-]+$/gm) ?? [];
  if (identities.length > 0) return { kind: "age", identities };
  throw new OperatorError(
    `--recovery-key: found no key in ${keyFile}, allowed: a file of age-keygen, not encrypted, or an SSH private key`,
    2,
  );
}

async function openByIdentities(sealed: string, identities: readonly string[]): Promise<string | undefined> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  try {
    return (await decrypter.decrypt(armor.decode(sealed), "text")).trim();
  } catch {
    // The library throws alike for a file of another key and for one that is damaged: neither is opened by this key.
    return undefined;
  }
}

async function openByProgram(sealed: string, keyFile: string): Promise<string | undefined> {
  const { code, stdout } = await answerOf(["age", "--decrypt", "--identity", keyFile], { stdin: sealed });
  return code === 0 ? stdout.trim() : undefined;
}
