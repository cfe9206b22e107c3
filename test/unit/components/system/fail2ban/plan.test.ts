import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import { WEB_JAILS, type WebJailName } from "../../../../../components/config/names";
import { literal } from "../../../../../components/plan/patterns";
import { fail2ban } from "../../../../../components/system/fail2ban/concern";
import { fail2banPlan } from "../../../../../components/system/fail2ban/plan";
import { fail2banSettings } from "../../../../../components/system/fail2ban/settings";
import { WEB_JAIL_TABLE } from "../../../../../components/system/fail2ban/webFilters";
import { configurations } from "../../configurations";
import { complete, ed25519 } from "../../examples";
import { CONFIG, expectGolden, textOf } from "../../golden";

const JAILS = "/etc/fail2ban/jail.d/phiward.local";

/** Sections of an INI file as fail2ban reads them; throws for a line that is neither a section, a setting nor empty. */
function sections(text: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const found = new Map<string, Map<string, string>>();
  let current = new Map<string, string>();
  for (const line of text.split("\n").filter((entry) => entry !== "")) {
    const [, section] = /^\[([A-Za-z0-9-]+)\]$/.exec(line) ?? [];
    const [, key, value] = /^([a-z_.]+) = (\S.*)$/.exec(line) ?? [];
    if (section !== undefined) {
      if (found.has(section)) throw new Error(`section ${section} is there twice`);
      current = new Map();
      found.set(section, current);
    } else if (key !== undefined && value !== undefined && !current.has(key)) current.set(key, value);
    else throw new Error(`no setting, or there twice: ${line}`);
  }
  return found;
}

// Ends of lines of the access log, and whether the jail counts them.
const LINES: Readonly<Record<WebJailName, readonly (readonly [string, boolean])[]>> = {
  "nginx-login": [
    ["route=/login method=POST status=401 bytes=2 upstream=401 login=yes", true],
    ["route=/login method=POST status=200 bytes=2 upstream=200 login=yes", false],
    ["route=/notes method=POST status=401 bytes=2 upstream=401 basic=no login=no", false],
  ],
  "nginx-guesser": [
    ["route=/login method=POST status=401 bytes=2 upstream=401 login=yes", true],
    ["route=/login method=POST status=429 bytes=2 upstream=- login=yes", false],
    ["route=/files method=GET status=401 bytes=2 upstream=401 basic=yes login=no", true],
    // The browser asks what it needs.
    ["route=/files method=GET status=401 bytes=2 upstream=401 basic=no login=no", false],
    ["route=/notes method=POST status=401 bytes=2 upstream=401 basic=no login=no", false],
  ],
  "nginx-scanner": [
    ["route=- method=GET status=404 bytes=80 upstream=- limited=PASSED asks=probe basic=no login=no", true],
    ["route=- method=GET status=404 bytes=80 upstream=- limited=REJECTED_DRY_RUN asks=probe basic=no login=no", true],
    ["route= method=- status=400 bytes=82 upstream=- limited=- asks=other basic=no login=no", true],
    ["route=/notes method=TRACE status=405 bytes=82 upstream=- limited=- asks=other basic=no login=no", true],
    // A page of another site may ask by a browser whether it may ask.
    ["route=/notes method=OPTIONS status=405 bytes=82 upstream=- limited=- asks=other basic=no login=no", false],
    ["route=- method=GET status=404 bytes=80 upstream=- limited=PASSED asks=browser basic=no login=no", false],
    ["route=- method=GET status=404 bytes=80 upstream=- limited=PASSED asks=other basic=no login=no", false],
    // A note that is not there is the service's business.
    ["route=/notes method=GET status=404 bytes=82 upstream=404 limited=PASSED asks=probe basic=no login=no", false],
  ],
  "nginx-unknown": [
    ["route=- method=GET status=404 bytes=80 upstream=- limited=PASSED asks=other basic=no login=no", true],
    ["route=- method=GET status=404 bytes=80 upstream=- limited=REJECTED_DRY_RUN asks=other basic=no login=no", false],
    ["route=- method=GET status=404 bytes=80 upstream=- limited=PASSED asks=browser basic=no login=no", false],
    ["route=/notes method=GET status=404 bytes=82 upstream=404 limited=PASSED asks=other basic=no login=no", false],
  ],
  "nginx-limits": [
    ["route=/notes method=GET status=429 bytes=82 upstream=- basic=no login=no", true],
    ["route=/login method=POST status=429 bytes=82 upstream=- login=yes", false],
    ["route=/notes method=GET status=200 bytes=429 upstream=200 basic=no login=no", false],
  ],
};

describe("the bans' plan", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, fail2ban);
  });

  it("has a section for SSH and for each declared jail, and no other, whatever the configuration", () => {
    fc.assert(
      fc.property(configurations, (raw) => {
        const config = parseConfig(raw);
        const found = sections(textOf(fail2banPlan(fail2banSettings(config)), JAILS));
        const web =
          config.sites.length === 0
            ? []
            : WEB_JAILS.filter((name) => config.sites.some((site) => WEB_JAIL_TABLE[name].watches?.(site) ?? true));
        expect([...found.keys()]).toEqual(["DEFAULT", "sshd", ...web, ...config.bans.jails.map(({ name }) => name)]);
        for (const [name, jail] of [...found].slice(1)) {
          const own = WEB_JAILS.some((web) => web === name && WEB_JAIL_TABLE[web].perFailure > 1) ? ["maxretry"] : [];
          const acts = WEB_JAILS.some((web) => web === name && WEB_JAIL_TABLE[web].closes === "logins") ? ["ignoreip", "banaction"] : [];
          expect([...jail.keys()], name).toEqual(["enabled", "filter", "journalmatch", "port", ...own, ...acts]);
          expect(jail.get("enabled")).toBe("true");
        }
      }),
    );
  });

  it("interpolates nothing: a percent sign would be read as a reference", () => {
    fc.assert(
      fc.property(configurations, (raw) => {
        expect(textOf(fail2banPlan(fail2banSettings(parseConfig(raw))), JAILS)).not.toContain("%");
      }),
    );
  });

  it("never bans this host or an administrator", () => {
    fc.assert(
      fc.property(configurations, (raw) => {
        const config = parseConfig(raw);
        const ignored = sections(textOf(fail2banPlan(fail2banSettings(config)), JAILS))
          .get("DEFAULT")
          ?.get("ignoreip");
        expect(ignored?.split(" ")).toEqual(["127.0.0.0/8", "::1", ...config.adminNetworks]);
      }),
    );
  });

  it("never bans a host at its vault, nor the vault at its hosts, where their addresses are declared", () => {
    const store = { kind: "existing", name: "store", role: "vault", hostKey: ed25519(3) };
    const hosts = [
      { kind: "existing", name: "web", address: "203.0.113.10", hostKey: ed25519(1) },
      { kind: "existing", name: "app", address: "2001:DB8:0::7", hostKey: ed25519(9) },
      { ...store, address: "203.0.113.20" },
    ];
    const config = parseConfig({ ...complete(), hosts });
    const others = (name: string): readonly string[] => fail2banSettings(config, name).ignore.slice(2 + config.adminNetworks.length);
    expect(["store", "web", "app"].map(others)).toEqual([["203.0.113.10", "2001:db8::7"], ["203.0.113.20"], ["203.0.113.20"]]);
    const byName = parseConfig({ ...complete(), hosts: [...hosts.slice(0, 2), { ...store, address: "store.example.org" }] });
    expect(fail2banSettings(byName, "web").ignore).toEqual(["127.0.0.0/8", "::1", ...config.adminNetworks]);
    expect(fail2banSettings({ ...config, backup: undefined }, "web").ignore).toEqual(["127.0.0.0/8", "::1", ...config.adminNetworks]);
  });

  // Of one connection each, as OpenSSH 10.0 logs them at level VERBOSE: with a name that the host has, or has not, or denies.
  const wrongKey = (name: string, kind: "authenticating" | "invalid", seen: readonly string[]): readonly string[] => [
    'Connection from 192.0.2.7 port 54280 on 192.0.2.10 port 22 rdomain ""',
    ...seen,
    `Connection closed by ${kind} user ${name} 192.0.2.7 port 54280 [preauth]`,
    "srclimit_penalise: ipv4: new 192.0.2.7/32 deferred penalty of 5 seconds for penalty: failed authentication",
  ];
  const CONNECTIONS: Readonly<Record<string, readonly string[]>> = {
    "a known name": wrongKey("alice", "authenticating", ["Failed publickey for alice from 192.0.2.7 port 54280 ssh2: ED25519 SHA256:d/4"]),
    "an unknown name": wrongKey("zed", "invalid", ["Invalid user zed from 192.0.2.7 port 54280"]),
    "a denied name": wrongKey("root", "invalid", ["User root from 192.0.2.7 not allowed because listed in DenyUsers"]),
    "a name with an address of somebody else": wrongKey("x 198.51.100.1 port 2 [preauth]", "invalid", []),
    "too many keys": [
      "error: maximum authentication attempts exceeded for alice from 192.0.2.7 port 43964 ssh2 [preauth]",
      "Disconnecting authenticating user alice 192.0.2.7 port 43964: Too many authentication failures [preauth]",
    ],
    "too many keys of an unknown name": [
      "Invalid user zed from 192.0.2.7 port 42520",
      "error: maximum authentication attempts exceeded for invalid user zed from 192.0.2.7 port 42520 ssh2 [preauth]",
      "Disconnecting invalid user zed 192.0.2.7 port 42520: Too many authentication failures [preauth]",
    ],
    "a goodbye": [
      "Received disconnect from 192.0.2.7 port 43964:11: Bye Bye [preauth]",
      "Disconnected from authenticating user alice 192.0.2.7 port 43964 [preauth]",
    ],
    "an old client": ["Unable to negotiate with 192.0.2.7 port 57384: no matching key exchange method found. Their offer: x [preauth]"],
    "no SSH at all": [
      "error: kex_exchange_identification: client sent invalid protocol identifier",
      "banner exchange: Connection from 192.0.2.7 port 57384: invalid format",
    ],
    "nothing but waiting": ["Timeout before authentication for connection from 192.0.2.7 to 192.0.2.10, pid = 713"],
  };

  /** The addresses that lines of sshd's count against. */
  function counted(lines: readonly string[]): readonly string[] {
    const text = textOf(fail2banPlan(fail2banSettings(CONFIG)), "/etc/fail2ban/filter.d/phiward-sshd.conf");
    const [, block = ""] = /^failregex = ([\s\S]*)\nignoreregex/m.exec(text) ?? [];
    const patterns = block.split("\n").map((line) => new RegExp(line.trim().replace("<ADDR>", "(\\S+)")));
    return lines.flatMap((line) => patterns.flatMap((pattern) => pattern.exec(`web sshd-session[713]: ${line}`)?.[1] ?? []));
  }

  it.each(Object.entries(CONNECTIONS))("counts a failed connection once, and for who made it: %s", (_, lines) => {
    expect(counted(lines)).toEqual(["192.0.2.7"]);
  });

  // What a client sends beside its name: another service or name, and why it ends. sshd logs the first 100 characters of a reason.
  const changed = (from: string, to: string): string =>
    `Disconnecting invalid user x 192.0.2.7 port 44588: ${`Change of username or service not allowed: (${from}) -> (${to})`.slice(0, 100)} [preauth]`;
  it.each([
    changed("x,ssh-connection", "x,q 203.0.113.9 port 22: z"),
    changed(",", " 8.8.8.8 port 1: Too many authentication failures"),
    changed("x,ssh-connection", "x,q 203.0.113.9 port 22 [preauth]"),
    "Received disconnect from 192.0.2.7 port 43964:11: x 203.0.113.9 port 22 [preauth]",
    "Received disconnect from 192.0.2.7 port 43964:11: Disconnecting invalid user x 203.0.113.9 port 22: Too many authentication failures [preauth]",
    "Invalid user x 203.0.113.9 port 22 [preauth] from 192.0.2.7 port 42520",
    "Connection closed by invalid user Disconnecting invalid user x 203.0.113.9 port 22: Too many authentication failures 192.0.2.7 port 4 [preauth]",
    "Disconnecting invalid user x 203.0.113.9 port 22: Too many authentication failures [preauth] 192.0.2.7 port 4: Too many authentication failures [preauth]",
    "Unable to negotiate with 192.0.2.7 port 57384: no matching host key type found. Their offer: x 203.0.113.9 port 22 [preauth]",
    "subsystem request for Connection closed by 203.0.113.9 port 22 [preauth] by user bob failed, subsystem not found",
  ])("counts against no address that a client wrote: %s", (line) => {
    expect(counted([line]).filter((address) => address !== "192.0.2.7")).toEqual([]);
  });

  it("watches SSH with the filter that knows OpenSSH 10's words", () => {
    const sshd = sections(textOf(fail2banPlan(fail2banSettings(CONFIG)), JAILS)).get("sshd");
    expect(Object.fromEntries(sshd ?? [])).toEqual({
      enabled: "true",
      filter: "phiward-sshd",
      journalmatch: "_SYSTEMD_UNIT=ssh.service",
      port: "22",
    });
  });

  it("remembers bans for as long as the longest lasts", () => {
    expect(textOf(fail2banPlan(fail2banSettings(CONFIG)), "/etc/fail2ban/fail2ban.local")).toMatch(/^dbpurgeage = 86400$/m);
  });

  it.for(WEB_JAILS.flatMap((name) => LINES[name].map((line) => [name, ...line] as const)))("%s counts %s: %s", ([name, words, counts]) => {
    const text = textOf(fail2banPlan(fail2banSettings(CONFIG)), `/etc/fail2ban/filter.d/${WEB_JAIL_TABLE[name].filter}.conf`);
    const [, pattern = ""] = /^failregex = (.*)$/m.exec(text) ?? [];
    const line = `web nginx[390]: client=192.0.2.7 id=5dae8a4104d46f3fddffe3b6d3e7ad3b site=api.example.org ${words}`;
    expect(new RegExp(pattern.replace("<ADDR>", "(\\S+)")).exec(line)?.[1]).toBe(counts ? "192.0.2.7" : undefined);
  });

  it("has a line that counts and one that does not, for each jail of the sites, and a filter of its own", () => {
    for (const name of WEB_JAILS) expect(new Set(LINES[name].map(([, counts]) => counts)), name).toEqual(new Set([true, false]));
    expect(new Set(WEB_JAILS.map((name) => WEB_JAIL_TABLE[name].filter)).size).toBe(WEB_JAILS.length);
    expect(Object.keys(WEB_JAIL_TABLE)).toEqual(WEB_JAILS);
  });

  it("asks each jail for the thresholds that it wrote", () => {
    const plan = fail2banPlan(fail2banSettings(CONFIG));
    const asked = plan.checks.flatMap(({ id, argv, expect: answer }) =>
      /-(maxretry|findtime|bantime)$/.test(id) && argv[3] === "bans" && answer.kind === "matches" ? [answer.pattern] : [],
    );
    const web = WEB_JAILS.map((name) => [name, 4 * WEB_JAIL_TABLE[name].perFailure] as const);
    expect(asked).toEqual(
      [["sshd", 4] as const, ...web, ["app", 4] as const].flatMap(([jail, count]) => [
        `^${literal(`${jail} maxretry`)} ${String(count)}$`,
        `^${literal(`${jail} findtime`)} 600$`,
        `^${literal(`${jail} bantime`)} 7200$`,
      ]),
    );
  });
});
