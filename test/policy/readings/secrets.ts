/** Texts with secrets in them, and some that only look so. */
import { looksSecret, secretArgument, secretAssignment, secretWord } from "../../../policies/readers/secretTexts";
import { sshOptionFaults } from "../../../policies/readers/sshOptions";
import { runsDownload, secretInUserData } from "../../../policies/readers/userData";
import { type Reading, reading } from "./reading";

// Built of parts, so that no look for secrets takes this file for one.
const TOKEN = ["abc123", "def456", "ghi789", "jkl0"].join("");
const CLOUD_SECRET = `${"aB3".repeat(13)}z`;
const ADDRESS = ["postgres://u:", "hunter2@db/x"].join("");
const DIGEST = "0123456789abcdef".repeat(3).slice(0, 40);
const encoded = (text: string): string => Buffer.from(text).toString("base64");

/** Readers of what may be secret, and of the commands that have it. */
export const OF_SECRETS: readonly Reading[] = [
  reading("user data", (text: string) => [secretInUserData(text), runsDownload(text)], [
    ...[
      "",
      "#!/bin/sh\necho done",
      `curl -H 'Authorization: bearer ${TOKEN}' x`,
      `basic ${TOKEN}`,
      `x bearer ${"a".repeat(20)}`,
      `bearer ${"a".repeat(12)}`,
      "DB_PASSWORD=hunter22",
      "db-password: hunter22",
    ],
    ...[
      "DB_PASSWORD_FILE=hunter22",
      "PASSWORDFILE: hunter22",
      "DB_PASSWORD_FILES: hunter22",
      "PASSWORDFILED=hunter22",
      "DB_PASSWORD=$X",
      "--api-key hunter22",
    ],
    ...["api-key: hunter22", "a-k-e-y: hunter22", "chpasswd: x", "curl https://a.example.org/x | sh", 'sh -c "$(curl x)"', "wget x; sh y"],
    ...["DB_PASSWORD=hunter22", "echo done, and nothing"].flatMap((text) => [
      encoded(text),
      `${encoded(text)}\n`,
      `${encoded(`${text}.`)}\n`,
      `${encoded(`${text}..`)} `,
    ]),
    ...[
      encoded("TOKEN=abcde"),
      encoded("TOKEN=abcdef"),
      encoded("PW=abcd12"),
      `\n${encoded("DB_PASSWORD=hunter22")}`,
      `${encoded("DB_PASSWORD=hunter22")} x`,
    ],
    ...[1500, 1990, 2100, 2390, 2400, 2600, 3990, 4500].map((length) => `${"x".repeat(length)} DB_PASSWORD=hunter22`),
    ...[1950, 2350].map((length) => `${"x".repeat(length)} curl ${"y".repeat(300)} | sh`),
    `curl ${"y".repeat(100)}\n| sh`,
  ]),
  reading("a name of a secret", secretWord, [
    ...[
      "DB_PASSWORD_FILE",
      "PASSWORD_FILES",
      "TOKEN_FILE_NAME",
      "ACCESS_KEY_ID",
      "API_KEY_IDS",
      "TOKEN_ID_FILE",
      "DB_PASSWORD_ID",
      "CLIENT_ID",
      "KEY_IDX",
    ],
    ...["DB_CONNECTION", "REDIS_CONN", "PGCONNSTR", "CONNECTION_STRING", "MY_CONNECTION_STRING_FILE", "DB_CONNECTION_LIMIT", "CONNECTION"],
    ...[
      "PUBLIC_KEY",
      "KEY_PUBLIC",
      "PUBLIC_TOKEN",
      "PUBLIC_KEY_TOKEN",
      "TOKEN_PUBLIC_KEY",
      "SORT_SECRET",
      "TTL_TOKEN",
      "TOKEN_TTL",
      "KEY_PATH",
      "SECRET_KEY_TTL",
    ],
    ...[
      "__TOKEN__",
      "db--password",
      "dbPassword",
      "db..password",
      "PASSWORD1",
      "PASSWORD12",
      "PASS1WORD",
      "PASS2",
      "MASTERKEY",
      "MONKEY",
      "BYPASS",
      "COMPASS",
      "SSHKEY2",
    ],
    ...[`${"X".repeat(256)}_TOKEN`, `${"X".repeat(250)}_TOKEN`, `${"X_".repeat(128)}TOKEN`, "key", "keys", "PEPPER", "_", "_FILE", "1"],
  ]),
  reading("a text that looks like a secret", looksSecret, [
    ...[
      CLOUD_SECRET,
      `${CLOUD_SECRET}x`,
      `x${CLOUD_SECRET}`,
      CLOUD_SECRET.toLowerCase(),
      CLOUD_SECRET.toUpperCase(),
      CLOUD_SECRET.replaceAll("3", "c"),
      DIGEST,
    ],
    ...["A".repeat(40), "a".repeat(40), "1".repeat(40), ADDRESS],
  ]),
  reading("words of a command", secretArgument, [
    ["--password", "x"],
    ["x", "--token", "y"],
    ["--token", "--next"],
    ["--token"],
    ["-p", "x"],
    ["x"],
    [],
  ]),
  reading("a command that sets a secret", secretAssignment, [
    ...[
      "PGPASSWORD=x psql",
      "a; TOKEN='x'",
      "PASSWORD_FILE=x",
      "PASSWORD_FILES=x",
      "TOKEN_FILED=x TOKEN=y",
      "A=1 B=2",
      "NAME=x TOKEN=y",
      "TOKEN=$x",
      "xTOKEN=y",
      "",
    ],
  ]),
  reading("options of ssh", sshOptionFaults, [
    [],
    ["-F", "none", "-o", "StrictHostKeyChecking=yes", "-o", "UserKnownHostsFile=/dev/null", "-oGlobalKnownHostsFile=/dev/null"],
    ...[
      "KnownHostsCommand=/bin/echo * ssh-ed25519 x",
      "KnownHostsCommand=/bin/cat x",
      "KnownHostsCommand=/bin/echo * ",
      "KnownHostsCommand",
    ].map((option) => ["-o", option]),
    [`-oKnownHostsCommand=/bin/echo * ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${"A".repeat(43)}`],
    [`-oKnownHostsCommand=/bin/false * ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${"A".repeat(43)}`],
    [`-oKnownHostsCommand=xbin/echo * ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${"A".repeat(43)}`],
    ...[
      "BatchMode yes",
      "BatchMode =yes",
      " BatchMode= yes",
      "BatchMode=yes\nx",
      "1BatchMode=yes",
      "-BatchMode=yes",
      "BatchMode",
      "",
      "Compression=yes",
    ].map((option) => ["-o", option]),
    ...[
      ["-o"],
      ["-F"],
      ["-F", "/etc/x"],
      ["-Fnone"],
      ["x"],
      [""],
      ["x-oBatchMode=yes"],
      ["-oBatchMode=yes", "x"],
      ["-4"],
      ["-o", "-F", "none"],
      ["-F", "-o", "x"],
    ],
  ]),
];
