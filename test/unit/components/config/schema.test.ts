/** What a configuration may be: the defaults, every way to get it wrong that we could think of, and those that nobody thinks of. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError, parseConfig } from "../../../../components/config/faults";
import { serviceRules } from "../../../../components/config/serviceRules";
import { valueAt } from "../../../../components/config/unknown";
import { DEPLOY_USER } from "../../../../components/plan/places";
import { BREAK_GLASS_USER, POWERFUL_GROUPS, SSH_GROUP } from "../../../../components/system/people/settings";
import { processorTime } from "../../../processorTime";
import { configurations } from "../configurations";
import { changed, complete, ed25519, faultsOf, GONE, keyLine, type Path, replaced, smallest } from "../examples";

const RSA_2048 = keyLine("ssh-rsa", Uint8Array.of(1, 0, 1), Uint8Array.of(0, ...new Uint8Array(256).fill(0xff)));
const RSA_3072 = keyLine("ssh-rsa", Uint8Array.of(1, 0, 1), Uint8Array.of(0, ...new Uint8Array(384).fill(0xff)));
const P256 = keyLine("ecdsa-sha2-nistp256", "nistp256", Uint8Array.of(4, ...new Uint8Array(64).fill(7)));
const DSA = keyLine("ssh-dss", ...[128, 20, 128, 128].map((length) => new Uint8Array(length).fill(7)));
const PRIVATE_KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n-----END OPENSSH PRIVATE KEY-----\n";
const AGE_SECRET = `AGE-SECRET-KEY-1${"Q".repeat(58)}`;
const SECTIONS =
  "hosts, firstHostKeys, secrets, people, adminNetworks, trustedProxies, publicPorts, recovery, homes, deadMan, network, ssh, shell, bans, updates, time, docker, registries, services, jobs, removed, retention, subjects, phi, sites, listeners, backup, alerts, audit, incidents, integrity, monitoring, records, banner, journal";
// Words that messages have of their own.
const VOCABULARY = "certificate certificates characters recipient authority containers container containing";
const jail = { name: "app", filter: "postfix", journalMatch: "_SYSTEMD_UNIT=app.service", ports: [80] };

// The smallest change to the smallest configuration, and every sentence that it earns.
const FAULTY: readonly (readonly [string, Readonly<Record<string, unknown>>, readonly string[]])[] = [
  // What is missing, unknown or of another kind.
  ["a missing section", { recovery: GONE }, ["recovery: found nothing, allowed: an object with the keys publicKey, epoch"]],
  ["a section that is empty in YAML", { deadMan: null }, ["deadMan: found null, allowed: an object with the keys seconds"]],
  [
    "a section that arrives as text",
    { ssh: "" },
    ['ssh: found "", allowed: an object with the keys idleSeconds, maxAuthTries, loginGraceTime'],
  ],
  [
    "a list where a map belongs",
    { journal: [] },
    ["journal: found an empty list, allowed: an object with the keys systemMaxUse, systemKeepFree, retentionDays, sealMinutes"],
  ],
  ["a map where a list belongs", { people: { alice: {} } }, ["people: found an object, allowed: a list of at least one person"]],
  [
    "an unknown section",
    { backups: { daily: true } },
    [`configuration: found the unknown key "backups", allowed: ${SECTIONS}; correct or remove it`],
  ],
  [
    "two unknown sections",
    { backups: {}, sshd: {} },
    [`configuration: found the unknown keys "backups", "sshd", allowed: ${SECTIONS}; correct or remove them`],
  ],
  [
    "an unknown key in a section",
    { deadMan: { second: 20 } },
    ['deadMan: found the unknown key "second", allowed: seconds; correct or remove it'],
  ],
  ["an old name", { bans: { failures: 5 } }, ["bans.failures: found an old name, allowed: bans.maxRetry; rename it"]],
  [
    "old names beside an unknown one",
    { docker: { logs: { files: 5, maxMegabytes: 10, megabytes: 10 } } },
    [
      "docker.logs.files: found an old name, allowed: docker.logs.maxFile; rename it",
      "docker.logs.maxMegabytes: found an old name, allowed: docker.logs.maxSize; rename it",
      'docker.logs: found the unknown key "megabytes", allowed: driver, maxSize, maxFile, rateLimitBurst; correct or remove it',
    ],
  ],
  [
    "an unknown key of a person",
    { "people.0.sudoo": true },
    ['people.0: found the unknown key "sudoo", allowed: name, keys, sudo, expires, databases; correct or remove it'],
  ],
  [
    "a host with a name that another one had",
    { "hosts.1": { kind: "existing", name: "store", formerly: ["web"], address: "203.0.113.11", hostKey: ed25519(9) } },
    ["hosts.1.formerly.0: found text of 3 characters, allowed: must be unique; already used by hosts.0.name"],
  ],
  [
    "an unknown key of a host",
    { "hosts.0.port": 2222 },
    [
      'hosts.0: found the unknown key "port", allowed: kind, name, formerly, role, address, hostKey, formerHostKeys, closed; correct or remove it',
    ],
  ],
  [
    "an unknown key of a public port",
    { publicPorts: [{ port: 443, purpose: "HTTPS", from: "10.0.0.0/8" }] },
    ['publicPorts.0: found the unknown key "from", allowed: port, protocol, purpose; correct or remove it'],
  ],
  [
    "an unknown key of a jail",
    { bans: { jails: [{ ...jail, maxretry: 3 }] } },
    ['bans.jails.0: found the unknown key "maxretry", allowed: name, filter, journalMatch, ports; correct or remove it'],
  ],
  [
    "an unknown key that hides what it is",
    { "a\u202e\n\u001b[2J": 1 },
    [
      `configuration: found the unknown key text of 7 characters, among them capital letters, line ends, control characters, characters that are not ASCII, allowed: ${SECTIONS}; correct or remove it`,
    ],
  ],
  [
    "an unknown key that is a token",
    { dop_v1_0123456789abcdef0123456789abcdef: 1 },
    [`configuration: found the unknown key text of 39 characters, allowed: ${SECTIONS}; correct or remove it`],
  ],
  [
    "an entry that is null",
    { "people.1": null },
    ["people.1: found null, allowed: an object with the keys name, keys, sudo, expires, databases"],
  ],
  [
    "an entry that is text",
    { "hosts.1": "web2.example.org" },
    ["hosts.1: found text of 16 characters, allowed: an object that begins with `kind: existing`"],
  ],
  [
    "a missing key of a host",
    { "hosts.0.hostKey": GONE },
    [
      "hosts.0.hostKey: found nothing, allowed: ssh-ed25519 and its base64, copied whole and without a comment; `npx phiward adopt` shows it",
    ],
  ],
  // Hosts.
  ["no host", { hosts: [] }, ["hosts: found an empty list, allowed: a list of at least one host"]],
  ["a host of an unknown kind", { "hosts.0.kind": "cloud" }, ["hosts.0.kind: found text of 5 characters, allowed: existing or droplet"]],
  ["a host of no kind", { "hosts.0.kind": GONE }, ["hosts.0.kind: found nothing, allowed: existing or droplet"]],
  [
    "a host's name with a capital letter",
    { "hosts.0.name": "Web" },
    [
      "hosts.0.name: found text of 3 characters, among them capital letters, allowed: a name of 31 characters at most: a lowercase letter, then lowercase letters, digits and single hyphens, none at the end",
    ],
  ],
  [
    "a host's name that ends in a hyphen",
    { "hosts.0.name": "web-" },
    [
      "hosts.0.name: found text of 4 characters, allowed: a name of 31 characters at most: a lowercase letter, then lowercase letters, digits and single hyphens, none at the end",
    ],
  ],
  [
    "a host's name with a line break",
    { "hosts.0.name": "web\nroot" },
    [
      "hosts.0.name: found text of 8 characters, among them line ends, allowed: a name of 31 characters at most: a lowercase letter, then lowercase letters, digits and single hyphens, none at the end",
    ],
  ],
  [
    "a mistyped address",
    { "hosts.0.address": "300.0.113.10" },
    ["hosts.0.address: found text of 12 characters, allowed: the IPv4 address, IPv6 address or name of a server other than this machine"],
  ],
  [
    "an address in disguise",
    { "hosts.0.address": "0x7f000001" },
    ["hosts.0.address: found text of 10 characters, allowed: the IPv4 address, IPv6 address or name of a server other than this machine"],
  ],
  [
    "this very machine",
    { "hosts.0.address": "127.0.0.1" },
    ['hosts.0.address: found "127.0.0.1", allowed: the IPv4 address, IPv6 address or name of a server other than this machine'],
  ],
  [
    "this very machine by name",
    { "hosts.0.address": "localhost" },
    ["hosts.0.address: found text of 9 characters, allowed: the IPv4 address, IPv6 address or name of a server other than this machine"],
  ],
  [
    "an address with a zone",
    { "hosts.0.address": "fe80::1%eth0" },
    ["hosts.0.address: found text of 12 characters, allowed: the IPv4 address, IPv6 address or name of a server other than this machine"],
  ],
  [
    "an option in place of an address",
    { "hosts.0.address": "-oProxyCommand=id" },
    [
      "hosts.0.address: found text of 17 characters, among them capital letters, allowed: the IPv4 address, IPv6 address or name of a server other than this machine",
    ],
  ],
  [
    "a user before the address",
    { "hosts.0.address": "root@web.example.org" },
    ["hosts.0.address: found text of 20 characters, allowed: the IPv4 address, IPv6 address or name of a server other than this machine"],
  ],
  [
    "a host key of another type",
    { "hosts.0.hostKey": RSA_3072 },
    [
      "hosts.0.hostKey: found a key of type ssh-rsa, allowed: ssh-ed25519 and its base64, copied whole and without a comment; `npx phiward adopt` shows it",
    ],
  ],
  [
    "a host key with a comment",
    { "hosts.0.hostKey": `${ed25519(1)} root@web` },
    [
      "hosts.0.hostKey: found a key of type ssh-ed25519, allowed: ssh-ed25519 and its base64, copied whole and without a comment; `npx phiward adopt` shows it",
    ],
  ],
  [
    "a host key that was cut off",
    { "hosts.0.hostKey": ed25519(1).slice(0, -4) },
    [
      "hosts.0.hostKey: found a key of type ssh-ed25519, allowed: ssh-ed25519 and its base64, copied whole and without a comment; `npx phiward adopt` shows it",
    ],
  ],
  [
    "a host's private key",
    { "hosts.0.hostKey": PRIVATE_KEY },
    [
      "hosts.0.hostKey: found a private key (treat it as compromised, and create a new pair), allowed: ssh-ed25519 and its base64, copied whole and without a comment; `npx phiward adopt` shows it",
    ],
  ],
  [
    "two hosts of one name",
    { "hosts.1": { kind: "existing", name: "web", address: "203.0.113.11", hostKey: ed25519(9) } },
    ["hosts.1.name: found text of 3 characters, allowed: must be unique; already used by hosts.0.name"],
  ],
  [
    "two hosts of one address, spelled otherwise",
    { "hosts.0.address": "2001:db8::1", "hosts.1": { kind: "existing", name: "db", address: "2001:0DB8::0:1", hostKey: ed25519(9) } },
    ['hosts.1.address: found "2001:0DB8::0:1", allowed: must be unique; already used by hosts.0.address'],
  ],
  [
    "two hosts of one host key",
    { "hosts.1": { kind: "existing", name: "db", address: "203.0.113.11", hostKey: ed25519(1) } },
    [
      "hosts.1.hostKey: found a key of type ssh-ed25519, allowed: must be unique: with a shared key either host could impersonate the other; already used by hosts.0.hostKey",
    ],
  ],
  // People and their keys.
  ["nobody", { people: [] }, ["people: found an empty list, allowed: a list of at least one person"]],
  [
    "nobody with sudo",
    { "people.0.sudo": GONE },
    [
      "people: found a list of 1, allowed: at least one person with `sudo: true` and no `expires`: otherwise everyone's access eventually expires",
    ],
  ],
  [
    "nobody with sudo for good",
    { "people.0.expires": "2027-03-31" },
    [
      "people: found a list of 1, allowed: at least one person with `sudo: true` and no `expires`: otherwise everyone's access eventually expires",
    ],
  ],
  ["sudo in words", { "people.0.sudo": "yes" }, ["people.0.sudo: found text of 3 characters, allowed: true or false"]],
  [
    "two people of one name",
    { "people.1": { name: "alice", keys: [ed25519(9)] } },
    ["people.1.name: found text of 5 characters, allowed: must be unique; already used by people.0.name"],
  ],
  [
    "one key for two people, with another comment",
    { "people.1": { name: "bob", keys: [`${ed25519(2)} bob`] } },
    [
      "people.1.keys.0: found a key of type ssh-ed25519, allowed: must be unique: each key belongs to one person; already used by people.0.keys.0",
    ],
  ],
  [
    "one key twice",
    { "people.0.keys.1": ed25519(2) },
    [
      "people.0.keys.1: found a key of type ssh-ed25519, allowed: must be unique: each key belongs to one person; already used by people.0.keys.0",
    ],
  ],
  [
    "the deploy account as a person",
    { "people.0.name": "deploy" },
    ["people.0.name: found text of 6 characters, allowed: a login name that no account or group of the system has"],
  ],
  [
    "a service's account as a person",
    { "people.0.name": "postgres" },
    ["people.0.name: found text of 8 characters, allowed: a login name that no account or group of the system has"],
  ],
  [
    "a name of systemd's",
    { "people.0.name": "systemd-oom" },
    ["people.0.name: found text of 11 characters, allowed: a login name that no account or group of the system has"],
  ],
  [
    "a name with a space",
    { "people.0.name": "alice smith" },
    [
      "people.0.name: found text of 11 characters, among them spaces, allowed: the person's own login name, 31 characters at most: a lowercase letter, then lowercase letters, digits and single hyphens, none at the end",
    ],
  ],
  [
    "a name of 32 letters",
    { "people.0.name": "a".repeat(32) },
    [
      "people.0.name: found text of 32 characters, allowed: the person's own login name, 31 characters at most: a lowercase letter, then lowercase letters, digits and single hyphens, none at the end",
    ],
  ],
  [
    "a number as a name",
    { "people.0.name": 1234 },
    [
      "people.0.name: found 1234, allowed: the person's own login name, 31 characters at most: a lowercase letter, then lowercase letters, digits and single hyphens, none at the end",
    ],
  ],
  [
    "no key",
    { "people.0.keys": [] },
    ["people.0.keys: found an empty list, allowed: a list of at least one public key; a person without a key cannot log in"],
  ],
  [
    "one key that is not in a list",
    { "people.0.keys": ed25519(2) },
    ["people.0.keys: found a key of type ssh-ed25519, allowed: a list of at least one public key; a person without a key cannot log in"],
  ],
  [
    "a DSA key",
    { "people.0.keys.0": DSA },
    [
      "people.0.keys.0: found a key of type ssh-dss, allowed: a key of a strong type: Ed25519, sk-ssh-ed25519, sk-ecdsa, ECDSA P-384 or P-521, or RSA of 3072 bits and more",
    ],
  ],
  [
    "an RSA key of 2048 bits",
    { "people.0.keys.0": RSA_2048 },
    [
      "people.0.keys.0: found a key of type ssh-rsa, allowed: a key of a strong type: Ed25519, sk-ssh-ed25519, sk-ecdsa, ECDSA P-384 or P-521, or RSA of 3072 bits and more; this RSA key has 2048 bits",
    ],
  ],
  [
    "an ECDSA key of 256 bits",
    { "people.0.keys.0": P256 },
    [
      "people.0.keys.0: found a key of type ecdsa-sha2-nistp256, allowed: a key of a strong type: Ed25519, sk-ssh-ed25519, sk-ecdsa, ECDSA P-384 or P-521, or RSA of 3072 bits and more",
    ],
  ],
  [
    "a private key",
    { "people.0.keys.0": PRIVATE_KEY },
    [
      "people.0.keys.0: found a private key (treat it as compromised, and create a new pair), allowed: one line of an OpenSSH public key: type, base64 and, if you like, a comment in ASCII; no options before it",
    ],
  ],
  [
    "a key with options",
    { "people.0.keys.0": `command="/bin/sh" ${ed25519(2)}` },
    [
      "people.0.keys.0: found text of 98 characters, allowed: one line of an OpenSSH public key: type, base64 and, if you like, a comment in ASCII; no options before it",
    ],
  ],
  [
    "two keys in one",
    { "people.0.keys.0": `${ed25519(2)}\n${ed25519(3)}` },
    [
      "people.0.keys.0: found text of 161 characters, allowed: one line of an OpenSSH public key: type, base64 and, if you like, a comment in ASCII; no options before it",
    ],
  ],
  [
    "a comment with a line break",
    { "people.0.keys.0": `${ed25519(2)} alice\nssh-ed25519 AAAA` },
    [
      "people.0.keys.0: found text of 103 characters, allowed: one line of an OpenSSH public key: type, base64 and, if you like, a comment in ASCII; no options before it",
    ],
  ],
  [
    "a key that was cut off",
    { "people.0.keys.0": ed25519(2).slice(0, 40) },
    ["people.0.keys.0: found a key of type ssh-ed25519, allowed: base64 that holds a whole ssh-ed25519 key; copy the line again"],
  ],
  [
    "a day that does not exist",
    { "people.0.expires": "2027-02-30" },
    [
      'people.0.expires: found "2027-02-30", allowed: a day from 2000 to 2099 that exists, as YYYY-MM-DD, in quotation marks',
      "people: found a list of 1, allowed: at least one person with `sudo: true` and no `expires`: otherwise everyone's access eventually expires",
    ],
  ],
  [
    "a day in another order",
    { "people.1": { name: "bob", keys: [ed25519(9)], expires: "31.03.2027" } },
    ['people.1.expires: found "31.03.2027", allowed: a day from 2000 to 2099 that exists, as YYYY-MM-DD, in quotation marks'],
  ],
  [
    "a day of another age",
    { "people.1": { name: "bob", keys: [ed25519(9)], expires: "1969-12-31" } },
    ['people.1.expires: found "1969-12-31", allowed: a day from 2000 to 2099 that exists, as YYYY-MM-DD, in quotation marks'],
  ],
  // Networks and ports.
  [
    "no admin network",
    { adminNetworks: [] },
    [
      "adminNetworks: found an empty list, allowed: a list of at least one network, from which you connect: without one, a ban could lock you out",
    ],
  ],
  [
    "the whole Internet",
    { adminNetworks: ["0.0.0.0/0", "::/0"] },
    [
      'adminNetworks.0: found "0.0.0.0/0", allowed: a network of your own, no larger than /8; never the whole Internet or a large part of it',
      'adminNetworks.1: found "::/0", allowed: a network of your own, no larger than /16; never the whole Internet or a large part of it',
    ],
  ],
  [
    "the whole Internet in halves",
    { adminNetworks: ["0.0.0.0/1", "128.0.0.0/1"] },
    [
      'adminNetworks.0: found "0.0.0.0/1", allowed: a network of your own, no larger than /8; never the whole Internet or a large part of it',
      'adminNetworks.1: found "128.0.0.0/1", allowed: a network of your own, no larger than /8; never the whole Internet or a large part of it',
    ],
  ],
  [
    "a network with bits behind its length",
    { "adminNetworks.0": "203.0.113.7/24" },
    ['adminNetworks.0: found "203.0.113.7/24", allowed: 203.0.113.0/24, or 203.0.113.7/32 for the one address'],
  ],
  [
    "an address without its length",
    { "adminNetworks.0": "203.0.113.7" },
    ['adminNetworks.0: found "203.0.113.7", allowed: a network with its length, such as 203.0.113.7/32'],
  ],
  [
    "an IPv6 network in capitals",
    { "adminNetworks.0": "2001:DB8:0:1::/64" },
    ['adminNetworks.0: found "2001:DB8:0:1::/64", allowed: 2001:db8:0:1::/64, which is how the network is written'],
  ],
  [
    "an IPv4 network written as IPv6",
    { "adminNetworks.0": "::ffff:cb00:7107/128" },
    [
      'adminNetworks.0: found "::ffff:cb00:7107/128", allowed: a network of hosts that can connect: not loopback, multicast or reserved, and IPv4 not written as IPv6',
    ],
  ],
  [
    "a network that nobody comes from",
    { "adminNetworks.0": "127.0.0.0/8" },
    [
      'adminNetworks.0: found "127.0.0.0/8", allowed: a network of hosts that can connect: not loopback, multicast or reserved, and IPv4 not written as IPv6',
    ],
  ],
  [
    "a network that is a host name",
    { "adminNetworks.0": "office.example.org" },
    ["adminNetworks.0: found text of 18 characters, allowed: a network with its length, such as 203.0.113.7/32 or 2001:db8::/48"],
  ],
  [
    "a network twice",
    { "adminNetworks.1": "198.51.100.7/32" },
    ['adminNetworks.1: found "198.51.100.7/32", allowed: must be unique; already used by adminNetworks.0'],
  ],
  [
    "SSH as a public port",
    { publicPorts: [{ port: 22, purpose: "SSH" }] },
    ["publicPorts.0.port: found 22, allowed: a port other than 22: SSH is already open, limited for all but adminNetworks"],
  ],
  [
    "a port twice",
    {
      publicPorts: [
        { port: 443, purpose: "HTTPS" },
        { port: 443, protocol: "tcp", purpose: "again" },
      ],
    },
    ["publicPorts.1.port: found 443, allowed: must be unique together with its protocol; already used by publicPorts.0.port"],
  ],
  ["port 0", { publicPorts: [{ port: 0, purpose: "none" }] }, ["publicPorts.0.port: found 0, allowed: a whole number from 1 to 65535"]],
  [
    "a port as text",
    { publicPorts: [{ port: "443", purpose: "HTTPS" }] },
    ['publicPorts.0.port: found "443", allowed: a whole number from 1 to 65535'],
  ],
  [
    "half a port",
    { publicPorts: [{ port: 44.3, purpose: "HTTPS" }] },
    ["publicPorts.0.port: found 44.3, allowed: a whole number from 1 to 65535"],
  ],
  [
    "a protocol that is none",
    { publicPorts: [{ port: 443, protocol: "sctp", purpose: "HTTPS" }] },
    ["publicPorts.0.protocol: found text of 4 characters, allowed: tcp or udp"],
  ],
  [
    "a purpose of nothing but a space",
    { publicPorts: [{ port: 443, purpose: " " }] },
    [
      "publicPorts.0.purpose: found text of 1 character, among them spaces, allowed: 1 to 80 characters of printable ASCII that do not begin with a space",
    ],
  ],
  // Emergency access and the dead-man's switch.
  [
    "a mistyped age recipient",
    { "recovery.publicKey": "age1zwen4a3j9wrgd7g67pyyv29kreax9k0m47kdqztlv24uvhwkevaq334yqd" },
    [
      "recovery.publicKey: found text of 62 characters, allowed: an age recipient (age1…, from age-keygen) or an ssh-ed25519 or ssh-rsa public key, copied whole",
    ],
  ],
  [
    "the private half of the recovery key",
    { "recovery.publicKey": AGE_SECRET },
    [
      "recovery.publicKey: found a private key (treat it as compromised, and create a new pair), allowed: an age recipient (age1…, from age-keygen) or an ssh-ed25519 or ssh-rsa public key, copied whole",
    ],
  ],
  [
    "a recovery key of a kind that age cannot use",
    { "recovery.publicKey": keyLine("sk-ssh-ed25519@openssh.com", new Uint8Array(32), "ssh:") },
    [
      "recovery.publicKey: found a key of type sk-ssh-ed25519@openssh.com, allowed: an age recipient (age1…, from age-keygen) or an ssh-ed25519 or ssh-rsa public key, copied whole",
    ],
  ],
  ["an epoch before the first", { "recovery.epoch": 0 }, ["recovery.epoch: found 0, allowed: a whole number from 1 to 9999"]],
  [
    "a dead-man's switch that is too quick",
    { deadMan: { seconds: 19 } },
    ["deadMan.seconds: found 19, allowed: a whole number from 20 to 3600"],
  ],
  [
    "a dead-man's switch that is too slow",
    { deadMan: { seconds: 3601 } },
    ["deadMan.seconds: found 3601, allowed: a whole number from 20 to 3600"],
  ],
  ["a number that is none", { deadMan: { seconds: Number.NaN } }, ["deadMan.seconds: found NaN, allowed: a whole number from 20 to 3600"]],
  // SSH, bans, updates, time, docker, services, sites, backup, alerts, audit, banner, journal.
  ["more tries than CIS allows", { ssh: { maxAuthTries: 10 } }, ["ssh.maxAuthTries: found 10, allowed: a whole number from 3 to 6"]],
  ["a shell that never ends", { shell: { idleSeconds: 0 } }, ["shell.idleSeconds: found 0, allowed: a whole number from 60 to 900"]],
  [
    "a longest ban that is shorter than the first",
    { bans: { banTime: 7200, maxBanTime: 3600 } },
    ["bans.maxBanTime: found 3600, allowed: at least bans.banTime, which is 7200"],
  ],
  [
    "a jail for SSH",
    { bans: { jails: [{ ...jail, name: "sshd" }] } },
    ["bans.jails.0.name: found text of 4 characters, allowed: a name other than sshd: that jail exists already"],
  ],
  [
    "two jails of one name",
    { bans: { jails: [jail, jail] } },
    ["bans.jails.1.name: found text of 3 characters, allowed: must be unique; already used by bans.jails.0.name"],
  ],
  [
    "a jail's port twice",
    { bans: { jails: [{ ...jail, ports: [80, 443, 80] }] } },
    ["bans.jails.0.ports.2: found 80, allowed: must be unique; already used by bans.jails.0.ports.0"],
  ],
  [
    "a jail without ports",
    { bans: { jails: [{ ...jail, ports: [] }] } },
    ["bans.jails.0.ports: found an empty list, allowed: a list of at least one port"],
  ],
  [
    "a jail's name that opens another section",
    { bans: { jails: [{ ...jail, name: "app]\n[sshd" }] } },
    [
      "bans.jails.0.name: found text of 10 characters, among them line ends, allowed: a name of 26 characters at most: a lowercase letter, then lowercase letters, digits and single hyphens, none at the end",
    ],
  ],
  [
    "a filter with a path",
    { bans: { jails: [{ ...jail, filter: "../../tmp/evil" }] } },
    [
      "bans.jails.0.filter: found text of 14 characters, allowed: the name of a fail2ban filter, with its mode in brackets if it has one, e.g. nginx-http-auth or postfix[mode=aggressive]",
    ],
  ],
  [
    "fail2ban's own filter for SSH, by which a client chooses who is banned",
    { bans: { jails: [{ ...jail, filter: "sshd[mode=aggressive]" }] } },
    ["bans.jails.0.filter: found text of 21 characters, allowed: a filter for another program than SSH, which is watched already"],
  ],
  [
    "a filter that sets an option",
    { bans: { jails: [{ ...jail, filter: "postfix[failregex=x]" }] } },
    [
      "bans.jails.0.filter: found text of 20 characters, allowed: the name of a fail2ban filter, with its mode in brackets if it has one, e.g. nginx-http-auth or postfix[mode=aggressive]",
    ],
  ],
  [
    "a journal match with a second line",
    { bans: { jails: [{ ...jail, journalMatch: "_COMM=app\nignoreip = 0.0.0.0/0" }] } },
    [
      "bans.jails.0.journalMatch: found text of 30 characters, among them capital letters, spaces, line ends, allowed: matches as in journalctl(1), FIELD=value, with single spaces or + between, e.g. _SYSTEMD_UNIT=app.service",
    ],
  ],
  [
    "a journal match with a percent sign",
    { bans: { jails: [{ ...jail, journalMatch: "_COMM=a%b" }] } },
    [
      "bans.jails.0.journalMatch: found text of 9 characters, among them capital letters, allowed: matches as in journalctl(1), FIELD=value, with single spaces or + between, e.g. _SYSTEMD_UNIT=app.service",
    ],
  ],
  [
    "a journal match that begins with a space",
    { bans: { jails: [{ ...jail, journalMatch: " _COMM=app" }] } },
    [
      "bans.jails.0.journalMatch: found text of 10 characters, among them capital letters, spaces, allowed: matches as in journalctl(1), FIELD=value, with single spaces or + between, e.g. _SYSTEMD_UNIT=app.service",
    ],
  ],
  [
    "a journal match with interpolation",
    { bans: { jails: [{ ...jail, journalMatch: "_COMM=%(sshd_log)s" }] } },
    [
      "bans.jails.0.journalMatch: found text of 18 characters, among them capital letters, allowed: matches as in journalctl(1), FIELD=value, with single spaces or + between, e.g. _SYSTEMD_UNIT=app.service",
    ],
  ],
  [
    "a journal match that matches nothing",
    { bans: { jails: [{ ...jail, journalMatch: " + " }] } },
    [
      "bans.jails.0.journalMatch: found text of 3 characters, among them spaces, allowed: matches as in journalctl(1), FIELD=value, with single spaces or + between, e.g. _SYSTEMD_UNIT=app.service",
    ],
  ],
  [
    "an hour that does not exist",
    { updates: { rebootTime: "24:00" } },
    ['updates.rebootTime: found "24:00", allowed: a time as HH:MM, UTC, in quotation marks'],
  ],
  [
    "a time that YAML made a number",
    { updates: { rebootTime: 210 } },
    ["updates.rebootTime: found 210, allowed: a time as HH:MM, UTC, in quotation marks"],
  ],
  ["a choice that is none", { updates: { reboot: "never" } }, ["updates.reboot: found text of 5 characters, allowed: automatic or manual"]],
  [
    "a single time server",
    { time: { servers: ["ntp.example.org"] } },
    ["time.servers: found a list of 1, allowed: a list of at least two servers, so that one may fail"],
  ],
  [
    "one time server twice",
    { time: { servers: ["ntp.example.org", "NTP.example.org"] } },
    ["time.servers.1: found text of 15 characters, among them capital letters, allowed: must be unique; already used by time.servers.0"],
  ],
  [
    "a time server with a second line",
    { time: { servers: ["ntp.example.org", "ntp2.example.org\n[Match]"] } },
    [
      "time.servers.1: found text of 24 characters, among them capital letters, line ends, allowed: the IPv4 address, IPv6 address or name of a time server other than this machine",
    ],
  ],
  [
    "a banner with escapes",
    { banner: "Welcome to \\n \\4" },
    [
      "banner: found text of 16 characters, among them capital letters, spaces, allowed: 1 to 2000 characters of printable ASCII and line ends, and no backslash: getty(8) would show the system's name and version in its place",
    ],
  ],
  [
    "a banner that a terminal obeys",
    { banner: "\u001b[2JWelcome" },
    [
      "banner: found text of 11 characters, among them capital letters, control characters, allowed: 1 to 2000 characters of printable ASCII and line ends, and no backslash: getty(8) would show the system's name and version in its place",
    ],
  ],
  [
    "a banner that shows nothing",
    { banner: " \n " },
    [
      "banner: found text of 3 characters, among them spaces, line ends, allowed: 1 to 2000 characters of printable ASCII and line ends, and no backslash: getty(8) would show the system's name and version in its place",
    ],
  ],
  [
    "a banner without end",
    { banner: "x".repeat(2001) },
    [
      "banner: found text of 2001 characters, allowed: 1 to 2000 characters of printable ASCII and line ends, and no backslash: getty(8) would show the system's name and version in its place",
    ],
  ],
  [
    "a journal kept too briefly",
    { journal: { retentionDays: 30 } },
    ["journal.retentionDays: found 30, allowed: a whole number from 90 to 3650"],
  ],
  // Several at once.
  [
    "a section of another kind beside a name that is there twice",
    { deadMan: null, "people.1": { name: "alice", keys: [ed25519(9)] } },
    [
      "deadMan: found null, allowed: an object with the keys seconds",
      "people.1.name: found text of 5 characters, allowed: must be unique; already used by people.0.name",
    ],
  ],
  [
    "faults of every kind at once",
    {
      "hosts.0.name": "Web",
      "people.0.sudo": false,
      "people.1": { name: "alice", keys: [ed25519(2)] },
      "adminNetworks.0": "10.0.0.1/24",
      publicPorts: [{ port: 22, purpose: "SSH" }],
      deadMan: { seconds: 5 },
      extra: 1,
    },
    [
      "hosts.0.name: found text of 3 characters, among them capital letters, allowed: a name of 31 characters at most: a lowercase letter, then lowercase letters, digits and single hyphens, none at the end",
      'adminNetworks.0: found "10.0.0.1/24", allowed: 10.0.0.0/24, or 10.0.0.1/32 for the one address',
      "deadMan.seconds: found 5, allowed: a whole number from 20 to 3600",
      `configuration: found the unknown key "extra", allowed: ${SECTIONS}; correct or remove it`,
      "people.1.name: found text of 5 characters, allowed: must be unique; already used by people.0.name",
      "people.1.keys.0: found a key of type ssh-ed25519, allowed: must be unique: each key belongs to one person; already used by people.0.keys.0",
      "publicPorts.0.port: found 22, allowed: a port other than 22: SSH is already open, limited for all but adminNetworks",
      "people: found a list of 2, allowed: at least one person with `sudo: true` and no `expires`: otherwise everyone's access eventually expires",
    ],
  ],
];

/** All faults of a configuration; none if it is allowed. */
describe("a configuration that is not allowed", () => {
  it.each(FAULTY)("is refused for %s", (_, changes, faults) => {
    expect(faultsOf(changed(smallest(), changes))).toEqual(faults);
  });

  it.each<[string, unknown, string]>([
    ["nothing", undefined, "nothing"],
    ["null", null, "null"],
    ["an empty text", "", '""'],
    ["a text", "hosts: []", "text of 9 characters, among them spaces"],
    ["a private key", PRIVATE_KEY, "a private key (treat it as compromised, and create a new pair)"],
    ["a number", 42, "42"],
    ["a flag", true, "true"],
    ["an empty list", [], "an empty list"],
    ["a list of configurations", [smallest()], "a list of 1"],
    ["a function", () => 1, "a function"],
    ["a large number", 10n, "a bigint"],
  ])("is refused as a whole when it is %s", (_, raw, found) => {
    expect(faultsOf(raw)).toEqual([`configuration: found ${found}, allowed: an object with the keys ${SECTIONS}`]);
  });

  it("that is empty is refused with every section that has no default", () => {
    expect(faultsOf({})).toEqual([
      "hosts: found nothing, allowed: a list of at least one host",
      "people: found nothing, allowed: a list of at least one person",
      "adminNetworks: found nothing, allowed: a list of at least one network, from which you connect: without one, a ban could lock you out",
      "recovery: found nothing, allowed: an object with the keys publicKey, epoch",
    ]);
  });

  it("is told in one error, one line for each fault", () => {
    expect(() => parseConfig(changed(smallest(), { "deadMan.seconds": 0, "recovery.epoch": 0 }))).toThrow(
      "recovery.epoch: found 0, allowed: a whole number from 1 to 9999\ndeadMan.seconds: found 0, allowed: a whole number from 20 to 3600",
    );
  });

  it.each([
    PRIVATE_KEY,
    AGE_SECRET,
    PRIVATE_KEY.slice(36, 67),
    "dop_v1_0123456789abcdef0123",
    "correct-horse-battery-staple",
    "password=hunter2",
  ])("never repeats what may be a secret: %j, wherever it was pasted", (secret) => {
    const places = paths(complete()).filter((path) => typeof valueAt(complete(), path) !== "object");
    for (const path of places)
      expect(faultsOf(replaced(complete(), path, secret)).join("\n"), path.join(".")).not.toContain(
        JSON.stringify(secret).slice(1, -1).slice(0, 12),
      );
  });

  it("never repeats a text of its own, whatever it looks like and wherever it stands, as a value or as a key", () => {
    const strings = paths(complete()).filter((path) => typeof valueAt(complete(), path) === "string");
    const marker = fc
      .stringMatching(/^([a-z]{8,12}([0-9]{1,3}|[A-Z!$]{1,3})?|[0-9]{6,12}|[0-9]{4}-[0-9]{4}-[0-9]{4}|[0-9]{4}:[0-9]{4})$/)
      .filter((word) => !VOCABULARY.includes(word));
    const planted = fc.tuple(
      marker,
      fc.constantFrom(
        ...[
          "{}",
          "https://ops:{}@hooks.example.org/",
          "https://hooks.example.org/?key={}",
          "{}@mail.example.org",
          "ops:{}@mail.example.org",
        ],
        ...[
          "registry.example.org/{}@sha256:0",
          "--password={}",
          "PASSWORD={}",
          "/srv/{}",
          "{}.example.org",
          "ssh-{} AAAA",
          "*{}",
          "\u001b{}",
        ],
      ),
    );
    fc.assert(
      fc.property(planted, fc.constantFrom(...strings), ([secret, around], path) => {
        const text = around.replace("{}", secret);
        const asKey = replaced(complete(), [...path.slice(0, -1), `${text}1`], "x");
        // Something else is wrong as well: so it is refused wherever the text itself is allowed.
        for (const raw of [replaced(complete(), path, text), asKey]) {
          const told = faultsOf(replaced(raw, ["ssh", "maxAuthTries"], 99)).join("\n");
          expect(told).not.toBe("");
          expect(told.toLowerCase(), path.join(".")).not.toContain(secret.toLowerCase());
        }
      }),
      { numRuns: 500 },
    );
  });

  it("shows no key of an author's own that has digits, as a token would", () => {
    const raw = replaced(complete(), ["people", 1, "databases"], { hunter2: "x" });
    expect(faultsOf(raw).join("\n")).toContain("people.1.databases.text of 7 characters: found");
  });

  it("names no person like an account or group of our own", () => {
    for (const name of [DEPLOY_USER, BREAK_GLASS_USER, SSH_GROUP, ...Object.keys(POWERFUL_GROUPS)])
      expect(faultsOf(changed(smallest(), { "people.0.name": name }))).toEqual([
        `people.0.name: found text of ${String(name.length)} characters, allowed: a login name that no account or group of the system has`,
      ]);
  });

  it("is refused soon, however long its texts are", () => {
    const started = processorTime();
    for (const text of [
      "a".repeat(500_000),
      "a-".repeat(250_000),
      `A=${"a A=".repeat(120_000)}`,
      "a.".repeat(250_000),
      `ssh-rsa ${"A".repeat(500_000)}`,
    ])
      for (const path of paths(complete()).filter((at) => typeof valueAt(complete(), at) === "string"))
        faultsOf(replaced(complete(), path, text));
    expect(processorTime() - started).toBeLessThan(20_000);
  });
});

describe("what is backed up", () => {
  const allowed = (path: string) => faultsOf(changed(complete(), { "backup.paths": [path] }));
  const onVolume = (path: string) => ({ hosts: [{ name: "web", volume: { gigabytes: 10 } }], backup: { paths: [path] } });

  it.each(["/proc", "/proc/1/environ", "/sys/kernel", "/dev", "/dev/sda", "/run/secrets", "/var/run/x"])(
    "is nothing of the kernel's: %s",
    (path) => {
      expect(allowed(path)).toEqual([
        expect.stringMatching(/^backup\.paths\.0: found .*, allowed: a path outside \/\S+: nothing there lies on a disk/),
      ]);
    },
  );

  it.each(["/var", "/var/lib", "/var/backups", "/var/backups/phiward/restic", "/var/lib/phiward/secrets", "/var/cache"])(
    "is neither the backups themselves nor what is above them or opens them: %s",
    (path) => {
      expect(allowed(path)).toEqual([
        expect.stringMatching(/^backup\.paths\.0: found .*, allowed: a path that is neither in \/var\/\S+ nor above it/),
      ]);
    },
  );

  it("is not the backups themselves where they lie on a droplet's volume", () => {
    for (const path of ["/srv", "/srv/data", "/srv/data/phiward/restic"])
      expect(serviceRules(onVolume(path))).toContainEqual({
        path: ["backup", "paths", 0],
        message: expect.stringMatching(/^a path that is neither in \/srv\/data\/phiward nor above it/) as string,
      });
    expect(serviceRules(onVolume("/srv/data/other")).filter(({ path }) => path.includes("paths"))).toEqual([]);
  });

  it.each(["/etc", "/srv/files", "/var/lib/other", "/process", "/devices"])("may be any other path: %s", (path) => {
    expect(allowed(path)).toEqual([]);
  });
});

describe("a configuration that is allowed", () => {
  it("needs no more than hosts, people, admin networks and a recovery key: the rest has defaults", () => {
    expect(parseConfig(smallest())).toEqual({
      hosts: [
        {
          kind: "existing",
          name: "web",
          formerly: [],
          role: "application",
          address: "203.0.113.10",
          hostKey: ed25519(1),
          formerHostKeys: [],
          closed: false,
        },
      ],
      people: [{ name: "alice", keys: [`${ed25519(2)} alice@laptop`], sudo: true }],
      adminNetworks: ["198.51.100.7/32"],
      trustedProxies: [],
      publicPorts: [],
      firstHostKeys: [],
      secrets: [],
      docker: {
        logs: { driver: "journald", maxSize: 10, maxFile: 5, rateLimitBurst: 500 },
        addressPool: "172.30.0.0/16",
        limits: "enforced",
      },
      registries: [],
      records: { retentionYears: 6, silentMinutes: 30, gigabytesPerHost: 50 },
      services: [],
      jobs: [],
      removed: [],
      sites: [],
      listeners: [],
      recovery: { publicKey: "age1zwen4a3j9wrgd7g67pyyv29kreax9k0m47kdqztlv24uvhwkevaq334yqc", epoch: 1 },
      audit: { onFailure: "alert", megabytes: 512, sessions: "shells" },
      homes: { megabytes: 1024 },
      deadMan: { seconds: 180 },
      incidents: { contacts: [], responses: { P1: 15, P2: 60, P3: 240, P4: 1440 }, law: ["gdpr", "hipaa"] },
      monitoring: {
        ...{ repeatHours: 4, diskPercent: 80, memoryPercent: 90, certificateDays: 7, retentionDays: 30, diskMegabytes: 1024 },
        vulnerabilities: {
          ...{ time: "20:50", tracker: "https://security-tracker.debian.org/tracker/debsecan/release/1/" },
          ...{ graveDays: 1, otherDays: 7, indexDrop: 5 },
        },
        rotation: { passwordDays: 92, keyDays: 366, broughtDays: 366, graceDays: 14 },
      },
      network: { routerAdvertisements: "refused" },
      ssh: { idleSeconds: 600, maxAuthTries: 4, loginGraceTime: 60 },
      shell: { idleSeconds: 900 },
      bans: { maxRetry: 5, findTime: 900, banTime: 3600, maxBanTime: 604_800, jails: [] },
      updates: { reboot: "automatic", rebootTime: "03:30" },
      time: { servers: ["0.debian.pool.ntp.org", "1.debian.pool.ntp.org", "2.debian.pool.ntp.org", "3.debian.pool.ntp.org"] },
      integrity: { time: "21:40", accepted: [], sealed: [] },
      banner: "Authorised use only. Activity on this system is recorded and reviewed.",
      journal: { systemMaxUse: 2000, systemKeepFree: 1000, retentionDays: 365, sealMinutes: 15 },
    });
  });

  it("fills in what a person and a public port leave out", () => {
    const parsed = parseConfig(complete());
    expect(parsed.people[1]?.sudo).toBe(false);
    expect(parsed.publicPorts[0]?.protocol).toBe("tcp");
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ["a host by name", { "hosts.0.address": "web-1.example.org" }],
    ["a host by IPv6 address", { "hosts.0.address": "2001:db8::10" }],
    ["an RSA key of 3072 bits", { "people.0.keys.0": RSA_3072 }],
    ["an RSA key for recovery", { "recovery.publicKey": `${RSA_3072} owner` }],
    ["an Ed25519 key for recovery, even one that logs in", { "recovery.publicKey": ed25519(2) }],
    ["a leap day", { "people.1": { name: "bob", keys: [ed25519(9)], expires: "2028-02-29" } }],
    [
      "a day without quotation marks, of which Pulumi makes a time",
      { "people.1": { name: "bob", keys: [ed25519(9)], expires: "2027-03-31T00:00:00Z" } },
    ],
    [
      "the same, as Pulumi spells it since 3.200",
      { "people.1": { name: "bob", keys: [ed25519(9)], expires: "2027-03-31 00:00:00 +0000 UTC" } },
    ],
    ["the longest name", { "people.0.name": "a".repeat(31) }],
    ["a private network of /8", { "adminNetworks.0": "10.0.0.0/8" }],
    ["a network and one inside it", { adminNetworks: ["198.51.100.0/24", "198.51.100.7/32"] }],
    [
      "one port, once TCP and once UDP",
      {
        publicPorts: [
          { port: 443, purpose: "HTTPS" },
          { port: 443, protocol: "udp", purpose: "HTTP/3" },
        ],
      },
    ],
    ["UDP port 22", { publicPorts: [{ port: 22, protocol: "udp", purpose: "not SSH" }] }],
    ["a banner of several lines", { banner: "Authorised use only.\n\n  Everything is recorded. (100%)\n" }],
    ["the tightest bounds", { deadMan: { seconds: 20 }, bans: { banTime: 3600, maxBanTime: 3600 } }],
  ])("may have %s", (_, changes) => {
    expect(faultsOf(changed(smallest(), changes))).toEqual([]);
  });

  it("is read the same again from what was read", () => {
    fc.assert(
      fc.property(configurations, (raw) => {
        const parsed = parseConfig(raw);
        expect(parseConfig(parsed)).toEqual(parsed);
        expect(parseConfig(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed);
      }),
    );
    expect(parseConfig(parseConfig(complete()))).toEqual(parseConfig(complete()));
  });

  it("is not changed by being read", () => {
    const raw = complete();
    parseConfig(raw);
    expect(raw).toEqual(complete());
  });
});

// Whatever comes in, a valid configuration comes out or sentences that a person can read.
function expectConfigOrFaults(raw: unknown): void {
  try {
    const parsed = parseConfig(raw);
    expect(parseConfig(parsed)).toEqual(parsed);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.faults.length).toBeGreaterThan(0);
    expect(new Set(error.faults).size).toBe(error.faults.length);
    for (const fault of error.faults) {
      expect(fault).toMatch(/^(?:\w+|"(?:[^"\\]|\\.)*"|\.|text of \d+ characters)+: found [^]+, allowed: [^]+$/);
      expect(fault).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      expect(fault.replaceAll(/"(?:[^"\\]|\\.)*"/g, "a quoted text")).not.toMatch(
        /undefined|\[object|Invalid|Expected|Too (small|big)|received|another value|\bat \S+:\d+/,
      );
    }
  }
}

describe("any input whatsoever", () => {
  const anything = fc.anything({
    key: fc.string({ unit: "binary" }),
    values: [fc.string({ unit: "binary" }), fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constantFrom(null, undefined)],
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
  });
  const tempting = fc.constantFrom<unknown>(
    0,
    -1,
    22,
    1e21,
    "",
    "\n",
    "%",
    "alice",
    "web",
    "::/0",
    "0.0.0.0/0",
    "2027-02-30",
    "existing",
    ed25519(2),
    "__proto__",
    null,
    [],
    {},
    true,
  );
  // Drop, replace or duplicate what is at a random place of a complete configuration, up to four times.
  const places = paths(complete()).filter((path) => path.length > 0);
  const change = fc.tuple(
    fc.constantFrom(...places),
    fc.oneof(
      fc.constant(GONE),
      tempting,
      anything,
      fc.constantFrom(...places).map((from) => valueAt(complete(), from)),
    ),
    fc.boolean(),
  );
  const mutated = fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) =>
    changes.reduce<unknown>((whole, [path, value, beside]) => {
      const last = path.at(-1);
      if (!beside || last === undefined) return replaced(whole, path, value);
      // A copy beside it: the next entry of a list, or an unknown key.
      return replaced(whole, [...path.slice(0, -1), typeof last === "number" ? last + 1 : `${last}2`], valueAt(whole, path));
    }, complete()),
  );

  it("gives a valid configuration or readable faults", () => {
    fc.assert(fc.property(anything, expectConfigOrFaults), { numRuns: 1000 });
  });

  it("under our own keys gives a valid configuration or readable faults", () => {
    const keyed = fc
      .tuple(fc.subarray(Object.keys(complete())), fc.array(anything, { minLength: 13, maxLength: 13 }))
      .map(([keys, values]) => Object.fromEntries(keys.map((key, index) => [key, values[index]])));
    fc.assert(fc.property(keyed, expectConfigOrFaults), { numRuns: 500 });
  });

  it("made from a good one by accident gives a valid configuration or readable faults", () => {
    fc.assert(fc.property(mutated, expectConfigOrFaults), { numRuns: 2000 });
  });

  it("that names a prototype names an unknown key", () => {
    const raw: unknown = JSON.parse(`{"__proto__": {"sudo": true}, ${JSON.stringify(smallest()).slice(1)}`);
    expect(faultsOf(raw)).toEqual([`configuration: found the unknown key "__proto__", allowed: ${SECTIONS}; correct or remove it`]);
  });
});

function paths(value: unknown, at: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return [at];
  const inner = Array.isArray(value) ? value.map((entry: unknown, index) => [index, entry] as const) : Object.entries(value);
  return [at, ...inner.flatMap(([key, entry]) => paths(entry, [...at, key]))];
}
