import type { StackModel } from "../../containers/model";

/** Who gets an alert when a job of a host fails. */
export interface AlertsSettings {
  /** The host's name, as the message says it. */
  readonly host: string;
  readonly webhook: string | null;
  readonly mail: { readonly to: string; readonly from: string; readonly server: string; readonly port: number } | null;
}

/** Without a section `alerts`, failures are in the journal only. */
export function alertsSettings({ config }: StackModel, host: string): AlertsSettings {
  return { host, webhook: config.alerts?.webhook ?? null, mail: config.alerts?.mail ?? null };
}
