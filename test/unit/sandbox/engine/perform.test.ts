import { describe, expect, it } from "vitest";
import { containersModel } from "../../../../components/containers/model";
import { databaseResources } from "../../../../components/containers/services/dockerArguments";
import { perform } from "../../../../sandbox/engine/perform";
import { CONFIG } from "../../components/golden";

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

function ofDocker(inputs: Readonly<Record<string, unknown>>, provider?: Readonly<Record<string, unknown>>) {
  const type = "docker:index/container:Container";
  return { urn: `urn:${type}`, type, name: "thing", custom: true, inputs, ...(provider === undefined ? {} : { provider }) };
}

const PROVIDER = { host: "ssh://deploy@192.0.2.1:22", sshOpts: JSON.stringify(["-o", `KnownHostsCommand=/bin/echo * ${HOST_KEY}`]) };
const NOWHERE = new Set<string>();

describe("the embedded engine", () => {
  it.each(["docker:index/remoteImage:RemoteImage", "digitalocean:index/droplet:Droplet", "command:local:Command"])(
    "says clearly that it cannot make a %s",
    async (type) => {
      await expect(perform(resource(type), new Set(["192.0.2.1"]), "/dev/null")).rejects.toThrow(
        `thing: the embedded engine cannot create a ${type}; install pulumi and its providers for that`,
      );
    },
  );

  it("touches no address that is not in its sandbox", async () => {
    await expect(perform(resource("command:remote:Command"), new Set(["192.0.2.2"]), "/dev/null")).rejects.toThrow(
      "thing: 192.0.2.1 is not a host of this sandbox; the embedded engine touches no other",
    );
    await expect(perform(ofDocker({}, PROVIDER), new Set(["192.0.2.2"]), "/dev/null")).rejects.toThrow(
      "thing: 192.0.2.1 is not a host of this sandbox; the embedded engine touches no other",
    );
  });

  it("connects to nothing whose host key is not pinned", async () => {
    await expect(perform(resource("command:remote:Command", { hostKey: undefined }), new Set(["192.0.2.1"]), "/dev/null")).rejects.toThrow(
      "thing: its connection has no pinned host key",
    );
    for (const provider of [undefined, { ...PROVIDER, sshOpts: undefined }, { ...PROVIDER, host: "tcp://192.0.2.1:2376" }])
      await expect(perform(ofDocker({}, provider), NOWHERE, "/dev/null")).rejects.toThrow(
        "thing: its docker provider has no ssh:// host with a pinned host key",
      );
  });

  it("passes over a provider, which only says where its resources are", async () => {
    await expect(perform({ ...ofDocker({ host: "x" }), type: "pulumi:providers:docker" }, NOWHERE, "/dev/null")).resolves.toEqual({
      host: "x",
    });
  });

  it("makes no container with an argument that it would pass over", async () => {
    const [container] = databaseResources(containersModel(CONFIG)).containers;
    const allowed = new Set(["192.0.2.1"]);
    await expect(perform(ofDocker({ ...container, privileged: true }, PROVIDER), allowed, "/dev/null")).rejects.toThrow(
      /thing: the embedded engine cannot create this: .*privileged/,
    );
    await expect(perform(ofDocker({ ...container, readOnly: false }, PROVIDER), allowed, "/dev/null")).rejects.toThrow(/readOnly/);
  });
});
