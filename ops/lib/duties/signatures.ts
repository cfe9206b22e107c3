/** Signatures under attested duties: by a key that the stack declares for a person, and verified by those keys. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DUTY_NAMESPACE } from "../../../components/compliance/duties/duty";
import type { StackConfig } from "../../../components/config/schema";
import { OperatorError } from "../errors";
import { type SignedBy, signedBy } from "../evidence/sign";
import { requireKeyFile } from "../keyFile";
import { runSync } from "../process";
import { warn } from "../terminal";

type People = Pick<StackConfig, "people">;

/** A person of the stack who signs. */
export interface DutySigner {
  readonly name: string;
  readonly sign: (text: string) => string;
}

/**
 * The person whose key is in the file, or without one the person whose keys the SSH agent holds; `wanted` chooses where it holds those
 * of several; `namespace` is what it signs for. A hardware key asks to be touched. Throws OperatorError where no key is a declared person's.
 */
export function dutySigner({ people }: People, keyFile: string | undefined, wanted?: string, namespace = DUTY_NAMESPACE): DutySigner {
  requireKeyFile(keyFile);
  const listed = keyFile === undefined ? runSync(["ssh-add", "-L"]).stdout : runSync(["ssh-keygen", "-y", "-f", keyFile]).stdout;
  const held = new Set(listed.split("\n").map(keyOf));
  const found = people.flatMap(({ name, keys }) =>
    keys
      .map(keyOf)
      .filter((key) => held.has(key))
      .map((key) => ({ name, key })),
  );
  const names = [...new Set(found.map(({ name }) => name))].filter((name) => wanted === undefined || name === wanted);
  const [name, ...others] = names;
  const from = keyFile === undefined ? "the SSH agent" : keyFile;
  if (name === undefined)
    throw new OperatorError(
      `--key: found no key of ${wanted ?? "a person of the stack"} in ${from}, allowed: a key that people in the stack's file declare; give its file, or run ssh-add FILE`,
      2,
    );
  if (others.length > 0)
    throw new OperatorError(`--as: found keys of ${names.join(", ")} in ${from}, allowed: one of them; it is the one who signs`, 2);
  const key = found.find((one) => one.name === name)?.key ?? "";
  const by: SignedBy = keyFile === undefined ? { publicKey: key } : { keyFile };
  const sign = (text: string): string => {
    // ssh-keygen's own words are shown only where it fails.
    if (key.startsWith("sk-")) warn("touch the hardware key to sign");
    return signedBy(by, namespace, text);
  };
  return { name, sign };
}

/**
 * Says of a text and a signature under it: by a key that the person has, by one that they do not have (any more), or neither. Whoever
 * left is declared no longer, and what they attested stays on record.
 */
export type Verifier = (name: string, text: string, signature: string) => "declared" | "other" | "refused";

/** Verifies by the keys of a stack's people, with a directory of its own that is gone afterwards. */
export function withVerifier<Result>({ people }: People, use: (verifier: Verifier) => Result, namespace: string = DUTY_NAMESPACE): Result {
  const signers = people.flatMap(({ name, keys }) => keys.map((key) => `${name} namespaces="${namespace}" ${keyOf(key)}\n`)).join("");
  return signersVerifier(signers, use, namespace);
}

/** The same by the lines of a file of allowed signers (ssh-keygen(1)). */
export function signersVerifier<Result>(text: string, use: (verifier: Verifier) => Result, namespace: string): Result {
  const directory = mkdtempSync(join(tmpdir(), "phiward-duties-"));
  const signers = join(directory, "allowed_signers");
  const file = join(directory, "signature");
  try {
    writeFileSync(signers, text);
    return use((name, text, signature) => {
      writeFileSync(file, signature);
      const rest = ["-n", namespace, "-s", file];
      if (runSync(["ssh-keygen", "-Y", "verify", "-f", signers, "-I", name, ...rest], { input: text }).status === 0) return "declared";
      return runSync(["ssh-keygen", "-Y", "check-novalidate", ...rest], { input: text }).status === 0 ? "other" : "refused";
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

// Type and base64, without the comment.
function keyOf(line: string): string {
  return line.split(" ").slice(0, 2).join(" ");
}
