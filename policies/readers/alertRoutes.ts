/** Whom a vault's Alertmanager sends alerts to, and when, as a rule looks at it. */
import type { Finding } from "../engine/rule";
import { jsonFile } from "./files";
import type { Value } from "./value";

/** The file of the routes. */
const ALERT_ROUTES = "/etc/phiward/monitor/alertmanager.yml";

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
// What says where a message goes, of each way that it may go.
const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  webhook_configs: ["url", "url_file"],
  email_configs: ["to"],
  pagerduty_configs: ["routing_key_file"],
};

/** The whole file; undefined if it is not known. A missing one is reported. */
export function alertRoutes(unit: Value, report: (finding: Finding) => void): Value | undefined {
  return jsonFile(unit, ALERT_ROUTES, report);
}

/** The first route, and every one below it. */
export function allRoutes(first: Value): readonly Value[] {
  const all = [first];
  // What is added while it goes on is looked at as well.
  for (const route of all) if (route.has("routes")) all.push(...(route.at("routes").items() ?? []));
  return all;
}

/** The seconds of a time as one number with one unit; undefined if it is written otherwise. */
export function secondsOf(time: string): number | undefined {
  const [, number, unit = ""] = /^(\d{1,9})([smh])$/.exec(time) ?? [];
  return number === undefined ? undefined : Number(number) * (SECONDS[unit] ?? Number.NaN);
}

/** Whether the receiver of this name has an address; undefined if that is not known. */
export function reachesSomeone(file: Value, name: string): boolean | undefined {
  const receivers = file.at("receivers").items();
  const own = receivers?.filter((receiver) => receiver.at("name").text() === name);
  if (own === undefined) return undefined;
  return own.some((receiver) =>
    Object.entries(ADDRESSES).some(
      ([way, keys]) =>
        receiver.has(way) &&
        (receiver.at(way).items() ?? []).some((config) => keys.some((key) => config.has(key) && config.at(key).text() !== "")),
    ),
  );
}
