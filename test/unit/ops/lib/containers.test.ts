import { describe, expect, it } from "vitest";
import { containersModel } from "../../../../components/containers/model";
import { type DockerObject, dockerRepairs, unhealthyMessages, without } from "../../../../ops/lib/containers";
import { CONFIG } from "../../components/golden";

const urn = (kind: string, name: string): string => `urn:pulumi:prod::phiward::phiward:docker:Services$docker:index/${kind}::${name}`;
const resource = (kind: "Container" | "Network" | "Volume", name: string, id: string, host = "web") => ({
  urn: urn(`${kind.toLowerCase()}:${kind}`, `${host}-${name}`),
  type: `docker:index/${kind.toLowerCase()}:${kind}`,
  id,
  provider: `urn:pulumi:prod::phiward::pulumi:providers:docker::${host}-engine::0b1c`,
  inputs: { name },
});
const api = resource("Container", "api-0011aabb", "c1");
const db = resource("Container", "db", "c2");
const net = resource("Network", "phiward-db", "n1");
const data = { ...resource("Volume", "phiward-db.data", "phiward-db.data"), protect: true };
const other = resource("Container", "db", "c9", "web2");
const command = {
  urn: "urn:pulumi:prod::phiward::phiward:host:Accounts$command:remote:Command::web-accounts-apply",
  type: "command:remote:Command",
  dependencies: [db.urn, net.urn],
  propertyDependencies: { stdin: [db.urn], connection: [] },
};
const exported = { version: 3, deployment: { manifest: { magic: "x" }, resources: [api, db, net, data, other, command] } };
const up = (kind: DockerObject["kind"], id: string, name: string, status = ""): DockerObject => ({ kind, id, name, status });
const ALL = [
  up("Container", "c1", "api-0011aabb", "Up 3 minutes (healthy)"),
  up("Container", "c2", "db", "Up 3 minutes (healthy)"),
  up("Network", "n1", "phiward-db"),
  up("Volume", "phiward-db.data", "phiward-db.data"),
];

describe("what Pulumi is told of a host's Docker", () => {
  it("is nothing while the host has what the state has, and no word of another host", () => {
    expect(dockerRepairs("web", exported, ALL)).toEqual({ forget: [], replace: [], leftovers: [], settled: [] });
  });

  it("is what went behind its back", () => {
    expect(dockerRepairs("web", exported, ALL.slice(1)).forget).toEqual([api.urn]);
    expect(dockerRepairs("web", exported, []).forget).toEqual([api.urn, db.urn, net.urn, data.urn]);
  });

  it.each(["Exited (0) 3 minutes ago", "Created", "Dead"])("is which containers do not run: %s", (status) => {
    const objects = [...ALL.slice(1), up("Container", "c1", "api-0011aabb", status)];
    expect(dockerRepairs("web", exported, objects)).toMatchObject({ forget: [], replace: [api.urn] });
  });

  it("is what a deploy that was cut off was making, and nothing else that it does not know", () => {
    const half = resource("Container", "api-2233ccdd", "");
    const begun = { ...exported, deployment: { ...exported.deployment, pending_operations: [{ type: "creating", resource: half }] } };
    const strangers = [up("Container", "c3", "api-2233ccdd", "Up 2 seconds"), up("Container", "c4", "canary", "Up 2 days")];
    const repairs = dockerRepairs("web", begun, [...ALL, ...strangers]);
    expect(repairs).toEqual({ forget: [], replace: [], leftovers: [strangers[0]], settled: [half.urn] });
    expect(without(begun, repairs)).toMatchObject({ deployment: { pending_operations: [] } });
    expect(dockerRepairs("web", exported, [...ALL, ...strangers]).leftovers).toEqual([]);
  });

  it("leaves no mention of what is forgotten, and all else as it was", () => {
    expect(without(exported, { forget: [db.urn, data.urn], settled: [] })).toEqual({
      version: 3,
      deployment: {
        manifest: { magic: "x" },
        resources: [api, net, other, { ...command, dependencies: [net.urn], propertyDependencies: { stdin: [], connection: [] } }],
      },
    });
    expect(without(exported, { forget: [], settled: [] })).toEqual(exported);
  });
});

describe("after a deploy that failed, the operator is told", () => {
  const name = containersModel(CONFIG).services[0]?.name ?? "";

  it("which container is unhealthy, and what to do", () => {
    const objects = [up("Container", "c1", name, "Up 45 seconds (unhealthy)"), up("Container", "c2", "db", "Exited (1) 2 seconds ago")];
    const words = unhealthyMessages(CONFIG, "web", objects).join("\n");
    expect(words).toContain(`web: ${name} is unhealthy (Up 45 seconds (unhealthy)); npx phiward logs notes-api --host web shows why`);
    expect(words).toMatch(/The previous version is still serving; fix or revert the change, then run npx phiward up again/);
    expect(words).toMatch(/db is unhealthy \(Exited \(1\) 2 seconds ago\).*data is untouched/);
  });

  it("nothing of containers that are well, or that are not declared", () => {
    const objects = [
      up("Container", "c1", name, "Up 45 seconds (healthy)"),
      up("Container", "c4", "notes-api-0123abcd", "Up 2 days (unhealthy)"),
    ];
    expect(unhealthyMessages(CONFIG, "web", objects)).toEqual([]);
  });
});
