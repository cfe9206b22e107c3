import { lastingName } from "../../config/names";
import { type AccountsSettings, accountsSettings } from "../accounts/settings";
import type { StackModel } from "../model";
import { type StartedContainer, startedContainers } from "../mounts";
import type { SecretsSettings } from "../secrets/files";
import { type ServiceDataSettings, serviceDataSettings } from "../serviceData";

/** What is current; all else of its kind is retired. */
export interface RetireSettings {
  readonly secrets: SecretsSettings;
  readonly accounts: AccountsSettings;
  /** The names that all services keep; what the host keeps of others goes. */
  readonly services: readonly string[];
  readonly data: ServiceDataSettings;
  /** All containers, databases first; those that use what is no longer there are started again. */
  readonly containers: readonly StartedContainer[];
  /** The declared image of each service: this one and the one before are kept. */
  readonly images: Readonly<Record<string, string>>;
}

/** Takes the part of the stack that says which secrets and accounts are current. */
export function retireSettings(stack: StackModel): RetireSettings {
  return {
    secrets: stack.containers.secrets,
    accounts: accountsSettings(stack),
    services: stack.config.services.map(lastingName),
    data: serviceDataSettings(stack),
    containers: startedContainers(stack.containers),
    images: Object.fromEntries(stack.config.services.map((service) => [lastingName(service), service.image])),
  };
}
