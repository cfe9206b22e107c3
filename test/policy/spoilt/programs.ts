/** Ways to spoil what the programs of a host read, where its data is mounted, and what commands leave behind. */
import { textOf } from "../fixtures";
import { type Allowed, allowed, becomes, listed, type Refused, refused, replaced, withoutFile } from "./spoil";

const BACKUP = textOf("backup", "/etc/phiward/backup.json");
const ALERT = textOf("backup", "/etc/phiward/alert.json");
const RIGHTS = textOf("people", "/etc/phiward/people.json");
const STORAGE = textOf("storage", "/etc/phiward/storage.json");
const USERS = textOf("docker", "/etc/phiward/container-users.json");
const TRIAL = textOf("docker", "/etc/phiward/trial.json");
const JOBS = textOf("jobs", "/etc/phiward/jobs.json");
const JOB_SERVICE = textOf("jobs", "/etc/systemd/system/phiward-job-report.service");
const JOB_TIMER = textOf("jobs", "/etc/systemd/system/phiward-job-report.timer");
const WATCH_TIMER = textOf("jobs", "/etc/systemd/system/phiward-watch.timer");
const JOBS_TARGET = textOf("jobs", "/etc/systemd/system/phiward-jobs.target");
const INITIALIZE = textOf("accounts", "/etc/phiward/initialize.json");
const ACCOUNTS = textOf("accounts", "/etc/phiward/accounts.json");
const CERTIFICATES = textOf("certificates", "/etc/phiward/certificates.json");
const VAULT = textOf("vault", "/etc/phiward/vault.json");
const MOUNT = textOf("volume", "/etc/systemd/system/srv-data.mount");
const DOCKER_MOUNT = textOf("volume", "/etc/systemd/system/var-lib-docker.mount");
const ANNA = textOf("people", "/etc/ssh/authorized_keys.d/anna");
const BEN = textOf("people", "/etc/ssh/authorized_keys.d/ben");
const DEPLOY = textOf("people", "/etc/ssh/authorized_keys.d/deploy");

/** What the rules must refuse. */
export const PROGRAMS_REFUSED: readonly Refused[] = [
  ...refused("program-settings-as-declared", "backup", [
    ["a database is left out", BACKUP, replaced('"service": "db"', '"service": "dc"'), "found another value at databases.0.service"],
    ["fewer backups are kept", BACKUP, replaced('"days": 30', '"days": 1'), "found another value at keep.days"],
    ["backups go elsewhere", BACKUP, replaced('"repository": "/var', '"repository": "/tmp'), "found another value at repository"],
    ["the second copy is left out", BACKUP, replaced('"offsite": {', '"other": {'), "found another value at offsite"],
    ["it reads what is not known", BACKUP, replaced('"host":', '"more": 1, "host":'), "found another value, allowed"],
    ["alerts reach somebody else", ALERT, replaced("alerts.example.org", "alerts.example.com"), "found another value at webhook"],
    ["alerts reach nobody", ALERT, becomes("{}"), "found another value at host"],
    ["there is no file", "files", withoutFile("/etc/phiward/backup.json"), "found no /etc/phiward/backup.json"],
    ["it is another unit", "rendered.unit", becomes("other"), "found another unit"],
  ]),
  ...refused("program-settings-as-declared", "people", [
    ["a person is forgotten", RIGHTS, replaced('"ben"', '"bea"'), "found another value at …"],
    ["somebody keeps sudo", RIGHTS, replaced('"sudo"', '"other"'), "found another value at ….0"],
  ]),
  ...refused("program-settings-as-declared", "storage", [["homes grow", STORAGE, replaced("1024", "99999"), "at homes.megabytes"]]),
  ...refused("program-settings-as-declared", "docker", [
    ["containers may be people", USERS, replaced('"first": 10000', '"first": 1000'), "found another value at first"],
    ["a volume changes hands", USERS, replaced("phiward-api.uploads", "phiward-db.data"), "at services.2.volumes.0"],
  ]),
  ...refused("program-settings-as-declared", "accounts", [
    ["the first users are all-powerful", ACCOUNTS, replaced("default off", "default on"), "found another value at 1.base.0"],
    ["an extension that reaches files is created", ACCOUNTS, replaced("pg_trgm", "file_fdw"), "found another value at 0.users.0"],
    ["a Redis is for something else", ACCOUNTS, replaced('"cache"\n', '"queue"\n'), "found another value at 1"],
    ["a login is another service's", ACCOUNTS, replaced("api_e1", "api_e2"), "found another value at 0.users.0.login"],
  ]),
  ...refused("program-settings-as-declared", "certificates", [
    ["a site is left out", CERTIFICATES, replaced("api.example.org", "api.example.com"), "found another value at sites.0"],
    ["keys lie elsewhere", CERTIFICATES, replaced("/etc/phiward/tls", "/srv"), "found another value at directory"],
  ]),
  ...refused("program-settings-as-declared", "vault", [
    ["backups are deleted sooner", VAULT, replaced('"last": 7', '"last": 1'), "found another value at keep.last"],
    ["a host is forgotten", VAULT, replaced('"web1"', '"web2"'), "found another value at hosts.0"],
  ]),
  ...refused("smoke-tests-confined", "docker", [
    ["it has a network", TRIAL, replaced('"NetworkMode": "none"', '"NetworkMode": "host"'), "at ….request.HostConfig.NetworkMode"],
    ["it may gain rights", TRIAL, replaced("no-new-privileges:true", "no-new-privileges:false"), "at ….request.HostConfig.SecurityOpt.0"],
    ["it keeps capabilities", TRIAL, replaced('"ALL"', '"MKNOD"'), "at ….request.HostConfig.CapDrop.0"],
    ["it can write the image", TRIAL, replaced('"ReadonlyRootfs": true', '"ReadonlyRootfs": false'), "HostConfig.ReadonlyRootfs"],
    [
      "it can write its configuration",
      TRIAL,
      replaced('"ReadOnly": true', '"ReadOnly": false'),
      "at ….request.HostConfig.Mounts.0.ReadOnly",
    ],
    ["it sees the host", TRIAL, replaced('"Source": "/etc/phiward/services/db"', '"Source": "/"'), "HostConfig.Mounts.0.Source"],
    ["it is root", TRIAL, replaced('"User": "', '"User": "0:'), "found another value at ….request.User"],
    ["it has no limit of memory", TRIAL, replaced('"Memory"', '"Other"'), "found another value at ….request.HostConfig.Memory"],
    ["it is another image", TRIAL, replaced('"Image": "', '"Image": "x'), "found another value at ….request.Image"],
    ["it is privileged", TRIAL, replaced('"Init": false', '"Privileged": true, "Init": false'), "at ….request.HostConfig, allowed"],
    [
      "what it says goes to the journal",
      TRIAL,
      replaced('"Type": "local"', '"Type": "journald"'),
      "at ….request.HostConfig.LogConfig.Type",
    ],
    ["versions are not compared", TRIAL, replaced('"dataFile": "PG_VERSION"', '"dataFile": "x"'), "at ….versions.dataFile"],
    ["a database has none", TRIAL, becomes("{}"), "found another value at …"],
  ]),
  ...refused("one-off-containers-confined", "accounts", [
    ["it is in another network", INITIALIZE, replaced('"NetworkMode": "phiward-api"', '"NetworkMode": "host"'), "HostConfig.NetworkMode"],
    ["it may gain rights", INITIALIZE, replaced("no-new-privileges:true", "no-new-privileges:false"), "HostConfig.SecurityOpt.0"],
    ["it keeps capabilities", INITIALIZE, replaced('"ALL"', '"MKNOD"'), "at ….request.HostConfig.CapDrop.0"],
    ["it can write the image", INITIALIZE, replaced('"ReadonlyRootfs": true', '"ReadonlyRootfs": false'), "HostConfig.ReadonlyRootfs"],
    ["it sees the host", INITIALIZE, replaced('"Type": "volume"', '"Type": "bind"'), "at ….request.HostConfig.Mounts"],
    ["it is root", INITIALIZE, replaced('"User": "', '"User": "0:'), "found another value at ….request.User"],
    ["it is another image", INITIALIZE, replaced('"Image": "', '"Image": "x'), "found another value at ….request.Image"],
    ["what it says goes to the journal", INITIALIZE, replaced('"Type": "local"', '"Type": "journald"'), "HostConfig.LogConfig.Type"],
    ["it is privileged", INITIALIZE, replaced('"Init": true', '"Privileged": true, "Init": true'), "at ….request.HostConfig, allowed"],
    ["it runs something else", INITIALIZE, replaced("/app/migrate", "/bin/sh"), "found another value at ….request.Cmd.0"],
    ["it is taken for the service", INITIALIZE, replaced('"phiward.initialize"', '"phiward.service"'), "at ….request.Labels"],
    ["a service has none", INITIALIZE, becomes("{}"), "found another value at …"],
    ["there is no file", "files", withoutFile("/etc/phiward/initialize.json"), "found no /etc/phiward/initialize.json"],
    [
      "a secret is among its words",
      "settings.initialized.0.initialize.command",
      becomes(["/app/migrate", "--password=hunter2"]),
      "settings.initialized.0.initialize.command: found what is called or looks like a secret",
    ],
  ]),
  ...refused("one-off-containers-confined", "jobs", [
    ["it is in another network", JOBS, replaced('"NetworkMode": "phiward-api"', '"NetworkMode": "host"'), "HostConfig.NetworkMode"],
    ["what it says has no end", JOBS, replaced('"max-size": "10m"', '"max-size": "-1"'), "HostConfig.LogConfig.Config.max-size"],
    ["it is root", JOBS, replaced('"User": "', '"User": "0:'), "found another value at jobs.….request.User"],
    ["it runs something else", JOBS, replaced("/app/report", "/bin/sh"), "found another value at jobs.….request.Cmd.0"],
    ["a service is not watched", JOBS, replaced('"called": "db"', '"called": "dc"'), "found another value at watched.0.called"],
    [
      "a secret is among its words",
      "settings.jobs.0.command",
      becomes(["/app/report", "TOKEN=hunter2"]),
      "settings.jobs.0.command: found what",
    ],
  ]),
  ...refused("jobs-confined", "jobs", [
    ["it may gain rights", JOB_SERVICE, replaced("NoNewPrivileges=yes\n", ""), "allowed: NoNewPrivileges=yes"],
    [
      "a failure is not told",
      JOB_SERVICE,
      replaced("OnFailure=phiward-alert@%n.service\n", ""),
      "allowed: OnFailure=phiward-alert@%n.service",
    ],
    ["it runs each second", JOB_TIMER, replaced("22:30:00", "*:*:*"), "which is not known"],
    ["services are not watched", WATCH_TIMER, replaced("OnUnitInactiveSec=20s", "OnUnitInactiveSec=1d"), "allowed: OnUnitInactiveSec=20s"],
    ["the watch does not start", JOBS_TARGET, replaced("Wants=phiward-watch.timer\n", ""), "allowed: Wants=phiward-watch.timer"],
  ]),
  ...refused("volume-mounts-known", "volume", [
    ["Docker starts without its volume", DOCKER_MOUNT, replaced("RequiredBy=docker.service\n", ""), "found something else at the end"],
    ["Docker's data lie elsewhere", DOCKER_MOUNT, replaced("What=/srv/data/docker", "What=/tmp/docker"), "found something else at line"],
    ["another device is mounted", MOUNT, replaced("What=/dev/disk", "What=/dev/other"), "allowed: What={device}"],
    ["programs run from it", MOUNT, replaced("Options=noatime", "Options=noatime,exec,suid"), "allowed: Options=noatime"],
    ["it is not mounted", "files", withoutFile("/etc/systemd/system/srv-data.mount"), "found 0 other units of mounts"],
    ["backups are not on it", "files", withoutFile("/etc/systemd/system/var-backups-phiward.mount"), "found no /etc/systemd/system/var-b"],
    ["a file is none of a mount", "files", listed((files) => [...files, { path: "/etc/fstab", text: "" }]), "found another file"],
    ["something else lies on it", "settings.held.0.path", becomes("/etc"), "found a place that is not known"],
    ["it is not on the volume", "settings.held.0.on", becomes("/srv/other/docker"), "or not on the volume"],
  ]),
  ...(["raw-command", "raw-install"] as const).flatMap((unit) =>
    refused("commands-log-nothing", unit, [
      ["all is logged by silence", "logging", becomes(undefined), "logging: found stdoutAndStderr, allowed: none"],
      ["errors are logged", "logging", becomes("stderr"), "logging: found stderr"],
      [
        "the next run gets it by silence",
        "addPreviousOutputInEnv",
        becomes(undefined),
        "addPreviousOutputInEnv: found true, allowed: false",
      ],
      ["the next run gets it", "addPreviousOutputInEnv", becomes(true), "addPreviousOutputInEnv: found true"],
    ]),
  ),
  ...refused("people-unique-keys", "people", [
    ["a key is left out", ANNA, becomes("\n"), "found less than the keys of settings.people.0"],
    ["an administrator cannot deploy", DEPLOY, becomes("\n"), "found less than the keys of settings.people.0"],
    ["a last day is later", BEN, replaced("20270131", "20370131"), "found another last day than that of settings.people.1"],
    ["a last day is left out", BEN, replaced('expiry-time="202701312359Z" ', ""), "found another last day"],
    ["a last day is earlier than declared", ANNA, (keys) => `expiry-time="202001012359Z" ${String(keys)}`, "found another last day"],
  ]),
];

/** What the rules must let pass. */
export const PROGRAMS_ALLOWED: readonly Allowed[] = [
  ...allowed("program-settings-as-declared", "storage", [["its file is spelled otherwise", STORAGE, replaced(":", " : ")]]),
  ...allowed("one-off-containers-confined", "accounts", [["its file is spelled otherwise", INITIALIZE, replaced('": ', '" : ')]]),
  ...allowed("smoke-tests-confined", "docker", [["another major version is proven", TRIAL, replaced('"major": "17"', '"major": "18"')]]),
];
