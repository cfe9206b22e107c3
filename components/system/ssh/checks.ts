import type { ControlId } from "../../compliance/controls";
import { anyOf, literal } from "../../plan/patterns";
import { KEYS_DIRECTORY } from "../../plan/places";
import type { Check, Expectation } from "../../plan/types";
import { CIPHERS, KEY_EXCHANGES, MACS, OLDEST_KEY_EXCHANGES } from "./algorithms";
import { NO_LOCAL_SOCKET, PLAIN_DAEMON, type SshSettings } from "./settings";

/** Checks of the effective settings (`sshd -T`), as seen from an address outside the admin networks. */
export function sshChecks(settings: SshSettings): readonly Check[] {
  return [
    ...settingRows(settings).map(([id, control, lines]) => effective(id, control, { kind: "lines", lines })),
    ...settings.accounts.map((account) =>
      effective(`ssh-no-passwords-for-${account}`, "SSH-03", { kind: "lines", lines: KEYS_ONLY }, account),
    ),
    { ...PLAIN_DAEMON, id: "ssh-daemon-plain", control: "SSH-01" },
    NO_OTHER_DAEMON,
    onlyTheseSettings(settings),
    effective("ssh-penalties-tell-no-names", "SSH-08", { kind: "matches", pattern: "^persourcepenalties .*authfail:5 noauth:5 " }),
    { ...NO_LOCAL_SOCKET, id: "ssh-no-local-sockets", control: "SSH-21" },
    NO_MATCH_BLOCKS,
    ...KEY_EXCHANGE,
    {
      id: "ssh-listens-where-declared",
      control: "SSH-21",
      argv: ["ss", "--no-header", "--listening", "--tcp", "--numeric", "--processes", `sport = :${settings.port}`],
      expect: { kind: "matches", pattern: "sshd|systemd" },
    },
    ...FILES,
  ];
}

// A listener names its arguments in its title. Without a title are one that debugs, one that starts, what a listener starts for a
// connection (`-R`), and what reads the files and listens to nothing (`-t`, `-T`), as the checks beside this one do at the same time.
const OTHER_LISTENER = String.raw`^sshd: (?!/usr/sbin/sshd -D \[listener\]).*\[listener\]`;
const UNTITLED_DAEMON = String.raw`^(?!sshd: |/usr/sbin/sshd -(D( -R)?$|[tT]( |$))).*/sshd( |$)`;

const NO_OTHER_DAEMON: Check = {
  id: "ssh-no-other-daemon",
  control: "SSH-01",
  argv: ["ps", "-C", "sshd", "-o", "args="],
  expect: { kind: "lacks", pattern: `${OTHER_LISTENER}|${UNTITLED_DAEMON}` },
  // Its process, and what starts it, are left to who made them.
  outOfReach: true,
};

const KEYS_ONLY = ["passwordauthentication no", "kbdinteractiveauthentication no", "authenticationmethods publickey"];

/** What `sshd -T` must say: the check's id, its control, and the lines. */
type Row = readonly [id: string, control: ControlId, lines: readonly string[]];

function settingRows(settings: SshSettings): readonly Row[] {
  return [
    ["ssh-no-root-login", "SSH-02", [`permitrootlogin ${settings.permitRootLogin}`]],
    ["ssh-no-passwords", "SSH-03", KEYS_ONLY],
    ["ssh-no-empty-passwords", "SSH-04", ["permitemptypasswords no"]],
    [
      "ssh-groups",
      "SSH-05",
      [...settings.allowGroups.map((group) => `allowgroups ${group}`), ...settings.denyUsers.map((user) => `denyusers ${user}`)],
    ],
    [
      "ssh-keys-from-root-only",
      "SSH-22",
      [
        ...[`authorizedkeysfile ${KEYS_DIRECTORY}/%u`, "authorizedkeyscommand none", "trustedusercakeys none"],
        ...["permituserenvironment no", "strictmodes yes"],
      ],
    ],
    [
      "ssh-idle-timeout",
      "SSH-09",
      [`clientaliveinterval ${settings.clientAliveInterval}`, `clientalivecountmax ${settings.clientAliveCountMax}`],
    ],
    ["ssh-logs-fingerprints", "SSH-10", ["loglevel VERBOSE"]],
    [
      "ssh-no-forwarding",
      "SSH-16",
      ["disableforwarding yes", "allowtcpforwarding no", "allowagentforwarding no", "x11forwarding no", "permittunnel no"],
    ],
    ["ssh-few-tries", "SSH-06", [`maxauthtries ${settings.maxAuthTries}`]],
    ["ssh-login-grace-time", "SSH-08", [`logingracetime ${settings.loginGraceTime}`]],
    ["ssh-startups-limited-by-source", "SSH-08", ["maxstartups 100:30:200", "persourcemaxstartups 30", "persourcenetblocksize 32:64"]],
    ["ssh-ciphers", "SSH-12", [`ciphers ${CIPHERS.join(",")}`]],
    ["ssh-macs", "SSH-13", [`macs ${MACS.join(",")}`]],
    ["ssh-other-ways-off", "SSH-17", ["hostbasedauthentication no", "gssapiauthentication no", "ignorerhosts yes", "usepam yes"]],
    ["ssh-shells-time-out", "SSH-34", [`setenv TMOUT=${settings.shellIdleSeconds}`]],
    ["ssh-banner", "SSH-19", ["banner /etc/issue.net"]],
  ];
}

// By way of an address that has no exception.
function effective(id: string, control: ControlId, expect: Expectation, user = "root"): Check {
  return { id, control, argv: ["/usr/sbin/sshd", "-T", "-C", `user=${user},host=outside.example,addr=192.0.2.1`], expect };
}

// Keywords that add up, where a second value would open a second way in.
function onlyTheseSettings({ allowGroups, port }: SshSettings): Check {
  const others = [
    `allowgroups (?!${anyOf(allowGroups)}$)`,
    "allowusers ",
    `port (?!${port}$)`,
    `authorizedkeysfile (?!${literal(KEYS_DIRECTORY)}/%u$)`,
  ];
  return effective("ssh-nothing-beside-it", "SSH-01", { kind: "lacks", pattern: `^(?:${others.join("|")})` });
}

const NO_MATCH_BLOCKS: Check = {
  id: "ssh-no-match-blocks",
  control: "SSH-01",
  argv: [
    ...["grep", "--recursive", "--ignore-case", "--extended-regexp", "^\\s*Match\\b"],
    ...["/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d"],
  ],
  expect: { kind: "nothingFound" },
};

// Which of them it is depends on the version that the agent found.
const KEY_EXCHANGE_LISTS = [...KEY_EXCHANGES.map(({ names }) => names), OLDEST_KEY_EXCHANGES].map((names) => names.join(","));

const KEY_EXCHANGE: readonly Check[] = [
  effective("ssh-key-exchange", "SSH-11", { kind: "matches", pattern: `^kexalgorithms ${anyOf(KEY_EXCHANGE_LISTS)}$` }),
  effective("ssh-post-quantum", "SSH-11", { kind: "matches", pattern: "^kexalgorithms (mlkem768x25519|sntrup761x25519)" }),
];

const FILES: readonly Check[] = [
  {
    id: "ssh-settings-private",
    control: "SSH-20",
    argv: ["find", "/etc/ssh", "-type", "f", "(", "-name", "sshd_config*", "-o", "-name", "ssh_host_*_key", ")", "-perm", "/077"],
    expect: { kind: "lacks", pattern: "." },
  },
];
