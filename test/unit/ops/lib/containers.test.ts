import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { containersModel } from "../../../../components/containers/model";
import { AGENT_COMMAND } from "../../../../components/plan/request";
import {
  type DockerObject,
  dockerRepairs,
  removeLeftovers,
  unhealthyMessages,
  unknownObjects,
  without,
  withoutVolumeProtection,
} from "../../../../ops/lib/containers";
import { ed25519 } from "../../components/examples";
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
    expect(dockerRepairs(["web"], exported, ALL)).toEqual({ forget: [], replace: [], leftovers: [], settled: [] });
  });

  it("is what went behind its back", () => {
    expect(dockerRepairs(["web"], exported, ALL.slice(1)).forget).toEqual([api.urn]);
    expect(dockerRepairs(["web"], exported, []).forget).toEqual([api.urn, db.urn, net.urn, data.urn]);
  });

  it.each(["Exited (0) 3 minutes ago", "Created", "Dead"])("is which containers do not run: %s", (status) => {
    const objects = [...ALL.slice(1), up("Container", "c1", "api-0011aabb", status)];
    expect(dockerRepairs(["web"], exported, objects)).toMatchObject({ forget: [], replace: [api.urn] });
  });

  it("is which containers were on a network that is gone: made again, it would have their name for it and not them", () => {
    const on = { ...api, inputs: { ...api.inputs, networksAdvanced: [{ name: "phiward-db" }] } };
    const connected = { ...exported, deployment: { ...exported.deployment, resources: [on, db, net, data, other, command] } };
    const without = ALL.filter(({ kind }) => kind !== "Network");
    expect(dockerRepairs(["web"], connected, without)).toMatchObject({ forget: [net.urn], replace: [api.urn] });
    expect(dockerRepairs(["web"], connected, ALL)).toMatchObject({ forget: [], replace: [] });
    expect(dockerRepairs(["web"], connected, without.slice(1))).toMatchObject({ forget: [api.urn, net.urn], replace: [] });
  });

  it("is what a deploy that was cut off was making, and nothing else that it does not know", () => {
    const half = resource("Container", "api-2233ccdd", "");
    const begun = { ...exported, deployment: { ...exported.deployment, pending_operations: [{ type: "creating", resource: half }] } };
    const strangers = [up("Container", "c3", "api-2233ccdd", "Up 2 seconds"), up("Container", "c4", "canary", "Up 2 days")];
    const repairs = dockerRepairs(["web"], begun, [...ALL, ...strangers]);
    expect(repairs).toEqual({ forget: [], replace: [], leftovers: [strangers[0]], settled: [half.urn] });
    expect(without(begun, repairs)).toMatchObject({ deployment: { pending_operations: [] } });
    expect(dockerRepairs(["web"], exported, [...ALL, ...strangers]).leftovers).toEqual([]);
  });

  it("protects no volume, which an earlier version's state has so: whoever takes its service out need not unprotect it", () => {
    const released = withoutVolumeProtection(exported);
    expect(released).toEqual({
      ...exported,
      deployment: { ...exported.deployment, resources: [api, db, net, { ...data, protect: false }, other, command] },
    });
    expect(withoutVolumeProtection(released)).toBe(released);
    expect(withoutVolumeProtection({ deployment: {} })).toEqual({ deployment: {} });
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

describe("what a host runs and the state does not have", () => {
  const { networks, databases } = containersModel(CONFIG);
  const own = (kind: DockerObject["kind"], name: string): DockerObject => ({ ...up(kind, `id-of-${name}`, name), service: "db" });
  const [network, database] = [own("Network", networks[0]?.name ?? ""), own("Container", databases[0]?.name ?? "")];
  const all = [network, database, own("Container", "old-0011aabb"), own("Volume", "phiward-db.data"), up("Container", "c4", "canary")];
  const lost = { version: 3, deployment: { manifest: {} } };

  it("is each container and network that was made for a service, where the state was lost, and no volume or stranger", () => {
    expect(unknownObjects(CONFIG, "web", lost, all)).toEqual(all.slice(0, 3));
  });

  it("is what an older copy of the state has under another id", () => {
    const older = { deployment: { resources: [resource("Network", network.name, network.id), resource("Container", "db", "former")] } };
    expect(unknownObjects(CONFIG, "web", older, all)).toEqual(all.slice(1, 3));
  });

  it("is nothing that the state has, that was being made, or that is in nobody's way", () => {
    const half = resource("Container", database.name, "");
    const begun = { deployment: { resources: [], pending_operations: [{ type: "creating", resource: half }] } };
    expect(unknownObjects(CONFIG, "web", begun, [database])).toEqual([]);
    expect(unknownObjects(CONFIG, "web", lost, all.slice(2))).toEqual([]);
    const known = { deployment: { resources: [resource("Container", "db", database.id)] } };
    expect(unknownObjects(CONFIG, "web", known, [database])).toEqual([]);
  });
});

describe("what an interrupted deploy left", () => {
  const HOST = { name: "web", address: "203.0.113.10", hostKey: ed25519(1) };
  const [container, network] = ["a".repeat(64), "b".repeat(64)] as const;
  const LEFT = [up("Network", network, "phiward-api"), up("Container", container, "api-2233ccdd", "Created"), up("Volume", "data", "data")];

  let home = "";
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "leftovers-"));
    vi.stubEnv("PATH", `${home}:${String(process.env["PATH"])}`);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true });
  });

  /** Stands in for ssh(1): keeps the command and the request, and answers with the lines. */
  function ssh(...lines: readonly string[]): void {
    const keep = `for word; do :; done; printf '%s\\n' "$word" >>${home}/commands; tail -n 1 >>${home}/requests; echo >>${home}/requests`;
    writeFileSync(join(home, "ssh"), ["#!/bin/sh", keep, ...lines, ""].join("\n"));
    chmodSync(join(home, "ssh"), 0o755);
  }

  it("is removed by the agent, by ids, containers before networks, and never a volume", async () => {
    ssh(`echo '{"removed":"x"}'`);
    await removeLeftovers(HOST, LEFT, {});
    const linesOf = (name: string): readonly string[] => readFileSync(join(home, name), "utf8").trim().split("\n");
    expect(linesOf("commands")).toEqual([AGENT_COMMAND, AGENT_COMMAND]);
    const agent: unknown = expect.any(String);
    expect(linesOf("requests").map((line): unknown => JSON.parse(line))).toEqual([
      { agent, mode: "docker-remove", kind: "Container", id: container },
      { agent, mode: "docker-remove", kind: "Network", id: network },
    ]);
  });

  it("is named where the host does not remove it, with the reason", async () => {
    ssh("echo 'phiward: network has active endpoints' >&2; exit 1");
    await expect(removeLeftovers(HOST, LEFT.slice(0, 1), {})).rejects.toThrow(
      /^web: could not remove phiward-api, left over from an interrupted deploy: .*network has active endpoints$/,
    );
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

  it("which container is not healthy yet, without a word against it", () => {
    const starting = [up("Container", "c1", name, "Up 3 seconds (health: starting)")];
    expect(unhealthyMessages(CONFIG, "web", starting)[0]).toContain(`web: ${name} has not become healthy yet (Up 3 seconds`);
  });

  it("nothing of containers that are well, or that are not declared", () => {
    const objects = [
      up("Container", "c1", name, "Up 45 seconds (healthy)"),
      up("Container", "c4", "notes-api-0123abcd", "Up 2 days (unhealthy)"),
    ];
    expect(unhealthyMessages(CONFIG, "web", objects)).toEqual([]);
  });
});
