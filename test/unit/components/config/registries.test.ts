import { describe, expect, it } from "vitest";
import { ConfigError, parseConfig } from "../../../../components/config/faults";
import { isRegistry, registryOf } from "../../../../components/config/imageName";
import { smallest } from "../examples";

const DIGEST = `sha256:${"ab".repeat(32)}`;
const service = (image: string): object => ({ kind: "container", name: "api", image, health: { command: ["/health"] } });
const SECRETS = { token: { secure: "v1:x" }, "version-key": { secure: "v1:y" } };
const login = { host: "registry.example.org:5000", username: "puller", password: "token" };
const stack = (changes: Readonly<Record<string, unknown>>): unknown => ({
  ...smallest(),
  ...{ services: [service(`registry.example.org:5000/api@${DIGEST}`)], secrets: SECRETS, registries: [login] },
  ...changes,
});

function faults(changes: Readonly<Record<string, unknown>>): readonly string[] {
  try {
    parseConfig(stack(changes));
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

describe("a registry with a login", () => {
  it("is allowed for the registry of a service's image, with a secret as its password", () => {
    expect(faults({})).toEqual([]);
  });

  it.each([
    [
      "that no image comes from",
      { services: [service(`ghcr.io/o/api@${DIGEST}`)] },
      "registries.0.host: ",
      "no host keeps a login that it does not use",
    ],
    ["that is named twice", { registries: [login, login] }, "registries.1.host: ", "must be unique"],
    ["whose password is no secret of the stack", { secrets: undefined }, "registries.0.password: ", "the name of a secret of this stack"],
    [
      "whose password is written in the place of its name",
      { registries: [{ ...login, password: "hunter2!" }] },
      "registries.0.password: ",
      "a name of",
    ],
    ["on this machine", { registries: [{ ...login, host: "localhost:5000" }] }, "registries.0.host: ", "docker.io, or the name"],
    [
      "with an address before it",
      { registries: [{ ...login, host: "https://registry.example.org" }] },
      "registries.0.host: ",
      "docker.io, or",
    ],
    ["with a username of two words", { registries: [{ ...login, username: "a:b" }] }, "registries.0.username: ", "without spaces, colons"],
  ])("is refused %s", (_, changes, path, allowed) => {
    const found = faults(changes);
    expect(found.join("\n")).toContain(path);
    expect(found.join("\n")).toContain(allowed);
    expect(found.join("\n")).not.toContain("hunter2");
  });
});

describe("the registry of an image", () => {
  it("is what Docker takes for it, and none for an image that is loaded", () => {
    const found = ["api", "o/api", "ghcr.io/o/api", "r.example.org:5000/api:2", "localhost/api"].map((name) =>
      registryOf(`${name}@${DIGEST}`),
    );
    expect(found).toEqual(["docker.io", "docker.io", "ghcr.io", "r.example.org:5000", "localhost"]);
    expect([registryOf(DIGEST), registryOf("api:1")]).toEqual([undefined, undefined]);
  });

  it("is never this machine, which Docker asks without TLS", () => {
    expect(["docker.io", "192.0.2.5:5000", "r.example.org:65535"].map(isRegistry)).toEqual([true, true, true]);
    expect(["127.0.0.1:5000", "127.0.0.2", "localhost:5000", "r.example.org:70000", "R.example.org", "registry"].map(isRegistry)).toEqual(
      Array.from({ length: 6 }, () => false),
    );
  });
});
