import { type Check, SECRETS_DIRECTORY } from "../../plan/types";
import { BACKUP_SECRET } from "../secrets/files";
import { keptPhiMasters, PHI_MASTER } from "../secrets/phiMaster";
import type { RetireSettings } from "./settings";

// Kept even where no backup is declared, for the repository that may still be there.
const BACKUPS = `${BACKUP_SECRET.id}.${String(BACKUP_SECRET.epoch)}`;

function notKept(retired: number): readonly string[] {
  return [BACKUPS, ...keptPhiMasters(retired)].flatMap((name) => ["-not", "-name", name]);
}

/** Asks for retired secrets: the host keeps those of this epoch, and no others. */
export function retireChecks({ secrets }: RetireSettings): readonly Check[] {
  const declared = secrets.secrets.filter(({ id }) => id !== BACKUP_SECRET.id && !id.startsWith(PHI_MASTER));
  return [
    {
      id: "secrets-current-epoch-only",
      control: "SEC-06",
      argv: ["find", SECRETS_DIRECTORY, "-mindepth", "1", ...notKept(secrets.phiRetired ?? 0), "-printf", "%f\\n"],
      expect: { kind: "set", lines: declared.map(({ id, epoch }) => `${id}.${String(epoch)}`) },
    },
  ];
}

/** Asks a host without services whether it keeps a secret; it may never have had a directory of them. */
export function noSecretsLeft(): Check {
  return {
    id: "secrets-none-left",
    control: "SEC-06",
    argv: ["find", "/var/lib/phiward", "-path", `${SECRETS_DIRECTORY}/*`, ...notKept(0)],
    expect: { kind: "equals", text: "" },
  };
}
