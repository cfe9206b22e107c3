/** What a concern needs of a host that no command of its deploy shows: said at the preview, while it can still be given. */

import type { RecordsSettings } from "../../components/backup/records/settings";
import { member } from "../../components/config/unknown";
import { counted } from "./counted";

/** A sentence of a concern with these arguments; undefined where it has none. */
export function noticeOf(inputs: unknown): string | undefined {
  return member(member(inputs, "rendered"), "unit") === "records" ? recordsNotice(member(inputs, "settings")) : undefined;
}

function recordsNotice(settings: unknown): string | undefined {
  const of = (name: keyof RecordsSettings): unknown => member(settings, name);
  const [senders, gigabytes, years] = [of("senders"), of("gigabytesPerHost"), of("retentionYears")];
  if (!Array.isArray(senders) || typeof gigabytes !== "number" || typeof years !== "number") return undefined;
  const whole = String(gigabytes * senders.length);
  return `needs up to ${whole} GB of this host's disk for the records of ${counted(years, "year")}: ${String(gigabytes)} GB for each of ${counted(senders.length, "host")}`;
}
