import type { Check } from "../../plan/types";
import { ENGINES } from "../databases/engines";
import { encryptedChecks } from "../encryption";
import { handoverChecks } from "../handover";
import { initializeChecks } from "../initialization";
import type { AccountsSettings } from "./settings";

export function accountsChecks({ databases, handovers, initialized = [] }: AccountsSettings): readonly Check[] {
  // The step asks the databases itself whether it is due; what else they say is in the definition of their containers.
  const ofDatabases = [...databases.flatMap((database) => ENGINES[database.kind].checks(database)), ...encryptedChecks(databases)];
  // What a Redis allows is what the step writes, and asks for.
  const checks = ofDatabases.map((check): Check => (check.control === "RDS-02" ? check : { ...check, outOfReach: true }));
  return [...checks, ...handoverChecks(handovers), ...initializeChecks(initialized)];
}
