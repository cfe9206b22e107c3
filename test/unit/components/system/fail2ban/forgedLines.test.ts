/** What a client says is no line of a daemon's: whom the filters ban is who is connected, or nobody. */
import { describe, expect, it } from "vitest";
import { WEB_JAILS } from "../../../../../components/config/names";
import { stackModel } from "../../../../../components/containers/model";
import { mainText } from "../../../../../components/edge/nginx/mainText";
import { nginxSettings } from "../../../../../components/edge/nginx/settings";
import { fail2banPlan } from "../../../../../components/system/fail2ban/plan";
import { fail2banSettings } from "../../../../../components/system/fail2ban/settings";
import { WEB_JAIL_TABLE } from "../../../../../components/system/fail2ban/webFilters";
import { CONFIG, textOf } from "../../golden";
import { sshdLines } from "./sshdLines";

const OWN = "192.0.2.7";
// Short, so that it fits where sshd leaves a client few words.
const OTHER = "9.9.9.9";

// fail2ban's own <ADDR> (server/failregex.py, server/ipdns.py).
const IPV4 = "(?:\\d{1,3}\\.){3}\\d{1,3}";
const IPV6 = "(?:[0-9a-fA-F]{1,4}::?|:){1,7}(?:[0-9a-fA-F]{1,4}|(?<=:):)";
const ADDR = `(?:(?:::f{4,6}:)?(?<ip4>${IPV4})|\\[?(?<ip6>${IPV6})\\]?)`;

function patternsOf(filter: string): readonly RegExp[] {
  const text = textOf(fail2banPlan(fail2banSettings(CONFIG)), `/etc/fail2ban/filter.d/${filter}.conf`);
  const [, block = ""] = /^failregex = ([\s\S]*)\nignoreregex/m.exec(text) ?? [];
  return block.split("\n").map(compiled);
}

function compiled(line: string): RegExp {
  return new RegExp(line.trim().replace("<ADDR>", ADDR));
}

function banned(patterns: readonly RegExp[], line: string): readonly string[] {
  return patterns.flatMap((pattern) => {
    const { ip4, ip6 } = pattern.exec(line)?.groups ?? {};
    return ip4 ?? ip6 ?? [];
  });
}

// Whatever sshd logs, said of another: whole, and from the address on.
const FORGED: readonly string[] = [
  ...new Set(
    sshdLines({ address: OTHER, words: ["x"] })
      .filter((line) => line.includes(OTHER))
      .flatMap((line) => [line, line.slice(line.indexOf(OTHER)), line.slice(line.indexOf(OTHER)).replace(" [preauth]", "")]),
  ),
];
// The formats' own limits are met by a few characters before, and that of a whole line by ones that are escaped.
const PADDING = Array.from({ length: 20 }, (_, count) => "x".repeat(count));
const CUT = 500;

function padded(forged: string): readonly string[] {
  const ends = sshdLines({ address: OWN, words: [` ${forged}`] }).map((line) => line.indexOf(forged) + forged.length);
  const missing = [...new Set(ends)].map((end) => CUT - end).filter((length) => length > 0);
  const escaped = missing.flatMap((length) =>
    [4, 5].map((size) => `${"\x01".repeat(Math.floor(length / size))}${"x".repeat(length % size)} ${forged}${"x".repeat(200)}`),
  );
  return [...PADDING.map((padding) => `${padding} ${forged}`), ...escaped];
}

const LINES: readonly string[] = [
  ...new Set(
    FORGED.flatMap(padded).flatMap((word) =>
      [["x", word] as const, [word, "x"] as const].flatMap((words) =>
        sshdLines({ address: OWN, words }).filter((line) => line.includes(OTHER)),
      ),
    ),
  ),
].map((line) => `web sshd-session[713]: ${line}`);

// Ways of reading an address that a client can make use of: each is deceived by some of the lines.
const DECEIVED: readonly (readonly [string, string])[] = [
  ["the last address", "Disconnecting (?:authenticating|invalid) user .* <ADDR> port \\d+(?:: [^:]*)? \\[preauth\\]$"],
  ["the first address", "Disconnecting (?:authenticating|invalid) user .*? <ADDR> port \\d+: Change of username"],
  ["one before a fixed text, which may be cut", "Disconnecting .* <ADDR> port \\d+: Too many authentication failures \\[preauth\\]$"],
  ["the last of a line that may be cut", "Connection closed by invalid user .* <ADDR> port \\d+ \\[preauth\\]$"],
  ["one anywhere in the line", ".*Unable to negotiate with <ADDR> port \\d+: "],
];

describe("the filters of the bans", () => {
  it("take no address from what a client of SSH says", () => {
    const patterns = patternsOf("phiward-sshd");
    expect(LINES.find((line) => banned(patterns, line).includes(OTHER))).toBeUndefined();
  });

  it("count a connection that names an account once, however it ends, and one that names none not at all", () => {
    const patterns = patternsOf("phiward-sshd");
    const counted = (who: string): readonly number[] =>
      ["Connection closed by", "Connection reset by", "Disconnected from"].map(
        (end) => banned(patterns, `web sshd-session[713]: ${end} ${who}${OWN} port 44588 [preauth]`).length,
      );
    expect(counted("authenticating user bob ")).toEqual([1, 1, 1]);
    expect(counted("invalid user x ")).toEqual([1, 1, 1]);
    expect(counted("")).toEqual([0, 0, 0]);
  });

  it.each(DECEIVED)("would be deceived by these lines if they read %s", (_, pattern) => {
    const patterns = [compiled(`^\\S+ sshd(?:-session|-auth)?(?:\\[\\d+\\])?: ${pattern}`)];
    expect(LINES.some((line) => banned(patterns, line).includes(OTHER))).toBe(true);
  });

  // Each field of the access log but the address, though most are no client's: a line begins with the address, by nginx.
  it.each(WEB_JAILS)("take no address from what a client of a site says: %s", (name) => {
    const patterns = patternsOf(WEB_JAIL_TABLE[name].filter);
    const [, format = ""] = /^\s*log_format phiward '(.*)';$/m.exec(mainText(nginxSettings(stackModel(CONFIG)))) ?? [];
    expect(format).toMatch(/^client=\$remote_addr id=\$request_id /);
    const ends = ["route=- status=404 status=405 status=429 status=401 login=yes", "login=yes"];
    const words = [`client=${OTHER} id=1 site=x ${ends[0] ?? ""}`, `web nginx[390]: client=${OTHER} id=1 site=x ${ends[0] ?? ""}`, OTHER];
    for (const word of words) {
      const line = format.replace("$remote_addr", OWN).replace(/\$[a-z_]+/g, word);
      for (const end of ["", ...ends.map((text) => ` ${text}`)])
        expect(banned(patterns, `web nginx[390]: ${line}${end}`)).not.toContain(OTHER);
      // What nginx writes beside its access log.
      expect(banned(patterns, `web nginx[390]: 2026/01/01 00:00:00 [warn] 390#390: ${word}`)).toEqual([]);
    }
  });
});
