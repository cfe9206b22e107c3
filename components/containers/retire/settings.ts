import type { StackConfig } from "../../config/schema";
import { type AccountsState, accountsState } from "../accounts/settings";
import { type SecretsState, secretsState } from "../secrets/settings";

/** What is current; all else of its kind is retired. */
export interface RetireState {
  readonly secrets: SecretsState;
  readonly accounts: AccountsState;
  /** Names of all services; what the host keeps of others goes. */
  readonly services: readonly string[];
}

/** Takes the part of the configuration that says which secrets and accounts are current. */
export function retireState(config: StackConfig): RetireState {
  return { secrets: secretsState(config), accounts: accountsState(config), services: config.services.map(({ name }) => name) };
}
