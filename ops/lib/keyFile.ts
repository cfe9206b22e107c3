/** The private key that an operator names: looked at before anything is dialled, since ssh(1) only says "permission denied" of each fault. */
import { readFileSync, statSync } from "node:fs";
import { OperatorError } from "./errors";

const ALLOWED = "the path of an SSH private key without a passphrase, which only you can read";

/**
 * Throws OperatorError if `--key` names no file, one without a private key in it, one that others can read, or a key with a passphrase,
 * for which nobody could be asked on each of many connections. Nothing of the file is repeated. Without a key: nothing.
 */
export function requireKeyFile(path: string | undefined): void {
  if (path === undefined) return;
  const fault = faultOf(path);
  if (fault !== undefined) throw new OperatorError(`--key: found ${fault.found}, allowed: ${ALLOWED}; ${fault.remedy}`, 2);
}

interface Fault {
  readonly found: string;
  readonly remedy: string;
}

function faultOf(path: string): Fault | undefined {
  // Not even the path of what may be the key itself.
  if (path.includes("\n") || path.includes("PRIVATE KEY")) return { found: "a text that is not a path", remedy: "give the key's file" };
  let text: string;
  let isOpen: boolean;
  try {
    text = readFileSync(path, "utf8");
    const { mode, uid } = statSync(path);
    // As ssh(1) itself judges: it passes over such a file.
    isOpen = uid === process.getuid?.() && (mode & 0o077) !== 0;
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return {
      found: isMissing ? `no file ${path}` : `${path}, which cannot be read`,
      remedy: "correct the path, or leave --key out to use your SSH agent",
    };
  }
  if (/^(?:sk-)?(?:ssh|ecdsa)-\S+ AAAA/.test(text)) return { found: `a public key in ${path}`, remedy: "give the file without .pub" };
  if (!/^-----BEGIN [A-Z ]*PRIVATE KEY-----$/m.test(text)) return { found: `no private key in ${path}`, remedy: "correct the path" };
  if (isOpen) return { found: `${path}, which others can read`, remedy: `chmod 600 '${path}'` };
  if (hasPassphrase(text)) return { found: `a key with a passphrase in ${path}`, remedy: `run ssh-add '${path}', and leave --key out` };
  return undefined;
}

// The old formats say so in a header; OpenSSH's own names the cipher behind its magic bytes (PROTOCOL.key): "none", or another one.
function hasPassphrase(text: string): boolean {
  if (/^(?:Proc-Type: 4,ENCRYPTED|-----BEGIN ENCRYPTED PRIVATE KEY-----)$/m.test(text)) return true;
  const body = /^-----BEGIN OPENSSH PRIVATE KEY-----$([^-]*)/m.exec(text)?.[1];
  if (body === undefined) return false;
  const bytes = Buffer.from(body, "base64");
  const start = "openssh-key-v1\0".length;
  return bytes.length > start + 8 && bytes.toString("latin1", start + 4, start + 8) !== "none";
}
