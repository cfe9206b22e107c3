/** Lines of files of a host, as only an edited one has them. */
import { assignments, demandAssignments, filesWhere } from "../../../policies/readers/files";
import { iniEntries } from "../../../policies/readers/ini";
import { direction, letsThrough, netfilter } from "../../../policies/readers/netfilter";
import { isTls, nginx } from "../../../policies/readers/nginx";
import { demandSshd } from "../../../policies/readers/sshd";
import { UNKNOWN } from "../../../policies/readers/value";
import { ofValue, type Reading, reading, withFile } from "./reading";

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

const MAIN = "Include /etc/ssh/sshd_config.d/*.conf\n";
const ROOT = { setting: "permitRootLogin", keyword: "PermitRootLogin", alias: "RootLogin", allowed: "no" } as const;

/** Readers of files. */
export const OF_FILES: readonly Reading[] = [
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
  reading(
    "lines of sshd",
    (text: string) =>
      ofValue(
        {
          settings: { permitRootLogin: "no" },
          files: [
            { path: "/etc/ssh/sshd_config", text: MAIN },
            { path: "/etc/ssh/sshd_config.d/10-a.conf", text },
          ],
        },
        (value, report) => {
          demandSshd(value, [ROOT], report);
        },
      ),
    [
      ...[
        "PermitRootLogin no",
        "permitrootlogin=no",
        "  PermitRootLogin  =  no  ",
        '"PermitRootLogin" "no"',
        'PermitRootLogin "no" x',
        'PermitRootLogin x"no"',
      ],
      ...[
        "PermitRootLogin",
        "PermitRootLogin yes",
        "RootLogin yes",
        "#PermitRootLogin no",
        "PermitRootLogin no # x",
        "x PermitRootLogin=no",
        "1 x",
        "\u2028",
        "",
      ],
      ...[
        "PermitRootLogin no\nMatch all",
        "PermitRootLogin no\nInclude /etc/x",
        "PermitRootLogin no\nMatch",
        "PermitRootLogin:no",
        "PermitRootLoginx=no",
      ],
    ],
  ),
  reading(
    "which files of sshd count",
    (paths: readonly string[]) =>
      ofValue(
        { settings: { permitRootLogin: "no" }, files: paths.map((path) => ({ path, text: "PermitRootLogin yes" })) },
        (value, report) => {
          demandSshd(value, [ROOT], report);
        },
      ),
    [["/etc/ssh/sshd_config"], ["/etc/ssh/sshd_config.d/10-a.conf"], ["/etc/ssh/sshd_config.d/90-a.conf"], ["/etc/ssh/ssh_config"], []],
  ),
  reading(
    "what nginx includes",
    (files: readonly (readonly [string, string])[]) =>
      ofValue({ files: files.map(([path, text]) => ({ path: `/etc/nginx/${path}`, text })) }, (value) => {
        const { versions, unreadable } = nginx(value);
        return {
          versions: versions.map((top) => top.map(({ name, args, inside, isBlock }) => [name, args, inside.length, isBlock])),
          unreadable,
        };
      }),
    [
      [
        ["nginx.conf", "include a.conf; b;"],
        ["a.conf", "c d;"],
      ],
      [
        ["nginx.conf", "include /etc/nginx/x/*.conf;"],
        ["x/a.conf", "c;"],
        ["x/y/b.conf", "d;"],
        ["x/c.conf.old", "e;"],
        ["xx/a.conf", "f;"],
      ],
      [
        ["nginx.conf", "include { a; }"],
        ["{", "b;"],
      ],
      [["nginx.conf", "include nginx.conf;"]],
      [["nginx.conf", "include;"]],
      [
        ["nginx.conf", "include *;"],
        ["a", "b;"],
      ],
      [["nginx.conf", "a { b; c { } }"]],
      [
        ["nginx.conf", "a;"],
        ["b.conf", "}"],
      ],
      [["a.conf", "a;"]],
      [],
    ],
  ),
  reading(
    "servers with TLS",
    (text: string) => ofValue(withFile("/etc/nginx/nginx.conf", `server { ${text} }`), (value) => nginx(value).versions.flat().map(isTls)),
    [
      "listen 443 ssl;",
      "listen 443 quic;",
      "listen 443;",
      "listen ssl;",
      "listen quic;",
      "other 443 ssl;",
      "",
      "location / { listen 443 ssl; }",
    ],
  ),
];
