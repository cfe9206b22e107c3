import { goodUnit, textOf, valueAt } from "../fixtures";
import { type Allowed, added, allowed, becomes, listed, type Refused, refused, replaced, type Spoil, withoutFile } from "./spoil";

const JAILS = textOf("fail2ban", "/etc/fail2ban/jail.d/phiward.local");
const SETTINGS = textOf("backup", "/etc/phiward/backup.json");
const SUDOERS = textOf("people", "/etc/sudoers");
const SESSIONS = textOf("sessions", "/etc/phiward/sessions.json");
const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPPbztxAhq75+xLcPDm5/ZKFcrfLYkp9+gDgLg2thhWP";
const SLICE = textOf("docker", "/etc/systemd/system/phiward-api.slice");

const MASTER = "settings.secrets";
const RECOVERY = valueAt(goodUnit("people").args, "settings.recovery.publicKey");

function isMaster(secret: unknown): boolean {
  return typeof secret === "object" && secret !== null && "id" in secret && String(secret.id).startsWith("phi-master-");
}

function master(change: object): Spoil {
  return listed((all) => all.map((one) => (isMaster(one) && typeof one === "object" ? { ...one, ...change } : one)));
}

/** What the rules about the units of a host together must refuse. */
export const HOSTS_REFUSED: readonly Refused[] = [
  ...refused("sessions-recorded", "people", [
    ["none is recorded", "settings.sessions", becomes("off"), "settings.sessions: found none is recorded, allowed: shells"],
    ["one shell is left out", SUDOERS, replaced(" /usr/bin/bash,", ""), "found a shell that is not recorded"],
    ["commands in containers are left out", SUDOERS, replaced("|exec|", "|"), "found a shell that is not recorded"],
    ["no shell is named", SUDOERS, replaced("Cmnd_Alias ROOT_SHELLS", "#Cmnd_Alias ROOT_SHELLS"), "found a shell that is not recorded"],
  ]),
  ...refused("sessions-recorded", "sessions", [
    ["they are encrypted to no key", "settings.recipient", becomes("age1"), "settings.recipient: found not a public key"],
    ["the host opens its own", "settings.recipient", becomes(HOST_KEY), "found the host's own key, which opens its sessions"],
    ["the program encrypts to another key", SESSIONS, replaced('"recipient": "', '"recipient": "none '), "found not a public key"],
  ]),
  ...refused("patients-data-retention-declared", "retention", [
    ["nothing is said of a database", "settings.rules", becomes([]), "found 1 databases of which nothing is said"],
    ["a rule is about another one", "settings.rules.0.database", becomes("other"), "found 1 databases of which nothing is said"],
  ]),
  ...refused("database-people-limited", "people", [
    [
      "one may read without an end",
      "settings.people.0.databases",
      becomes({ api: "readonly" }),
      "found a person who may read databases without",
    ],
  ]),
  ...refused("database-people-limited", "accounts", [
    [
      "one whose entry has no database may read one",
      "settings.databases.0.people",
      becomes([{ name: "alice", databases: ["api"] }]),
      "found a database that the person's entry does not have so",
    ],
    [
      "one whose entry has no database audits one",
      "settings.databases.0.people",
      becomes([{ name: "alice", databases: [], audits: ["api"] }]),
      "found a database that the person's entry does not have so",
    ],
  ]),
  ...refused("patients-columns-encrypted", "phi", [
    ["another one has", "settings.databases.0.database", becomes("other"), "found 1 databases without patients' columns"],
    ["a database has none", "settings.databases", becomes([]), "found 1 databases without patients' columns"],
  ]),
  ...refused("phi-master-key-apart", "phi", [
    ["everybody may read", "settings.databases.0.readers.0", becomes("public"), "found everybody who may log in to the database"],
    ["another server has the key", "settings.databases.0.container", becomes("other"), "found another service that gets the master key"],
  ]),
  ...refused("phi-master-key-apart", "secrets", [
    ["it is escrowed to nobody", MASTER, master({ recipients: [] }), "found no recipient with the recovery key"],
    [
      "it is escrowed to the host as well",
      MASTER,
      master({ recipients: [RECOVERY, HOST_KEY] }),
      "found a recipient beside the recovery key",
    ],
    ["there is none", MASTER, listed((all) => all.filter((one) => !isMaster(one))), "found no master key of patients' columns"],
  ]),
  ...refused("phi-master-key-apart", "backup", [
    ["the backup has all secrets", "settings.paths", becomes(["/var/lib/phiward/secrets/"]), "found a path with the master key"],
    ["the backup has all of the host", "settings.paths", becomes(["/var"]), "found a path with the master key"],
    [
      "the backup has the server's file",
      "settings.secrets",
      becomes(["/var/lib/phiward/services/db/secrets/phi-master-1.1"]),
      "found a path with the master key",
    ],
  ]),
  ...refused("subjects-declared", "retention", [
    ["nothing is declared of persons", "settings.subjects", becomes(null), "found no place of data of persons"],
    ["no table is", "settings.subjects.places", becomes([]), "found no place of data of persons"],
  ]),
  ...refused("databases-measured", "metrics", [
    ["none is measured", "settings.served.databases", becomes([]), "of the host's databases missing, allowed: all of them"],
    [
      "another one is, in place of one",
      "settings.served.databases.0.container",
      becomes("other"),
      "found 1 of the host's databases missing",
    ],
    ["the web server is not", "settings.served.nginx", becomes(null), "found a web server that is not measured at its own port"],
    ["it is asked at another port", "settings.served.nginx", becomes(9100), "found a web server that is not measured at its own port"],
  ]),
  ...refused("journal-off-site", "journal", [
    ["the vault is not pinned", "settings.vault.hostKey", becomes("ssh-rsa AAAA"), "found not a complete Ed25519 key"],
    [
      "the vault is the host itself, by its key",
      "settings.vault.hostKey",
      becomes("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPPbztxAhq75+xLcPDm5/ZKFcrfLYkp9+gDgLg2thhWP"),
      "Journal.settings.vault.hostKey: found the host's own key",
    ],
    ["it is, by its address", "settings.vault.address", becomes("192.0.2.10"), "settings.vault.address: found the host's own address"],
    ["it is, by the loopback address", "settings.vault.address", becomes("127.0.0.1"), "found the host's own address"],
  ]),
  ...refused("cloud-firewall-equals-ufw", "droplet", [
    [
      "the cloud opens one more port",
      "settings.firewall.inbound",
      listed((rules) => [...rules, { protocol: "tcp", portRange: "8080", addresses: ["0.0.0.0/0", "::/0"] }]),
      "found a port that is open here and closed in UFW",
    ],
    [
      "the cloud opens all ports",
      "settings.firewall.inbound.0.portRange",
      becomes("1-65535"),
      "found a port that is open here and closed in UFW",
    ],
    [
      "the cloud lets another network in beside one of UFW's",
      "settings.firewall.inbound",
      listed((rules) => rules.map((rule) => exchanged(rule, "203.0.113.0/24", "10.0.0.0/16"))),
      "or open there for other networks",
    ],
    ["the cloud lets one network in", "settings.firewall.inbound.1.addresses", becomes(["10.0.0.0/8"]), "or open there for other networks"],
    [
      "the cloud closes a site",
      "settings.firewall.inbound",
      listed((rules) => rules.slice(0, 1)),
      "Ufw.settings.rules.3: found a port that is open in UFW and closed in the cloud firewall",
    ],
  ]),
  ...refused("cloud-firewall-equals-ufw", "ufw", [
    [
      "UFW opens one more port",
      "settings.rules.3.port",
      becomes(8443),
      "found a port that is open in UFW and closed in the cloud firewall",
    ],
    ["UFW closes one", "settings.rules.3.action", becomes("deny"), "found a port that is open here and closed in UFW"],
  ]),
  ...refused("cloud-firewall-equals-ufw", "made-firewall", [
    [
      "the firewall that is made opens everything",
      "inboundRules",
      becomes([{ protocol: "tcp", portRange: "1-65535", sourceAddresses: ["0.0.0.0/0"] }]),
      "Firewall.inboundRules.0: found a port that is open here and closed in UFW",
    ],
    ["it opens a port for others", "inboundRules.0.sourceAddresses", becomes(["203.0.113.0/24"]), "or open there for other networks"],
    ["it lets in whatever has a tag", "inboundRules.0.sourceTags", becomes(["web"]), "found a source that UFW does not know"],
    ["it is before no droplet", "dropletIds", becomes([]), "found a firewall before no droplet"],
  ]),
  ...refused("resources-as-declared", "made-network", [
    ["a database's network gets a way out", "internal", becomes(false), "Network.internal: found a network with a way out"],
    ["nothing is said of that", "internal", becomes(undefined), "found a network with a way out"],
  ]),
  ...refused("resources-as-declared", "made-record-2", [
    ["a CAA record becomes a TXT record", "type", becomes("TXT"), "settings.dns.records.2: found a record that is made as another one"],
    ["it is another name's", "name", becomes("other"), "found a record that is made as another one"],
    ["it says something else", "tag", becomes("iodef"), "found a record that is made as another one"],
  ]),
  ...refused("public-ports-answered", "ufw", [
    [
      "a port is open that no component answers at",
      "settings.rules.3.port",
      becomes(4242),
      "Ufw.settings.rules.3: found port 4242/tcp open to the world, at which nothing that is declared answers",
    ],
    ["a port of sites is open for another protocol", "settings.rules.3.protocol", becomes("udp"), "/udp open to the world"],
  ]),
  ...refused("fail2ban-guards-logins", "fail2ban", [
    ["no jail counts logins", "settings.jails.1.name", becomes("web"), "Fail2ban.settings.jails: found no jail nginx-login"],
    ["none counts those that go on", "settings.jails.2.name", becomes("web"), "Fail2ban.settings.jails: found no jail nginx-guesser"],
    ["it closes logins after sixteen", "settings.jails.2.maxRetry", becomes(16), "found more tries"],
    ["it counts to twenty", "settings.jails.1.maxRetry", becomes(20), "found more tries"],
    [
      "the rendered jail is off",
      JAILS,
      replaced("[nginx-login]\nenabled = true", "[nginx-login]\nenabled = false"),
      "found no jail nginx-login that is enabled",
    ],
    ["the rendered jail counts to twenty", JAILS, replaced("[nginx-login]\n", "[nginx-login]\nmaxretry = 20\n"), "found more tries"],
    [
      "its filter is not there",
      "files",
      withoutFile("/etc/fail2ban/filter.d/phiward-login.conf"),
      "found a filter that this component does not render",
    ],
  ]),
  ...refused("backup-covers-all-data", "backup", [
    [
      "a server is forgotten",
      "settings.databases",
      becomes([]),
      "found a PostgreSQL of which not every database is backed up (Docker.settings.databases.0)",
    ],
    ["a database is forgotten", "settings.databases.0.names", becomes([]), "found a PostgreSQL of which not every database is backed up"],
    ["a volume is forgotten", "settings.volumes", becomes([]), "Databases.volumes.2.name: found a volume that is not backed up"],
    [
      "the rendered settings forget a volume",
      SETTINGS,
      replaced("phiward-api.uploads", "phiward-api.other"),
      "found a volume that is not backed up",
    ],
  ]),
  ...refused("backup-covers-all-data", "docker", [
    [
      "a database is of a kind without an engine",
      "settings.databases.1.kind",
      becomes("another"),
      "Docker.settings.databases.1: found a kind of database that no engine is known for",
    ],
  ]),
  ...refused("backup-covers-all-data", "databases", [
    [
      "somebody adds a volume",
      "volumes",
      listed((volumes) => [...volumes, { name: "phiward-more" }]),
      "found a volume that is not backed up",
    ],
  ]),
  ...refused("droplet-backup-off-site", "backup", [
    ["there is no second copy", "settings.offsite", becomes(null), "Backup.settings.offsite: found nothing, allowed: a vault"],
    ["the rendered settings know of none", SETTINGS, withoutOffsite, "found nothing, allowed: a vault"],
  ]),
  ...refused("backup-password-escrowed", "secrets", [
    [
      "it is sealed to someone else",
      "settings.secrets.4.recipients",
      listed((all) => all.slice(1)),
      "Secrets.settings.secrets.4.recipients: found no recipient with the recovery key",
    ],
    [
      "it is made by nobody",
      "settings.secrets",
      listed((all) => all.slice(0, 4)),
      "Backup.settings.passwordFile: found a password that this host does not create",
    ],
    ["it is of another epoch", "settings.secrets.4.epoch", becomes(2), "found a password that this host does not create"],
  ]),
  ...refused("container-processes-limited", "raw-container", [
    [
      "a container beside names a control group of nobody's",
      "cgroupParent",
      becomes("phiward-helper.slice"),
      "Container.cgroupParent: found a control group without a process limit",
    ],
    ["it names none", "cgroupParent", becomes(undefined), "Container.cgroupParent: found nothing"],
  ]),
  ...refused("container-processes-limited", "docker", [
    ["a slice has no limit", SLICE, replaced("TasksMax=400\n", ""), "found a control group without a process limit"],
    ["a slice has no end", SLICE, replaced("TasksMax=400", "TasksMax=infinity"), "found a control group without a process limit"],
    [
      "a slice is missing",
      "files",
      withoutFile("/etc/systemd/system/phiward-api.slice"),
      "Services.containers.0.cgroupParent: found a control group",
    ],
  ]),
  ...refused("container-processes-limited", "docker", [
    ["a slice has no limit that is a number", SLICE, replaced("TasksMax=", "TasksMax=x"), "a control group without a process limit"],
    ["its limit has something behind it", SLICE, replaced("TasksMax=400", "TasksMax=400%"), "without a process limit"],
    ["its limit is too large", SLICE, replaced("TasksMax=400", "TasksMax=65537"), "without a process limit"],
    ["a second limit takes the first away", SLICE, added("[Slice]\nTasksMax=infinity"), "without a process limit"],
    ["what is limited is in another section", SLICE, replaced("[Slice]", "[Unit]"), "without a process limit"],
  ]),
  ...refused("fail2ban-guards-logins", "fail2ban", [
    ["its tries are no number", JAILS, added("[nginx-guesser]\nmaxretry = 1x"), "found more tries"],
    ["its tries are below nothing", JAILS, added("[nginx-guesser]\nmaxretry = -1"), "found more tries"],
    ["it is switched off again", JAILS, added("[nginx-login]\nenabled = false"), "found no jail nginx-login that is enabled"],
  ]),
];

function exchanged(rule: unknown, from: string, to: string): unknown {
  const addresses = valueAt(rule, "addresses");
  return { ...Object(rule), addresses: Array.isArray(addresses) ? addresses.map((one: unknown) => (one === from ? to : one)) : addresses };
}

function withoutOffsite(good: unknown): string {
  const settings: unknown = JSON.parse(String(good));
  return JSON.stringify({ ...Object(settings), offsite: null });
}

/** What they must let pass. */
export const HOSTS_ALLOWED: readonly Allowed[] = [
  ...allowed("sessions-recorded", "sessions", [
    ["the key is another one than that of backups", "settings.recipient", becomes(`age1${"q".repeat(58)}`)],
  ]),
  ...allowed("journal-off-site", "journal", [["the vault has another address", "settings.vault.address", becomes("192.0.2.21")]]),
  ...allowed("cloud-firewall-equals-ufw", "droplet", [
    ["the same openings come in another order", "settings.firewall.inbound", listed((rules) => rules.toReversed())],
    ["the world is named by one family", "settings.firewall.inbound.1.addresses", becomes(["::/0"])],
  ]),
  ...allowed("cloud-firewall-equals-ufw", "made-firewall", [["no other source is named", "inboundRules.0.sourceTags", becomes([])]]),
  ...allowed("resources-as-declared", "made-network", [
    ["it is another network", "name", becomes("helper")],
    ["its options are others", "options", becomes({})],
  ]),
  ...allowed("public-ports-answered", "ufw", [
    ["one network alone is let in", "settings.rules.3", becomes({ action: "allow", protocol: "tcp", port: 4242, from: "10.0.0.0/8" })],
    ["the port is closed", "settings.rules.3", becomes({ action: "deny", protocol: "tcp", port: 4242 })],
  ]),
  ...allowed("public-ports-answered", "fail2ban", [
    ["a jail guards another server's port", "settings.jails", listed((jails) => [...jails, { name: "mail", ports: [25] }])],
  ]),
  ...allowed("fail2ban-guards-logins", "fail2ban", [["it counts to three", "settings.jails.1.maxRetry", becomes(3)]]),
  ...allowed("backup-covers-all-data", "backup", [["it keeps more", "settings.volumes", listed((volumes) => [...volumes, "other"])]]),
];
