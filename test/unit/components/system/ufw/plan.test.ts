import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../../components/config/faults";
import type { Family } from "../../../../../components/config/network";
import type { StackConfig } from "../../../../../components/config/schema";
import type { ConcernPlan, Expectation } from "../../../../../components/plan/types";
import { ufw } from "../../../../../components/system/ufw/concern";
import { ufwPlan } from "../../../../../components/system/ufw/plan";
import { FAMILIES, ufwSettings } from "../../../../../components/system/ufw/settings";
import { runSync } from "../../../../../ops/lib/process";
import { configurations } from "../../configurations";
import { complete, ed25519 } from "../../examples";
import { CONFIG, expectGolden, textOf } from "../../golden";

const planOf = (config: StackConfig): ConcernPlan => ufwPlan(ufwSettings(config, "web"));
const file = (plan: ConcernPlan, name: "user" | "after", family: Family): string =>
  textOf(plan, `/etc/ufw/${name}${family === "ipv4" ? "" : "6"}.rules`);

/** The rules for incoming traffic of one family, in order. */
function incoming(plan: ConcernPlan, family: Family): readonly string[] {
  const chain = family === "ipv4" ? "ufw-user-input" : "ufw6-user-input";
  return file(plan, "user", family)
    .split("\n")
    .filter((line) => line.startsWith(`-A ${chain} `));
}

describe("the firewall's plan", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, ufw);
  });

  it("lets administrators in before any limit, in both families", () => {
    fc.assert(
      fc.property(configurations, (raw) => {
        const plan = planOf(parseConfig(raw));
        for (const family of FAMILIES) {
          const rules = incoming(plan, family);
          const lastAdmin = rules.findLastIndex((rule) => rule.includes(" -s "));
          const firstLimit = rules.findIndex((rule) => rule.includes(" -m recent "));
          expect(firstLimit).toBeGreaterThan(lastAdmin);
        }
      }),
    );
  });

  it("limits no host at its vault, where its address is declared, and each elsewhere", () => {
    const store = { kind: "existing", name: "store", role: "vault", address: "203.0.113.20", hostKey: ed25519(3) };
    const hosts = [
      { kind: "existing", name: "web", address: "203.0.113.10", hostKey: ed25519(1) },
      { kind: "existing", name: "app", address: "2001:DB8:0::7", hostKey: ed25519(9) },
      store,
    ];
    const config = parseConfig({ ...complete(), hosts });
    const allowedAt = (name: string): readonly (string | undefined)[] =>
      ufwSettings(config, name)
        .rules.filter(({ action, port }) => action === "allow" && port === 22)
        .map(({ from }) => from);
    expect(allowedAt("store")).toEqual([...config.adminNetworks, "203.0.113.10/32", "2001:db8::7/128"]);
    expect(allowedAt("web")).toEqual(config.adminNetworks);
    const own = parseConfig({ ...complete(), hosts, adminNetworks: ["203.0.113.10/32"] });
    expect(ufwSettings(own, "store").rules.filter(({ from }) => from === "203.0.113.10/32")).toHaveLength(1);
  });

  it("opens nothing but SSH on a host that is closed for now, where what is declared may listen all the same", () => {
    const open = CONFIG;
    const config = { ...open, hosts: open.hosts.map((host) => ({ ...host, closed: true })) };
    const ports = (plan: ConcernPlan): readonly string[] =>
      FAMILIES.flatMap((family) => incoming(plan, family).flatMap((line) => /--dport (\d+)/.exec(line)?.[1] ?? []));
    expect(ports(planOf(open))).toContain("443");
    expect(new Set(ports(planOf(config)))).toEqual(new Set(["22"]));
    const listening = planOf(config).checks.find(({ id }) => id === "listening-sockets-declared")?.expect;
    expect(listening).toEqual(planOf(open).checks.find(({ id }) => id === "listening-sockets-declared")?.expect);
  });

  it("names every admin network exactly once, in its own family, and never in the other", () => {
    fc.assert(
      fc.property(configurations, (raw) => {
        const config = parseConfig(raw);
        const plan = planOf(config);
        for (const family of FAMILIES) {
          const sources = incoming(plan, family).flatMap((rule) => / -s (\S+)/.exec(rule)?.[1] ?? []);
          expect(sources).toEqual(config.adminNetworks.filter((network) => network.includes(":") === (family === "ipv6")));
        }
      }),
    );
  });

  it("writes no rule without a source for IPv4 alone, or for IPv6 alone", () => {
    fc.assert(
      fc.property(configurations, (raw) => {
        const plan = planOf(parseConfig(raw));
        const [ipv4, ipv6] = FAMILIES.map((family) => incoming(plan, family).filter((rule) => !rule.includes(" -s ")));
        expect(ipv6?.map((rule) => rule.replaceAll("ufw6-", "ufw-"))).toEqual(ipv4);
      }),
    );
  });

  it("opens what is declared and SSH, and nothing else", () => {
    fc.assert(
      fc.property(configurations, (raw) => {
        const config = parseConfig(raw);
        for (const family of FAMILIES) {
          const open = incoming(planOf(config), family)
            .filter((rule) => !rule.includes(" -s ") && / -j (ACCEPT|ufw6?-user-limit-accept)$/.test(rule))
            .map((rule) => / -p (\w+) --dport (\d+) /.exec(rule)?.slice(1, 3).join(" "));
          expect(open).toEqual(["tcp 22", ...config.publicPorts.map(({ protocol, port }) => `${protocol} ${String(port)}`)]);
        }
      }),
    );
  });

  it("notes every rule as UFW does, once, and keeps just those when a server is adopted", () => {
    const plan = planOf(CONFIG);
    const noted = FAMILIES.flatMap((family) =>
      [...file(plan, "user", family).matchAll(/^### tuple ### (.*)$/gm)].map(([, tuple]) => tuple),
    );
    expect(plan.sets.find(({ id }) => id === "rules")?.keep).toEqual(noted);
    expect(new Set(noted).size).toBe(noted.length);
  });

  it("drops what comes in to a container without being declared, last of all, and the clouds' metadata first, in both families", () => {
    for (const family of FAMILIES) {
      const rules = file(planOf(CONFIG), "after", family)
        .split("\n")
        .filter((line) => line.startsWith("-A DOCKER-USER "));
      expect(rules[0]).toMatch(/^-A DOCKER-USER -d (169\.254\.169\.254\/32|fd00:ec2::254\/128) -j DROP$/);
      expect(rules.at(-1)).toBe("-A DOCKER-USER -j DROP");
    }
  });

  it("denies what comes in and what is routed, and loads IPv6", () => {
    const defaults = textOf(planOf(CONFIG), "/etc/default/ufw").split("\n");
    expect(defaults).toEqual(
      expect.arrayContaining([
        "IPV6=yes",
        'DEFAULT_INPUT_POLICY="DROP"',
        'DEFAULT_FORWARD_POLICY="DROP"',
        'DEFAULT_OUTPUT_POLICY="ACCEPT"',
      ]),
    );
  });
});

/** Runs commands in a network of their own, which is gone afterwards. */
function apart(script: string, input: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  // In a user namespace of one account the kernel takes no rule about another one.
  const namespaces = process.getuid?.() === 0 ? ["--net"] : ["--map-root-user", "--net"];
  return runSync(["unshare", ...namespaces, "sh", "-c", script], {
    input,
    env: { PATH: "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin", XTABLES_LOCKFILE: "/dev/null" },
  });
}

const IPTABLES = { ipv4: "iptables", ipv6: "ip6tables" } as const;
// The kernel must know the matches that UFW uses; a container or an old machine may not let us ask.
const probe = apart(
  "iptables-restore --noflush && ip6tables-restore --noflush </dev/null",
  "*filter\n:probe - [0:0]\n-A probe -m conntrack --ctstate NEW -m recent --set\nCOMMIT\n",
);
const cannot =
  probe.status === 0
    ? ""
    : ` (skipped: no network namespace with iptables here: ${probe.stderr.trim().split("\n")[0] ?? "unshare is missing"})`;

describe("the walls inside the host", () => {
  const chain = (family: Family, name: string): readonly string[] =>
    file(planOf(CONFIG), "after", family)
      .split("\n")
      .filter((line) => line.startsWith(`-A ${name} `))
      .map((line) => line.slice(`-A ${name} `.length));

  it.each(FAMILIES)("come before UFW's own rules, which let in what comes from the loopback interface: %s", (family) => {
    const prefix = family === "ipv4" ? "ufw" : "ufw6";
    expect(file(planOf(CONFIG), "after", family)).toContain(`-I ${prefix}-before-input -j phiward-input\n`);
    expect(file(planOf(CONFIG), "after", family)).toContain(`-I ${prefix}-before-output -j phiward-output\n`);
  });

  it.each(FAMILIES)("drop whatever a container begins with the host, of any protocol: %s", (family) => {
    expect(chain(family, "phiward-input").slice(0, 2)).toEqual(
      ["docker0", "br-+"].map((bridge) => `-i ${bridge} -m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP`),
    );
  });

  it.each(FAMILIES)("refuse containers to all but root and the web server, by any way to them: %s", (family) => {
    const rules = chain(family, "phiward-output");
    expect(rules[1]).toBe("-m owner --uid-owner 0 -j RETURN");
    expect(rules[3]).toBe("-m owner --uid-owner 33 -j RETURN");
    expect(rules.slice(4).map((rule) => rule.replace(/ -j REJECT .*/, ""))).toEqual([
      "-m conntrack --ctstate DNAT",
      "-o lo -p tcp -m tcp --dport 20000:29999",
      "-o lo -p tcp -m tcp --dport 22",
      "-o docker0",
      "-o br-+",
    ]);
  });

  it.each(FAMILIES)("refuse the monitoring to all but root and what systemd made an account for: %s", (family) => {
    // Before the web server, which has no business there either.
    expect(chain(family, "phiward-output")[2]).toMatch(
      /^-o lo -p tcp -m multiport --dports 9090,9091,9093,9100,9113 -m owner ! --uid-owner 61184-65519 -j REJECT/,
    );
  });

  it.each(FAMILIES)(
    "let new connections out of networks for the Internet alone, and to databases' ports within a network: %s",
    (family) => {
      const returns = chain(family, "DOCKER-USER").filter((rule) => rule.endsWith("RETURN") && !rule.includes("conntrack"));
      expect(returns).toEqual([
        "-i docker0 ! -o br-+ -j RETURN",
        "-i br-inet-+ ! -o br-+ -j RETURN",
        "-i br-+ -o br-+ -p tcp -m multiport --dports 5432,6379,6380 -j RETURN",
      ]);
    },
  );

  it("drop what IPv6 routers advertise unless it is declared, and redirects in any case", () => {
    const accepted = planOf({ ...CONFIG, network: { routerAdvertisements: "accepted" } });
    expect(chain("ipv6", "phiward-input").join("\n")).toMatch(/--icmpv6-type 134 -j DROP/);
    expect(file(accepted, "after", "ipv6")).not.toMatch(/--icmpv6-type 134/);
    for (const text of [file(accepted, "after", "ipv6"), file(accepted, "after", "ipv4")]) expect(text).toMatch(/-type (137|5) -j DROP/);
  });

  it("count an address's connections to the web server, where there are sites", () => {
    const counted = (config: StackConfig): readonly (string | undefined)[] =>
      FAMILIES.map((family) => /connlimit.*?--connlimit-above (\d+)/.exec(file(planOf(config), "after", family))?.[1]);
    const [site] = CONFIG.sites;
    if (site === undefined) throw new Error("the example has no site");
    const sites = [300, 700, 20].map((openConnections) => ({ ...site, openConnections }));
    expect(counted({ ...CONFIG, sites })).toEqual(["700", "700"]);
    expect(counted({ ...CONFIG, sites: [] })).toEqual([undefined, undefined]);
  });
});

describe.skipIf(cannot !== "")(`the firewall's rules, loaded by the kernel${cannot}`, () => {
  it("pass the loader's own test, whatever the configuration", () => {
    fc.assert(
      fc.property(configurations, (raw) => {
        const plan = planOf(parseConfig(raw));
        for (const family of FAMILIES)
          for (const name of ["user", "after"] as const) {
            const loaded = apart(`${IPTABLES[family]}-restore --test --noflush`, file(plan, name, family));
            expect([loaded.status, loaded.stderr]).toEqual([0, ""]);
          }
      }),
      { numRuns: 5 },
    );
  });

  it("do not pass it with a typing error", () => {
    for (const family of FAMILIES)
      expect(
        apart(`${IPTABLES[family]}-restore --test --noflush`, file(planOf(CONFIG), "user", family).replace("--dport 22", "--dprot 22"))
          .status,
      ).not.toBe(0);
  });

  it("answer the plan's own checks when they are loaded, and no longer when one is missing or one too many", () => {
    fc.assert(
      fc.property(fc.oneof(fc.constant(CONFIG), configurations.map(parseConfig)), (config) => {
        const plan = planOf(config);
        for (const family of FAMILIES) {
          const user = file(plan, "user", family);
          const chain = family === "ipv4" ? "ufw-user-input" : "ufw6-user-input";
          expect(failing(plan, family, user)).toEqual([]);
          expect(failing(plan, family, user.replace(/^-A \S+-user-input .*-j \S+-user-limit-accept$/m, ""))).toEqual([
            `ufw-openings-there-${family}`,
          ]);
          expect(failing(plan, family, user.replace("COMMIT", `-A ${chain} -p tcp --dport 5432 -j ACCEPT\nCOMMIT`))).toEqual([
            `ufw-openings-exclusive-${family}`,
          ]);
        }
      }),
      { numRuns: 4 },
    );
  });
});

/** The chains of UFW's own rules, which are loaded first. */
const OWN = {
  ipv4: "*filter\n:ufw-before-input - [0:0]\n:ufw-before-output - [0:0]\nCOMMIT\n",
  ipv6: "*filter\n:ufw6-before-input - [0:0]\n:ufw6-before-output - [0:0]\nCOMMIT\n",
} as const;

/** Ids of the checks on UFW's and Docker's chains that do not hold when these rules are loaded. */
function failing(plan: ConcernPlan, family: Family, user: string): readonly string[] {
  const checks = plan.checks.filter(
    ({ id, argv }) => id.endsWith(family) && argv[0] === IPTABLES[family] && /user-input$|^DOCKER-USER$/.test(argv.at(-1) ?? ""),
  );
  expect(checks).toHaveLength(3);
  return checks.flatMap(({ id, argv, expect: answer }) => {
    const { stdout } = apart(
      `${IPTABLES[family]}-restore --noflush && ${argv.join(" ")}`,
      OWN[family] + user + file(plan, "after", family),
    );
    return holds(answer, stdout) ? [] : [id];
  });
}

// As the agent judges (host/phiward_host/agent/expectation.py), for the kinds in use here.
function holds(answer: Expectation, output: string): boolean {
  const lines = output.trimEnd().split("\n");
  if (answer.kind === "lines") return answer.lines.every((line) => lines.includes(line));
  if (answer.kind === "oneOf") return answer.texts.includes(output.trimEnd());
  if (answer.kind === "lacks") return !lines.some((line) => new RegExp(answer.pattern).test(line));
  throw new Error(`no check on a chain answers by ${answer.kind}`);
}
