/** The gate on programs: phiward's own, and others that somebody may write, each in a directory with nothing but its source. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { z } from "zod";
import { outputOf, runSync } from "../../ops/lib/process";
import { CONFIG, SEALED } from "./fixtures";

const ROOT = join(__dirname, "../..");
// Here, so that what is compiled finds what it requires.
const built = join(ROOT, `policies/bin.test-${String(process.pid)}`);
const place = mkdtempSync(join(tmpdir(), "program-"));

beforeAll(() => {
  outputOf(["node", join(ROOT, "ops/bundle.cjs"), built]);
  symlinkSync(join(ROOT, "node_modules"), join(place, "node_modules"));
});
afterAll(() => {
  for (const directory of [built, place]) rmSync(directory, { recursive: true, force: true });
});

const answer = z.object({
  judged: z.object({ resource: z.number() }),
  functions: z.array(z.string()),
  results: z.array(
    z.object({
      rule: z.object({ id: z.string(), enforcementLevel: z.enum(["advisory", "mandatory"]) }),
      outcome: z.enum(["fail", "unknown", "pass", "not-applicable"]),
      finding: z.object({ at: z.string(), found: z.string() }).optional(),
      at: z.string().optional(),
      places: z.array(z.object({ where: z.string(), source: z.object({ file: z.string(), line: z.number() }).optional() })),
    }),
  ),
});

function gate(directory: string, ...args: string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return runSync(["node", join(built, "phiward.js"), "policy", "--stack", "test", "--json", ...args], { cwd: directory, env: {} });
}

let count = 0;

/** Writes a program of these lines, and judges it. */
function judged(lines: readonly string[], config: Readonly<Record<string, unknown>> = {}) {
  const directory = join(place, String(count++));
  mkdirSync(directory);
  writeFileSync(join(directory, "Pulumi.yaml"), "name: other\nruntime: nodejs\n");
  writeFileSync(join(directory, "Pulumi.test.yaml"), stringify({ config }));
  writeFileSync(join(directory, "index.ts"), [...IMPORTS, ...lines, ""].join("\n"));
  return gate(directory, "--program", directory);
}

const IMPORTS = ['import * as pulumi from "@pulumi/pulumi";', 'import * as docker from "@pulumi/docker";'];
const FIRST_LINE = IMPORTS.length + 1;
const CONTAINER = "new docker.Container('helper', { image: 'sha256:0', privileged: true });";

/** The rules that refuse it, each with the lines of the resources. */
function refusals(lines: readonly string[]): ReadonlyMap<string, readonly (number | undefined)[]> {
  const { status, stdout, stderr } = judged(lines);
  expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
  const { results } = answer.parse(JSON.parse(stdout));
  const mandatory = results.filter(({ outcome, rule }) => outcome === "fail" && rule.enforcementLevel === "mandatory");
  return new Map(
    [...Map.groupBy(mandatory, ({ rule }) => rule.id)].map(([id, found]) => [
      id,
      [...new Set(found.flatMap(({ places }) => places.map(({ source }) => source?.line)))],
    ]),
  );
}

describe("phiward's own program", () => {
  it("is judged whole, with each resource that its components make", () => {
    const keys = Object.fromEntries(
      Object.entries(CONFIG).map(([key, value]): [string, unknown] => [`phiward:${key}`, key === "secrets" ? SEALED : value]),
    );
    writeFileSync(join(place, "Pulumi.test.yaml"), stringify({ config: keys }));
    const { status, stdout, stderr } = gate(place);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { judged, results } = answer.parse(JSON.parse(stdout));
    expect(results.filter(({ outcome }) => outcome === "fail" || outcome === "unknown")).toEqual([]);
    expect(judged.resource).toBeGreaterThan(60);
  });

  it("is refused with all faults of its configuration, by the name of the file", () => {
    writeFileSync(join(place, "Pulumi.test.yaml"), stringify({ config: { "phiward:hosts": [] } }));
    const { status, stdout, stderr } = gate(place);
    expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
    expect(stderr).toContain("Pulumi.test.yaml: hosts");
  });
});

describe("a program of one's own", () => {
  it("is refused by its raw resources, each with its line", () => {
    const found = refusals(["export const a = 1;", CONTAINER]);
    expect(found.get("container-not-privileged")).toEqual([FIRST_LINE + 1]);
  });

  it("passes where nothing in it is weak, for it lacks no host of phiward's", () => {
    const { status, stdout } = judged(["export const a = 1;"]);
    expect(status).toBe(0);
    const hosts = answer.parse(JSON.parse(stdout)).results.find(({ rule }) => rule.id === "hosts-have-every-unit");
    expect(hosts?.outcome).toBe("not-applicable");
  });

  it("is judged as its transforms leave it", () => {
    const good = "new docker.Container('helper', { image: 'sha256:0', privileged: false });";
    for (const transform of [
      "pulumi.runtime.registerStackTransformation(({ props, opts }) => ({ props: { ...props, privileged: true }, opts }));",
      "pulumi.runtime.registerResourceTransform(({ props, opts }) => ({ props: { ...props, privileged: true }, opts }));",
    ]) {
      expect(judgedMessages([good])).not.toContain('"found":"a privileged container"');
      expect(judgedMessages([transform, good])).toContain('"found":"a privileged container"');
    }
  });

  it("is judged by the transforms of its own options and of its parents", () => {
    const transform = "{ transforms: [({ props, opts }) => ({ props: { ...props, privileged: true }, opts })] }";
    const image = "{ image: 'sha256:0' }";
    expect(judgedMessages([`new docker.Container('a', ${image}, ${transform});`])).toContain('"found":"a privileged container"');
    const parent = `const parent = new pulumi.ComponentResource('other:index:Parent', 'p', {}, ${transform});`;
    expect(judgedMessages([parent, `new docker.Container('a', ${image}, { parent });`])).toContain('"found":"a privileged container"');
  });

  it("is refused for what its resources are to each other, and knows what a reference leads to before its value", () => {
    const cloud = 'import * as digitalocean from "@pulumi/digitalocean";';
    const droplet = "const d = new digitalocean.Droplet('d', { image: 'debian-13-x64', size: 's-1vcpu-1gb', region: 'fra1' });";
    const firewall = "new digitalocean.Firewall('f', { dropletIds: [d.id.apply(Number)], inboundRules: [] });";
    expect(refusals([cloud, droplet]).has("droplet-behind-cloud-firewall")).toBe(true);
    expect(refusals([cloud, droplet, firewall]).has("droplet-behind-cloud-firewall")).toBe(false);
  });

  it("is judged with the default providers that Pulumi makes of its configuration", () => {
    const config = { "docker:host": "tcp://192.0.2.1:2375", "docker:certPath": { secure: "v1:abc" } };
    const { stdout } = judged(["new docker.Network('n', {});"], config);
    const found = answer.parse(JSON.parse(stdout)).results.filter(({ rule }) => rule.id === "docker-engine-host-key-pinned");
    expect(
      found.map(({ places, finding }) => `${String(places[0]?.where)} ${String(finding?.at)}: found ${String(finding?.found)}`).join(),
    ).toMatch(/^default_\d+_\d+_\d+ host: found a transport other than SSH/);
  });

  it("is not believed what only a provider knows, and says so", () => {
    const { stdout } = judged([
      "const found = docker.getRegistryImageOutput({ name: 'x' });",
      "new docker.Container('helper', { image: found.sha256Digest });",
    ]);
    const { functions, results } = answer.parse(JSON.parse(stdout));
    expect(functions).toEqual(["docker:index/getRegistryImage:getRegistryImage"]);
    expect(results.filter(({ at }) => at === "image").map(({ rule }) => rule.id)).toContain("container-image-by-digest");
  });

  it("reads its configuration, in which a secret is not opened and not shown", () => {
    const { stdout } = judged(["new docker.Container(new pulumi.Config('other').require('called'), { image: 'x', privileged: true });"], {
      "other:called": "helper",
      "digitalocean:token": { secure: "v1:abc" },
    });
    expect(stdout).toContain('"where":"helper"');
    expect(stdout).not.toContain("v1:abc");
  });

  it("is refused by a provider that nobody has reviewed, of a resource or of a component that a plugin makes", () => {
    const told = (line: string) => refusals([line]).has("provider-packages-reviewed");
    expect(told("new pulumi.CustomResource('aws:s3/bucket:Bucket', 'b', {});")).toBe(true);
    expect(told("new pulumi.ComponentResource('eks:index:Cluster', 'c', {}, {}, true);")).toBe(true);
    expect(judged(["new pulumi.ComponentResource('my:app:Web', 'c', {});"]).stdout).not.toContain("a provider that nobody has reviewed");
  });

  it("is refused by what it exports in the clear of its secrets, and not by what is marked as one", () => {
    const config = { "other:password": { secure: "v1:abc" } };
    const exported = (line: string): string => {
      const { stdout } = judged([`export const a = ${line};`], config);
      const found = answer.parse(JSON.parse(stdout)).results.filter(({ rule }) => rule.id === "outputs-no-plain-secret");
      return found.map(({ outcome, finding }) => `${outcome} ${String(finding?.at)}: ${String(finding?.found)}`).join();
    };
    const password = "new pulumi.Config('other').requireSecret('password')";
    expect(exported(password)).toMatch(/^pass/);
    expect(exported(`{ b: [pulumi.interpolate\`x \${${password}}\`] }`)).toMatch(/^pass/);
    expect(exported(`{ b: ${password}, token: 'abc' }`)).toBe("fail other-test.a.token: a text under a name with TOKEN in it");
    const told = "fail other-test.a.b: a secret of the configuration";
    expect(exported(`{ b: pulumi.unsecret(${password}) }`)).toBe(told);
    expect(exported("{ b: new pulumi.Config('other').require('password') }")).toBe(told);
  });

  it.each([
    ["ends itself", ["process.exit(0);"], "the program exited before"],
    ["throws", [CONTAINER, "throw new Error('broken');"], "broken"],
    ["throws later", [CONTAINER, "setTimeout(() => { throw new Error('broken'); }, 1); export = new Promise(() => undefined);"], "broken"],
    ["registers what is refused", ["new docker.Container('helper', {} as never);"], "image"],
    ["has a part that is missing", ["require('./nowhere');"], "Cannot find module './nowhere'"],
  ])("is no pass where it %s", (_, lines, words) => {
    const { status, stdout, stderr } = judged(lines);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("the program failed, so nothing was judged");
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it("is refused in its own words where it refuses to run", () => {
    const { status, stderr } = judged(["throw new pulumi.RunError('region: found none');"]);
    expect({ status, stderr }).toEqual({ status: 3, stderr: "region: found none\n" });
  });

  it("is asked for as a directory with a project of Node.js", () => {
    expect(gate(place, "--program", join(place, "none"))).toMatchObject({ status: 2 });
    const directory = join(place, "python");
    mkdirSync(directory);
    writeFileSync(join(directory, "Pulumi.yaml"), "name: other\nruntime: python\n");
    expect(gate(place, "--program", directory).stderr).toContain("found a runtime that is not nodejs");
  });
});

function judgedMessages(lines: readonly string[]): string {
  const { status, stdout, stderr } = judged(lines);
  expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
  return stdout;
}
