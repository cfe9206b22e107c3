import { type Check, SECRETS_DIRECTORY } from "../../plan/types";
import { BACKUP_SECRET } from "../secrets/files";
import type { RetireSettings } from "./settings";

/** What the running host must answer about retired secrets: that they are gone. */
export function retireChecks({ secrets }: RetireSettings): readonly Check[] {
  const declared = secrets.secrets.map(({ id, epoch }) => `${id}.${String(epoch)}`);
  // Kept even where no backup is declared, for the repository that may still be there.
  const kept = `${BACKUP_SECRET.id}.${String(BACKUP_SECRET.epoch)}`;
  return [
    {
      id: "secrets-of-this-epoch-alone",
      control: "SEC-06",
      argv: ["find", SECRETS_DIRECTORY, "-mindepth", "1", "-not", "-name", kept, "-printf", "%f\\n"],
      expect: { kind: "set", lines: declared.filter((name) => name !== kept) },
    },
  ];
}
