/** The hosts of a stack: servers that are there already, and droplets that are made. */
import { isIP } from "node:net";
import { z } from "zod";
import { isHostKey } from "../sshKey";
import { absolutePath, choice, domain, flag, isServer, list, NAME, NAME_RULE, text, whole } from "./values";

const name = text(`a name of ${NAME_RULE}`, NAME).describe("Name of the host in this stack.");

const role = choice(["application", "vault"])
  .default("application")
  .describe("What it is for: `application` runs the services, `vault` keeps the backups of the others and nothing else.");

const existing = z.strictObject({
  kind: z
    .literal("existing")
    .meta({ allowed: "existing" })
    .describe("A Debian 13 server that is there already; `npx phiward adopt` prepares it once."),
  name,
  role,
  address: text("the IPv4 address, IPv6 address or name of a server other than this machine", isServer).describe("Where SSH answers."),
  hostKey: text("ssh-ed25519 and its base64, copied whole and without a comment; `npx phiward adopt` shows it", isHostKey).describe(
    "The server's SSH host key: pinned, so that nobody can stand in between (164.312(d)). Ed25519, the only one that a hardened server offers.",
  ),
});

const mail = text("a mail address", /^[^@\s]{1,64}@[^@\s]{1,190}$/);

const percent = (byDefault: number, reason: string) =>
  whole(10, 99)
    .default(byDefault)
    .describe(`Percent above which mail is sent. ${String(byDefault)}${reason}`);

const volume = z.strictObject({
  name: text("2 to 63 small letters, digits and hyphens that begin with a letter", /^[a-z][a-z0-9-]{0,61}[a-z0-9]$/)
    .optional()
    .describe("Name at DigitalOcean, one of its own in the region. Without it the host's name and `-data`."),
  gigabytes: whole(1, 16_384).describe("Size in GB. It can be raised later, never lowered."),
  mount: absolutePath
    .default("/srv/data")
    .describe("Where it is mounted; what containers and backups keep lies on it. /srv/data, as the file hierarchy standard has it."),
});

const dns = z.strictObject({
  zone: domain.describe("The zone, at DigitalOcean. Sites whose names are in it get A, AAAA and CAA records."),
  create: flag()
    .default(false)
    .describe("Whether the zone is made here. Off: most owners have it already, and a zone made twice answers for nobody."),
  ttl: whole(60, 86_400)
    .default(1800)
    .describe("Seconds that answers are kept by others. 1800: half an hour until a new address is known."),
  issuers: list("a list of domain names of certificate authorities", domain.describe("Domain name of an authority, e.g. letsencrypt.org."))
    .default([])
    .describe("Authorities that may make certificates for the sites (CAA, RFC 8659). None, as fits self-signed certificates."),
  report: mail.optional().describe("Who an authority tells that it was asked for a certificate it may not make (CAA iodef)."),
});

const alerts = z.strictObject({
  emails: list("a list of at least one mail address", mail.describe("Who is written to."), 1).describe(
    "Who is told; addresses that are confirmed in your DigitalOcean account.",
  ),
  cpuPercent: percent(90, ": more than that for five minutes is no peak."),
  memoryPercent: percent(90, ": the kernel begins to kill soon after."),
  diskPercent: percent(80, ": time to act before a full disk stops the databases."),
  load: whole(1, 1000).default(8).describe("Load over five minutes above which mail is sent. 8: four times what two processors can do."),
  uptimePath: text("a path that begins with / and has none but letters, digits and / . _ ~ - in it", /^\/[A-Za-z0-9/._~-]{0,200}$/)
    .default("/health")
    .describe("Path of each site that is asked from outside. /health, where most services say that they are well."),
  latencyMilliseconds: whole(50, 60_000).default(1000).describe("Milliseconds until an answer counts as late. 1000: people notice."),
  certificateDays: whole(1, 90)
    .default(14)
    .describe("Days before a certificate's end at which mail is sent. 14: renewal should have come at 30."),
});

const HOURS = "0, 4, 8, 12, 16 or 20";

const backups = z.strictObject({
  plan: choice(["daily", "weekly"]).default("daily").describe("How often. daily: what is lost with a disk is a day, not a week."),
  hour: z
    .int({ error: HOURS })
    .min(0, { error: HOURS })
    .max(20, { error: HOURS })
    .multipleOf(4, { error: HOURS })
    .meta({ allowed: HOURS })
    .default(4)
    .describe("Hour, UTC, in which the window of four hours begins. 4, after the host's own backup."),
  weekday: choice(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])
    .default("SUN")
    .describe("Day of a weekly backup. Sunday, when there is little to do."),
});

const droplet = z.strictObject({
  kind: z.literal("droplet").meta({ allowed: "droplet" }).describe("A server that is made at DigitalOcean."),
  name,
  role,
  region: text("a region of DigitalOcean, such as fra1", /^[a-z]{3}[0-9]$/).describe(
    "Where it stands. Patients' data of the European Union is best kept there: fra1 or ams3.",
  ),
  size: text("a size of DigitalOcean, such as s-2vcpu-4gb", /^[a-z0-9]{1,6}(-[a-z0-9.]{1,16}){1,6}$/).describe("Processors and memory."),
  image: choice(["debian-13-x64"]).default("debian-13-x64").describe("The system. Debian 13, the one that every unit is proven on."),
  tags: list(
    "a list of tags of letters, digits, colons, hyphens and underscores",
    text("1 to 60 letters, digits, colons, hyphens and underscores", /^[A-Za-z0-9:_-]{1,60}$/).describe("A tag."),
  )
    .default([])
    .describe("Tags beside `phiward`, the role and the class of the data."),
  data: choice(["patients", "public"])
    .default("patients")
    .describe("Whose data it keeps; becomes the tag `data:…`. patients, the careful guess."),
  firstHostKey: text("ssh-ed25519 and its base64, without a comment, of a pair made for this droplet alone", isHostKey).describe(
    "Public half of the SSH host key that it starts with; the private half is the secret `firstHostKeys`. The first deploy replaces it by a lasting one, made on the host (164.312(d)).",
  ),
  address: text("the IPv4 address, IPv6 address or name of the droplet", isServer)
    .optional()
    .describe("Where it answers, once it is made (`pulumi stack output hosts`): needed of a vault alone."),
  hostKey: text("ssh-ed25519 and its base64, without a comment", isHostKey)
    .optional()
    .describe(
      "Its lasting SSH host key, once it is made (`pulumi stack output hosts`): needed where its backups go off-site, and of a vault.",
    ),
  vpc: z
    .strictObject({
      ipRange: text("a private IPv4 network with a length from 16 to 28", isPrivateRange)
        .optional()
        .describe("Its addresses. Without it DigitalOcean chooses."),
    })
    .prefault({})
    .describe("Its private network, of its own: the region's common one has neighbours."),
  volume: volume
    .optional()
    .describe("A volume for the data, which outlives the droplet. DigitalOcean encrypts it at rest (164.312(a)(2)(iv))."),
  reservedAddress: flag()
    .default(true)
    .describe(
      "Whether its IPv4 address is reserved: it stays when the droplet is made anew. On, since names and other people's rules point to it.",
    ),
  dns: dns.optional().describe("Names of the sites, kept at DigitalOcean."),
  alerts: alerts.describe("Who DigitalOcean writes to when the host is busy, full or silent (164.308(a)(6)(ii))."),
  backups: backups
    .prefault({})
    .describe("DigitalOcean's own backups of the disk, beside those of `backup`. They cannot be turned off (164.308(a)(7)(ii)(A))."),
});

/** One entry of the key `hosts`. */
export const host = z.discriminatedUnion("kind", [existing, droplet]).meta({ allowed: "existing or droplet" });

/**
 * The key `firstHostKeys`. In the stack's file each value is a Pulumi secret, in the program it is the key itself: so only the
 * names get into the configuration, and nothing of a value is ever judged or shown.
 */
export const firstHostKeys = z
  .unknown()
  .optional()
  .transform((keys) => (typeof keys === "object" && keys !== null ? Object.keys(keys).sort() : []))
  .meta({ allowed: "a map of names of droplets to secrets" })
  .describe(
    "Private half of each droplet's `firstHostKey`, by the droplet's name: a secret, set by `pulumi config set --secret --path`. It reaches the droplet's user data and nothing else.",
  );

function isPrivateRange(range: string): boolean {
  const [address = "", length = ""] = range.split("/");
  return isIP(address) === 4 && /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address) && /^(1[6-9]|2[0-8])$/.test(length);
}
