/** Texts of which no stack of ours has one, but a program or an edited file may: what each reader makes of them. */

import type { Finding } from "../../policies/engine/rule";
import { policyFaults } from "../../policies/readers/contentPolicy";
import { assignments, demandAssignments, filesWhere } from "../../policies/readers/files";
import { iniEntries } from "../../policies/readers/ini";
import { direction, letsThrough, netfilter } from "../../policies/readers/netfilter";
import { webWords } from "../../policies/readers/nginxWeb";
import { asChecked } from "../../policies/readers/providerDefaults";
import { looksSecret, secretArgument, secretAssignment, secretWord } from "../../policies/readers/secretTexts";
import { sshOptionFaults } from "../../policies/readers/sshOptions";
import { calendarSeconds, demandEvery, demandTimer, demandUnit, TOLD } from "../../policies/readers/systemd";
import { runsDownload, secretInUserData } from "../../policies/readers/userData";
import { Notes, UNKNOWN, Value } from "../../policies/readers/value";

/** A reader, and what it is asked. */
export interface Reading<Asked = unknown> {
  readonly reader: string;
  readonly asked: readonly Asked[];
  readonly read: (asked: never) => unknown;
}

/** What a reader makes of what it is asked, in one line. */
export function readingOf({ read }: Reading, asked: unknown): string {
  return JSON.stringify(read(asked as never), (_, value: unknown) => (value === undefined ? "(undefined)" : value));
}

const reading = <Asked>(reader: string, read: (asked: Asked) => unknown, asked: readonly Asked[]): Reading => ({ reader, asked, read });

// With what is malformed or not known.
function ofValue<Read>(args: unknown, read: (value: Value, report: (finding: Finding) => void) => Read): readonly unknown[] {
  const notes = new Notes();
  const findings: Finding[] = [];
  const made = read(new Value(args, notes), (finding) => findings.push(finding));
  return [
    made,
    ...findings,
    ...notes.unknown,
    ...[...notes.malformed].map(([path, { found, allowed }]) => `${path}: ${found}, not ${allowed}`),
  ];
}

const withFile = (path: string, text: unknown) => ({ files: [{ path, text }] });

const RULE_LINES = [
  ...["-A ufw-user-input -p tcp --dport 22 -j ACCEPT", "-I ufw-user-input -p tcp --dport=22:24,80 -jACCEPT", "  -A INPUT  -j   ACCEPT  "],
  ...["--append INPUT --destination-port 22 --jump ACCEPT", "--insert INPUT --destination-ports 1,2:30 --goto ufw-user-limit-accept"],
  ...[
    "-A INPUT --source 10.0.0.0/8 -g ACCEPT",
    "-A INPUT --src 10.0.0.0/8 -j ACCEPT",
    "-A INPUT -s 10.0.0.0/8 -j ACCEPT",
    "-AINPUT -jDROP",
  ],
  ...["-A INPUT ! -s 10.0.0.0/8 -j ACCEPT", "-A INPUT ! --dport 22 -j ACCEPT", "-A INPUT -p tcp", "INPUT -A", "! -A INPUT -j ACCEPT"],
  ...[
    "-A INPUT --dport x22 -j ACCEPT",
    "-A INPUT --dport 22x -j ACCEPT",
    "-A INPUT --dports 22,http -j ACCEPT",
    "-A INPUT --dports 1,2 -j X",
  ],
  ...[
    "-A INPUT --dport 8000:8010 -j X",
    "-A INPUT --dport 10:http -j X",
    "-A INPUT --comment x--dport=5 -j X",
    "-A INPUT --comment x-jACCEPT",
  ],
  ...["-A INPUT --dport=22\u2028 -j X", "-A ufw-user-limit-accept -j ACCEPT", "-A ufw-user-forward -j ufw-user-limit-accept"],
  ...[":INPUT ACCEPT [0:0]", "  :FORWARD   ACCEPT", "x:INPUT ACCEPT", ":INPUT ACCEPTED", ":OUTPUT ACCEPT", ":INPUT DROP [0:0]"],
  ...[
    "COMMIT",
    "  COMMIT  ",
    "COMMITTED",
    "COMMIT x",
    "# -F",
    "",
    "  ",
    "  # a comment",
    "x# no comment",
    "-F INPUT",
    "-D INPUT 1",
    "--flush",
  ],
  ...[
    "*mangle\n-F FORWARD",
    " *mangle\n-F FORWARD",
    "*mangle \n  -F FORWARD ",
    "*filter\n-F FORWARD",
    "*mangle\n-F INPUT",
    "-F FORWARD\n*mangle",
  ],
  ...["*mangle\n*filter\n-F FORWARD", "--appendix x", "--insert INPUT 1"],
];

const SITE = { name: "app", names: ["App.Example.org"], readableCookies: ["theme"] };
const ROUTE = { path: "/live", webSocket: true, webSocketOrigins: ["none", "https://other.example.org"] };

const SYSTEMD = "/etc/systemd/system/phiward-x";
const unit = (text: string) => withFile(`${SYSTEMD}.service`, text);
const timer = (text: string) => withFile(`${SYSTEMD}.timer`, text);
const WHOLE_TIMER = "[Timer]\nOnCalendar=daily\nPersistent=true\n[Install]\nWantedBy=timers.target\n";

const POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

// Built of parts, so that no look for secrets takes this file for one.
const TOKEN = ["abc123", "def456", "ghi789", "jkl0"].join("");
const CLOUD_SECRET = `${"aB3".repeat(13)}z`;
const ADDRESS = ["postgres://u:", "hunter2@db/x"].join("");
const DIGEST = "0123456789abcdef".repeat(3).slice(0, 40);
const encoded = (text: string): string => Buffer.from(text).toString("base64");

/** All of them. */
export const READINGS: readonly Reading[] = [
  reading(
    "rules of UFW",
    (text: string) =>
      ofValue(withFile("/etc/ufw/user.rules", text), (value) => {
        const { rules, open, strange } = netfilter(value);
        return {
          rules: rules.map((rule) => ({ ...rule, letsThrough: letsThrough(rule), direction: direction(rule.chain) })),
          open,
          strange,
        };
      }),
    RULE_LINES,
  ),
  reading("files of UFW", (path: string) => ofValue(withFile(path, "-A INPUT -j ACCEPT"), (value) => netfilter(value).rules.length), [
    ...["/etc/ufw/after6.rules", "/srv/etc/ufw/a.rules", "/etc/ufw/a.rules.d", "/etc/ufw/../ufw/a.rules", "/etc/other/a.rules"],
  ]),
  reading("direction of a chain", direction, ["DOCKER-USER", "", "ufw-user-FORWARD", "ufw-before-output", "OUTPUT", "INPUT", "DOCKER"]),
  reading("copies of a host's file", (file: object) => ofValue({ files: [file] }, (value) => filesWhere(value, () => true)), [
    ...[
      { path: "/etc/ufw/a.rules", hostFile: "/usr/share/ufw/iptables/a.rules" },
      { path: "/etc/ufw/a.rules", hostFile: UNKNOWN },
    ],
    ...[
      { path: "/etc/ufw/a.rules", hostFile: "/srv/a.rules", text: "x" },
      { path: UNKNOWN, text: "x" },
      { path: "etc/a", texts: [] },
    ],
  ]),
  reading("assignments of a shell", (text: string) => assignments(text, "shell"), [
    ...[
      "A=1",
      "  A=1 ",
      "export A=1",
      "export   A=1",
      "exportA=1",
      "x export A=1",
      "# A=1",
      "A='x'",
      "A=\"x'",
      "A=x'y'",
      "A='x'y",
      "A=",
      "A=1\u2028B",
    ],
  ]),
  reading("assignments of sysctl", (text: string) => assignments(text, "sysctl"), [
    ...["a.b = 1 ", "a b", "a b=1", "a.b", "a/b.c=1", "a.b/c=1", "-a.b", " - a = 1", "a.b =", "a=1\u2028b", "-"],
  ]),
  reading(
    "demanded assignments",
    (text: string) =>
      ofValue(withFile("/etc/x", text), (value, report) => {
        demandAssignments(value, "/etc/x", { "a.*.b": ["1"], "c+d": ["ACCEPT", "2"] }, report, "sysctl");
      }),
    ["a.*.b=1\nc+d=2", "a.*.b=0\nc+d=3", "a.x.b=0", "a.x.y.b=0\nccd=0", "c+d=ACCEPT\na.*.b=1\nxa.q.b=0", "a.*.b=hunter2"],
  ),
  reading("lines of an ini file", iniEntries, [
    ...[
      "a=1",
      "[s]\na=1",
      "a: 1",
      "a  =  1 ",
      "A=1\n  2  ",
      "a=\n  2",
      "  a=1",
      "; a=1",
      "  # a=1\nb=2",
      "a=1 # x",
      "a=1;x",
      "=1",
      "[s",
      "x[s]\na=1",
    ],
    ...["a=1\n\n  2", "a=1\n   \n  2", "a=b=c", "a", "[]\na=1", "a=1\u2028b"],
  ]),
  reading("times of a timer", calendarSeconds, [
    ...[
      "*:30",
      "*:0:0",
      "*-*-* *:00",
      "*:00 UTC",
      "*:00:00 UTC",
      "hourly x",
      "x hourly",
      "x*:00",
      "*:00 x",
      "x *-*-* *:00:00",
      "*-*-* *:00:00 UTCx",
    ],
    ...["1:30", "01:30:00", "*-*-* 01:30", "01:30 UTC", "daily x", "x daily", "x01:30", "01:30 x", "2027-01-01 01:30", "01:30:00x", "1:3"],
    ...[
      "Mon 1:30",
      "Sun *-*-* 01:30",
      "Sun 01:30:00",
      "Sun 01:30 UTC",
      "weekly x",
      "x weekly",
      "xSun 01:30",
      "Sun 01:30 x",
      "Sun,Mon 01:30",
    ],
    ...["*:000", "*:00:000", "001:30", "Sun 001:30", "Sun 1:3", "Mo 01:30", "Sun *-*-01 01:30", "Sun 01:30:0"],
  ]),
  reading(
    "a unit that says when it failed",
    (text: string) => ofValue(unit(text), (value, report) => demandUnit(value, "phiward-x.service", [TOLD], report)),
    [
      ...[
        "[Unit]\nOnFailure=phiward-alert@%n.service",
        "[Unit]\nOnFailure=other.service",
        "[Unit]\nOnFailure=x phiward-alert@a",
        "[Service]\nOnFailure=phiward-alert@a",
      ],
      "[Unit]\nOnFailure=phiward-alert@a\nOnFailure=",
    ],
  ),
  reading("a timer", (text: string) => ofValue(timer(text), (value, report) => demandTimer(value, "phiward-x", report)), [
    ...[WHOLE_TIMER, WHOLE_TIMER.replace("daily", ""), WHOLE_TIMER.replace("true", "yes"), WHOLE_TIMER.replace("true", "untrue")],
    ...[WHOLE_TIMER.replace("true", "trueish"), WHOLE_TIMER.replace("timers.target", "multi-user.target"), "[Unit]\n"],
  ]),
  reading(
    "how often a timer starts",
    (text: string) => ofValue(timer(text), (value, report) => demandEvery(value, "phiward-x", 86_400, report)),
    [
      ...[
        "[Timer]\nOnCalendar=daily",
        "[Timer]\nOnCalendar=weekly",
        "[Timer]\nOnCalendar=monthly",
        "[Service]\nOnCalendar=weekly",
        "[Timer]\nx=weekly",
      ],
    ],
  ),
  reading("a content security policy", policyFaults, [
    ...[
      POLICY,
      `${POLICY};`,
      `; ;${POLICY}`,
      `${POLICY};  img-src   'self'  https://a.example.org `,
      "default-src 'self'",
      "",
      "x-src 'self'",
    ],
    ...["img-src", "script-src", "style-src-attr"].map((name) => `${POLICY}; ${name} 'service-nonce'`),
    ...[
      "'sha256-abc='",
      "'sha384-abc=='",
      "'sha512-ab_-'",
      "x'sha256-abc='",
      "'sha256-abc='x",
      "'sha257-abc='",
      "'sha256-abc==='",
      "'sha256-abc'",
    ].map((source) => `${POLICY}; script-src ${source}`),
    ...[
      "'wasm-unsafe-eval'",
      "'unsafe-eval'",
      "'unsafe-inline'",
      "'nonce-abc'",
      "'other'",
      "data:",
      "blob:",
      "$x",
      "$service_nonce",
    ].flatMap((source) => ["script-src", "style-src", "img-src"].map((name) => `${POLICY}; ${name} ${source}`)),
    ...[
      "*",
      "https:",
      "ftp:",
      "git+ssh:",
      "1x:",
      "x1.y:",
      "https://a.example.org:",
      "*:443",
      "*/x",
      "https://*",
      "https://*:8443",
      "a*",
      "https://a.example.org/*",
    ].map((source) => `${POLICY}; img-src ${source}`),
    ...[
      "*.org",
      "https://*.org",
      "*.example.org",
      "https://*.example.org",
      "a.*.org",
      "x*.org",
      "http://a.example.org",
      "ws://a",
      "ftp://a",
      "https://a/?http://b",
    ].map((source) => `${POLICY}; connect-src ${source}`),
    ...[
      `${POLICY}; report-uri http://a.example.org`,
      `${POLICY}; report-to data:`,
      `${POLICY}; sandbox allow-forms`,
      `${POLICY}; IMG-SRC *`,
    ],
  ]),
  reading("user data", (text: string) => [secretInUserData(text), runsDownload(text)], [
    ...[
      "",
      "#!/bin/sh\necho done",
      `curl -H 'Authorization: bearer ${TOKEN}' x`,
      `basic ${TOKEN}`,
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
  reading("sockets and cookies of sites", (sites: unknown) => ofValue(sites, webWords), [
    [{ ...SITE, routes: [ROUTE] }],
    [
      { ...SITE, routes: [ROUTE, { ...ROUTE, path: "/", webSocket: false }] },
      { ...SITE, name: "b", names: ["b"], routes: [] },
    ],
    ...Object.keys(ROUTE).map((key) => [{ ...SITE, routes: [{ ...ROUTE, [key]: UNKNOWN }] }]),
    ...["name", "names", "readableCookies", "routes"].map((key) => [
      { ...SITE, routes: [ROUTE], [key]: UNKNOWN },
      { ...SITE, routes: [ROUTE] },
    ]),
    ...[[], UNKNOWN, 7],
  ]),
  reading("what a provider fills in", ([type, name, args]: readonly [string, string, unknown]) => asChecked(type, name, args), [
    ["docker:index/container:Container", "a", {}],
    ["docker:index/container:Container", "a", { name: "b", restart: null, start: undefined, mustRun: false }],
    ["docker:index/network:Network", "a", { ipamDriver: "own" }],
    ["docker:index/tag:Tag", "a", { x: 1 }],
    ...[
      "docker:index/plugin:Plugin",
      "docker:index/buildxBuilder:BuildxBuilder",
      "docker:index/secret:Secret",
      "docker:index/service:Service",
    ].map((type) => [type, "a", {}] as const),
    ...["docker:index/serviceConfig:ServiceConfig", "docker:index/volume:Volume", "digitalocean:index/volume:Volume", "", "docker"].map(
      (type) => [type, "a", {}] as const,
    ),
    ...[null, [], "text", UNKNOWN].map((args) => ["docker:index/container:Container", "a", args === UNKNOWN ? "not known" : args] as const),
  ]),
];
