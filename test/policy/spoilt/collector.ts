import { textOf } from "../fixtures";
import { type Allowed, added, allowed, becomes, type Refused, refused, replaced } from "./spoil";

const SENDER = textOf("collector", "/etc/systemd/system/phiward-collector.service");
const WATCH = textOf("collector", "/etc/systemd/system/phiward-collector-watch.service");
const SETTINGS = textOf("collector", "/etc/phiward/collector.json");
const AUTHORITY = textOf("collector", "/etc/phiward/collector/ca.pem");

/** What the rules about the copy of the record must refuse. */
export const COLLECTOR_REFUSED: readonly Refused[] = [
  ...refused("collector-proven", "collector", [
    ["it goes to the host itself", "settings.address", becomes("127.0.0.1"), "found the host itself"],
    ["the authority is not one", "settings.ca", becomes("none"), "settings.ca: found not the certificate of an authority"],
    ["a second authority is believed", AUTHORITY, added("-----BEGIN CERTIFICATE-----"), "another authority, or more than one"],
    ["it may reach every address", SENDER, replaced("IPAddressDeny=any\n", ""), "no IPAddressDeny"],
    [
      "it may reach another address",
      SENDER,
      replaced("IPAddressAllow=192.0.2.60", "IPAddressAllow=192.0.2.0/24"),
      "another IPAddressAllow",
    ],
    ["it is root", SENDER, replaced("DynamicUser=yes", "User=root"), "no DynamicUser"],
    [
      "it reads more than journals",
      SENDER,
      replaced("SupplementaryGroups=systemd-journal ", "SupplementaryGroups=adm "),
      "SupplementaryGroups",
    ],
    ["it keeps rights of root", SENDER, replaced("CapabilityBoundingSet=", "CapabilityBoundingSet=CAP_CHOWN"), "CapabilityBoundingSet"],
    ["another program sends", SENDER, replaced("collector send", "collector watch"), "found another ExecStart"],
    ["it gives up", SENDER, replaced("Restart=always", "Restart=no"), "found another Restart"],
    ["it goes elsewhere", SETTINGS, replaced('"address": "192.0.2.60"', '"address": "192.0.2.61"'), "another one than is declared"],
    ["another name is believed", SETTINGS, replaced('"name": "siem.', '"name": "other.'), "another one than is declared"],
    ["nobody hears that it is late", WATCH, replaced("OnFailure=", "#OnFailure="), "phiward-collector-watch.service"],
  ]),
  ...refused("collector-own-or-agreed", "collector", [
    ["it is another's", "settings.operator", becomes("businessAssociate"), "found a collector of another operator"],
    ["nobody knows whose it is", "settings.operator", becomes("nobody"), "allowed: own or businessAssociate"],
  ]),
];

/** What they must let pass. */
export const COLLECTOR_ALLOWED: readonly Allowed[] = [
  ...allowed("collector-proven", "collector", [
    ["it waits longer", SENDER, replaced("RestartSec=15s", "RestartSec=30s")],
    ["it may take less memory", SENDER, replaced("MemoryMax=512M", "MemoryMax=256M")],
  ]),
  ...allowed("collector-own-or-agreed", "collector", [["it is at another port", "settings.port", becomes(10514)]]),
];
