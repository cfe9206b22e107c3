import { scanTimes } from "../../config/calendar";
import type { StackModel } from "../../containers/model";

/** When a host looks for known vulnerabilities, and by whose data. */
export interface ScansSettings {
  /** Times of day, HH:MM, UTC: of the daily look, of when the tracker's data are brought, and of lynis on Sundays. */
  readonly times: { readonly look: string; readonly tracker: string; readonly lynis: string };
  /** The directory of the tracker's data, with a slash at its end; null: none are brought. */
  readonly tracker: string | null;
}

export function scansSettings({ config }: StackModel): ScansSettings {
  const { time, tracker } = config.monitoring.vulnerabilities;
  return { times: scanTimes(time), tracker };
}
