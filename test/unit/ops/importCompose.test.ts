import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { importCommand } from "../../../ops/commands/importCompose";
import { OperatorError } from "../../../ops/lib/errors";
import { readStack } from "../../../ops/lib/stack";
import { smallest } from "../components/examples";

const DIGEST = `sha256:${"ab".repeat(32)}`;
const lookUp = (image: string): Promise<string> => Promise.resolve(`${image}@${DIGEST}`);
const COMPOSE = `services:
  app:
    image: registry.example.org/app:1
    ports: [8080]
    environment: { API_TOKEN: hunter2, GREETING: "\${GREETING}" }
    env_file: [app.env, ../outside.env]
    healthcheck: { test: [CMD, /health] }
`;

let [directory, before] = ["", ""];
const said = { stdout: "", stderr: "" };
beforeEach(() => {
  before = process.cwd();
  directory = mkdtempSync(join(tmpdir(), "phiward-import-"));
  process.chdir(directory);
  mkdirSync("compose");
  writeFileSync("compose/compose.yml", COMPOSE);
  writeFileSync("compose/.env", "GREETING=hello\n");
  writeFileSync("compose/app.env", "INNER=1\n");
  writeFileSync("outside.env", "OUTER=1\n");
  const config = Object.fromEntries(Object.entries(smallest()).map(([key, value]) => [`phiward:${key}`, value]));
  writeFileSync("Pulumi.prod.yaml", `# ours\n${stringify({ config })}`);
  Object.assign(said, { stdout: "", stderr: "" });
  for (const name of ["stdout", "stderr"] as const)
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      said[name] += String(text);
      return true;
    });
});
afterEach(() => {
  vi.restoreAllMocks();
  process.chdir(before);
  rmSync(directory, { recursive: true, force: true });
});

describe("phiward import", () => {
  it("writes services and a site into the stack's file, which is allowed then, and leaves the rest as it was", async () => {
    expect(await importCommand("compose/compose.yml", { stack: "prod", site: "app.example.org" }, lookUp)).toBe(0);
    const secrets = { "api-token": { secure: "v1:x" }, "version-key": { secure: "v1:y" } };
    const config = readStack("Pulumi.prod.yaml", { stack: "prod", judging: true }, (raw) => ({ ...raw, secrets }));
    expect(config.services).toMatchObject([
      { name: "app", image: `registry.example.org/app:1@${DIGEST}`, port: 8080, environment: { GREETING: "hello", INNER: "1" } },
    ]);
    expect(config.sites[0]?.name).toBe("app.example.org");
    expect(config.people).toHaveLength(1);
    expect(said.stdout).toContain("pulumi config set --stack prod --secret --path 'secrets.api-token' < FILE");
    const text = readFileSync("Pulumi.prod.yaml", "utf8");
    expect(text).toMatch(/^# ours\n/);
    expect(text + said.stdout + said.stderr).not.toContain("hunter2");
  });

  it("reads no file outside of the Compose file's directory, and says so", async () => {
    await importCommand("compose/compose.yml", { stack: "prod" }, lookUp);
    expect(readFileSync("Pulumi.prod.yaml", "utf8")).not.toContain("OUTER");
    expect(said.stderr).toContain("app.env_file: ../outside.env: found no such file beside the Compose file");
  });

  it("reads no file that a link beside the Compose file leads to, whoever made that", async () => {
    for (const name of ["app.env", ".env"]) {
      rmSync(join("compose", name));
      symlinkSync("../outside.env", join("compose", name));
    }
    writeFileSync("outside.env", "OUTER=1\nGREETING=outer\n");
    await importCommand("compose/compose.yml", { stack: "prod" }, lookUp);
    expect(readFileSync("Pulumi.prod.yaml", "utf8")).not.toMatch(/OUTER|outer/);
    expect(said.stderr).toContain("app.env_file: app.env: found no such file beside the Compose file");
  });

  it("writes over no service that is declared", async () => {
    await importCommand("compose/compose.yml", { stack: "prod" }, lookUp);
    const text = readFileSync("Pulumi.prod.yaml", "utf8");
    await expect(importCommand("compose/compose.yml", { stack: "prod" }, lookUp)).rejects.toThrow(
      "Pulumi.prod.yaml: found services in it, allowed: a stack without",
    );
    expect(readFileSync("Pulumi.prod.yaml", "utf8")).toBe(text);
  });

  it("shows the sections in place of writing them, for a stack that has some or is not there", async () => {
    expect(await importCommand("compose/compose.yml", { stack: "none", print: true }, lookUp)).toBe(0);
    expect(said.stdout).toMatch(/^\nconfig:\n[^]*phiward:services:\n {4}- kind: container\n {6}name: app\n/);
    expect(readFileSync("Pulumi.prod.yaml", "utf8")).not.toContain("services");
  });

  it("goes on without a registry, and says what the stack lacks then, as the schema does", async () => {
    const refused = (): Promise<string> => Promise.reject(new OperatorError("no answer", 2));
    expect(await importCommand("compose/compose.yml", { stack: "prod" }, refused)).toBe(0);
    expect(said.stderr).toContain("docker buildx imagetools inspect registry.example.org/app:1");
    expect(said.stderr).toContain("Pulumi.prod.yaml: services.0.image: found text of ");
  });

  it("refuses a file of more than 256 KiB before it is read", async () => {
    writeFileSync("huge.yml", `services:\n${"  a: { image: b }\n".repeat(100_000)}`);
    await expect(importCommand("huge.yml", { stack: "prod" }, lookUp)).rejects.toThrow(
      /^huge\.yml: found a file of \d+ bytes, allowed: 262144 at most/,
    );
  });

  it.each([
    [
      "a file that is not there",
      "gone.yml",
      {},
      "gone.yml: found a file that cannot be read (ENOENT), allowed: the path of a Compose file",
    ],
    ["a site that is no name", "compose/compose.yml", { site: "App" }, "--site: found another text, allowed: a full DNS name"],
  ])("refuses %s", async (_, file, options, message) => {
    await expect(importCommand(file, { stack: "prod", ...options }, lookUp)).rejects.toThrow(message);
  });
});
