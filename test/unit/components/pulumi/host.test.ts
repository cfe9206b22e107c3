/** The tree of a stack's resources, and that what was deployed before there was one keeps its place in the state. */
import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { parseConfig } from "../../../../components/config/faults";
import { stackModel } from "../../../../components/containers/model";
import { hardenHost } from "../../../../components/pulumi/hardenedHost";
import { CLOUD } from "../../../policy/fixtures";

/** What a resource is registered with at the engine. */
interface Registered {
  readonly type: string;
  readonly name: string;
  /** URN of the parent; empty at the root. */
  readonly parent: string;
  /** Whether it is told to be the one that was at the root, under the same name. */
  readonly wasAtRoot: boolean;
}

const STACK = parseConfig(CLOUD);

function noted(request: RegisterResourceRequest): Registered {
  const wasAtRoot = request.getAliasesList().some((alias) => alias.getSpec()?.getNoparent() === true && alias.getSpec()?.getName() === "");
  return { type: request.getType(), name: request.getName(), parent: request.getParent(), wasAtRoot };
}

/** Runs the program's hosts. What a test's own monitor is told of has neither parents nor aliases, so the SDK's is listened to. */
async function register(): Promise<readonly Registered[]> {
  const requests = vi.spyOn(MockMonitor.prototype, "registerResource");
  await pulumi.runtime.setMocks(
    {
      call: () => ({}),
      newResource: ({ name, ...rest }) => {
        // A map, as every resource's inputs are; the SDK calls it any.
        const inputs = rest.inputs as Record<string, unknown>;
        return { id: `${name}-id`, state: { ...inputs, stdout: "{}" } };
      },
    },
    "phiward",
    "test",
    true,
  );
  const model = stackModel(STACK);
  const outputs = STACK.hosts.map((host) => hardenHost(model, host).outputs);
  await pulumi.runtime.serializeProperties("hosts", { outputs });
  // The SDK calls the request any.
  return requests.mock.calls.map(([request]) => noted(request as RegisterResourceRequest));
}

describe("the tree of a stack's resources", () => {
  let registered: readonly Registered[] = [];
  beforeAll(async () => {
    registered = await register();
  });

  it("has the hosts at its root, and nothing else", () => {
    const roots = registered.filter(({ parent }) => parent === "");
    expect(roots.map(({ type, name }) => `${type} ${name}`).sort()).toEqual(
      STACK.hosts.map(({ name }) => `phiward:index:Host ${name}`).sort(),
    );
    expect(registered.length).toBeGreaterThan(90);
  });

  it("has all that belongs to a host below that host, droplet and Docker too", () => {
    for (const { name, parent } of registered.filter((entry) => entry.parent !== "")) {
      const host = STACK.hosts.find((entry) => name.startsWith(`${entry.name}-`))?.name ?? "";
      expect(parent.split("::")[2]).toMatch(/^phiward:index:Host(\$|$)/);
      expect(parent.split("::")[3]).toMatch(new RegExp(`^${host}(-|$)`));
    }
    for (const type of ["phiward:digitalocean:Droplet", "phiward:host:Ssh", "pulumi:providers:docker", "phiward:host:Verify"])
      expect(registered.filter((entry) => entry.type === type).length).toBeGreaterThan(0);
  });

  it("keeps what was deployed at the root: each child of a host says so, and what is below inherits it", () => {
    const ofHosts = registered.filter(({ parent }) => parent.split("::")[2] === "phiward:index:Host");
    expect(ofHosts.filter(({ wasAtRoot }) => !wasAtRoot)).toEqual([]);
    expect(registered.filter((entry) => entry.wasAtRoot && !ofHosts.includes(entry))).toEqual([]);
  });
});
