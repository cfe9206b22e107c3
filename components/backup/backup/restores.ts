/** Restores over live data: how many people they need, and whose signatures count. */
import type { StackConfig } from "../../config/schema";

/** What a signature under such a request is for (ssh-keygen(1), `-n`): one for a report or anything else is refused. */
export const RESTORE_NAMESPACE = "phiward-restore";
/** Whose signatures count, as ssh-keygen(1) has it, ALLOWED SIGNERS. */
export const RESTORE_SIGNERS = "/etc/phiward/restore-signers";

/** Who has to agree to a restore over live data. */
export interface RestoreConsent {
  readonly people: number;
  /** Why one person is enough, where the stack says so. */
  readonly reason: string | null;
  /** Who may ask for one, and approve one that another asks for. */
  readonly signers: readonly {
    readonly name: string;
    /** Type and base64 of each, without a comment. */
    readonly keys: readonly string[];
    /** Last day, as YYYY-MM-DD in UTC. */
    readonly expires: string | null;
  }[];
}

/** Two people wherever two may sign, unless the stack says otherwise. */
export function restoreConsent({ people, backup }: Pick<StackConfig, "people" | "backup">): RestoreConsent {
  const declared = backup?.restores;
  const signers = people
    .filter(({ name, sudo }) => sudo || declared?.approvers.includes(name) === true)
    .map(({ name, keys, expires }) => ({
      name,
      keys: keys.map((key) => key.split(" ").slice(0, 2).join(" ")),
      expires: expires ?? null,
    }));
  return { people: declared?.people ?? Math.min(2, signers.length), reason: declared?.reason ?? null, signers };
}

/** The file of those whose signatures count; the last day of each is part of the line, as at the SSH server. */
export function signersText({ signers }: RestoreConsent): string {
  return signers
    .flatMap(({ name, keys, expires }) => {
      const until = expires === null ? "" : `,valid-before="${expires.replaceAll("-", "")}2359Z"`;
      return keys.map((key) => `${name} namespaces="${RESTORE_NAMESPACE}"${until} ${key}\n`);
    })
    .join("");
}
