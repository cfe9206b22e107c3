import { textOf } from "../fixtures";
import { type Allowed, added, allowed, becomes, type Refused, refused, replaced, type Spoil, withoutFile } from "./spoil";

const DAEMON = textOf("docker", "/etc/docker/daemon.json");
const PG_HBA = textOf("docker", "/etc/phiward/services/db/pg_hba.conf");
const POSTGRESQL = textOf("docker", "/etc/phiward/services/db/postgresql.conf");
const USERS = textOf("docker", "/etc/phiward/services/cache/users.acl");
const REDIS = textOf("docker", "/etc/phiward/services/cache/redis.conf");
const DROP_IN = textOf("docker", "/etc/systemd/system/docker.service.d/phiward.conf");
const CERTIFICATES = textOf("certificates", "/etc/phiward/certificates.json");
const RENEWAL = textOf("certificates", "/etc/systemd/system/phiward-certificates.service");
const RENEWAL_TIMER = textOf("certificates", "/etc/systemd/system/phiward-certificates.timer");

/** A daemon.json whose containers' output goes to files of Docker. */
function outputInFiles(options: object): Spoil {
  return (good) => JSON.stringify({ ...(JSON.parse(String(good)) as object), "log-driver": "local", "log-opts": options }, undefined, 2);
}

/** What the rules about the engine, its databases and the certificates must refuse. */
export const HOST_REFUSED: readonly Refused[] = [
  ...refused("docker-daemon-hardened", "docker", [
    ["it listens on the network", DAEMON, replaced("{\n", '{\n"hosts": ["tcp://0.0.0.0:2375"],\n'), `found unexpected key "hosts"`],
    [
      "it trusts a registry blindly",
      DAEMON,
      replaced("{\n", '{\n"insecure-registries": ["10.0.0.5:5000"],\n'),
      'found unexpected key "insecure-registries"',
    ],
    ["containers reach each other", DAEMON, replaced('"icc": false', '"icc": true'), "found icc true, allowed: icc: false"],
    ["nothing is said of that", DAEMON, replaced('"icc": false,', ""), "found no icc"],
    ["containers die with the engine", DAEMON, replaced('"live-restore": true', '"live-restore": false'), "found live-restore false"],
    [
      "new privileges may be had",
      DAEMON,
      replaced('"no-new-privileges": true', '"no-new-privileges": false'),
      "found no-new-privileges false",
    ],
    ["the firewall is not told", DAEMON, replaced('"iptables": true', '"iptables": false'), "found iptables false"],
    ["nothing is logged", DAEMON, replaced('"log-driver": "journald"', '"log-driver": "none"'), "found none, allowed: log-driver"],
    ["logs grow for ever", DAEMON, outputInFiles({ "max-file": "5", "max-size": "-1" }), "log-opts.max-size"],
    ["a number is no text", DAEMON, outputInFiles({ "max-file": 5, "max-size": "10m" }), "found a number, allowed: text"],
    ["the file is no JSON", DAEMON, replaced("{\n", "{{\n"), "found text, allowed: JSON"],
    ["there is no file", "files", withoutFile("/etc/docker/daemon.json"), "found no /etc/docker/daemon.json"],
    [
      "a drop-in starts it otherwise",
      DROP_IN,
      added("[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd -H tcp://0.0.0.0"),
      "starts the daemon with other options",
    ],
  ]),
  ...refused("container-output-recorded", "docker", [
    ["it goes to files of Docker", DAEMON, replaced('"log-driver": "journald"', '"log-driver": "local"'), "found local, allowed"],
    ["it goes nowhere", DAEMON, replaced('"log-driver": "journald"', '"log-driver": "none"'), "found none, allowed"],
    ["it goes where Docker's default is", DAEMON, replaced('"log-driver": "journald",', ""), "found json-file, allowed"],
    ["there is no file", "files", withoutFile("/etc/docker/daemon.json"), "found no /etc/docker/daemon.json"],
  ]),
  ...["services", "databases"].flatMap((unit) =>
    refused("container-output-recorded", unit as "services" | "databases", [
      [
        "a container of the stack's has files of its own",
        "containers.0.logDriver",
        becomes("local"),
        "containers.0.logDriver: found local",
      ],
    ]),
  ),
  ...refused("container-output-recorded", "raw-container", [
    [
      "a container's goes to a file of Docker's",
      "logDriver",
      becomes("json-file"),
      "logDriver: found json-file, allowed: nothing, or journald",
    ],
    ["a container's goes nowhere", "logDriver", becomes("none"), "logDriver: found none"],
    ["a container's goes to another machine", "logDriver", becomes("syslog"), "logDriver: found text of 6 characters"],
  ]),
  ...refused("docker-engine-host-key-pinned", "raw-engine", [
    ["it is reached over TCP", "host", becomes("tcp://192.0.2.10:2375"), "host: found a transport other than SSH, or a login as root"],
    ["it is reached as root", "host", becomes("ssh://root@192.0.2.10"), "found a transport other than SSH, or a login as root"],
    ["any key will do", "sshOpts", replaced("StrictHostKeyChecking=yes", "StrictHostKeyChecking=no"), "trusts other keys"],
    ["no key is named", "sshOpts", replaced("KnownHostsCommand", "UserKnownHostsFile"), "trusts other keys"],
    ["nothing is said", "sshOpts", becomes(undefined), "sshOpts: found nothing"],
    ["any key will do, said with a blank before", "sshOpts", before("-o", "StrictHostKeyChecking no"), "sshOpts.0: found"],
    ["any key will do, said in one word", "sshOpts", before("-oStrictHostKeyChecking=no"), "sshOpts.0: found"],
    ["any key will do, said with blanks around", "sshOpts", before("-o", " stricthostkeychecking = no"), "sshOpts.0: found"],
    ["keys of a file are trusted besides", "sshOpts", before("-o", "UserKnownHostsFile=/tmp/any"), "UserKnownHostsFile=/dev/null"],
    ["keys of the user's file are trusted besides", "sshOpts", replaced("UserKnownHostsFile", "LogLevel"), "UserKnownHostsFile=/dev/null"],
    ["a program makes the connection", "sshOpts", before("-o", "ProxyCommand=nc 203.0.113.9 22"), "may lead elsewhere"],
    ["another host is in between", "sshOpts", before("-J", "203.0.113.9"), "may lead elsewhere"],
    ["another host is meant", "sshOpts", before("-o", "HostName=203.0.113.9"), "may lead elsewhere"],
    ["a file is read first", "sshOpts", replaced("none", "/tmp/config"), "allowed: -F none"],
    ["the user's file is read", "sshOpts", replaced('"-F","none",', ""), "allowed: -F none"],
    ["it is reached by a context of the machine", "context", becomes("other"), "found another setting of the connection"],
    ["it has a certificate's key", "keyMaterial", becomes("x"), "found another setting of the connection"],
    ["its plugin comes from elsewhere", "pluginDownloadURL", becomes("https://example.org"), "found another setting"],
    ["ssh gets an option as an address", "host", becomes("ssh://deploy@-oProxyCommand=x"), "host: found a transport"],
    ["a registry is asked in the clear", "registryAuth", becomes('[{"address":"http://r.example.org"}]'), "not asked over HTTPS"],
  ]),
  ...refused("databases-encrypt-connections", "docker", [
    ["a database accepts connections without TLS", "settings.databases.0.unencrypted", becomes("its program has none"), "without TLS"],
  ]),
  ...refused("postgres-passwords-scram", "docker", [
    [
      "everybody is trusted",
      PG_HBA,
      replaced("hostssl all all samenet scram-sha-256", "hostssl all all samenet trust"),
      "found the method trust",
    ],
    ["passwords go in the clear", PG_HBA, added("host all all 10.0.0.0 255.0.0.0 password"), "found the method password"],
    ["passwords are MD5", PG_HBA, added("hostssl all all all md5"), "found the method md5"],
    ["the socket trusts", PG_HBA, added("local all all trust"), "found the method trust"],
    ["a line includes others", PG_HBA, added("include other.conf"), "found an unrecognised line"],
    ["there are no lines", PG_HBA, becomes("# none\n"), "found no access rules"],
    [
      "passwords are kept as MD5",
      POSTGRESQL,
      replaced("password_encryption = 'scram-sha-256'", "password_encryption = 'md5'"),
      "found another password_encryption",
    ],
    ["they are made MD5 further down", POSTGRESQL, added("password_encryption=md5"), "found another password_encryption"],
    ["nothing is said of passwords", POSTGRESQL, replaced("password_encryption", "other"), "found no password_encryption"],
    ["another file says who comes", POSTGRESQL, added("hba_file = '/tmp/pg_hba.conf'"), "found another hba_file"],
    ["another file is read", POSTGRESQL, added("include_dir 'conf.d'"), "found an include of a file that is not evaluated"],
    [
      "a server has no rules",
      "files",
      withoutFile("/etc/phiward/services/db/pg_hba.conf"),
      "found pg_hba.conf of the first PostgreSQL is missing",
    ],
  ]),
  ...refused("postgres-superuser-own-database", "docker", [
    [
      "the socket lets it into every database",
      PG_HBA,
      replaced("local postgres postgres peer", "local all postgres peer"),
      "found a line that lets the superuser into other databases",
    ],
    [
      "it is not refused any more",
      PG_HBA,
      replaced("local all postgres reject\nlocal all /^phiward_ peer", "local all /^p peer"),
      "found a line that lets the superuser into other databases",
    ],
    [
      "a network comes first",
      PG_HBA,
      replaced("host all postgres all reject", "hostssl all +admins 10.0.0.0/8 scram-sha-256"),
      "found a line that lets the superuser into other databases",
    ],
  ]),
  ...refused("redis-default-user-off", "docker", [
    ["it is on", USERS, replaced("user default off", "user default on"), "found a default user that is not off"],
    ["it is off, and on again in the same line", USERS, replaced("user default off", "user default off on"), "that is not off"],
    ["it is on again in another line", USERS, added("user default on"), "found a default user that is not off"],
    ["a user without a password is off and on", USERS, added("user app off nopass on ~* +@all"), "found a user without a password"],
    ["nothing is said of it", USERS, replaced("user default", "user other"), "found a default user that is not off"],
    ["a user needs no password", USERS, added("user app on nopass ~* +@all"), "found a user without a password"],
    ["no list of users is read", REDIS, replaced("aclfile", "#aclfile"), "found no aclfile"],
    ["it is not protected", REDIS, replaced("protected-mode yes", "protected-mode no"), "found protected-mode off"],
    ["one password is for all", REDIS, added("requirepass x"), "found a line with requirepass"],
    ["a user stands beside the list", REDIS, added("user app on nopass +@all"), "found a line with user"],
    [
      "a server has no list",
      "files",
      withoutFile("/etc/phiward/services/cache/users.acl"),
      "found users.acl of the first Redis is missing",
    ],
  ]),
  ...refused("certificates-not-staging", "certificates", [
    [
      "a certificate is from the staging directory",
      "settings.sites.0.authority",
      becomes({ directory: "https://acme-staging-v02.api.letsencrypt.org/directory" }),
      "found the staging directory",
    ],
    [
      "the authority is asked without TLS",
      "settings.sites.0.authority",
      becomes({ directory: "http://acme.example.org/d" }),
      "without HTTPS",
    ],
    [
      "the rendered one is from the staging directory",
      CERTIFICATES,
      replaced('"days": 90', '"days": 90, "authority": { "directory": "https://ACME-STAGING-v02.api.letsencrypt.org:443/directory" }'),
      "found the staging directory",
    ],
  ]),
  ...refused("certificates-renewed", "certificates", [
    ["it is never renewed", "settings.sites.0.renewBeforeDays", becomes(0), "found 0 days, allowed: 3 at least"],
    ["it is renewed all the time", "settings.sites.0.renewBeforeDays", becomes(90), "due from the first day"],
    ["it lives for ten years", "settings.sites.0.days", becomes(3650), "found 3650 days, allowed: 1 to 398"],
    ["its key is weak", "settings.sites.0.key", becomes("rsa-2048"), "found rsa-2048"],
    ["the rendered one lives for ten years", CERTIFICATES, replaced('"days": 90', '"days": 3650'), "found 3650 days"],
    [
      "nothing starts the renewal",
      "files",
      withoutFile("/etc/systemd/system/phiward-certificates.timer"),
      "found no /etc/systemd/system/phiward-certificates.timer",
    ],
    ["the timer is not wanted", RENEWAL_TIMER, replaced("WantedBy=timers.target", ""), "found no WantedBy"],
    ["what was missed is not made up for", RENEWAL_TIMER, replaced("Persistent=true", "Persistent=false"), "found another Persistent"],
    ["a failure is not told", RENEWAL, replaced("OnFailure=phiward-alert@%n.service", ""), "found no OnFailure"],
    ["it does something else", RENEWAL, replaced("certificates renew", "certificates check"), "found another ExecStart"],
  ]),
];

/** What they must let pass. */
export const HOST_ALLOWED: readonly Allowed[] = [
  ...allowed("docker-engine-host-key-pinned", "raw-engine", [
    ["the host has an IPv6 address", "host", becomes("ssh://deploy@[2001:db8::1]:22")],
    ["it waits less, in one word", "sshOpts", before("-oConnectTimeout=5")],
    ["a registry has a port and a path", "registryAuth", becomes('[{"address":"https://registry.example.org:5000/v2/"}]')],
    ["a registry is known by a file", "registryAuth", becomes('[{"address":"registry.example.org","configFile":"~/.docker/config.json"}]')],
  ]),
  ...allowed("docker-daemon-hardened", "docker", [
    ["logs are files with limits", DAEMON, outputInFiles({ "max-file": "5", "max-size": "10m" })],
    ["nothing is said of the firewall", DAEMON, replaced('"iptables": true,', "")],
  ]),
  ...allowed("postgres-passwords-scram", "docker", [
    ["a network is given with its mask", PG_HBA, added("hostssl all all 10.0.0.0 255.0.0.0 scram-sha-256")],
    ["a line is a comment", PG_HBA, added("# host all all all trust")],
    ["a client shows a certificate", PG_HBA, added("hostssl all all 10.0.0.0/8 cert")],
  ]),
  ...allowed("postgres-superuser-own-database", "docker", [
    ["a database has an account of its own on the socket", PG_HBA, added("local reports reports peer")],
  ]),
  ...allowed("redis-default-user-off", "docker", [
    ["a user without a password is off", USERS, added("user app off nopass ~* +@all")],
    [
      "a user with a password may much",
      USERS,
      added("user app on #5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8 ~* +@read"),
    ],
  ]),
  ...allowed("certificates-not-staging", "certificates", [
    [
      "it comes from an authority that clients trust",
      "settings.sites.0.authority",
      becomes({ directory: "https://acme-v02.api.letsencrypt.org/directory" }),
    ],
  ]),
  ...allowed("certificates-renewed", "certificates", [["it lives for a year", "settings.sites.0.days", becomes(397)]]),
];

// Words in front of a list that is handed over as JSON: ssh takes the first one of a name.
function before(...words: readonly string[]): (good: unknown) => string {
  return (good) => JSON.stringify([...words, ...(JSON.parse(String(good)) as string[])]);
}
