import type { StackConfig } from "../../config/schema";
import { loginName, loginSecret } from "../secrets/settings";
import { databasesOf } from "../services/model";

/** An account of a service in a database. */
export interface AccountState {
  readonly service: string;
  /** Name that it logs in by, with the epoch of its password. */
  readonly login: string;
  readonly secret: { readonly id: string; readonly epoch: number };
}

/** A database's accounts. */
export interface DatabaseAccounts {
  readonly kind: "postgres" | "redis";
  readonly database: string;
  readonly container: string;
  readonly memoryMegabytes: number;
  readonly accounts: readonly AccountState[];
}

/** Who may use the databases of a host. */
export interface AccountsState {
  readonly databases: readonly DatabaseAccounts[];
}

/** Takes the accounts out of the configuration: each service that uses a database has one of its own in it. */
export function accountsState(config: StackConfig): AccountsState {
  return {
    databases: databasesOf(config).map(({ kind, name, container, memoryMegabytes, users }) => ({
      kind,
      database: name,
      container,
      memoryMegabytes,
      accounts: config.services
        .filter((database) => database.name === name)
        .flatMap((database) =>
          users.map(({ service }) => ({ service, login: loginName(database, service), secret: loginSecret(database, service) })),
        ),
    })),
  };
}
