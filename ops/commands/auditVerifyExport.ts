/** `phiward audit verify-export`: whether an export is as it was signed, and by whom. Asks no host. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStack, type ReportOptions, report } from "../lib/command";
import { OperatorError } from "../lib/errors";
import { signersOf, type Verified, verifiedArchive } from "../lib/export/signed";

/** Options of `phiward audit verify-export`. */
export interface VerifyExportOptions extends ReportOptions {
  /** A file of allowed signers (ssh-keygen(1)); the stack's people who have sudo without it. */
  readonly signers?: string;
}

/** `phiward audit verify-export FILE`: 1 where it is refused. */
export function verifyExportCommand(file: string, options: VerifyExportOptions): number {
  const verified = options.signers === undefined ? byPeople(file, options) : bySigners(file, options.signers);
  const { signer, files } = verified;
  report(options.json, { file, ...verified }, `${file}: ${String(files.length)} files, as ${signer} signed them`);
  return 0;
}

function bySigners(file: string, signers: string): Verified {
  if (!existsSync(signers))
    throw new OperatorError("--signers: found no such file, allowed: a file of lines NAME KEY, as ALLOWED SIGNERS in ssh-keygen(1)", 2);
  return verifiedArchive(file, signers);
}

function byPeople(file: string, options: VerifyExportOptions): Verified {
  const { config } = openStack(options);
  const directory = mkdtempSync(join(tmpdir(), "phiward-signers-"));
  try {
    const signers = join(directory, "allowed_signers");
    writeFileSync(signers, signersOf(config));
    return verifiedArchive(file, signers);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
