/** The hosts of a stack: existing servers, and droplets that are created. */
import { z } from "zod";
import { isMountPath, MOUNT_RULE } from "../mountPaths";
import { isPrivateIpv4Network } from "../network";
import { isHostKey } from "../sshKey";
import { absolutePath, choice, domain, flag, isServer, list, mailAddress, NAME, NAME_RULE, text, whole } from "./values";

const name = text(`a name of ${NAME_RULE}`, NAME).describe("Name of the host in this stack.");

const role = choice(["application", "vault"])
  .default("application")
  .describe("What it is for: `application` runs the services, `vault` stores the backups of the others and runs nothing else.");

const formerHostKeys = list(
  "a list of ssh-ed25519 and their base64, without a comment",
  text("ssh-ed25519 and its base64, without a comment", isHostKey).describe("A `hostKey` that this host's predecessor had."),
)
  .default([])
  .describe(
    "When a lost host is replaced: the `hostKey` that the file had for it. Its backups are signed with that key, and a restore accepts no others. None.",
  );

const formerly = list("a list of names of hosts", text(`a name of ${NAME_RULE}`, NAME).describe("A name that it was deployed under."))
  .default([])
  .describe(
    "Names that this host had before, the first one first. They stay here: its backups, its account on the vault and its volume at DigitalOcean go on under the first of them, and what Pulumi knows of it is taken over. None.",
  );

const closed = flag()
  .default(false)
  .describe(
    "Whether its `publicPorts` and listeners stay shut for now: on while a host is recovered, so that nobody meets half of the data (`npx phiward recover` sets it, and takes it out at its end). Off.",
  );

const existing = z.strictObject({
  kind: z.literal("existing").meta({ allowed: "existing" }).describe("An existing Debian 13 server; `npx phiward adopt` prepares it once."),
  name,
  formerly,
  role,
  address: text("the IPv4 address, IPv6 address or name of a server other than this machine", isServer).describe(
    "Address of its SSH server.",
  ),
  hostKey: text("ssh-ed25519 and its base64, copied whole and without a comment; `npx phiward adopt` shows it", isHostKey).describe(
    "The server's SSH host key: pinned, so that nobody can intercept a connection (164.312(d)). Ed25519, the only one that a hardened server offers.",
  ),
  formerHostKeys,
  closed,
});

const percent = (byDefault: number, reason: string) =>
  whole(10, 99)
    .default(byDefault)
    .describe(`Percent above which email is sent. ${String(byDefault)}${reason}`);

const volume = z.strictObject({
  name: text("2 to 63 lowercase letters, digits and hyphens, beginning with a letter", /^[a-z][a-z0-9-]{0,61}[a-z0-9]$/)
    .optional()
    .describe("Name at DigitalOcean, unique in the region. Default: the host's name and `-data`."),
  gigabytes: whole(1, 16_384).describe("Size in GB. It can be raised later, never lowered."),
  mount: absolutePath
    .refine(isMountPath, { error: MOUNT_RULE })
    .default("/srv/data")
    .describe("Mount point; the data of containers and backups is on it. /srv/data, as the Filesystem Hierarchy Standard has it."),
});

const dns = z.strictObject({
  zone: domain.describe("The zone, at DigitalOcean. Sites whose names are in it get A, AAAA and CAA records."),
  create: flag()
    .default(false)
    .describe("Whether the zone is created here. Off: most owners have it already, and of two zones of one name only one is delegated to."),
  ttl: whole(60, 86_400)
    .default(1800)
    .describe("Time to live of the records in seconds. 1800: half an hour until a new address is known everywhere."),
  issuers: list("a list of domain names of certificate authorities", domain.describe("Domain name of an authority, e.g. letsencrypt.org."))
    .default([])
    .describe("Authorities that may issue certificates for the sites (CAA, RFC 8659). None, as fits self-signed certificates."),
  report: mailAddress.optional().describe("Where an authority reports a request for a certificate that it may not issue (CAA iodef)."),
});

const alerts = z.strictObject({
  emails: list("a list of at least one email address", mailAddress.describe("Recipient."), 1).describe(
    "Recipients; addresses that are confirmed in your DigitalOcean account.",
  ),
  cpuPercent: percent(90, ": more than that for five minutes is not a short peak."),
  memoryPercent: percent(90, ": the kernel begins to kill soon after."),
  diskPercent: percent(80, ": time to act before a full disk stops the databases."),
  load: whole(1, 1000)
    .default(8)
    .describe("Load average over five minutes above which email is sent. 8: four times what two processors can do."),
  uptimePath: text("a path that begins with / and contains only letters, digits and / . _ ~ -", /^\/[A-Za-z0-9/._~-]{0,200}$/)
    .default("/health")
    .describe("Path of each site that is requested from outside. /health, the usual path of health checks."),
  latencyMilliseconds: whole(50, 60_000).default(1000).describe("Milliseconds until a response counts as late. 1000: people notice."),
  certificateDays: whole(1, 90)
    .default(14)
    .describe("Days before a certificate expires at which email is sent. 14: it should have been renewed at 30."),
});

const HOURS = "0, 4, 8, 12, 16 or 20";

const backups = z.strictObject({
  plan: choice(["daily", "weekly"]).default("daily").describe("How often. daily: a lost disk costs a day, not a week."),
  hour: z
    .int({ error: HOURS })
    .min(0, { error: HOURS })
    .max(20, { error: HOURS })
    .multipleOf(4, { error: HOURS })
    .meta({ allowed: HOURS })
    .default(4)
    .describe("Hour, UTC, at which the window of four hours begins. 4, after the host's own backup."),
  weekday: choice(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])
    .default("SUN")
    .describe("Day of a weekly backup. Sunday, when there is least load."),
});

// As its API lists them: s-2vcpu-4gb-amd, so1_5-2vcpu-16gb, gpu-h100x1-80gb; of the first ones, memory alone.
const SIZE = /^([a-z0-9][a-z0-9_]{0,31}(-[a-z0-9][a-z0-9._]{0,15}){1,6}|[0-9]{1,4}(mb|gb))$/;

const droplet = z.strictObject({
  kind: z.literal("droplet").meta({ allowed: "droplet" }).describe("A server that is created at DigitalOcean."),
  name,
  formerly,
  role,
  region: text("a region of DigitalOcean, such as fra1", /^[a-z]{3}[0-9]$/).describe(
    "Data centre. Keep patients' data of the European Union there: fra1 or ams3.",
  ),
  size: text("a size of DigitalOcean, such as s-2vcpu-4gb", SIZE).describe("Processors and memory."),
  image: choice(["debian-13-x64"])
    .default("debian-13-x64")
    .describe("The operating system. Debian 13, the one that every concern is tested on."),
  tags: list(
    "a list of tags of letters, digits, colons, hyphens and underscores",
    text("1 to 60 letters, digits, colons, hyphens and underscores", /^[A-Za-z0-9:_-]{1,60}$/).describe("A tag."),
  )
    .default([])
    .describe("Tags beside `phiward`, the role and the data classification."),
  data: choice(["patients", "public"])
    .default("patients")
    .describe("Data classification; becomes the tag `data:…`. patients, the safe default."),
  firstHostKey: text("ssh-ed25519 and its base64, without a comment, of a key pair made for this droplet only", isHostKey).describe(
    "Public half of the SSH host key that it starts with; the private half is the secret `firstHostKeys`. The first deploy replaces it by a permanent one, created on the host (164.312(d)).",
  ),
  address: text("the IPv4 address, IPv6 address or name of the droplet", isServer)
    .optional()
    .describe("Its address, once it exists (`pulumi stack output hosts`): needed for a vault only."),
  hostKey: text("ssh-ed25519 and its base64, without a comment", isHostKey)
    .optional()
    .describe("Its permanent SSH host key, once it exists (`pulumi stack output hosts`): needed for off-site backups, and for a vault."),
  formerHostKeys,
  closed,
  vpc: z
    .strictObject({
      ipRange: text("a private IPv4 network with a length from 16 to 28", isPrivateRange)
        .optional()
        .describe("Its address range. Default: DigitalOcean chooses."),
    })
    .prefault({})
    .describe("Its own private network: the region's default one is shared with other droplets of the account."),
  volume: volume
    .optional()
    .describe("A volume for the data, which survives the droplet. DigitalOcean encrypts it at rest (164.312(a)(2)(iv))."),
  reservedAddress: flag()
    .default(true)
    .describe(
      "Whether its IPv4 address is reserved: it stays when the droplet is recreated. On, since DNS names and other people's firewall rules point to it.",
    ),
  dns: dns.optional().describe("DNS of the sites, hosted at DigitalOcean."),
  alerts: alerts.describe("Who DigitalOcean alerts when the host is busy, full or silent (164.308(a)(6)(ii))."),
  backups: backups
    .prefault({})
    .describe("DigitalOcean's own backups of the disk, beside those of `backup`. They cannot be turned off (164.308(a)(7)(ii)(A))."),
});

/** One entry of the key `hosts`. */
export const host = z.discriminatedUnion("kind", [existing, droplet]).meta({ allowed: "existing or droplet" });

/**
 * The key `firstHostKeys`. In the stack's file each value is a Pulumi secret, in the program it is the key itself: so only the
 * names get into the configuration, and nothing of a value is ever evaluated or shown.
 */
export const firstHostKeys = z
  .unknown()
  .optional()
  .transform((keys) => (typeof keys === "object" && keys !== null ? Object.keys(keys).sort() : []))
  .meta({ allowed: "an object of names of droplets and secrets" })
  .describe(
    "Private half of each droplet's `firstHostKey`, by the droplet's name: a secret, set by `pulumi config set --secret --path`. It reaches the droplet's user data and nothing else.",
  );

function isPrivateRange(range: string): boolean {
  return isPrivateIpv4Network(range, { from: 16, to: 28 });
}
