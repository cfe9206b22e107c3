import { textOf } from "../fixtures";
import {
  type Allowed,
  added,
  allowed,
  becomes,
  begun,
  onlyInOldest,
  type Refused,
  refused,
  replaced,
  type Spoil,
  withoutFile,
} from "./spoil";

const DROP_IN = textOf("ssh", "/etc/ssh/sshd_config.d/00-phiward.conf");
const DROP_IN_PATH = DROP_IN.replace("texts", "path");
const SSHD_CONFIG = textOf("ssh", "/etc/ssh/sshd_config");

// In each version of the drop-in.
const inDropIn = (from: string, to: string): Spoil => replaced(`${from}\n`, to === "" ? "" : `${to}\n`);
const NOT_TEXTS = [
  [[], "sorts before"],
  [[""], "sorts before"],
  [["PasswordAuthentication no\nPermitRootLogin no\n", ""], "sorts before"],
  [[7], "found a number, allowed: text"],
  [[null], "found nothing, allowed: text"],
  ["PasswordAuthentication no\nPermitRootLogin no\n", "found text, allowed: a list"],
  [7, "found a number, allowed: a list"],
  [{}, "found a map, allowed: a list"],
] as const;

/** What the rules about the SSH server must refuse. */
export const SSH_REFUSED: readonly Refused[] = [
  ...(
    [
      ["ssh-no-passwords", "PasswordAuthentication", "settings.passwordAuthentication"],
      ["ssh-no-root-login", "PermitRootLogin", "settings.permitRootLogin"],
    ] as const
  ).flatMap(([id, keyword, settings]) =>
    refused(id, "ssh", [
      ["the settings say yes", settings, becomes("yes"), "found yes, allowed: no"],
      ["the drop-in says yes", DROP_IN, inDropIn(`${keyword} no`, `${keyword} yes`), `found ${keyword} yes`],
      ["only the text for the oldest hosts says yes", DROP_IN, onlyInOldest(`${keyword} no`, `${keyword} yes`), `found ${keyword} yes`],
      ["the drop-in says nothing", DROP_IN, inDropIn(`${keyword} no`, ""), `sets ${keyword} in each of its versions`],
      [
        "only the text for the oldest hosts says nothing",
        DROP_IN,
        onlyInOldest(`${keyword} no\n`, ""),
        `sets ${keyword} in each of its versions`,
      ],
      ["the setting is commented out", DROP_IN, inDropIn(`${keyword} no`, `#${keyword} no`), `sets ${keyword} in each of its versions`],
      [
        "the keyword is in small letters",
        DROP_IN,
        inDropIn(`${keyword} no`, `${keyword} no\n${keyword.toLowerCase()} yes`),
        `found ${keyword} yes`,
      ],
      [
        "the value follows an equals sign, in quotes",
        DROP_IN,
        inDropIn(`${keyword} no`, `${keyword} no\n  ${keyword}="yes"`),
        `found ${keyword} yes`,
      ],
      [
        "a Match block excepts somebody",
        DROP_IN,
        inDropIn("PrintMotd no", `PrintMotd no\nMatch User anna\n${keyword} yes`),
        "found a Match block",
      ],
      ["another file is included", DROP_IN, inDropIn("PrintMotd no", "PrintMotd no\nInclude /tmp/sshd"), "found an Include"],
      ["the main file says yes before it reads the drop-ins", SSHD_CONFIG, begun(`${keyword} yes\n`), "found other settings first"],
      ["the main file does not read the drop-ins", SSHD_CONFIG, becomes("Subsystem sftp internal-sftp\n"), "found other settings first"],
      ["the main file is left as it is", "files", withoutFile("/etc/ssh/sshd_config"), "found no /etc/ssh/sshd_config"],
      ["there is no drop-in", "files", withoutFile("/etc/ssh/sshd_config.d/00-phiward.conf"), "sorts before"],
      ["the drop-in sorts behind cloud-init's", DROP_IN_PATH, becomes("/etc/ssh/sshd_config.d/99-phiward.conf"), "sorts before"],
      ["the drop-in has cloud-init's own name", DROP_IN_PATH, becomes("/etc/ssh/sshd_config.d/50-cloud-init.conf"), "sorts before"],
      ...NOT_TEXTS.map(
        ([texts, says]) => [`the texts of the drop-in are ${JSON.stringify(texts)}`, DROP_IN, becomes(texts), says] as const,
      ),
      ["the main file reads other drop-ins", SSHD_CONFIG, replaced("sshd_config.d", "other.d"), "found other settings first"],
      ["the drop-in is a secret that nobody can judge", DROP_IN, becomes(undefined), "found nothing, allowed: text"],
    ]),
  ),
  ...refused("ssh-no-passwords", "ssh", [
    ["questions and answers are on in the settings", "settings.kbdInteractiveAuthentication", becomes("yes"), "found yes, allowed: no"],
    [
      "questions and answers are on by their old name",
      DROP_IN,
      inDropIn("PrintMotd no", "PrintMotd no\nChallengeResponseAuthentication yes"),
      "found KbdInteractiveAuthentication yes",
    ],
    [
      "any method will do",
      DROP_IN,
      inDropIn("AuthenticationMethods publickey", "AuthenticationMethods any"),
      "found AuthenticationMethods any",
    ],
  ]),
  ...refused("ssh-no-root-login", "ssh", [
    ["root may use a key", "settings.permitRootLogin", becomes("prohibit-password"), "found prohibit-password, allowed: no"],
  ]),
];

/** What they must let pass. */
export const SSH_ALLOWED: readonly Allowed[] = [
  ...allowed("ssh-no-passwords", "ssh", [["a setting stands in a comment", SSHD_CONFIG, added("# PasswordAuthentication yes")]]),
];
