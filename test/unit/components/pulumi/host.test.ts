/** The tree of a stack's resources, and that what was deployed elsewhere in it keeps its place in the state. */
import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { parseConfig } from "../../../../components/config/faults";
import { stackModel } from "../../../../components/containers/model";
import { hardenHost } from "../../../../components/pulumi/hardenedHost";
import { CLOUD } from "../../../policy/fixtures";
import { changed } from "../examples";

/** What a resource is registered with at the engine. */
interface Registered {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** URN of the parent; empty at the root. */
  readonly parent: string;
  /** URNs that it may have in the state instead. */
  readonly formerUrns: readonly string[];
  /** Names that it may have there, in the same place. */
  readonly formerNames: readonly string[];
}

function noted(request: RegisterResourceRequest): Registered {
  const [type, name, parent] = [request.getType(), request.getName(), request.getParent()];
  const aliases = request.getAliasesList();
  return {
    type,
    name,
    parent,
    urn: ["urn:pulumi:test", "phiward", [...(parent === "" ? [] : [parent.split("::")[2]]), type].join("$"), name].join("::"),
    formerUrns: aliases.map((alias) => alias.getUrn()).filter((urn) => urn !== ""),
    formerNames: aliases.flatMap((alias) => alias.getSpec()?.getName() ?? []),
  };
}

/** Runs the program's hosts. What a test's own monitor is told of has neither parents nor aliases, so the SDK's is listened to. */
async function register(changes: Readonly<Record<string, unknown>> = {}): Promise<readonly Registered[]> {
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
  const config = parseConfig(changed(CLOUD, changes));
  const outputs = config.hosts.map((host) => hardenHost(stackModel(config), host).outputs);
  await pulumi.runtime.serializeProperties("hosts", { outputs });
  // The SDK calls the request any.
  const made = requests.mock.calls.map(([request]) => noted(request as RegisterResourceRequest));
  requests.mockRestore();
  return made;
}

const atRoot = ({ urn }: Registered): string => urn.replace("phiward:index:Host$", "");

describe("the tree of a stack's resources", () => {
  const hosts = CLOUD.hosts.map(({ name }) => name);
  let registered: readonly Registered[] = [];
  beforeAll(async () => {
    registered = await register();
  });

  it("has the hosts at its root, and nothing else", () => {
    const roots = registered.filter(({ parent }) => parent === "");
    expect(roots.map(({ type, name }) => `${type} ${name}`).sort()).toEqual(hosts.map((name) => `phiward:index:Host ${name}`).sort());
    expect(registered.length).toBeGreaterThan(90);
  });

  it("has all that belongs to a host below that host, droplet and Docker too", () => {
    for (const { name, parent } of registered.filter((entry) => entry.parent !== "")) {
      const host = hosts.find((entry) => name.startsWith(`${entry}-`)) ?? "";
      expect(parent.split("::")[2]).toMatch(/^phiward:index:Host(\$|$)/);
      expect(parent.split("::")[3]).toMatch(new RegExp(`^${host}(-|$)`));
    }
    for (const type of ["phiward:digitalocean:Droplet", "phiward:host:Ssh", "pulumi:providers:docker", "phiward:host:Verify"])
      expect(registered.filter((entry) => entry.type === type).length).toBeGreaterThan(0);
  });

  // A deploy may be cut off between a component and what is below it, and only the move of the parent is inherited.
  it("keeps what an earlier version had at the root: each resource says so itself", () => {
    for (const resource of registered.filter(({ parent }) => parent !== "")) expect(resource.formerUrns).toEqual([atRoot(resource)]);
  });
});

describe("services that were renamed", () => {
  it("keep their resources, but for containers of applications: no volume, network or database is replaced", async () => {
    const ofDocker = (registered: readonly Registered[]): readonly string[] =>
      registered.filter(({ type }) => type.startsWith("docker:index/")).map(({ urn }) => urn);
    const renames = CLOUD.services.map((service, index): [string, unknown] => [
      `services.${String(index)}`,
      {
        ...service,
        ...{ name: `${service.name}-new`, formerly: [service.name] },
        ...(service.kind === "container" ? { uses: service.uses.map((name) => `${name}-new`) } : {}),
      },
    ]);
    const routes = CLOUD.sites.flatMap(({ routes: all }, site) =>
      all.map(({ service }, route): [string, unknown] => [`sites.${String(site)}.routes.${String(route)}.service`, `${service}-new`]),
    );
    const followers = (["jobs", "listeners"] as const).flatMap((section) =>
      CLOUD[section].map(({ service }, index): [string, unknown] => [`${section}.${String(index)}.service`, `${service}-new`]),
    );
    const encrypted = (CLOUD.phi?.databases ?? []).map(({ service }, index): [string, unknown] => [
      `phi.databases.${String(index)}.service`,
      `${service}-new`,
    ]);
    const before = ofDocker(await register());
    const after = ofDocker(await register(Object.fromEntries([...renames, ...routes, ...followers, ...encrypted])));
    const isApplication = (urn: string): boolean => /::[a-z0-9-]+-[0-9a-f]{8}$/.test(urn);
    expect(after.filter((urn) => !isApplication(urn))).toEqual(before.filter((urn) => !isApplication(urn)));
    expect(after.filter(isApplication)).toHaveLength(before.filter(isApplication).length);
    expect(before.filter((urn) => !isApplication(urn)).length).toBeGreaterThan(5);
  });
});

describe("a host that was renamed", () => {
  const [web = ""] = CLOUD.hosts.map(({ name }) => name);
  let before: readonly Registered[] = [];
  let after: readonly Registered[] = [];
  beforeAll(async () => {
    const hostKeys = { "firstHostKeys.www": "x" };
    before = await register();
    after = await register({ "hosts.0.name": "www", "hosts.0.formerly": [web], ...hostKeys });
  });

  it("has every resource that it had, below the present name and known by the former one, at the root and below the host", () => {
    const ofHost = after.filter(({ name }) => /^www(-|$)/.test(name));
    expect(ofHost.map(({ name }) => name.replace("www", web)).sort()).toEqual(
      before.flatMap(({ name }) => (name === web || name.startsWith(`${web}-`) ? [name] : [])).sort(),
    );
    for (const resource of ofHost.filter(({ parent }) => parent !== "")) {
      const former = before.find(({ name, type }) => name === resource.name.replace("www", web) && type === resource.type);
      if (former === undefined) throw new Error(`${resource.name} was not there`);
      expect(resource.formerUrns).toEqual([atRoot(resource), former.urn, atRoot(former)]);
    }
    expect(ofHost.find(({ parent }) => parent === "")?.formerNames).toEqual([web]);
  });
});
