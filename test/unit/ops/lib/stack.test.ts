/** What the operator's commands say of a stack's file that they cannot read. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { programConfig, readStack } from "../../../../ops/lib/stack";

let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "phiward-stack-"));
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

function told(text: string): string {
  const path = join(directory, "Pulumi.broken.yaml");
  writeFileSync(path, text);
  try {
    readStack(path);
  } catch (error) {
    return String(error).replace(path, "FILE");
  }
  return "";
}

describe("a file that is no YAML", () => {
  it("is refused with the kind of fault and its place", () => {
    expect(told("config:\n  phiward:banner: [a\n")).toMatch(/FILE: not valid YAML \([A-Z_]+ at line \d+, column \d+\); correct it$/);
  });

  it.each([
    ["an alias", "config:\n  phiward:banner: *hunter2\n"],
    ["a tag", "config:\n  phiward:banner: !hunter2\n   - [x\n"],
    ["an anchor", "config:\n  phiward:banner: &hunter2 &hunter2 x\n"],
    ["a key twice", "hunter2: 1\nhunter2: 2\n"],
    ["a text that does not end", 'config:\n  phiward:banner: "hunter2\n'],
    ["an escape", 'config:\n  phiward:banner: "\\hunter2"\n'],
  ])("is refused without its own words, be they %s", (_, text) => {
    expect(told(text)).toContain("FILE: ");
    expect(told(text)).not.toContain("hunter2");
  });
});

it("names no key that was pasted in place of a droplet's name", () => {
  const message = told("config:\n  phiward:firstHostKeys: { hunter2 SECRET: plain, web: plain }\n");
  expect(message).toMatch(/FILE: firstHostKeys, firstHostKeys\.web: found plain text/);
  expect(message).not.toContain("hunter2");
});

describe("a secret that is brought", () => {
  const written = (secrets: string): string => {
    const path = join(directory, "Pulumi.brought.yaml");
    writeFileSync(path, `config:\n  phiward:secrets: ${secrets}\n`);
    return path;
  };

  it("is refused in plain text by its name, whatever else is there, and not repeated", () => {
    const message = told("config:\n  phiward:secrets: { mail-key: hunter2, sms-key: { secure: v1:abc }, hunter2 SECRET: 1 }\n");
    expect(message).toContain("FILE: secrets.mail-key, secrets: found plain text, expected a Pulumi secret; treat it as known to others");
    expect(told("config:\n  phiward:secrets: hunter2\n")).toContain("FILE: secrets: found plain text");
    expect(message).not.toMatch(/hunter2|sms-key/);
  });

  it("may be plain text in the file of a sandbox, which nothing could encrypt", () => {
    const cache = process.env["PHIWARD_CACHE"];
    process.env["PHIWARD_CACHE"] = directory;
    const own = join(directory, "sandboxes", "sandbox");
    mkdirSync(own, { recursive: true });
    const path = join(own, "Pulumi.sandbox.yaml");
    writeFileSync(path, "config:\n  phiward:secrets: { mail-key: hunter2, version-key: 0123456789abcdef0123456789abcdef }\n");
    expect(() => readStack(path)).toThrow(/nothing uses mail-key/);
    expect(() => readStack(path)).not.toThrow(/found plain text/);
    if (cache === undefined) delete process.env["PHIWARD_CACHE"];
    else process.env["PHIWARD_CACHE"] = cache;
    expect(() => readStack(path)).toThrow(/secrets\.mail-key, secrets\.version-key: found plain text/);
  });

  it("is not opened to be judged, and needs nobody who could: its name does", () => {
    const path = written("{ mail-key: { secure: v1:abc }, version-key: { secure: v1:def } }");
    const { config, secretKeys } = programConfig(path, { stack: "brought", judging: true });
    expect(config["phiward:secrets"]).toBe('{"mail-key":{"secure":"v1:abc"},"version-key":{"secure":"v1:def"}}');
    expect(secretKeys).toEqual(["phiward:secrets"]);
    const judged = (): unknown => readStack(path, { stack: "brought", judging: true });
    expect(judged).toThrow(/secrets that something uses, and nothing uses mail-key; remove it or use it/);
    expect(judged).not.toThrow(/Pulumi CLI/);
  });

  it("is opened by the Pulumi CLI for whoever deploys, whom its version is needed by", () => {
    const path = written("{ mail-key: { secure: v1:abc }, version-key: { secure: v1:def } }");
    expect(() => readStack(path)).toThrow(/found Pulumi secrets \(secrets\), which only the Pulumi CLI can open/);
  });

  it("has to be opened where the whole map is one secret, since its names are inside", () => {
    const path = written("{ secure: v1:abc }");
    for (const read of [
      () => readStack(path, { stack: "brought", judging: true }),
      () => programConfig(path, { stack: "brought", judging: true }),
    ])
      expect(read).toThrow(/which only the Pulumi CLI can open/);
  });
});

describe("the address of a webhook", () => {
  const text = 'config:\n  phiward:alerts: { webhook: { secure: "v1:abc" } }\n';

  it("is not opened to be judged where it is a secret, and needs nobody who could", () => {
    const path = join(directory, "Pulumi.secret.yaml");
    writeFileSync(path, text);
    expect(programConfig(path, { stack: "secret", judging: true }).config["phiward:alerts"]).toBe('{"webhook":"https://secret.invalid/"}');
    const judged = (): unknown => readStack(path, { stack: "secret", judging: true });
    expect(judged).toThrow(/hosts/);
    expect(judged).not.toThrow(/alerts\.webhook|Pulumi CLI/);
  });

  const refused = (address: string): boolean =>
    told(`config:\n  phiward:alerts: { webhook: "${address}" }\n`).includes("alerts.webhook: found an address with a token in it");

  it.each([
    "https://hooks.slack.com/services/T0/B0/x",
    "https://discord.com/api/webhooks/1/x",
    "https://example.webhook.office.com/webhookb2/8c5f1f0a-0000-4000-8000-000000000001@x/IncomingWebhook/0123456789abcdef0123456789abcdef",
    "https://alerts.example.org/phiward?token=abc",
    "https://ntfy.example.org/x9f3k2l1m8n4b7v6c5z0",
  ])("is refused as plain text where it holds a token, and not repeated: %s", (address) => {
    expect(refused(address)).toBe(true);
    expect(told(`config:\n  phiward:alerts: { webhook: "${address}" }\n`)).not.toContain(address);
  });

  it.each([
    "https://alerts.example.org/phiward",
    "https://alerts.example.org/a-long-name-of-an-endpoint?team=on-call",
    "http://10.0.0.1:9093/",
  ])("is let pass where it holds none: %s", (address) => {
    expect(refused(address)).toBe(false);
  });
});
