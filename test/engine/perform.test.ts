import { describe, expect, it } from "vitest";
import { perform } from "../../sandbox/engine/perform";

const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDfOZNENrMSRyg+sAQQQWmB2gZfj2lGE52ChzqOCdfVv";

function resource(type: string, connection: Readonly<Record<string, unknown>> = {}) {
  return {
    urn: `urn:${type}`,
    type,
    name: "thing",
    custom: true,
    inputs: { create: "true", connection: { host: "192.0.2.1", user: "deploy", hostKey: HOST_KEY, ...connection } },
  };
}

describe("the embedded engine", () => {
  it.each(["docker:index/container:Container", "digitalocean:index/droplet:Droplet", "command:local:Command"])(
    "says clearly that it cannot make a %s",
    async (type) => {
      await expect(perform(resource(type), new Set(["192.0.2.1"]), "/dev/null")).rejects.toThrow(
        `thing: the embedded engine cannot make a ${type}; install pulumi and its providers for that`,
      );
    },
  );

  it("touches no address that is not in its sandbox", async () => {
    await expect(perform(resource("command:remote:Command"), new Set(["192.0.2.2"]), "/dev/null")).rejects.toThrow(
      "thing: 192.0.2.1 is not a host of this sandbox; the embedded engine touches no other",
    );
  });

  it("connects to nothing whose host key is not pinned", async () => {
    await expect(perform(resource("command:remote:Command", { hostKey: undefined }), new Set(["192.0.2.1"]), "/dev/null")).rejects.toThrow(
      "thing: its connection has no pinned host key",
    );
  });
});
