import { textOf } from "../fixtures";
import { type Allowed, added, allowed, becomes, begun, listed, type Refused, refused } from "./spoil";

const ANNA = textOf("people", "/etc/ssh/authorized_keys.d/anna");
const BEN = textOf("people", "/etc/ssh/authorized_keys.d/ben");
const DEPLOY = textOf("people", "/etc/ssh/authorized_keys.d/deploy");
const BENS_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
const ANNAS_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBBJ42g/QPi2adaNSAge38FmSdGZJLfq4z849dSDqgd4";
const NOBODYS_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO0000000000000000000000000000000000000000";

/** What the rules about people must refuse. */
export const PEOPLE_REFUSED: readonly Refused[] = [
  ...refused("incident-response-declared", "people", [
    ["nobody is called", "settings.incidents.contacts", becomes([]), "found nobody who is technical, security, privacy, legal"],
    [
      "nobody is called for privacy",
      "settings.incidents.contacts.0.roles",
      becomes(["technical", "security", "legal"]),
      "found nobody who is privacy",
    ],
    ["a contact is a name alone", "settings.incidents.contacts.0.phone", becomes(undefined), "found a contact whom nothing reaches"],
    ["an active breach may wait", "settings.incidents.responses.P1", becomes(16), "found 16 minutes, allowed: 15 at most"],
    ["there is no incident key", "settings.incidents.key", becomes(""), "found not a public key"],
  ]),
  ...refused("people-unique-keys", "people", [
    ["someone has no key", "settings.people.0.keys", becomes([]), "settings.people.0.keys: found an empty list"],
    [
      "two people share a key under two comments",
      "settings.people.1.keys.0",
      becomes(`${ANNAS_KEY} ben`),
      "found the key of settings.people.0.keys.0",
    ],
    [
      "a private key was pasted",
      "settings.people.0.keys.0",
      becomes("-----BEGIN OPENSSH PRIVATE KEY-----"),
      "settings.people.0.keys.0: found not a public key",
    ],
    ["nobody has sudo", "settings.people.0.sudo", becomes(false), "found no person with sudo and without an expiry"],
    [
      "the only administrator's access ends",
      "settings.people.0.expires",
      becomes("2030-01-01"),
      "found no person with sudo and without an expiry",
    ],
    ["there are no people", "settings.people", becomes([]), "found no person with sudo and without an expiry"],
    ["an undeclared key is rendered", ANNA, added(NOBODYS_KEY), "found 1 of 2 lines with another person's key"],
    ["a colleague's key is rendered", BEN, added(ANNAS_KEY), "allowed: keys of settings.people.1"],
    ["somebody without sudo may deploy", DEPLOY, added(`${BENS_KEY} ben`), "allowed: keys of people with sudo"],
    [
      "an administrator's key opens a shell at the login of deploys",
      DEPLOY,
      added(`${ANNAS_KEY} anna`),
      "allowed: keys of people with sudo",
    ],
    ["a rendered key comes with options", ANNA, begun("cert-authority "), "or with options"],
  ]),
];

/** What they must let pass. */
export const PEOPLE_ALLOWED: readonly Allowed[] = [
  ...allowed("people-unique-keys", "people", [
    ["somebody has the same key twice", "settings.people.0.keys", listed((keys) => [...keys, ...keys])],
    ["a file has comments and empty lines", ANNA, added("# hers\n")],
  ]),
];
