import type { StackConfig } from "../../config/schema";
import { DEPLOY_USER } from "../../plan/places";
import { BREAK_GLASS_USER } from "../people/settings";

/** How much people can write to a host, and who may write more since they are root there. */
export interface StorageSettings {
  readonly homes: StackConfig["homes"];
  /** Accounts whose sessions have the host's own temporary directories: root, and who may become root. */
  readonly unlimited: readonly string[];
  /** A person whose sessions are limited, to be asked of the host; none where everybody may become root or has a last day. */
  readonly example: string | null;
}

export function storageSettings({ homes, people }: StackConfig): StorageSettings {
  const admins = people.filter(({ sudo }) => sudo).map(({ name }) => name);
  const example = people.find(({ sudo, expires }) => !sudo && expires === undefined);
  return { homes, unlimited: ["root", DEPLOY_USER, BREAK_GLASS_USER, ...admins], example: example?.name ?? null };
}
