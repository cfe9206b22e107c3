import { authorityFault } from "../../components/config/pem";
import type { Rule } from "../engine/rule";
import { filesAt, jsonFile } from "../readers/files";
import { demandUnit, exactly, TOLD, type UnitDemand } from "../readers/systemd";

const SENDER = "phiward-collector.service";
const AUTHORITY = "/etc/phiward/collector/ca.pem";
const is = (key: string, allowed: string): UnitDemand => exactly("Service", key, allowed);

const DEMANDS: readonly UnitDemand[] = [
  is("ExecStart", "/usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz collector send"),
  // An account of its own, which is there while it runs: it reads journals, and can change none.
  is("DynamicUser", "yes"),
  { ...is("SupplementaryGroups", "systemd-journal"), holds: (value) => /^systemd-journal( systemd-journal-remote)?$/.test(value) },
  is("CapabilityBoundingSet", ""),
  is("ProtectSystem", "strict"),
  ...["NoNewPrivileges", "PrivateDevices", "PrivateTmp", "ProtectHome"].map((key) => is(key, "yes")),
  is("IPAddressDeny", "any"),
  is("SocketBindDeny", "any"),
  is("Restart", "always"),
  exactly("Unit", "StartLimitIntervalSec", "0"),
  exactly("Install", "WantedBy", "multi-user.target"),
];
const OWN_MACHINE = /^(?:127\.|0\.|::1?$|localhost$)/;

/** Who stands in for a collector gets names, addresses and commands of everybody. */
export const collectorProven: Rule = {
  id: "collector-proven",
  description:
    "A copy of the record goes to the declared collector alone, proven by its authority and name, from an account that can only read.",
  severity: "high",
  enforcementLevel: "mandatory",
  controls: ["LOG-12"],
  remedy: "declare audit.collector with the authority of its certificate, and let the concern collector write its units and files",
  appliesTo: ["phiward:host:Collector"],
  judge(unit, report) {
    const settings = unit.at("settings");
    const address = settings.at("address");
    const declared = address.text();
    if (declared !== undefined) {
      if (OWN_MACHINE.test(declared)) report({ at: address.path, found: "the host itself", allowed: "another machine" });
      demandUnit(
        unit,
        SENDER,
        [...DEMANDS, { ...is("IPAddressAllow", "what settings.address says"), holds: (value) => value === declared }],
        report,
      );
    }
    const ca = settings.at("ca").text();
    if (ca !== undefined && authorityFault(ca) !== undefined)
      report({ at: settings.at("ca").path, found: "not the certificate of an authority", allowed: "one certificate as PEM text" });
    for (const { at, texts } of filesAt(unit, [AUTHORITY], report))
      if (ca !== undefined && !texts.every((text) => text === ca))
        report({ at, found: "another authority, or more than one", allowed: "what settings.ca says" });
    const rendered = jsonFile(unit, "/etc/phiward/collector.json", report);
    for (const name of ["address", "port", "name"]) {
      const [wanted, found] = [settings.at(name), rendered?.at(name)];
      if (found !== undefined && wanted.plain() !== undefined && found.plain() !== undefined && wanted.plain() !== found.plain())
        report({ at: found.path, found: "another one than is declared", allowed: `what settings.${name} says` });
    }
    if (settings.at("alerts").flag() === true) demandUnit(unit, "phiward-collector-watch.service", [TOLD], report);
  },
};
