/** Files with a list of their hashes, signed by the operator's own SSH key: anybody verifies them with OpenSSH alone. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperatorError } from "../errors";
import { requireKeyFile } from "../keyFile";
import { runSync } from "../process";

/** What a signature is for (ssh-keygen(1), `-n`): one for anything else is refused. */
export const SIGNATURE_NAMESPACE = "phiward-evidence";

/** The list of hashes, and the signature over it. */
export const MANIFEST = "SHA256SUMS";
export const SIGNATURE = `${MANIFEST}.sig`;

/** The list of hashes, as sha256sum(1) checks it. */
export function manifestOf(files: ReadonlyMap<string, string | Uint8Array>): string {
  return [...files].map(([name, text]) => `${createHash("sha256").update(text).digest("hex")}  ${name}\n`).join("");
}

/** An Ed25519 key that signs: its private half in a file or in the SSH agent. */
export interface Signer {
  /** Type and base64, as in an allowed-signers file. */
  readonly publicKey: string;
  readonly sign: (text: string) => string;
}

const ED25519 = /^(?:sk-)?ssh-ed25519(?:@openssh\.com)? [A-Za-z0-9+/=]+/;
const ALLOWED = "an Ed25519 key; ssh-keygen -t ed25519 makes one";

/**
 * The key of the file, or without one the only Ed25519 key in the SSH agent; `namespace` is what it signs for. Throws OperatorError where
 * there is none that can sign.
 */
export function signerOf(keyFile: string | undefined, namespace = SIGNATURE_NAMESPACE): Signer {
  requireKeyFile(keyFile);
  const publicKey = keyFile === undefined ? agentKey() : fileKey(keyFile);
  return {
    publicKey,
    sign: (text) => signedBy(keyFile === undefined ? { publicKey } : { keyFile }, namespace, text),
  };
}

/** What signs: a private key in a file, or the one of the SSH agent that a public key belongs to. */
export type SignedBy = { readonly keyFile: string } | { readonly publicKey: string };

/** The signature under a text. Throws OperatorError where ssh-keygen gives none. */
export function signedBy(by: SignedBy, namespace: string, text: string): string {
  return "keyFile" in by ? signed(by.keyFile, namespace, text) : signByAgent(by.publicKey, namespace, text);
}

function fileKey(keyFile: string): string {
  const { status, stdout } = runSync(["ssh-keygen", "-y", "-f", keyFile]);
  const key = ED25519.exec(stdout)?.[0];
  if (status !== 0 || key === undefined) throw new OperatorError(`--key: found another kind of key in ${keyFile}, allowed: ${ALLOWED}`, 2);
  return key;
}

function agentKey(): string {
  const { stdout } = runSync(["ssh-add", "-L"]);
  const [key, ...others] = stdout.split("\n").flatMap((line) => ED25519.exec(line)?.[0] ?? []);
  if (key === undefined || others.length > 0)
    throw new OperatorError(
      `--key: found neither it nor one Ed25519 key alone in the SSH agent, which has ${String(others.length + (key === undefined ? 0 : 1))}, allowed: the key's file, or an agent with one; ${ALLOWED}`,
      2,
    );
  return key;
}

// By the public half, which ssh-keygen wants in a file, it asks the agent for the private one.
function signByAgent(publicKey: string, namespace: string, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), "phiward-sign-"));
  try {
    const file = join(directory, "key.pub");
    writeFileSync(file, `${publicKey}\n`);
    return signed(file, namespace, text);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function signed(key: string, namespace: string, text: string): string {
  const { status, stdout, stderr } = runSync(["ssh-keygen", "-Y", "sign", "-n", namespace, "-f", key], { input: text });
  if (status !== 0 || !stdout.startsWith("-----BEGIN SSH SIGNATURE-----"))
    throw new OperatorError(`--key: ssh-keygen did not sign: ${stderr.trim()}`, 2);
  return stdout;
}
