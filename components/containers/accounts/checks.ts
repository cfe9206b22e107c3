import type { Check } from "../../plan/types";
import { ENGINES } from "../databases/engines";
import { handoverChecks } from "../handover";
import { initializeChecks } from "../initialization";
import type { AccountsSettings } from "./settings";

export function accountsChecks({ databases, handovers, initialized = [] }: AccountsSettings): readonly Check[] {
  // The step asks the databases itself whether it is due; what else they say is in the definition of their containers.
  const ofDatabases = databases.flatMap((database) => ENGINES[database.kind].checks(database));
  return [
    ...ofDatabases.map((check) => ({ ...check, outOfReach: true as const })),
    ...handoverChecks(handovers),
    ...initializeChecks(initialized),
  ];
}
