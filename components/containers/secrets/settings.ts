import type { StackModel } from "../model";
import type { SecretsSettings } from "./files";

/** The secrets of a host. */
export function secretsSettings({ containers }: StackModel): SecretsSettings {
  return containers.secrets;
}
