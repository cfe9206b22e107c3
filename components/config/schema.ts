/**
 * The stack's configuration: one strict schema. Every default lives here with its reason, docs/configuration.md is generated
 * from it, and a faulty file is refused with all its faults at once.
 */
import { z } from "zod";
import { DEMANDED_BANS, DEMANDED_LENGTH, DEMANDED_RECORDS, DEMANDED_TOGETHER, demandedBy } from "./demanded";
import { networkFault } from "./network";
import { contradictions, duplicates } from "./rules";
import { audit } from "./sections/audit";
import { alerts, backup } from "./sections/backup";
import { trustedProxies } from "./sections/clients";
import { firstHostKeys, host } from "./sections/hosts";
import { incidents } from "./sections/incidents";
import { integrity } from "./sections/integrity";
import { jobs } from "./sections/jobs";
import { listeners } from "./sections/listeners";
import { monitoring } from "./sections/monitoring";
import { phi } from "./sections/phi";
import { records } from "./sections/records";
import { registries } from "./sections/registries";
import { removed } from "./sections/removed";
import { retention } from "./sections/retention";
import { secrets } from "./sections/secrets";
import { docker, services } from "./sections/services";
import { sites } from "./sections/sites";
import { subjects } from "./sections/subjects";
import { checkedText, choice, day, flag, isServer, list, NAME, NAME_RULE, port, RESERVED, text, timeOfDay, whole } from "./sections/values";
import { isAgeRecipient, sshKeyFault } from "./sshKey";

const BANS_RULE = "fail2ban-guards-sshd";

const person = z.strictObject({
  name: checkedText(`the person's own login name, ${NAME_RULE}`, (name) => {
    if (!NAME.test(name)) return `the person's own login name, ${NAME_RULE}`;
    return RESERVED.has(name) || /^(systemd|phiward|vault)-/.test(name)
      ? "a login name that no account or group of the system has"
      : undefined;
  }).describe("Login name, one person each: every login belongs to one person (164.312(a)(2)(i))."),
  keys: list(
    "a list of at least one public key; a person without a key cannot log in",
    checkedText(
      "one line of an OpenSSH public key: type, base64 and, if you like, a comment in ASCII; no options before it",
      sshKeyFault,
    ).describe(
      "Ed25519, security key (sk-), ECDSA P-384 or P-521, or RSA of 3072 bits and more. The comment is replaced by the person's name.",
    ),
    1,
  ).describe("OpenSSH public keys that only this person uses."),
  sudo: flag()
    .default(false)
    .describe(
      "Whether the person may become root and deploy. Off, because most people need not; at least one person must have it. Whoever has it may sign for restores, of which restores-by-two-people asks two people.",
    ),
  expires: day.optional().describe("Last day of access, UTC. Without it access ends when the person is removed from this list."),
  databases: z
    .record(text(NAME_RULE, NAME), choice(["readonly", "auditor"]), {
      error: ({ code }) => (code === "invalid_key" ? NAME_RULE : "an object of names of services, each with readonly or auditor"),
    })
    .optional()
    .meta({ allowed: "an object of names of services, each with readonly or auditor" })
    .describe(
      "Databases that the person may read with `phiward psql`, by a role of their own that can change nothing: the name of the service whose database it is, with `readonly`; or `auditor`, who reads no table of the service, but who may do what there, and the record of accesses to patients' columns. None, because most people need none; each session is on record with its reason, and recorded.",
    ),
});

const network = checkedText("a network with its length, such as 203.0.113.7/32 or 2001:db8::/48", networkFault).describe(
  `In prefix notation, no bit set behind the prefix, IPv6 spelled as RFC 5952 asks, so that it equals what the host prints.${demandedBy(BANS_RULE, `/${String(DEMANDED_LENGTH.ipv4)} (IPv4) and /${String(DEMANDED_LENGTH.ipv6)} (IPv6) at the widest, and no more than ${String(DEMANDED_TOGETHER)} of these together`)}`,
);

const publicPort = z.strictObject({
  port: port.describe(
    `Port that the whole Internet may reach.${demandedBy("no-public-database-port", "none at which a database answers")}`,
  ),
  protocol: choice(["tcp", "udp"]).default("tcp").describe("TCP, since nearly all services use it."),
  purpose: text("1 to 80 characters of printable ASCII that do not begin with a space", /^[!-~][ -~]{0,79}$/).describe(
    "Why it is open; an auditor asks.",
  ),
});

const JAIL_NAME_RULE =
  "a name of 26 characters at most: a lowercase letter, then lowercase letters, digits and single hyphens, none at the end";

const JAIL_FILTER_RULE =
  "the name of a fail2ban filter, with its mode in brackets if it has one, e.g. nginx-http-auth or postfix[mode=aggressive]";

// Names, filters and matches become lines of an INI file with %-interpolation, and journalMatch part of a pattern as well.
const jail = z.strictObject({
  name: checkedText(JAIL_NAME_RULE, (name) => {
    if (!NAME.test(name) || name.length > 26) return JAIL_NAME_RULE;
    return name === "sshd" ? "a name other than sshd: that jail exists already" : undefined;
  }).describe("Name of the jail."),
  filter: checkedText(JAIL_FILTER_RULE, (filter) => {
    if (!/^(?=.{1,64}$)[a-z0-9]+(-[a-z0-9]+)*(\[mode=[a-z]+\])?$/.test(filter)) return JAIL_FILTER_RULE;
    // Those that fail2ban ships for SSH read addresses from names and reasons of the client's choice.
    return /^(sshd|selinux-ssh)(\[|$)/.test(filter) ? "a filter for another program than SSH, which is watched already" : undefined;
  }).describe(
    "A filter that fail2ban ships, or one of ours; none of SSH's, which is watched already. Look at its patterns first: where text of the client's choice can stand before `<HOST>`, clients choose who is banned.",
  ),
  journalMatch: text(
    "matches as in journalctl(1), FIELD=value, with single spaces or + between, e.g. _SYSTEMD_UNIT=app.service",
    /^(?=.{3,200}$)_?[A-Z][A-Z0-9_]*=[A-Za-z0-9_.@:/-]+( (\+ )?_?[A-Z][A-Z0-9_]*=[A-Za-z0-9_.@:/-]+)*$/,
  ).describe("Journal entries that it reads."),
  ports: list("a list of at least one port", port.describe("Port that a ban closes."), 1).describe("Ports that a ban closes."),
});

/** The schema of a stack's configuration; what it accepts is complete and consistent. */
export const stackSchema = z
  .strictObject({
    hosts: list("a list of at least one host", host, 1).describe("The servers of this stack."),
    firstHostKeys,
    secrets,
    people: list("a list of at least one person", person, 1).describe(
      "Everyone who may log in; an exclusive set: an account or key that is not listed here is removed.",
    ),
    adminNetworks: list(
      "a list of at least one network, from which you connect: without one, a ban could lock you out",
      network,
      1,
    ).describe(
      "Networks that administrators connect from: never limited, never banned, exempt from OpenSSH's penalties. Everyone else may open six SSH connections in 30 seconds.",
    ),
    trustedProxies,
    publicPorts: list("a list of ports", publicPort)
      .default([])
      .describe("Ports open to the world, beside SSH. None, because what is closed cannot be attacked."),
    recovery: z
      .strictObject({
        publicKey: text(
          "an age recipient (age1…, from age-keygen) or an ssh-ed25519 or ssh-rsa public key, copied whole",
          isAgeRecipient,
        ).describe(
          "The owner's recovery public key: what must survive the host is encrypted to it. Keep the private half off line, and off every server.",
        ),
        epoch: whole(1, 9999).default(1).describe("Increment to rotate the break-glass password, after each use (164.312(a)(2)(ii))."),
      })
      .describe("Emergency access."),
    homes: z
      .strictObject({
        megabytes: whole(128, 1_048_576)
          .multipleOf(128, { error: "a multiple of 128, so that no part of a file system's last group of blocks is left over" })
          .default(1024)
          .describe(
            "Size in MB of the file system that all homes of a host are on together, a multiple of 128, reserved on the host's disk; it can be raised later, never lowered. Where homes have a file system of their own already, that one stays. 1024: keys, scripts and a few exports; patients' data belongs into a database.",
          ),
      })
      .prefault({})
      .describe("Homes of people, which nobody can fill the host's disk by."),
    deadMan: z
      .strictObject({
        seconds: whole(20, 3600)
          .default(180)
          .describe(
            "Seconds until a change of SSH, firewall, people or bans that was not confirmed is rolled back. 180: a confirmation takes one or two, a slow line forty; three minutes without access are bearable.",
          ),
      })
      .prefault({})
      .describe("The dead-man's switch."),
    network: z
      .strictObject({
        routerAdvertisements: choice(["refused", "accepted"])
          .default("refused")
          .describe(
            "Whether hosts take IPv6 addresses and routes from any router of their network that offers them. Refused, since any neighbour can offer them. `accepted` where the hosts have no other IPv6 address, as at home.",
          ),
      })
      .prefault({})
      .describe("The network that the hosts are in."),
    ssh: z
      .strictObject({
        idleSeconds: whole(60, 900)
          .default(600)
          .describe(
            "Seconds until a connection whose client no longer answers is closed. 600: two questions five minutes apart (164.312(a)(2)(iii)).",
          ),
        maxAuthTries: whole(3, 6).default(4).describe("Keys a client may try per connection. 4, as CIS recommends."),
        loginGraceTime: whole(10, 60).default(60).describe("Seconds to log in. 60, as CIS recommends."),
      })
      .prefault({})
      .describe("The SSH server."),
    shell: z
      .strictObject({
        idleSeconds: whole(60, 900)
          .default(900)
          .describe("Seconds until an idle login shell ends (164.312(a)(2)(iii)). 900, the most that auditors accept."),
      })
      .prefault({})
      .describe("Login shells."),
    bans: z
      .strictObject({
        maxRetry: whole(2, 10)
          .default(5)
          .describe(
            `Failed logins that lead to a ban. 5, as the operations guide recommends.${demandedBy(BANS_RULE, `${String(DEMANDED_BANS.maxRetry)} at most`)}`,
          ),
        findTime: whole(60, 86_400)
          .default(900)
          .describe(
            `Seconds in which they are counted. 900: 15 minutes, as the operations guide recommends.${demandedBy(BANS_RULE, `${String(DEMANDED_BANS.findTime)} at least`)}`,
          ),
        banTime: whole(600, 604_800)
          .default(3600)
          .describe(
            `Seconds of a first ban; each further one doubles. 3600: an hour ends a script's interest and not a colleague's day.${demandedBy(BANS_RULE, `${String(DEMANDED_BANS.banTime)} at least`)}`,
          ),
        maxBanTime: whole(3600, 2_592_000)
          .default(604_800)
          .describe("Seconds of the longest ban. 604800: a week, since addresses change hands."),
        jails: list("a list of jails", jail).default([]).describe("Jails beside the one for SSH."),
      })
      .prefault({})
      .describe("Intrusion bans (fail2ban)."),
    updates: z
      .strictObject({
        reboot: choice(["automatic", "manual"])
          .default("automatic")
          .describe("Whether a host restarts itself when an update needs it: an update protects nobody before it runs."),
        rebootTime: timeOfDay
          .default("03:30")
          .describe(
            "When it does, UTC, or as soon afterwards as no backup, check or restore test is due. 03:30, when few work in Europe or America.",
          ),
      })
      .prefault({})
      .describe("Security updates, installed every day by the host itself."),
    time: z
      .strictObject({
        servers: list(
          "a list of at least two servers, so that one may fail",
          text("the IPv4 address, IPv6 address or name of a time server other than this machine", isServer).describe(
            "A server that speaks NTP.",
          ),
          2,
        )
          .default(["0.debian.pool.ntp.org", "1.debian.pool.ntp.org", "2.debian.pool.ntp.org", "3.debian.pool.ntp.org"])
          .describe("NTP servers. Debian's own pool, since it asks for no account."),
      })
      .prefault({})
      .describe("Time: an audit trail is worth as much as its clock."),
    docker,
    registries,
    services,
    jobs,
    removed,
    retention,
    subjects,
    phi,
    sites,
    listeners,
    backup,
    alerts,
    audit,
    incidents,
    integrity,
    monitoring,
    records,
    banner: text(
      "1 to 2000 characters of printable ASCII and line ends, and no backslash: getty(8) would show the system's name and version in its place",
      (banner) => banner.length <= 2000 && /^(?=[^]*[!-~])[ -[\]-~\n]+$/.test(banner),
    )
      .default("Authorised use only. Activity on this system is recorded and reviewed.")
      .describe("Shown before every login. Says what the law of most countries requires, and nothing about the system."),
    journal: z
      .strictObject({
        systemMaxUse: whole(100, 100_000)
          .default(2000)
          .describe("Size limit of the system journal in MB. 2000: months of a quiet server, and a small part of its disk."),
        systemKeepFree: whole(100, 100_000)
          .default(1000)
          .describe("Disk space in MB that the journal leaves free, so that logging never stops a service."),
        retentionDays: whole(90, 3650)
          .default(365)
          .describe("Days that entries stay on the host. The record that 164.316(b)(2)(i) wants for six years is kept off the host."),
        sealMinutes: whole(1, 60)
          .default(15)
          .describe(
            `Minutes after which journald seals what it has written, and forgets the key that it did that with: who becomes root cannot change it unnoticed. 15, as journalctl has it: a seal takes 80 bytes, and what was written since the last one is at the vault already.${demandedBy("journal-sealed", `${String(DEMANDED_RECORDS.sealMinutes)} at most`)}`,
          ),
      })
      .prefault({})
      .describe("The system journal (164.312(b))."),
  })
  // Runs on an invalid file too, so that all its faults are reported at once; hence the unknown values.
  .superRefine(
    (stack, context) => {
      for (const issue of [...duplicates(stack), ...contradictions(stack)]) context.addIssue({ code: "custom", ...issue });
    },
    { when: () => true },
  );

/** A stack's configuration, complete: every default filled in. */
export type StackConfig = z.output<typeof stackSchema>;
/** One host of the configuration. */
export type HostConfig = StackConfig["hosts"][number];
/** A droplet of the configuration. */
export type DropletConfig = Extract<HostConfig, { kind: "droplet" }>;
/** One person of the configuration. */
export type PersonConfig = StackConfig["people"][number];
/** One service of the configuration. */
export type ServiceConfig = StackConfig["services"][number];
/** A service of kind `container`. */
export type ContainerConfig = Extract<ServiceConfig, { kind: "container" }>;
/** A database of the configuration. */
export type DatabaseConfig = Exclude<ServiceConfig, ContainerConfig>;
/** One scheduled job of the configuration. */
export type JobConfig = StackConfig["jobs"][number];
/** One site of the configuration. */
export type SiteConfig = StackConfig["sites"][number];
