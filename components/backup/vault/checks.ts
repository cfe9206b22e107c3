import { VAULT_GATE } from "../../plan/machineAccounts";
import { literal } from "../../plan/patterns";
import { KEYS_DIRECTORY } from "../../plan/places";
import { HOST_ARCHIVE, programCommand } from "../../plan/programs";
import type { Check } from "../../plan/types";
import { ALERT_CHECKS } from "../alerts/plan";
import { jobChecks } from "../timers";
import { KEEPER, vaultJobs } from "./jobs";
import type { VaultSettings } from "./settings";

const ASK = { control: "BKP-04" } as const;

export function vaultChecks(settings: VaultSettings): readonly Check[] {
  return [
    ...settings.accounts.flatMap(({ name, home }): readonly Check[] => [
      {
        ...ASK,
        id: `${name}-home-closed`,
        argv: ["stat", "--format=%U:%G %a", home],
        expect: { kind: "equals", text: `${name}:${name} 700` },
      },
      {
        // The whole file: a line without a forced command would be a shell.
        ...ASK,
        id: `${name}-can-only-add`,
        argv: ["cat", `${KEYS_DIRECTORY}/${name}`],
        expect: { kind: "lacks", pattern: `^(?!restrict(,from="[^"]+")?,command="${literal(VAULT_GATE)}" ).` },
      },
      {
        ...ASK,
        id: `${name}-own-group-only`,
        argv: ["id", "--name", "--groups", name],
        expect: { kind: "oneOf", texts: [`${name} phiward-ssh`] },
      },
    ]),
    {
      ...ASK,
      id: "vault-door-appends",
      argv: ["stat", "--format=%U:%G %a", HOST_ARCHIVE],
      expect: { kind: "equals", text: "root:root 755" },
    },
    {
      control: "BKP-06",
      id: "vault-jobs-succeed",
      argv: programCommand(KEEPER, "fresh"),
      expect: { kind: "equals", text: "fresh" },
      outOfReach: true,
    },
    ...jobChecks(vaultJobs(settings)),
    ...ALERT_CHECKS,
  ];
}
