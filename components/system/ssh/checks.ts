import { KEYS_DIRECTORY } from "../../plan/places";
import type { Check } from "../../plan/types";
import { CIPHERS, KEY_EXCHANGES, MACS, OLDEST_KEY_EXCHANGES } from "./algorithms";
import { PLAIN_DAEMON, type SshState } from "./settings";

/** What a running SSH server must answer; its effective settings, from an address outside the admin networks. */
export function sshChecks(state: SshState): readonly Check[] {
  const rows: readonly (readonly [string, string, readonly string[], readonly string[]])[] = [
    ["ssh-no-root-login", "SSH-02", ["164.312(a)(2)(i)", "164.312(d)"], [`permitrootlogin ${state.permitRootLogin}`]],
    [
      "ssh-no-passwords",
      "SSH-03",
      ["164.312(d)"],
      ["passwordauthentication no", "kbdinteractiveauthentication no", "authenticationmethods publickey", "permitemptypasswords no"],
    ],
    [
      "ssh-groups",
      "SSH-05",
      ["164.312(a)(1)"],
      [...state.allowGroups.map((group) => `allowgroups ${group}`), ...state.denyUsers.map((user) => `denyusers ${user}`)],
    ],
    [
      "ssh-keys-from-root-only",
      "SSH-22",
      ["164.312(a)(2)(i)"],
      [
        `authorizedkeysfile ${KEYS_DIRECTORY}/%u`,
        "authorizedkeyscommand none",
        "trustedusercakeys none",
        "permituserenvironment no",
        "strictmodes yes",
      ],
    ],
    [
      "ssh-idle-timeout",
      "SSH-09",
      ["164.312(a)(2)(iii)"],
      [`clientaliveinterval ${String(state.clientAliveInterval)}`, `clientalivecountmax ${String(state.clientAliveCountMax)}`],
    ],
    ["ssh-logs-fingerprints", "SSH-10", ["164.308(a)(5)(ii)(C)", "164.312(b)"], ["loglevel VERBOSE"]],
    [
      "ssh-no-forwarding",
      "SSH-16",
      ["164.312(e)(1)"],
      ["disableforwarding yes", "allowtcpforwarding no", "allowagentforwarding no", "x11forwarding no", "permittunnel no"],
    ],
    [
      "ssh-few-tries",
      "SSH-06",
      ["164.308(a)(5)(ii)(C)"],
      [`maxauthtries ${String(state.maxAuthTries)}`, `logingracetime ${String(state.loginGraceTime)}`],
    ],
    ["ssh-ciphers", "SSH-12", ["164.312(e)(2)(ii)"], [`ciphers ${CIPHERS.join(",")}`]],
    ["ssh-macs", "SSH-13", ["164.312(e)(2)(i)"], [`macs ${MACS.join(",")}`]],
    [
      "ssh-other-ways-off",
      "SSH-17",
      ["164.312(d)"],
      ["hostbasedauthentication no", "gssapiauthentication no", "ignorerhosts yes", "usepam yes"],
    ],
    ["ssh-banner", "SSH-19", ["164.308(a)(4)(i)"], ["banner /etc/issue.net"]],
  ];
  const ask = (user: string): readonly string[] => ["/usr/sbin/sshd", "-T", "-C", `user=${user},host=outside.example,addr=192.0.2.1`];
  return [
    ...rows.map(([id, control, cites, lines]): Check => ({ id, control, cites, argv: ask("root"), expect: { kind: "lines", lines } })),
    ...state.accounts.map(
      (account): Check => ({
        id: `ssh-no-passwords-for-${account}`,
        control: "SSH-03",
        cites: ["164.312(d)"],
        argv: ask(account),
        expect: {
          kind: "lines",
          lines: ["passwordauthentication no", "kbdinteractiveauthentication no", "authenticationmethods publickey"],
        },
      }),
    ),
    { ...PLAIN_DAEMON, id: "ssh-daemon-plain", control: "SSH-01", cites: ["164.312(a)(1)", "164.312(d)"] },
    {
      id: "ssh-nothing-beside-it",
      control: "SSH-01",
      cites: ["164.312(a)(1)", "164.312(d)"],
      argv: ask("root"),
      // Keywords that add up, where a second value would open a second way in.
      expect: {
        kind: "lacks",
        pattern: `^(allowgroups (?!(?:${state.allowGroups.join("|")})$)|allowusers |port (?!${String(state.port)}$)|authorizedkeysfile (?!${KEYS_DIRECTORY}/%u$))`,
      },
    },
    {
      id: "ssh-no-match-blocks",
      control: "SSH-01",
      cites: ["164.312(d)"],
      argv: [
        "grep",
        "--recursive",
        "--ignore-case",
        "--extended-regexp",
        "^\\s*Match\\b",
        "/etc/ssh/sshd_config",
        "/etc/ssh/sshd_config.d",
      ],
      expect: { kind: "lacks", pattern: "." },
    },
    {
      id: "ssh-key-exchange",
      control: "SSH-11",
      cites: ["164.312(e)(2)(ii)"],
      argv: ask("root"),
      expect: {
        kind: "matches",
        pattern: `^kexalgorithms (${[...KEY_EXCHANGES.map(({ names }) => names), OLDEST_KEY_EXCHANGES].map((names) => names.join(",").replaceAll(".", "\\.")).join("|")})$`,
      },
    },
    {
      id: "ssh-post-quantum",
      control: "SSH-11",
      cites: ["164.312(e)(2)(ii)"],
      argv: ask("root"),
      expect: { kind: "matches", pattern: "^kexalgorithms (mlkem768x25519|sntrup761x25519)" },
    },
    {
      id: "ssh-listens-where-declared",
      control: "SSH-21",
      cites: ["164.312(a)(1)"],
      argv: ["ss", "--no-header", "--listening", "--tcp", "--numeric", "--processes", `sport = :${String(state.port)}`],
      expect: { kind: "matches", pattern: "sshd|systemd" },
    },
    {
      id: "ssh-settings-private",
      control: "SSH-20",
      cites: ["164.312(a)(1)"],
      argv: ["find", "/etc/ssh", "-type", "f", "(", "-name", "sshd_config*", "-o", "-name", "ssh_host_*_key", ")", "-perm", "/077"],
      expect: { kind: "lacks", pattern: "." },
    },
    {
      id: "ssh-no-keys-in-homes",
      control: "SSH-22",
      cites: ["164.312(a)(2)(i)"],
      argv: ["find", "/root", "/home", "-maxdepth", "3", "-path", "*/.ssh/authorized_keys*"],
      expect: { kind: "lacks", pattern: "." },
    },
  ];
}
