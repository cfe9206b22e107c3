/** What is secret in the configuration is in Pulumi's state as a secret alone, whatever it is and whatever was made of it. */

import { createHash } from "node:crypto";
import { inflateSync } from "node:zlib";
import type { Resource } from "@pulumi/pulumi";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../../components/config/faults";
import { stackSchema } from "../../../../components/config/schema";
import { stackModel } from "../../../../components/containers/model";
import { hardenHost } from "../../../../components/pulumi/hardenedHost";
import { secretSections } from "../../../../components/pulumi/keptSecret";
import { loadConfig } from "../../../../components/pulumi/loadConfig";
import { plannedParts } from "../../../../components/registry";
import { CLOUD } from "../../../policy/fixtures";
import { changed } from "../examples";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
// Names of resources are made of these: Pulumi has them in the clear, so the commands refuse them as secrets.
const NAMES =
  /^(hosts\.\d+\.(name|kind)|services\.\d+\.(name|kind|uses\.\d+|volumes\.\d+\.name)|sites\.\d+\.(name|aliases\.\d+|routes\.\d+\.service)|listeners\.\d+\.(site|service)|hosts\.\d+\.dns\.(zone|issuers\.\d+)|backup\.offsite|integrity\.accepted\.\d+\.host)$/;
// A text that is in every plan anyway proves nothing.
const COMMON = /^([A-Za-z]{1,12}|\d{1,4}|.{0,3}|TLSv1\.[23])$/;

// Values that nothing else has.
const STACK = parseConfig(
  changed(CLOUD, {
    banner: "planted banner",
    "updates.rebootTime": "04:17",
    "services.2.volumes.0.path": "/planted-volume",
    "sites.0.routes.0.path": "/planted-login",
    "sites.0.login": "/planted-login",
    "sites.0.routes.2.path": "/planted-health",
    "hosts.0.alerts.uptimePath": "/planted-health",
    "services.2.environment": { GREETING: "planted greeting" },
  }),
);

const SECTIONS = Object.keys(stackSchema.shape).filter(
  (section) => !["firstHostKeys", "secrets"].includes(section) && Object.hasOwn(STACK, section),
);

function textsIn(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (typeof value === "string") return NAMES.test(path) || COMMON.test(value) ? [] : [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => textsIn(entry, path === "" ? key : `${path}.${key}`));
}

/** A value as Pulumi writes it into its state: a secret is encrypted. */
function asStored(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asStored);
  if (typeof value !== "object" || value === null) return value;
  if (SIGNATURE in value) return "[secret]";
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, asStored(entry)]));
}

/** What a request in the clear holds besides its own text: compressed is not secret. */
function unpacked(stdin: unknown): unknown {
  const compressed = typeof stdin === "string" ? /"compressed":"([^"]*)"/.exec(stdin)?.[1] : undefined;
  return compressed === undefined ? undefined : JSON.parse(inflateSync(Buffer.from(compressed, "base64")).toString());
}

/** Paths of the texts of a section that stand in a JSON text. */
function shownIn(json: string, section: string): readonly string[] {
  return textsIn(Reflect.get(STACK, section), section)
    .filter(([, text]) => json.includes(JSON.stringify(text).slice(1, -1)))
    .map(([path]) => path);
}

/** Runs the program with secrets in `secret`, and returns all that Pulumi stores. */
async function stateOf(secret: readonly string[], stack: object = STACK): Promise<string> {
  const stored: unknown[] = [];
  await pulumi.runtime.setMocks(
    {
      call: () => ({}),
      newResource: ({ type, name, ...rest }) => {
        // A map, as every resource's inputs are; the SDK calls it any.
        const inputs = rest.inputs as Record<string, unknown>;
        stored.push([type, name, asStored(inputs), unpacked(inputs["stdin"])]);
        return { id: `${name}-id`, state: { ...inputs, stdout: "{}" } };
      },
    },
    "phiward",
    "test",
    true,
  );
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(stack).map(([key, value]) => [`phiward:${key}`, typeof value === "string" ? value : JSON.stringify(value)]),
    ),
    secret.map((section) => `phiward:${section}`),
  );
  const registered: Promise<unknown>[] = [];
  const components: object = pulumi.ComponentResource.prototype;
  const registerOutputs: unknown = Reflect.get(components, "registerOutputs");
  // Outputs of components are in the state too, and the test monitor does not show them.
  Reflect.set(components, "registerOutputs", function (this: Resource, outputs: pulumi.Inputs = {}): void {
    registered.push(pulumi.runtime.serializeProperties("outputs", outputs).then((shown) => stored.push(asStored(shown))));
  });
  try {
    const config = loadConfig();
    const model = stackModel(config);
    const hosts = config.hosts.map((host) => hardenHost(model, host, [], secretSections()).outputs);
    stored.push(asStored(await pulumi.runtime.serializeProperties("stack", { hosts })));
    await Promise.all(registered);
    return JSON.stringify(stored);
  } finally {
    Reflect.set(components, "registerOutputs", registerOutputs);
  }
}

describe("what is secret in the configuration", () => {
  it("would be in the state in the clear if it were none", async () => {
    const state = await stateOf([]);
    expect(SECTIONS.flatMap((section) => shownIn(state, section)).length).toBeGreaterThan(30);
  });

  it("is in the state as a secret alone: no text of any section is there in the clear", async () => {
    const state = await stateOf(SECTIONS);
    expect(SECTIONS.flatMap((section) => shownIn(state, section))).toEqual([]);
  });

  it("hides no more than what was made of it", async () => {
    const state = await stateOf(["banner", "alerts"]);
    expect(["banner", "alerts"].flatMap((section) => shownIn(state, section))).toEqual([]);
    expect(shownIn(state, "people").length).toBeGreaterThan(1);
  });
});

describe("a secret that was brought", () => {
  const value = "planted-key-hunter2";
  const password = "planted-password-of-anna";
  const brought = {
    secrets: { "provider-key": value, "anna-password": password, "version-key": "planted-version-key-0123456789abcdef" },
    "services.2.secrets.0": { name: "mail-key", from: "provider-key" },
    "services.2.command": ["/app/main"],
    "services.2.secretEnvironment": { API_KEY: "mail-key" },
    "services.2.configurationFiles": [{ path: "/etc/app.conf", content: "key={{secret:mail-key}}\n" }],
  };

  it("is in the state as a secret alone, where it is handed over, and as nothing that it could be found by", async () => {
    const state = await stateOf(["secrets"], Object(changed(STACK, brought)) as object);
    const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
    for (const trace of [value, password, "planted-version-key", hash(value), hash(password), hash(`provider-key\0${value}`).slice(0, 16)])
      expect(state).not.toContain(trace);
    expect(state).toMatch(/"secret":"provider-key\.[0-9a-f]{16}"/);
    expect(state.match(/"stdin":"\[secret\]"/g), "nothing is hidden but the two requests that hand them over").toHaveLength(2);
  });
});

describe("a part of a host", () => {
  const model = stackModel(STACK);
  const parts = STACK.hosts.flatMap((host) => plannedParts(model, host));

  it.each(SECTIONS)("has no text of a section that it does not name: %s", (section) => {
    const others = parts.filter(({ sections }) => !sections.has(section));
    expect(others.flatMap((part) => shownIn(JSON.stringify(part), section).map((path) => `${part.name}: ${path}`))).toEqual([]);
  });

  it("names the sections that it follows from, and not all", () => {
    const named = parts.find(({ name }) => name === "fail2ban")?.sections;
    expect([named?.has("bans"), named?.has("hosts"), named?.has("banner")]).toEqual([true, true, false]);
  });
});
