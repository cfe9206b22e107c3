import type { Check } from "../../plan/types";
import { ENGINES } from "../databases/engines";
import type { AccountsSettings } from "./settings";

export function accountsChecks({ databases }: AccountsSettings): readonly Check[] {
  // The step asks the databases itself whether it is due; what else they say is in the definition of their containers.
  return databases.flatMap((database) => ENGINES[database.kind].checks(database)).map((check) => ({ ...check, outOfReach: true as const }));
}
