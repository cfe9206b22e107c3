import type { Rule } from "../engine/rule";
import { filesAt, filesWhere, jsonFile } from "../readers/files";
import { iniEntries } from "../readers/ini";
import { demandUnit, exactly, type UnitDemand } from "../readers/systemd";
import type { Value } from "../readers/value";

const LIMITS = "/etc/systemd/journal-remote.conf.d/zz-phiward.conf";
const SOCKET = "/etc/systemd/system/phiward-journal-remote.socket";
const DIRECTORY = "/var/log/journal/remote";
const ACCOUNT = "systemd-journal-remote";
const is = (key: string, allowed: string): UnitDemand => exactly("Service", key, allowed);

const RECEIVER: readonly UnitDemand[] = [
  is("User", ACCOUNT),
  is("ExecStart", "/usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz journal receive"),
  is("StandardInput", "socket"),
  is("CapabilityBoundingSet", ""),
  ...["NoNewPrivileges", "PrivateNetwork", "PrivateDevices", "ProtectHome"].map((key) => is(key, "yes")),
  is("ProtectSystem", "strict"),
  is("ReadWritePaths", DIRECTORY),
];
// Else the receiver removes the oldest file of whichever host has most.
const KEEPS_ALL: Readonly<Record<string, RegExp>> = { MaxUse: /^\d+E$/, KeepFree: /^0$/, MaxFiles: /^\d{6,}$/ };

/** A host that could write the file of another one, or make room by filling the disk, could take records away. */
export const recordsAddedByOwnHost: Rule = {
  id: "records-added-by-own-host",
  description: "A vault takes records from the account of each host alone, over no port of its own; nothing but time removes one.",
  severity: "critical",
  enforcementLevel: "mandatory",
  controls: ["LOG-02", "LOG-04"],
  remedy: "let the concern records write its units and files",
  appliesTo: ["phiward:host:Records"],
  judge(unit, report) {
    demandUnit(unit, "phiward-journal-remote@.service", RECEIVER, report);
    for (const { at, texts } of filesAt(unit, [SOCKET], report))
      for (const text of texts)
        if (
          iniEntries(text).some(
            ({ section, key, value }) => section === "Socket" && key.startsWith("listen") && !value.startsWith("/run/phiward-journal/"),
          )
        )
          report({ at, found: "another place to listen", allowed: "/run/phiward-journal/socket alone" });
    for (const { at, texts } of filesAt(unit, [LIMITS], report)) for (const text of texts) judgeLimits(text, at, report);
    for (const { path, at } of filesWhere(unit, (found) => /\/systemd\/journal-remote\.conf\.d\//.test(found)).files)
      if (path !== LIMITS) report({ at, found: "another file of the receiver's settings", allowed: LIMITS });
    const rendered = jsonFile(unit, "/etc/phiward/journal-remote.json", report);
    for (const place of [unit.at("settings"), ...(rendered === undefined ? [] : [rendered])]) judgeSenders(place, report);
  },
};

type Report = Parameters<Rule["judge"]>[1];

function judgeLimits(text: string, at: string, report: Report): void {
  const found = iniEntries(text);
  for (const [key, allowed] of Object.entries(KEEPS_ALL)) {
    const values = found.filter((entry) => entry.key === key.toLowerCase()).map(({ value }) => value);
    if (values.length === 0 || !values.every((value) => allowed.test(value)))
      report({ at, found: `no ${key}, or one by which records are removed`, allowed: "limits that are never reached" });
  }
}

function judgeSenders(place: Value, report: Report): void {
  const senders = place.at("senders");
  const seen = { account: new Set<string>(), host: new Set<string>() };
  for (const sender of senders.items() ?? [])
    for (const name of ["account", "host"] as const) {
      const text = sender.at(name).text();
      if (text === undefined) continue;
      if (seen[name].has(text)) report({ at: senders.path, found: `one ${name} twice`, allowed: "one account for each host" });
      seen[name].add(text);
    }
}
