import { HOST_ARCHIVE } from "../../../components/plan/programs";
import { textOf } from "../fixtures";
import { type Allowed, allowed, becomes, listed, type Refused, refused, replaced, withoutFile } from "./spoil";

const UNITS = "/etc/systemd/system";
const BACKUP = textOf("backup", "/etc/phiward/backup.json");
const BACKUP_ALERT = textOf("backup", "/etc/phiward/alert.json");
const RESTORE_SIGNERS = textOf("backup", "/etc/phiward/restore-signers");
const BACKUP_KEY = textOf("backup", "/etc/phiward/vault-host-key");
const BACKUP_TIMER = textOf("backup", `${UNITS}/phiward-backup.timer`);
const BACKUP_SERVICE = textOf("backup", `${UNITS}/phiward-backup.service`);
const TEST_TIMER = textOf("backup", `${UNITS}/phiward-restore-test.timer`);
const VAULT = textOf("vault", "/etc/phiward/vault.json");
const CHECK_TIMER = textOf("vault", `${UNITS}/phiward-vault-check.timer`);
const MACHINE = textOf("vault-people", "/etc/ssh/authorized_keys.d/vault-web1");
const ANNAS_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBBJ42g/QPi2adaNSAge38FmSdGZJLfq4z849dSDqgd4";
const FORCED = 'restrict,command="/usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz vault gate"';
const ARCHIVE = "files.0";

// Adds a configuration file with these texts between what is filled in.
function configured(...texts: readonly string[]) {
  return listed((files) => [...files, { path: "/x", owner: "20001:20001", mode: "0400", sha256: "x", texts, filled: ["key.1"] }]);
}
const BACKUP_SECRET = "settings.secrets.4";

/** What the rules about secrets, backups and the vault must refuse. */
export const DATA_REFUSED: readonly Refused[] = [
  ...refused("secrets-escrowed", "secrets", [
    [
      "the recovery key is the vault's own",
      `${BACKUP_SECRET}.recipients`,
      listed((keys) => [`${String(keys[1])} owner`, ...keys.slice(1)]),
      "settings.secrets.4.recipients.1: found a server's host key as the recovery key",
    ],
    [
      "the recovery key is the host's own",
      `${BACKUP_SECRET}.recipients.0`,
      becomes("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPPbztxAhq75+xLcPDm5/ZKFcrfLYkp9+gDgLg2thhWP"),
      "settings.secrets.4.recipients.0: found a server's host key as the recovery key",
    ],
    [
      "the backups' password dies with the host",
      `${BACKUP_SECRET}.recipients`,
      becomes([]),
      "settings.secrets.4.recipients: found no recipient",
    ],
    [
      "it is sealed to what is no key",
      `${BACKUP_SECRET}.recipients.0`,
      becomes("AGE-SECRET-KEY-1QQ"),
      "recipients.0: found not a public key",
    ],
    ["a secret is sealed to a name", "settings.secrets.3.recipients.0", becomes("owner@example.org"), "found not a public key"],
  ]),
  ...refused("configuration-files-no-plain-secret", "secrets", [
    [
      "one sets a password",
      "files",
      configured("listen = 80\nadmin_password = hunter2\n"),
      "texts.0: found a setting with PASSWORD in its name",
    ],
    ["one has a key in JSON", "files", configured('{"apiKey": "hunter2"}'), "found a field with a secret"],
    ["one has a key in YAML's braces", "files", configured("{ serviceKey: hunter2 }"), "found a setting with KEY in its name"],
    ["one has an address with a password", "files", configured("url postgres://a:hunter2@db/a\n"), "an address with a password in it"],
    ["one has a private key", "files", configured("x\n-----BEGIN PRIVATE KEY-----\n"), "found a private key"],
  ]),
  ...refused("secret-files-owner-only", "secrets", [
    ["everybody may read one", "files.0.mode", becomes("0644"), "files.0.mode: found 0644, allowed: 0400 or 0600"],
    ["a group may read one", "files.1.mode", becomes("0440"), "files.1.mode: found 0440"],
  ]),
  ...refused("secret-files-owner-only", "baseline", [
    ["another unit hands one to everybody", "files.0", becomes({ path: "/etc/a", mode: "0666", secret: "a" }), "files.0.mode: found 0666"],
  ]),
  ...refused("backup-encrypted", "backup", [
    [
      "the password stands in a file of someone's",
      "settings.passwordFile",
      becomes("/etc/restic-password"),
      "settings.passwordFile: found a path that is not a stored secret's",
    ],
    [
      "the rendered password file is another",
      BACKUP,
      replaced("/var/lib/phiward/secrets/backup.1", "/tmp/password"),
      "found a path that is not a stored secret's",
    ],
    ["the vault is not pinned", "settings.offsite.hostKey", becomes("ssh-rsa AAAA"), "found not a complete Ed25519 key"],
    ["the rendered pin is another", BACKUP_KEY, replaced("vault ssh-ed25519", "* ssh-ed25519"), "found a key other than the vault's"],
    ["the pin is missing", "files", withoutFile("/etc/phiward/vault-host-key"), "found no /etc/phiward/vault-host-key"],
    [
      "a job does without a password",
      BACKUP_SERVICE,
      replaced("Type=oneshot", "Type=oneshot\nEnvironment=RESTIC_PASSWORD=x"),
      "found an option that bypasses the stored password",
    ],
  ]),
  ...refused("backup-restore-tested", "backup", [
    ["few are kept", "settings.keep.last", becomes(6), "settings.keep.last: found 6, allowed: 7 at least"],
    ["they are kept for days", "settings.keep.days", becomes(29), "settings.keep.days: found 29, allowed: 30 at least"],
    ["the rendered ones are", BACKUP, replaced('"days": 30', '"days": 3'), "found 3, allowed: 30 at least"],
    ["an old backup counts as fresh", "settings.limits.backup", becomes(1_000_000), "found 1000000 seconds"],
    ["nobody asks for a test", "settings.limits.restore-test", becomes(9 * 86_400), "found 777600 seconds"],
    ["it comes on Sundays", BACKUP_TIMER, replaced("OnCalendar=*-*-*", "OnCalendar=Sun *-*-*"), "found a time that is too rare"],
    [
      "the test comes on the first of the month",
      TEST_TIMER,
      replaced("OnCalendar=Sun *-*-*", "OnCalendar=*-*-01"),
      "found a time that is too rare",
    ],
    [
      "nothing starts the test",
      "files",
      withoutFile(`${UNITS}/phiward-restore-test.timer`),
      "found no /etc/systemd/system/phiward-restore-test.timer",
    ],
    ["a failure is not told", BACKUP_SERVICE, replaced("OnFailure=phiward-alert@%n.service\n", ""), "found no OnFailure"],
    ["it does something else", BACKUP_SERVICE, replaced("backup run", "backup fresh"), "found another ExecStart"],
    ["nothing tells", "files", withoutFile(`${UNITS}/phiward-alert@.service`), "found no /etc/systemd/system/phiward-alert@.service"],
  ]),
  ...refused("restores-by-two-people", "backup", [
    ["one is enough, and nothing says why", "settings.restores.people", becomes(1), "settings.restores.people: found 1 without a reason"],
    ["a reason says that one is enough", "settings.restores.reason", becomes("we trust her"), "found a reason for one person"],
    ["nobody is needed", "settings.restores.people", becomes(0), "settings.restores.people: found 0 without a reason"],
    [
      "one alone may sign",
      "settings.restores.signers",
      listed((signers) => signers.slice(0, 1)),
      "settings.restores.signers: found 1 who may sign, allowed: 2 at least",
    ],
    ["another key may", RESTORE_SIGNERS, (good) => `${String(good)}mallory ${ANNAS_KEY}\n`, "found other keys"],
    ["a last day is left out", RESTORE_SIGNERS, replaced(',valid-before="202701312359Z"', ""), "found other keys"],
    ["nobody's do", "files", withoutFile("/etc/phiward/restore-signers"), "found no /etc/phiward/restore-signers"],
  ]),
  ...refused("alerts-have-recipient", "backup", [
    ["nobody is named", "settings.alerts.webhook", becomes(null), "settings.alerts: found no recipient"],
    ["the rendered settings name nobody", BACKUP_ALERT, replaced('"https://alerts.example.org/phiward"', "null"), "found no recipient"],
  ]),
  ...refused("alerts-have-recipient", "vault", [["nobody is named", "settings.alerts.webhook", becomes(null), "found no recipient"]]),
  ...refused("vault-append-only", "vault", [
    [
      "a key may do anything",
      "settings.accounts.0.authorizedKey",
      replaced("restrict", "no-pty"),
      "found a key that can do more than add backups",
    ],
    [
      "the command is another",
      "settings.accounts.0.authorizedKey",
      replaced("vault gate", "vault sealed"),
      "found a key that can do more than add backups",
    ],
    [
      "a second key follows",
      "settings.accounts.0.authorizedKey",
      (good) => `${String(good)}${ANNAS_KEY}\n`,
      "found a key that can do more than add backups",
    ],
    ["they are kept for days", "settings.keep.days", becomes(1), "settings.keep.days: found 1, allowed: 30 at least"],
    ["the rendered ones are", VAULT, replaced('"days": 30', '"days": 1'), "found 1, allowed: 30 at least"],
    [
      "nobody checks them",
      "files",
      withoutFile(`${UNITS}/phiward-vault-check.timer`),
      "found no /etc/systemd/system/phiward-vault-check.timer",
    ],
    ["somebody checks them on Sundays", CHECK_TIMER, replaced("OnCalendar=*-*-*", "OnCalendar=Sun *-*-*"), "found a time that is too rare"],
  ]),
  ...refused("host-programs-as-built", "baseline", [
    ["they are others: one that lets hosts delete", `${ARCHIVE}.sha256`, becomes("0".repeat(64)), "found another sha256 of"],
    ["somebody may change them", `${ARCHIVE}.mode`, becomes("0775"), "found another mode of"],
    ["they are somebody's", `${ARCHIVE}.owner`, becomes("deploy:deploy"), "found another owner of"],
    ["they are missing", "files", withoutFile(HOST_ARCHIVE), `found 0 files ${HOST_ARCHIVE}`],
    ["others follow", "files", listed((files) => [...files, files[0]]), `found 2 files ${HOST_ARCHIVE}`],
  ]),
  ...refused("people-unique-keys", "vault-people", [
    [
      "a machine may do anything",
      "settings.machines.0.authorizedKey",
      becomes(`${ANNAS_KEY} web1`),
      "found a key that can do more than one thing",
    ],
    [
      "a machine has a person's key",
      "settings.machines.0.authorizedKey",
      becomes(`${FORCED} ${ANNAS_KEY} web1\n`),
      "found the key of a person",
    ],
    ["a machine's rendered line is another", MACHINE, replaced("restrict", "pty"), "found a line other than the machine's"],
    ["a machine's file has a second line", MACHINE, (good) => `${String(good)}${ANNAS_KEY}\n`, "found a line other than the machine's"],
  ]),
];

/** What they must let pass. */
export const DATA_ALLOWED: readonly Allowed[] = [
  ...allowed("secrets-escrowed", "secrets", [
    [
      "the recovery key is of age",
      `${BACKUP_SECRET}.recipients.0`,
      becomes("age1dw7tk0pdum6scaazaa6az7zug0teqyfpqhzg9u7nn4txlgcqw9rsn78d9t"),
    ],
    ["there are no backups", "settings.secrets", listed((secrets) => secrets.slice(0, 4))],
  ]),
  ...allowed("configuration-files-no-plain-secret", "secrets", [
    ["its secrets are filled in", "files", configured("password = ", "\nkey_file = /run/secrets/key\ntoken: true\nkey_length = 5\n")],
  ]),
  ...allowed("secret-files-owner-only", "secrets", [["its owner may write one", "files.0.mode", becomes("0600")]]),
  ...allowed("backup-restore-tested", "backup", [
    ["it comes every hour", BACKUP_TIMER, replaced("*-*-* 01:30:00 UTC", "*-*-* *:30:00 UTC")],
    ["the test comes every day", TEST_TIMER, replaced("Sun *-*-*", "*-*-*")],
  ]),
  ...allowed("alerts-have-recipient", "backup", [["there is mail as well", "settings.alerts.mail", becomes({ to: "oncall@example.org" })]]),
  ...allowed("vault-append-only", "vault", [
    ["it may come from anywhere", "settings.accounts.0.authorizedKey", replaced(',from="192.0.2.10"', "")],
  ]),
];
