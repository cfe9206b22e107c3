import { type Check, SECRETS_DIRECTORY } from "../../plan/types";
import type { RetireSettings } from "./settings";

/** What the running host must answer about retired secrets: that they are gone. */
export function retireChecks({ secrets }: RetireSettings): readonly Check[] {
  return [
    {
      id: "secrets-of-this-epoch-alone",
      control: "SEC-06",
      cites: ["164.308(a)(5)(ii)(D)"],
      argv: ["find", SECRETS_DIRECTORY, "-mindepth", "1", "-printf", "%f\\n"],
      expect: { kind: "set", lines: secrets.secrets.map(({ id, epoch }) => `${id}.${String(epoch)}`) },
    },
  ];
}
