/** The policies as a package of their own: alone in a directory with its dependencies, and asked as Pulumi's engine asks it. */
import { once } from "node:events";
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import {
  AnalyzeRequest,
  type AnalyzeResponse,
  AnalyzerResource,
  AnalyzerResourceOptions,
  AnalyzeStackRequest,
  EnforcementLevel,
} from "@pulumi/pulumi/proto/analyzer_pb";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { outputOf, start } from "../../ops/lib/process";
import { packPolicies } from "../../ops/packPolicies";

const ROOT = join(__dirname, "../..");
const place = mkdtempSync(join(tmpdir(), "package-"));
const unpacked = join(place, "package");
const published = z.object({ name: z.string(), version: z.string(), main: z.string(), dependencies: z.record(z.string(), z.string()) });
const textOf = (file: string): string => readFileSync(join(unpacked, file), "utf8");

let pack: ReturnType<typeof start>;
let client: AnalyzerClient;

beforeAll(async () => {
  outputOf(["tar", "--extract", "--gzip", `--file=${packPolicies(place)}`, `--directory=${place}`]);
  const { dependencies } = published.parse(JSON.parse(textOf("package.json")));
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(unpacked, "node_modules", name)), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), join(unpacked, "node_modules", name));
  }
  const { main } = z.object({ main: z.string() }).parse(parse(textOf("PulumiPolicy.yaml")));
  const served = start(["node", join(unpacked, main)], { cwd: unpacked, stdio: ["ignore", "pipe", "inherit"] });
  pack = served;
  const [port] = (await once(served.stdout, "data")) as [Buffer];
  client = new AnalyzerClient(`127.0.0.1:${port.toString().trim()}`, insecure());
});
afterAll(() => {
  client.close();
  pack.kill();
  rmSync(place, { recursive: true, force: true });
});

// The SDK's own grpc, which it does not export: another copy's credentials it would refuse.
function insecure(): ConstructorParameters<typeof AnalyzerClient>[1] {
  const sdk = createRequire(require.resolve("@pulumi/pulumi"));
  const grpc = sdk("@grpc/grpc-js") as { readonly credentials: { createInsecure(): ConstructorParameters<typeof AnalyzerClient>[1] } };
  return grpc.credentials.createInsecure();
}

interface Declared {
  readonly type: string;
  readonly name: string;
  readonly args: Readonly<Record<string, JavaScriptValue>>;
}

type Callback = (error: Error | null, response: AnalyzeResponse) => void;

/** The mandatory findings about the resources of a program, each for itself and then together. */
async function refusals(resources: readonly Declared[]): Promise<readonly string[]> {
  const asked = (ask: (callback: Callback) => void): Promise<AnalyzeResponse> =>
    new Promise((resolve, reject) => {
      ask((error, response) => {
        if (error === null) resolve(response);
        else reject(error);
      });
    });
  const urn = ({ type, name }: Declared): string => `urn:pulumi:dev::shop::${type}::${name}`;
  const filled = <Message extends AnalyzeRequest | AnalyzerResource>(message: Message, resource: Declared): Message => {
    message.setType(resource.type);
    message.setName(resource.name);
    message.setUrn(urn(resource));
    message.setOptions(new AnalyzerResourceOptions());
    message.setProperties(Struct.fromJavaScript({ ...resource.args }));
    return message;
  };
  const stack: Declared = { type: "pulumi:pulumi:Stack", name: "shop-dev", args: {} };
  const all = new AnalyzeStackRequest().setResourcesList([stack, ...resources].map((one) => filled(new AnalyzerResource(), one)));
  const answers = await Promise.all([
    ...resources.map((one) => asked((callback) => void client.analyze(filled(new AnalyzeRequest(), one), callback))),
    asked((callback) => void client.analyzeStack(all, callback)),
  ]);
  const found = answers.flatMap((answer) => answer.getDiagnosticsList());
  return found.filter((one) => one.getEnforcementlevel() === EnforcementLevel.MANDATORY).map((one) => one.getPolicyname());
}

const CONTAINER = "docker:index/container:Container";

describe("the package of the policies", () => {
  it("has its own name, version and README, and each dependency at one version", () => {
    const { name, version, dependencies } = published.parse(JSON.parse(textOf("package.json")));
    expect(name).toBe("phiward-policies");
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(textOf("README.md")).toContain(`# ${name}`);
    expect(Object.keys(dependencies)).toEqual(["@pulumi/policy", "@pulumi/pulumi"]);
    for (const exact of Object.values(dependencies)) expect(exact).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it("is plain JavaScript, with nothing of the commands, of the program or of the tests", () => {
    const files = globSync("**/*", { cwd: unpacked, exclude: (path) => path.startsWith("node_modules") });
    expect(files.filter((file) => file.endsWith(".ts"))).toEqual([]);
    expect(files.filter((file) => /^(ops|sandbox|test)\/|components\/(pulumi|host\/tests)/.test(file))).toEqual([]);
    expect(existsSync(join(unpacked, "LICENSE"))).toBe(true);
  });

  it("refuses what is weak in a program that has nothing of phiward's", async () => {
    const found = await refusals([
      { type: CONTAINER, name: "web", args: { image: "nginx:latest", privileged: true, ports: [{ internal: 80, external: 80 }] } },
      { type: "docker:index/network:Network", name: "back", args: { name: "back", driver: "host" } },
      { type: "digitalocean:index/droplet:Droplet", name: "d", args: { image: "debian-13-x64", size: "s-1vcpu-1gb", region: "fra1" } },
      { type: "command:remote:Command", name: "open", args: { create: "ufw disable", connection: { host: "192.0.2.1" } } },
    ]);
    for (const rule of [
      "container-not-privileged",
      "container-image-by-digest",
      "container-ports-on-loopback",
      "container-networks-bridged",
      "droplet-behind-cloud-firewall",
      "droplet-has-ssh-key",
      "commands-run-agent-only",
    ])
      expect(found).toContain(rule);
    expect(found).not.toContain("hosts-have-every-unit");
  });

  it("passes the container that its README shows", async () => {
    const example = /```ts\n([\s\S]+?)```/.exec(textOf("README.md"))?.[1] ?? "";
    const declared = declaredBy(example.replace(/sha256:…/, `sha256:${"4".repeat(64)}`).replace(/…/, "A".repeat(43)));
    expect(declared.map(({ type }) => type)).toEqual(["pulumi:providers:docker", CONTAINER]);
    expect(await refusals(declared)).toEqual([]);
  });
});

/** What a few lines of TypeScript declare of Docker. */
function declaredBy(source: string): readonly Declared[] {
  const declared: Declared[] = [];
  const provider = (name: string, args: Declared["args"]): void => {
    // A provider's lists travel as text.
    const texts = Object.entries(args).map(([key, value]) => [key, Array.isArray(value) ? JSON.stringify(value) : value] as const);
    declared.push({ type: "pulumi:providers:docker", name, args: Object.fromEntries(texts) });
  };
  const container = (name: string, args: Declared["args"]): void => {
    declared.push({ type: CONTAINER, name, args });
  };
  const file = join(place, "example.cjs");
  const script = ts.transpile(source.replaceAll(/new docker\.(\w+)/g, "docker.$1"), { target: ts.ScriptTarget.ES2022 });
  writeFileSync(file, `module.exports = (docker) => {\n${script}\n};\n`);
  const run = createRequire(file)(file) as (docker: object) => void;
  run({ Provider: provider, Container: container });
  return declared;
}
