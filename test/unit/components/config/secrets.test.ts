/** Secrets that people bring, as the configuration has them. */
import { describe, expect, it } from "vitest";
import { ConfigError, parseConfig } from "../../../../components/config/faults";
import { secretRules } from "../../../../components/config/secretRules";
import { type BroughtSecret, secrets, UNOPENED } from "../../../../components/config/sections/secrets";
import { smallest } from "../examples";

const KEY = "a-key-that-was-made-up-at-random-0123456789";
const VALUE = "hunter2-Zq7xW2mK9pLr";

function read(values: object, key: unknown = KEY): readonly BroughtSecret[] {
  return secrets.parse({ ...values, "version-key": key });
}

function faultsOf(values: unknown): readonly string[] {
  try {
    parseConfig({ ...smallest(), secrets: values });
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe("a secret that is brought", () => {
  it("is in the configuration by its name and a version, which is another one for each value, name and key", () => {
    const versionOf = (...given: Parameters<typeof read>): string | undefined => read(...given)[0]?.version;
    const version = versionOf({ "mail-key": VALUE });
    expect(version).toMatch(/^[0-9a-f]{16}$/);
    expect(versionOf({ "mail-key": VALUE })).toBe(version);
    const others = [versionOf({ "mail-key": `${VALUE}x` }), versionOf({ "mail-keys": VALUE }), versionOf({ "mail-key": VALUE }, `${KEY}x`)];
    expect(new Set([version, ...others]).size).toBe(4);
  });

  it("leaves nothing else in the configuration, in whatever order they stand", () => {
    const long = "x".repeat(12);
    const found = read({ "smtp-password": long, "mail-key": VALUE });
    expect(found.map(({ name }) => name)).toEqual(["mail-key", "smtp-password"]);
    expect(found.flatMap((secret) => Object.keys(secret))).toEqual(["name", "version", "name", "version"]);
    expect(read({ "mail-key": VALUE, "smtp-password": long })).toEqual(found);
    // But for what is too short for people's passwords.
    expect(read({ "smtp-password": `${"x".repeat(11)}\n` })).toEqual([
      { name: "smtp-password", version: expect.any(String) as string, short: true },
    ]);
    expect(JSON.stringify(found)).not.toMatch(new RegExp(`${VALUE}|${KEY}|version-key`));
  });

  it("is known by its name alone where nobody opened it", () => {
    const unopened = [{ name: "mail-key", version: UNOPENED }];
    expect(read({ "mail-key": { secure: "v1:abc" } }, { secure: "v1:def" })).toEqual(unopened);
    expect(secrets.parse(unopened)).toEqual(unopened);
    expect([secrets.parse(undefined), secrets.parse({})]).toEqual([[], []]);
  });

  it.each([
    [
      "a text in place of the map",
      VALUE,
      "secrets: found text of 20 characters, among them capital letters, allowed: an object of names and secrets",
    ],
    ["an empty value", { "version-key": KEY, "mail-key": "" }, "mail-key as 1 byte to 64 KiB of text without NUL; set it by pulumi config"],
    ["a large value", { "version-key": KEY, "mail-key": "x".repeat(65_537) }, "mail-key as 1 byte to 64 KiB"],
    ["NUL", { "version-key": KEY, "mail-key": "x\0" }, "mail-key as 1 byte to 64 KiB"],
    ["a number, which may be a PIN", { "version-key": KEY, "mail-key": 736_153 }, "mail-key as 1 byte to 64 KiB"],
    ["another name", { "version-key": KEY, [VALUE]: "x", "Mail Key": "x" }, "names of 31 characters at most"],
    [
      "no key of versions",
      { "mail-key": VALUE },
      "version-key as 32 to 1000 characters made up at random, which nobody has to know: openssl rand",
    ],
    ["a short key of versions", { "version-key": "short", "mail-key": VALUE }, "version-key as 32 to 1000 characters"],
  ])("is refused, and not repeated: %s", (_, values, message) => {
    const faults = faultsOf(values).join("\n");
    expect(faults).toContain(message);
    expect(faults).not.toMatch(/hunter2|736.?153|short\b/);
  });
});

describe("the names of secrets", () => {
  const uses = (...from: readonly unknown[]): object => ({ services: [{ secrets: from.map((each) => ({ name: "x", from: each })) }] });

  it("are those that something uses, and nothing uses another one", () => {
    expect(secretRules({ ...uses("mail-key", "mail-key"), secrets: read({ "mail-key": VALUE }) })).toEqual([]);
    expect(secretRules({ ...uses("mail-key"), secrets: [] })).toEqual([
      {
        path: ["services", 0, "secrets", 0, "from"],
        message:
          "the name of a secret of this stack, under secrets; set it by pulumi config set --secret --path 'secrets.NAME' < FILE, with its own name and file",
      },
    ]);
    expect(secretRules({ services: [], secrets: read({ "mail-key": VALUE }) })).toEqual([
      { path: ["secrets"], message: "secrets that something uses, and nothing uses mail-key; remove it or use it" },
    ]);
  });

  it("are not looked at where they have faults of their own", () => {
    expect(secretRules({ ...uses("mail-key"), secrets: { "mail-key": VALUE } })).toEqual([]);
    expect(secretRules({ ...uses("Not a name"), secrets: [] })).toEqual([]);
  });
});
