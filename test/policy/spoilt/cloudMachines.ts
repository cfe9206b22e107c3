import { type Allowed, allowed, becomes, listed, type Refused, refused } from "./spoil";

const KEY = "inboundRules.0.portRange";
const FROM = "inboundRules.0.sourceAddresses";
const NARROW = ["198.51.100.0/24"];
// An RSA key of 1024 bits, and one of the retired type.
const RSA = `ssh-rsa ${Buffer.concat([field("ssh-rsa"), field(Buffer.from([1, 0, 1])), field(Buffer.alloc(129, 3).fill(0, 0, 1))]).toString("base64")}`;

function field(content: Buffer | string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.from(content).length);
  return Buffer.concat([length, Buffer.from(content)]);
}

const PRIVATE_ADDRESSES = ["127.0.0.1", "0.0.0.0", "192.168.0.1", "172.16.0.1", "172.31.0.1", "100.64.0.1", "100.127.0.1"];

/** What the rules about firewalls, droplets and keys beside the components must refuse. */
export const MACHINES_REFUSED: readonly Refused[] = [
  ...refused("admin-ports-not-public", "raw-firewall", [
    ["Docker answers the world", KEY, becomes("2375"), "inboundRules.0: found port 2375 (Docker) open to the world"],
    ["a range has an administration page in it", KEY, becomes("8080-8090"), "8081 (an administration page)"],
    ["a database answers the world", KEY, becomes("5432"), "5432 (PostgreSQL)"],
    [
      "the world is written as its two halves",
      "inboundRules.1",
      becomes({ protocol: "tcp", portRange: "3389", sourceAddresses: ["0.0.0.0/1", "128.0.0.0/1"] }),
      "3389 (Remote Desktop)",
    ],
    [
      "the world is written without a length",
      "inboundRules.1",
      becomes({ protocol: "tcp", portRange: "2049", sourceAddresses: ["0.0.0.0"] }),
      "2049 (NFS)",
    ],
    [
      "the world is written as many networks",
      "inboundRules.1",
      becomes({ protocol: "tcp", portRange: "445", sourceAddresses: ["1.0.0.0/9", "1.128.0.0/9", "2.0.0.0/9"] }),
      "445 (SMB)",
    ],
    ["only IPv6 is open", "inboundRules.1", becomes({ protocol: "udp", portRange: "161", sourceAddresses: ["::/0"] }), "161 (SNMP)"],
    ["nothing is said of what comes in", "inboundRules", becomes(undefined), "inboundRules: found nothing"],
  ]),
  ...refused("admin-ports-not-public", "ufw", [
    [
      "UFW opens Remote Desktop to the world",
      "settings.rules",
      listed((rules) => [...rules, { action: "allow", protocol: "tcp", port: 3389 }]),
      "found port 3389 (Remote Desktop) open to the world",
    ],
  ]),
  ...refused("cloud-firewall-ports-named", "raw-firewall", [
    ["all ports are open", KEY, becomes("1-65535"), "inboundRules.0: found 65535 ports open to the world"],
    ["all ports are open by a word", KEY, becomes("all"), "65536 ports"],
    ["all ports are open by a zero", KEY, becomes("0"), "65536 ports"],
    ["all ports are open by silence", KEY, becomes(undefined), "65536 ports"],
    ["all ports but one are open", KEY, becomes("23-65535"), "65513 ports"],
    ["the protocol is one that is not known", "inboundRules.0.protocol", becomes("all"), "65536 ports"],
    [
      "all ports are open to both halves",
      "inboundRules.1",
      becomes({ protocol: "udp", portRange: "1-65535", sourceAddresses: ["::/1", "8000::/1"] }),
      "65535 ports",
    ],
  ]),
  ...refused("droplet-user-data-no-secret", "raw-droplet", [
    [
      "a password is exported",
      "userData",
      becomes("#!/bin/sh\nexport DB_PASSWORD=hunter2hunter2\n"),
      "userData: found a value after a name with PASSWORD",
    ],
    ["a password is in YAML", "userData", becomes("#cloud-config\nwrite_files:\n- content: |\n    api_token: abcdefgh12345678\n"), "TOKEN"],
    ["a password is in JSON", "userData", becomes('{"db_password": "hunter2hunter2"}'), "PASSWORD"],
    ["a private key is in it", "userData", becomes("-----BEGIN OPENSSH PRIVATE KEY-----\nabc"), "a private key"],
    ["an account gets a password", "userData", becomes("echo deploy:hunter2 | chpasswd\n"), "a password of an account"],
    ["a password is an option", "userData", becomes("restic --password hunter2hunter2 init\n"), "an option with a secret"],
    [
      "a token is in a header",
      "userData",
      becomes("curl -H 'Authorization: Bearer abcdefghijklmnop1234' https://example.org\n"),
      "credentials of HTTP",
    ],
    ["an address has a password", "userData", becomes("git clone https://ops:hunter2@example.org/x.git\n"), "an address with a password"],
    [
      "it is written in base64",
      "userData",
      becomes(Buffer.from("#!/bin/sh\nexport DB_PASSWORD=hunter2hunter2\n").toString("base64")),
      "PASSWORD",
    ],
    ["no image is named", "image", becomes(undefined), "image: found nothing"],
  ]),
  ...refused("droplet-user-data-no-secret", "raw-pool", [
    [
      "a pool's droplets have a password",
      "dropletTemplate.userData",
      becomes("REDIS_PASSWORD=hunter2hunter2\n"),
      "dropletTemplate.userData: found a value",
    ],
  ]),
  ...refused("droplet-user-data-no-unverified-download", "raw-droplet", [
    [
      "it runs what it downloads",
      "userData",
      becomes("#!/bin/sh\ncurl -fsSL https://get.example.org | sudo sh\n"),
      "straight into an interpreter",
    ],
    [
      "it runs what it downloads in another way",
      "userData",
      becomes('bash -c "$(wget -qO- https://get.example.org)"\n'),
      "straight into an interpreter",
    ],
    ["it is base64", "userData", becomes(Buffer.from("wget -qO- https://get.example.org | bash\n").toString("base64")), "straight into"],
  ]),
  ...refused("droplet-user-data-no-unverified-download", "raw-pool", [
    [
      "a pool's droplets do",
      "dropletTemplate.userData",
      becomes("curl https://get.example.org|bash -s -- --yes\n"),
      "straight into an interpreter",
    ],
  ]),
  ...refused("droplet-has-ssh-key", "raw-droplet", [
    ["it has none", "sshKeys", becomes([]), "sshKeys: found no key"],
    ["nothing is said of them", "sshKeys", becomes(undefined), "sshKeys: found nothing"],
  ]),
  ...refused("droplet-has-ssh-key", "raw-pool", [["its droplets have none", "dropletTemplate.sshKeys", becomes([]), "found no key"]]),
  ...refused("droplet-pool-private", "raw-pool", [
    ["the web console lets people in", "dropletTemplate.withDropletAgent", becomes(true), "found on, allowed: off"],
    ["nothing is said of the agent", "dropletTemplate.withDropletAgent", becomes(undefined), "found nothing"],
    ["they are in the common network", "dropletTemplate.vpcUuid", becomes(undefined), "the region's shared network"],
  ]),
  ...refused("ssh-keys-strong", "raw-key", [
    ["an RSA key is short", "publicKey", becomes(RSA), "found a key of the type ssh-rsa"],
    ["a key is of a retired type", "publicKey", becomes("ssh-dss AAAAB3NzaC1kc3MAAACBAP"), "found a key of the type ssh-dss"],
    ["a key is of the weakest curve", "publicKey", becomes("ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY="), "ecdsa-sha2-nistp256"],
    ["it is cut off", "publicKey", becomes("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBBJ42g"), "copy the line again"],
    ["there is none", "publicKey", becomes(undefined), "publicKey: found nothing"],
  ]),
  ...refused("custom-image-over-https", "raw-custom-image", [
    ["it is fetched over plain HTTP", "url", becomes("http://images.example.org/a.qcow2"), "an address without TLS"],
    ["its address has a password", "url", becomes("https://ops:hunter2@images.example.org/a.qcow2"), "a password in it"],
    ["nothing is said of it", "url", becomes(undefined), "url: found nothing"],
  ]),
  ...refused("cloud-alerts-reach-someone", "raw-cpu-alert", [
    ["it is off", "enabled", becomes(false), "enabled: found off"],
    ["nobody gets it", "alerts.emails", becomes([]), "alerts: found no recipient"],
    ["nothing is said of who gets it", "alerts", becomes(undefined), "alerts: found nothing"],
  ]),
  ...refused("cloud-alerts-reach-someone", "raw-down-alert", [
    ["nobody is notified", "notifications", becomes([]), "notifications: found no recipient"],
    ["one way has no recipient", "notifications.0.emails", becomes([]), "notifications: found no recipient"],
  ]),
  ...refused("cloud-alerts-reach-someone", "raw-check", [["nobody looks", "enabled", becomes(false), "enabled: found off"]]),
  ...refused("uptime-check-over-https", "raw-check", [
    ["it asks over plain HTTP", "target", becomes("http://helper.example.org/"), "target: found plain HTTP"],
    ["it asks by HTTP", "type", becomes("http"), "target: found plain HTTP"],
    ["its address has a password", "target", becomes("https://ops:hunter2@helper.example.org/"), "a password in it"],
    ["it asks nothing", "target", becomes(undefined), "target: found nothing"],
  ]),
  ...refused("nfs-access-limited", "raw-share-access", [
    ["root stays root", "accessPolicy.squashConfig", becomes("NO_SQUASH"), "accessPolicy.squashConfig: found NO_SQUASH"],
    ["root becomes root", "accessPolicy.anonuid", becomes(0), "accessPolicy.anonuid: found root's"],
    ["nothing is said of access", "accessPolicy", becomes(undefined), "accessPolicy: found nothing"],
  ]),
  ...refused("dns-record-public-address", "raw-record", [
    ["it leads to a private address", "value", becomes("10.1.2.3"), "value: found an address of a private network"],
    ["it leads to the metadata service", "value", becomes("169.254.169.254"), "value: found an address of a private network"],
    ["it leads nowhere", "value", becomes(undefined), "value: found nothing"],
    ...PRIVATE_ADDRESSES.map((address) => [`it leads to ${address}`, "value", becomes(address), "value: found an address"] as const),
  ]),
  ...refused("dns-record-public-address", "raw-zone", [
    ["its own address is private", "ipAddress", becomes("192.168.1.1"), "ipAddress: found"],
  ]),
  ...refused("admin-ports-not-public", "ufw", [
    [
      "UFW opens a database to the world in so many words",
      "settings.rules",
      listed((rules) => [...rules, { action: "limit", protocol: "tcp", port: 2375, from: "0.0.0.0/0" }]),
      "found port 2375 (Docker) open to the world",
    ],
  ]),
  ...refused("admin-ports-not-public", "raw-global-balancer", [
    [
      "a database is open to the world",
      "forwardingRules",
      becomes([{ entryPort: 5432 }]),
      "forwardingRules.0: found port 5432 (PostgreSQL) open to the world",
    ],
  ]),
  ...refused("admin-ports-not-public", "raw-internal-balancer", [
    ["it is for the world after all", "network", becomes(undefined), "forwardingRules.0: found port 5432 (PostgreSQL)"],
  ]),
  ...refused("admin-ports-not-public", "raw-balancer", [
    ["its firewall is gone", "firewall", becomes(undefined), "forwardingRules.2: found port 9100 (Node Exporter) open to the world"],
    ["its firewall names nobody", "firewall.allows", becomes([]), "forwardingRules.2: found port 9100"],
    ["its firewall lets the world in", "firewall.allows.0", becomes("cidr:0.0.0.0/0"), "forwardingRules.2: found port 9100"],
    [
      "what its firewall lets in is no network",
      "firewall.allows.0",
      becomes("x-cidr:198.51.100.0/24"),
      "forwardingRules.2: found port 9100",
    ],
    ["one of its ports is a database's", "forwardingRules.0.entryPort", becomes(undefined), "forwardingRules.0.entryPort: found nothing"],
  ]),
  ...refused("dns-record-public-address", "raw-record-6", [
    ["it leads to a local address", "value", becomes("fd12:3456::1"), "value: found an address of a private network"],
    ["it leads to the network card's", "value", becomes("FE80::1"), "value: found an address of a private network"],
    ["it leads to whoever asks", "value", becomes("::1"), "value: found an address of a private network"],
    ["it leads to a private address of IPv4", "value", becomes("::ffff:10.1.2.3"), "value: found an address of a private network"],
  ]),
];

/** What they must let pass. */
export const MACHINES_ALLOWED: readonly Allowed[] = [
  ...allowed("admin-ports-not-public", "ufw", [
    [
      "such a port is closed in so many words",
      "settings.rules",
      listed((rules) => [...rules, { action: "deny", port: 3389 }, { action: "reject", port: 2049, from: "0.0.0.0/0" }]),
    ],
    [
      "such a port is for one network",
      "settings.rules",
      listed((rules) => [...rules, { action: "allow", port: 3389, from: "198.51.100.0/24" }]),
    ],
  ]),
  ...allowed("admin-ports-not-public", "raw-balancer", [
    ["its firewall names an address", "firewall.allows", becomes(["ip:198.51.100.7"])],
  ]),
  ...allowed("admin-ports-not-public", "raw-firewall", [
    ["a rule is too wide, which another rule says", "inboundRules.0.portRange", becomes("8000-9100")],
  ]),
  ...allowed("cloud-firewall-ports-named", "raw-firewall", [["a hundred ports are open", KEY, becomes("8000-8099")]]),
  ...allowed("dns-record-public-address", "raw-record", [
    ...["11.0.0.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "192.169.0.1", "110.1.2.3"].map(
      (address) => [`it leads to ${address}`, "value", becomes(address)] as const,
    ),
    ["a text has a private address in it", "type", becomes("TXT")],
  ]),
  ...allowed("dns-record-public-address", "raw-zone", [["it has no address of its own", "ipAddress", becomes(undefined)]]),
  ...allowed("admin-ports-not-public", "raw-firewall", [
    ["such a port is for one network", "inboundRules.1.portRange", becomes("3389")],
    ["such a port is for droplets with a tag", "inboundRules.0", becomes({ protocol: "tcp", portRange: "5432", sourceTags: ["helper"] })],
    [
      "such a port is closed by a rule",
      "inboundRules.0",
      becomes({ protocol: "tcp", portRange: "3389", action: "deny", sourceAddresses: ["0.0.0.0/0"] }),
    ],
    ["nothing comes in", "inboundRules", becomes([])],
  ]),
  ...allowed("cloud-firewall-ports-named", "raw-firewall", [
    ["a short range is open", KEY, becomes("10000-10099")],
    ["all ports are for one network", "inboundRules.0", becomes({ protocol: "tcp", portRange: "1-65535", sourceAddresses: NARROW })],
    ["private networks are named one by one", FROM, becomes(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"])],
  ]),
  ...allowed("droplet-user-data-no-secret", "raw-droplet", [
    ["it has none", "userData", becomes(undefined)],
    [
      "a password is a file or a reference",
      "userData",
      becomes("DB_PASSWORD_FILE=/run/secrets/db\nDB_PASSWORD=$(cat /run/secrets/db)\nssh_pwauth: false\n"),
    ],
    [
      "it has the first host key in cloud-init's own place",
      "userData",
      becomes(
        `#cloud-config\n${JSON.stringify({ ssh_keys: { ed25519_private: "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk=\n-----END OPENSSH PRIVATE KEY-----\n", ed25519_public: "ssh-ed25519 AAAA" } })}\n`,
      ),
    ],
  ]),
  ...allowed("droplet-user-data-no-unverified-download", "raw-droplet", [
    ["a download is compared first", "userData", becomes('curl -fsSLo x https://get.example.org\necho "$SUM x" | sha256sum -c\nsh x\n')],
  ]),
  ...allowed("ssh-keys-strong", "raw-key", [
    [
      "it is on a security key",
      "publicKey",
      becomes(
        "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABHNzaDo=",
      ),
    ],
  ]),
  ...allowed("cloud-alerts-reach-someone", "raw-cpu-alert", [
    ["it goes to a channel", "alerts", becomes({ slacks: [{ channel: "oncall", url: "x" }] })],
  ]),
  ...allowed("nfs-access-limited", "raw-share-access", [["root is squashed by default", "accessPolicy.squashConfig", becomes(undefined)]]),
  ...allowed("uptime-check-over-https", "raw-check", [["its type follows from the address", "type", becomes(undefined)]]),
];
