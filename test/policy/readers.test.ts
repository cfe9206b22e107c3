/** What rules read by: nginx's language, systemd's calendar, the words that name a secret, and databases. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DATABASE_KIND_NAMES, DATABASE_KINDS } from "../../components/config/sections/databaseKinds";
import { ENGINES } from "../../components/containers/databases/engines";
import { DATABASE_PORTS, databaseOn, unprotected } from "../../policies/readers/databases";
import { assignments } from "../../policies/readers/files";
import { nginxDirectives } from "../../policies/readers/nginxText";
import { looksSecret, secretWord } from "../../policies/readers/secretTexts";
import { calendarSeconds } from "../../policies/readers/systemd";

describe("assignments", () => {
  it("are a shell's, without spaces: with them, the shell would run a command", () => {
    const text = "A=1\n  export B='2 3'\nC = 4\n#D=5\nE=\"6\"\n";
    expect(assignments(text, "shell").map(({ key, value }) => `${key} ${value}`)).toEqual(["A 1", "B 2 3", "E 6"]);
  });

  it("are those of sysctl.d(5), with spaces, slashes and hyphens", () => {
    const text = "a.b=1\n a/c = 2 \n-a.d\t= 3\n# a.e = 4\n;a.f = 5\nnet/ipv4/conf/eth0.5/x = 6\n-a.g\n";
    expect(assignments(text, "sysctl").map(({ key, value }) => `${key} ${value}`)).toEqual([
      "a.b 1",
      "a.c 2",
      "a.d 3",
      "net.ipv4.conf.eth0/5.x 6",
      "a.g ",
    ]);
  });
});

describe("nginxDirectives", () => {
  it.each([
    ["a;", [{ name: "a", args: [] }]],
    [
      "a b\n c;# d;\ne f;",
      [
        { name: "a", args: ["b", "c"] },
        { name: "e", args: ["f"] },
      ],
    ],
    [
      "a { b c; d { } }",
      [
        {
          name: "a",
          args: [],
          block: [
            { name: "b", args: ["c"] },
            { name: "d", args: [], block: [] },
          ],
        },
      ],
    ],
    [`a "b; {c}" 'd "e" # f';`, [{ name: "a", args: ["b; {c}", 'd "e" # f'] }]],
    ["a b#c ${d}e;", [{ name: "a", args: ["b#c", "${d}e"] }]],
    [
      "if ($a !~ ^(?:b|c)$) { return 405; }",
      [{ name: "if", args: ["($a", "!~", "^(?:b|c)$)"], block: [{ name: "return", args: ["405"] }] }],
    ],
    ["a b\\;c;", [{ name: "a", args: ["b\\;c"] }]],
    ["", []],
  ])("reads %j", (text, directives) => {
    expect(nginxDirectives(text)).toEqual(directives);
  });

  it.each(["a", "a;}", "{ }", "a {", "a b }", 'a "b;', "a 'b", ";"])("does not understand %j", (text) => {
    expect(nginxDirectives(text)).toBeUndefined();
  });

  it("reads back whatever stands in quotes", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[^"\\]*$/), { minLength: 1 }), (args) => {
        const text = `a ${args.map((word) => `"${word}"`).join(" ")};`;
        expect(nginxDirectives(text)).toEqual([{ name: "a", args }]);
      }),
    );
  });

  it("ends on any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", " ", "\n", "{", "}", ";", '"', "'", "#", "\\", "$") }), (text) => {
        nginxDirectives(text);
      }),
    );
  });
});

describe("calendarSeconds", () => {
  it.each([
    ["*-*-* *:30:00 UTC", 3600],
    ["hourly", 3600],
    ["*-*-* 01:30:00 UTC", 86_400],
    ["daily", 86_400],
    ["Sun *-*-* 04:30:00 UTC", 604_800],
    ["weekly", 604_800],
    ["*-*-01 01:30:00 UTC", undefined],
    ["monthly", undefined],
    ["2027-01-01 01:30:00", undefined],
    ["", undefined],
  ])("says of %j: %s", (calendar, seconds) => {
    expect(calendarSeconds(calendar)).toBe(seconds);
  });
});

describe("secretWord", () => {
  it.each([
    ["DB_PASSWORD", "PASSWORD"],
    ["PGPASSWORD", "PASSWORD"],
    ["key", "KEY"],
    ["AWS_SECRET_ACCESS_KEY", "SECRET"],
    ["SENTRY_DSN", "DSN"],
    ["SESSION_KEY_FILE", "KEY"],
    ["AWS_ACCESS_KEY_ID", undefined],
    ["TOKEN_TTL", undefined],
    ["PUBLIC_KEY", undefined],
    ["MONKEY", undefined],
    ["PASSENGERS", undefined],
    ["SECRETARY", undefined],
  ])("finds in %s: %s", (name, word) => {
    expect(secretWord(name)).toBe(word);
  });
});

describe("looksSecret", () => {
  it.each([
    "postgresql://db:5432/api",
    "https://user@example.org/",
    "-----BEGIN CERTIFICATE-----",
    "--password-file=/run/secrets/a",
    "key=value",
    "",
  ])("lets %j pass", (text) => {
    expect(looksSecret(text)).toBeUndefined();
  });

  it("repeats nothing of the text", () => {
    for (const text of ["redis://:hunter2@cache", "AGE-SECRET-KEY-1HUNTER2", "--api-key=hunter2", `ghp_${"h".repeat(36)}`])
      expect(looksSecret(text)).not.toMatch(/hunter2|hhh/i);
  });
});

describe("databases", () => {
  it("are known by the ports of their engines", () => {
    for (const kind of DATABASE_KIND_NAMES) {
      expect(DATABASE_PORTS.get(ENGINES[kind].port)).toBe(DATABASE_KINDS[kind].title);
      expect(databaseOn(ENGINES[kind].port)).toBe(DATABASE_KINDS[kind].title);
    }
    expect(databaseOn(9000)).toBeUndefined();
  });

  it("are dumped, or have a reason why not", () => {
    expect(DATABASE_KIND_NAMES.map((kind) => unprotected(ENGINES[kind].backup))).toEqual(DATABASE_KIND_NAMES.map(() => undefined));
    expect(unprotected(undefined)).toBe("a kind of database that no engine is known for");
    expect(unprotected({ kind: "none", because: " " })).toBe("an engine that is not dumped, and no reason why");
  });
});
