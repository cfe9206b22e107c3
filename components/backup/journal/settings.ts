import { lastingName } from "../../config/names";
import type { StackModel } from "../../containers/model";
import { type OffsiteSettings, offsiteSettings } from "../../plan/offsite";

/** Where a host sends what it has on record. */
export interface JournalSettings {
  /** The name that the host keeps. */
  readonly host: string;
  readonly vault: OffsiteSettings;
}

/** Undefined where the host has no vault, or neither knows the other by its key yet, as with a droplet that is new. */
export function journalSettings({ config }: StackModel, hostName: string): JournalSettings | undefined {
  const own = config.hosts.find(({ name }) => name === hostName);
  if (own?.role !== "application") return undefined;
  const vault = offsiteSettings(config, own);
  return vault === null ? undefined : { host: lastingName(own), vault };
}
