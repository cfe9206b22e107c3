import { lastingServiceName } from "../../config/names";
import type { StackConfig } from "../../config/schema";
import type { DatabaseAccounts, DatabaseSettings } from "../databases/engine";
import { type Handover, handovers } from "../handover";
import { type InitializedContainer, initializedContainers } from "../initialization";
import type { StackModel } from "../model";
import { loginName, loginSecret } from "../secrets/applicationFiles";

/** Who may use the databases of a host. */
export interface AccountsSettings {
  readonly databases: readonly DatabaseAccounts[];
  /** Services that are stopped before they are made anew: last of what comes before containers of services. */
  readonly handovers: readonly Handover[];
  /** Containers that wait for an init step; left out where there is none. */
  readonly initialized?: readonly InitializedContainer[];
}

/** The accounts of a host: each service that uses a database has its own account in it. */
export function accountsSettings({ config, containers }: StackModel): AccountsSettings {
  const initialized = initializedContainers(containers);
  return {
    handovers: handovers(containers),
    ...(initialized.length === 0 ? {} : { initialized }),
    databases: containers.databaseSettings.map((database) => ({ ...databaseAccounts(database), ...readersOf(config, database) })),
  };
}

function readersOf(config: StackConfig, { databases }: DatabaseSettings): Pick<DatabaseAccounts, "people"> {
  const people = config.people.flatMap(({ name, databases: declared = {} }) => {
    const here = Object.entries(declared)
      .map(([service, may]) => ({ database: lastingServiceName(config, service), may }))
      .filter(({ database }) => databases.includes(database));
    const those = (wanted: (typeof here)[number]["may"]): readonly string[] =>
      here.filter(({ may }) => may === wanted).map(({ database }) => database);
    const audits = those("auditor");
    return here.length === 0 ? [] : [{ name, databases: those("readonly"), ...(audits.length === 0 ? {} : { audits }) }];
  });
  return people.length === 0 ? {} : { people };
}

function databaseAccounts(database: DatabaseSettings): DatabaseAccounts {
  const { kind, name, container, user, memoryMegabytes, users, settings, profile, phi, unencrypted } = database;
  return {
    kind,
    database: name,
    container,
    user,
    memoryMegabytes,
    ...(settings === undefined ? {} : { settings }),
    ...(profile === undefined ? {} : { profile }),
    ...(phi === undefined ? {} : { phi }),
    ...(unencrypted === undefined ? {} : { unencrypted }),
    accounts: users.map(({ service, epoch, extensions }) => ({
      service,
      login: loginName(service, epoch),
      secret: loginSecret(name, service, epoch),
      ...(extensions === undefined ? {} : { extensions }),
    })),
  };
}
