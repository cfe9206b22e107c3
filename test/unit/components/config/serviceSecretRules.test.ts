/** Faults between what a service gets of secrets and what it has. */
import { describe, expect, it } from "vitest";
import { PLACEHOLDER_RULE, pieces } from "../../../../components/config/placeholders";
import { changed, complete, faultsOf } from "../examples";

const KEY = "a-key-that-was-made-up-at-random-0123456789";
const SERVICE = "services.2";

/** Faults of the complete example with these changes of its application, and a secret that was brought. */
function faults(changes: Readonly<Record<string, unknown>>): readonly string[] {
  const service = Object.fromEntries(Object.entries(changes).map(([key, value]) => [`${SERVICE}.${key}`, value]));
  const secrets = { "mail-key": "x", "version-key": KEY };
  return faultsOf(changed(complete(), { secrets, [`${SERVICE}.secrets.1`]: { name: "mail", from: "mail-key" }, ...service }));
}

function configured(content: string, changes: Readonly<Record<string, unknown>> = {}): readonly string[] {
  return faults({ configurationFiles: [{ path: "/etc/app.conf", content }], ...changes });
}

describe("what a service gets of secrets", () => {
  it("is allowed where all that it names is there", () => {
    const content = "{{secret:mail}} {{secret:admin-password}} {{db.password}} {{cache.host}} {{{{ {}";
    expect(
      configured(content, { secretEnvironment: { API_KEY: "mail", URL: "db-url", PGPASSWORD: "db-password" }, databaseParts: true }),
    ).toEqual([]);
  });

  it.each<readonly [string, Readonly<Record<string, unknown>>, string]>([
    [
      "an escrow of what was brought",
      { "secrets.1.escrow": true },
      "services.2.secrets.1.escrow: found true, allowed: false beside `from`",
    ],
    ["an epoch of what was brought", { "secrets.1.epoch": 2 }, "services.2.secrets.1.epoch: found 2, allowed: nothing beside `from`"],
    ["a secret that was not brought", { "secrets.1.from": "sms-key" }, "services.2.secrets.1.from: found"],
    [
      "a secret with the name of a database's file",
      { databaseParts: true, "secrets.1.name": "db-password" },
      "services.2.secrets.1.name: found text of 11 characters, allowed: a name other than DATABASE-password",
    ],
    [
      "no command",
      { command: [], secretEnvironment: { API_KEY: "mail" } },
      "services.2.command: found an empty list, allowed: the image's entry point",
    ],
    [
      "a variable with a secret that is not there",
      { secretEnvironment: { API_KEY: "sms" } },
      "services.2.secretEnvironment.API_KEY: found text of 3 characters, allowed: admin-password, mail, db-url or cache-url",
    ],
    [
      "a password without the parts that it is one of",
      { secretEnvironment: { PGPASSWORD: "db-password" } },
      "services.2.secretEnvironment.PGPASSWORD: found text of 11 characters, allowed: admin-password, mail, db-url or cache-url",
    ],
    [
      "a variable that the launcher's shell has itself",
      { secretEnvironment: { PATH: "mail" } },
      "services.2.secretEnvironment: found the key text of 4 characters, among them capital letters, allowed: a name of at most 64 letters, digits and _, without a digit first, other than file",
    ],
    [
      "a variable twice",
      { secretEnvironment: { LOG_LEVEL: "mail" } },
      "services.2.secretEnvironment.LOG_LEVEL: found text of 4 characters, allowed: a variable that is not in environment too",
    ],
    ["a path of the kernel's", { configurationFiles: [{ path: "/proc/x", content: "x" }] }, "allowed: a path outside of /proc, /sys"],
    ["a path among secrets", { configurationFiles: [{ path: "/run/secrets/x", content: "x" }] }, "allowed: a path outside of /proc, /sys"],
    ["/etc itself", { configurationFiles: [{ path: "/etc", content: "x" }] }, "allowed: a path outside of /proc, /sys"],
    ["a path in a volume", { configurationFiles: [{ path: "/data/x", content: "x" }] }, "allowed: a path outside of its volumes"],
    [
      "a path twice",
      {
        configurationFiles: [
          { path: "/etc/x", content: "x" },
          { path: "/etc/x", content: "y" },
        ],
      },
      "services.2.configurationFiles.1.path: found text of 6 characters, allowed: must be unique",
    ],
    [
      "a path below another one",
      {
        configurationFiles: [
          { path: "/etc/x", content: "x" },
          { path: "/etc/x/y", content: "y" },
        ],
      },
      "services.2.configurationFiles.1.path: found text of 8 characters, allowed: a path outside of its volumes, and below no other",
    ],
  ])("is refused with what is allowed: %s", (_, changes, message) => {
    expect(faults(changes).join("\n")).toContain(message);
  });

  it.each(["{{secret:hunter2", "a\n{{hunter2}}", "{{ }}", "{{secret}}", "{{db.hunter2}}", "{{db}}", "{{secret:MAIL}}", "{{{{ {{x}}"])(
    "is refused with the line of an unknown placeholder, and does not repeat it: %s",
    (content) => {
      const found = configured(content).join("\n");
      expect(found).toContain(`services.2.configurationFiles.0.content: found text of`);
      expect(found).toContain(`${PLACEHOLDER_RULE}; another placeholder is in line ${content.startsWith("a\n") ? "2" : "1"}`);
      expect(found).not.toContain("hunter2");
    },
  );

  it.each(["{{secret:sms}}", "{{hunter2.host}}"])("is refused where a placeholder names what the service has not: %s", (content) => {
    const found = configured(content).join("\n");
    expect(found).toContain(
      "allowed: placeholders of what this service has: {{secret:admin-password}}, {{secret:mail}}, {{db.PART}} or {{cache.PART}}; declare",
    );
    expect(found).not.toContain("hunter2");
  });
});

describe("the pieces of a text", () => {
  it("put together give it again, with two braces for four", () => {
    const plain = 'server { "a": {"b": {}} }\n';
    expect(pieces(plain)).toEqual([{ kind: "text", text: plain }]);
    expect(pieces("{{{{ {{{{{{db.port}}")).toEqual([
      { kind: "text", text: "{{" },
      { kind: "text", text: " " },
      { kind: "text", text: "{{" },
      { kind: "database", database: "db", part: "port" },
    ]);
    expect(pieces("")).toEqual([]);
  });
});
