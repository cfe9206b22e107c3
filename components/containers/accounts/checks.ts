import type { Check } from "../../plan/types";
import { ENGINES } from "../databases/engines";
import type { AccountsSettings } from "./settings";

export function accountsChecks({ databases }: AccountsSettings): readonly Check[] {
  return databases.flatMap((database) => ENGINES[database.kind].checks(database));
}
