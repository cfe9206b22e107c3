/** `phiward revoke KEY`: a public key is accepted by no host any more, of whomever it is; `--undo` takes that back. */
import { createHash } from "node:crypto";
import type { StackConfig } from "../../components/config/schema";
import { requireWord } from "../lib/confirm";
import { type EverywhereOptions, everywhere } from "../lib/containment/everywhere";
import { OperatorError } from "../lib/errors";

/** Options of `phiward revoke`. */
export interface RevokeOptions extends EverywhereOptions {
  readonly undo?: boolean;
}

const LINE = /^(?:.* )?((?:ssh-|sk-|ecdsa-)\S+ AAAA[A-Za-z0-9+/]+=*)(?: .*)?$/;

/** `SHA256:…` of a public key, as ssh-keygen shows it. */
export function fingerprintOf(key: string): string {
  const data = Buffer.from(key.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(data).digest("base64").replace(/=+$/, "")}`;
}

/** The key that a line or a fingerprint names. Throws OperatorError for a fingerprint that nobody's key has. */
export function revokedKey({ people, hosts }: Pick<StackConfig, "people" | "hosts">, text: string): string {
  const [, line] = LINE.exec(text.trim()) ?? [];
  if (line !== undefined) return line;
  const known = [...people.flatMap(({ keys }) => keys), ...hosts.flatMap(({ hostKey }) => hostKey ?? [])];
  const found = known.map((key) => key.split(" ").slice(0, 2).join(" ")).find((key) => fingerprintOf(key) === text.trim());
  if (found !== undefined) return found;
  throw new OperatorError("KEY: found no key of the stack, allowed: SHA256:… of a key in its file, or a public key as a line", 2);
}

/** `phiward revoke KEY`. */
export async function revokeCommand(text: string, options: RevokeOptions): Promise<number> {
  const undo = options.undo === true;
  if (!undo)
    await requireWord({ what: "No host accepts this key any more, and its owner's sessions end.", word: "revoke", yes: options.yes });
  return everywhere(options, ({ config }) => {
    const key = revokedKey(config, text);
    const words = `${fingerprintOf(key)} is ${undo ? "accepted again where it is declared" : "revoked"}`;
    return { verb: undo ? "unrevoke" : "revoke", what: key, words };
  });
}
