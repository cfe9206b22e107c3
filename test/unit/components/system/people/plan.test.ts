import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CONTAINER_IDS, RESTORE_TEST_ID } from "../../../../../components/config/containerIds";
import { parseConfig } from "../../../../../components/config/faults";
import type { StackConfig } from "../../../../../components/config/schema";
import { DEPLOY_USER, KEYS_DIRECTORY } from "../../../../../components/plan/places";
import { people } from "../../../../../components/system/people/concern";
import { peoplePlan } from "../../../../../components/system/people/plan";
import { authorizedKeys, BREAK_GLASS_USER, peopleSettings, SSH_GROUP } from "../../../../../components/system/people/settings";
import { runSync } from "../../../../../ops/lib/process";
import { configurations } from "../../configurations";
import { changed, complete, ed25519, smallest } from "../../examples";
import { CONFIG, expectGolden, textOf } from "../../golden";

const plan = peoplePlan(peopleSettings(CONFIG));

/** A configuration with one more person, who leaves on a day. */
function leaving(expires: string): StackConfig {
  return parseConfig(changed(smallest(), { "people.1": { name: "bob", keys: [ed25519(9)], sudo: true, expires } }));
}

describe("the people's plan", () => {
  it("is as it was last reviewed: the plan, its files and its removal", async () => {
    await expectGolden(__dirname, people);
  });

  it("gives every key its person's name as comment, and no other words of the person's", () => {
    fc.assert(
      fc.property(configurations, (raw) => {
        for (const person of parseConfig(raw).people) {
          const lines = authorizedKeys([person]).trimEnd().split("\n");
          expect(lines).toHaveLength(person.keys.length);
          lines.forEach((line, index) => {
            const key = person.keys[index]?.split(" ").slice(0, 2).join(" ") ?? "";
            const day = person.expires?.replaceAll("-", "") ?? "";
            expect(line).toBe(`${person.expires === undefined ? "" : `expiry-time="${day}2359Z" `}${key} ${person.name}`);
          });
        }
      }),
    );
  });

  it.each([
    ["2027-03-31", "202703312359Z", "20909"],
    ["2028-02-29", "202802292359Z", "21244"],
    ["2027-12-31", "202712312359Z", "21184"],
  ])("lets a person in for the whole of the last day, %s, and no longer", (expires, minute, day) => {
    const rendered = peoplePlan(peopleSettings(leaving(expires)));
    expect(textOf(rendered, `${KEYS_DIRECTORY}/bob`)).toBe(`expiry-time="${minute}" ${ed25519(9)} bob\n`);
    // shadow(5) closes an account on that day: the one after the last.
    expect(rendered.steps.find(({ id }) => id === "open-bob")?.argv).toEqual(["usermod", "--expiredate", day, "bob"]);
    expect(new Date(Number(day) * 86_400_000 - 1).toISOString().slice(0, 10)).toBe(expires);
  });

  it("opens the deploy account to people with sudo alone, each under their own name and with their own last day", () => {
    const lines = textOf(plan, `${KEYS_DIRECTORY}/${DEPLOY_USER}`).trimEnd().split("\n");
    expect(lines.map((line) => line.split(" ").at(-1))).toEqual(["alice", "alice", "carol-x"]);
    expect(lines[2]).toMatch(/^expiry-time="202703312359Z",restrict,command="/);
  });

  it("writes one key file for each account that may log in, all owned by root, in a directory that is exclusive", () => {
    fc.assert(
      fc.property(configurations, (raw) => {
        const config = parseConfig(raw);
        const rendered = peoplePlan(peopleSettings(config));
        const files = rendered.files.filter(({ path }) => path.startsWith(`${KEYS_DIRECTORY}/`));
        expect(files.map(({ path }) => path).sort()).toEqual(
          [...config.people.map(({ name }) => name), DEPLOY_USER].map((name) => `${KEYS_DIRECTORY}/${name}`).sort(),
        );
        for (const { owner, mode } of files) expect([owner, mode]).toEqual(["root:root", "0644"]);
        expect(rendered.directories.find(({ path }) => path === KEYS_DIRECTORY)?.exclusive?.keep).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it("lets the break-glass account in by no key and into no group", () => {
    expect(plan.files.map(({ path }) => path)).not.toContain(`${KEYS_DIRECTORY}/${BREAK_GLASS_USER}`);
    for (const set of plan.sets.filter(({ id }) => id.startsWith("members-"))) expect(set.keep).not.toContain(BREAK_GLASS_USER);
  });

  it("gives sudo to the deploy account, to the break-glass account, and to people with sudo, by name; to a reader one program", () => {
    const rules = textOf(plan, "/etc/sudoers.d/phiward").trimEnd().split("\n");
    expect(rules).toEqual([
      "deploy ALL=(ALL:ALL) NOPASSWD: ALL",
      "alice ALL=(ALL:ALL) NOPASSWD: ALL, LOG_OUTPUT: ROOT_SHELLS",
      "carol-x ALL=(ALL:ALL) NOPASSWD: ALL, LOG_OUTPUT: ROOT_SHELLS",
      "breakglass ALL=(ALL:ALL) ALL, LOG_OUTPUT: ROOT_SHELLS",
      // Neither what is refused to them nor what they are let do fills the record with lines of their own length.
      "Defaults:bob !authenticate, !log_allowed, !log_denied, !log_subcmds, !logfile, !syslog",
      "bob ALL=(root) NOPASSWD: LOG_OUTPUT: /usr/bin/python3 ^-I /usr/local/lib/phiward/phiward\\.pyz psql (notes-api) [ -~]+$",
    ]);
  });

  it("lets a reader start one program by sudo, also where the service was renamed or sessions are not recorded", () => {
    const renamed = { "services.2.name": "records", "services.2.formerly": ["notes-api"], sites: [], jobs: [], removed: [] };
    const given = { "people.0.databases": { records: "readonly" }, "people.1.databases": { records: "readonly" } };
    const config = parseConfig(changed(complete(), { ...renamed, ...given, "audit.sessions": "off" }));
    const rendered = peoplePlan(peopleSettings(config, "web"));
    const program = "NOPASSWD: /usr/bin/python3 ^-I /usr/local/lib/phiward/phiward\\.pyz psql (notes-api) [ -~]+$";
    expect(textOf(rendered, "/etc/sudoers.d/phiward").trimEnd().split("\n").slice(-3)).toEqual([
      `alice ALL=(root) ${program}`,
      "Defaults:bob !authenticate, !log_allowed, !log_denied, !log_subcmds, !logfile, !syslog",
      `bob ALL=(root) ${program}`,
    ]);
    const [check] = rendered.checks.filter(({ id }) => id === "people-sudo-declared");
    const pattern = check?.expect.kind === "lacks" ? new RegExp(check.expect.pattern) : /^/;
    const command = "/usr/bin/python3 ^-I /usr/local/lib/phiward/phiward\\.pyz psql (notes-api) [ -~]+$";
    expect(pattern.test(`rule,bob,ALL,root,,"!authenticate",${command}`)).toBe(false);
    expect(pattern.test('rule,bob,ALL,root,,"!authenticate",ALL')).toBe(true);
    expect(pattern.test(`rule,eve,ALL,root,,"!authenticate",${command}`)).toBe(true);
    // Whoever is locked is denied all, also where the stack's file does not have them; all but that is a right.
    expect(pattern.test('rule,eve,ALL,ALL,ALL,"",!ALL')).toBe(false);
    for (const right of ['"ALL,!ALL"', '"!ALL,/bin/sh"', "ALL"]) expect(pattern.test(`rule,eve,ALL,ALL,ALL,"",${right}`)).toBe(true);
    // A vault has no databases.
    const vault = peoplePlan(peopleSettings(config, "store"));
    expect(textOf(vault, "/etc/sudoers.d/phiward")).not.toContain("psql");
    expect(vault.checks.map(({ id }) => id)).toContain("people-sudo-refused-to-bob");
  });

  it("keeps in the SSH group everybody who is declared, and nobody else", () => {
    expect(plan.sets.find(({ id }) => id === `members-${SSH_GROUP}`)?.keep).toEqual(["alice", "bob", "carol-x", "deploy"]);
  });

  it("makes the break-glass password anew for a higher epoch, encrypted to the owner's key", () => {
    expect(plan.made).toEqual([
      expect.objectContaining({
        id: "breakglass-password",
        epoch: 3,
        length: 32,
        recipient: CONFIG.recovery.publicKey,
        use: { argv: ["chpasswd"], stdin: "breakglass:{}\n" },
      }),
    ]);
  });

  // As sudo 1.9.16 prints them for root, on one line where there is no terminal.
  const listing = (...entries: string[]): string =>
    `Matching Defaults entries for alice on web:\n    env_reset, use_pty, ${entries.join(", ")}\n\nUser alice may run the following commands on web:\n    (ALL : ALL) NOPASSWD: ALL\n`;
  const logged = (account: string, output: string): boolean => {
    const answer = plan.checks.find(({ id }) => id === `people-sudo-logged-of-${account}`)?.expect;
    return answer?.kind === "matches" && output.split("\n").some((line) => new RegExp(answer.pattern).test(line));
  };
  const FILE = "logfile=/var/log/sudo.log";

  it("asks of everybody with sudo whether it is logged", () => {
    const asked = plan.checks.filter(({ id }) => id.startsWith("people-sudo-logged-of-")).map(({ argv }) => argv.at(-1));
    expect(asked).toEqual(["deploy", "alice", "carol-x", BREAK_GLASS_USER]);
  });

  it.each([
    ["as declared", [FILE, "log_subcmds"], true, true],
    ["as declared for the deploy account", [FILE, "log_subcmds", "!log_subcmds"], false, true],
    ["without subcommands", [FILE], false, true],
    ["with a log file alone taken back", [FILE, "log_subcmds", "!logfile"], false, false],
    ["to another file", ["logfile=/var/log/sudo.log2", "log_subcmds"], false, false],
    ["to another file after ours", [FILE, "log_subcmds", "logfile=/dev/null"], false, false],
    ["with nothing but subcommands switched off", ["!log_subcmds"], false, false],
    ["with accepted commands left out", [FILE, "log_subcmds", "!log_allowed"], false, false],
    ["nowhere", [], false, false],
  ])("finds sudo that logs %s: of alice %s, of a deploy %s", (_, entries, ofAlice, ofDeploy) => {
    const output = listing(...entries);
    expect([logged("alice", output), logged(DEPLOY_USER, output)]).toEqual([ofAlice, ofDeploy]);
  });

  it("finds every account and group whose number is one of the containers' or the restore test's, and no other", () => {
    const finds = (id: string, line: string): boolean => {
      const answer = plan.checks.find((check) => check.id === `people-no-${id}-has-a-number-of-containers`)?.expect;
      return answer?.kind === "lacks" && new RegExp(answer.pattern).test(line);
    };
    fc.assert(
      fc.property(fc.oneof(fc.integer({ min: 1, max: 70_000 }), fc.constantFrom(9_999, 10_000, 29_999, 30_000, 30_001)), (id) => {
        const taken = (id >= CONTAINER_IDS.first && id <= CONTAINER_IDS.last) || id === RESTORE_TEST_ID;
        expect(finds("account", `x:x:${id}:7:,,20000:/home/20000:/bin/sh`)).toBe(taken);
        expect(finds("account", `x:x:7:${id}::/home/x:/bin/sh`)).toBe(taken);
        expect(finds("group", `x:x:${id}:n20000`)).toBe(taken);
      }),
    );
  });

  it("refuses to people without sudo, and to machines, what daemons of the system listen on, also where nobody is refused it yet", () => {
    const refusals = (config: StackConfig, host: string): readonly string[] =>
      textOf(peoplePlan(peopleSettings(config, host)), "/etc/tmpfiles.d/90-phiward-people.conf")
        .split("\n")
        .filter((line) => /^a \/run\/(dbus|systemd\/(notify|\*))/.test(line))
        .map((line) => line.replace(/^.*user:nobody:---/, ""));
    expect(refusals(CONFIG, "web")).toEqual(Array(3).fill(",user:bob:---"));
    expect(refusals(parseConfig(smallest()), "web")).toEqual(["", "", ""]);
  });

  it("renders key files that OpenSSH reads", () => {
    for (const file of plan.files.filter(({ path }) => path.startsWith(KEYS_DIRECTORY))) {
      const text = textOf(plan, file.path);
      const read = runSync(["ssh-keygen", "-l", "-f", "-"], { input: text });
      expect(read.stdout.trimEnd().split("\n"), file.path).toHaveLength(text.trimEnd().split("\n").length);
      expect(read.status).toBe(0);
    }
  });
});
