/** A machine that never saw the project: a fresh Debian with Node.js and npm alone, on which the README's commands are run that need no hosts. */
import { cpSync, lstatSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { outputOf } from "../../ops/lib/process";
import { PROGRAMS, type Program, programFile } from "../../ops/lib/programs";
import { execInHost } from "../../sandbox/machines/exec";
import type { SandboxHost } from "../../sandbox/machines/inventory";
import type { RunResult } from "../../sandbox/machines/run";
import { useBench } from "./useBench";

const ROOT = resolve(__dirname, "../..");
const HOME = "/root/phiward";
// Programs of the list alone: whatever else is started, by name, in a script or by another program, is not found.
const LISTED = "/opt/listed";
// Unit tests that start programs, directly or by the commands; the others need no more than Node.js.
const UNIT_TESTS = [
  "test/unit/ops",
  "test/unit/components/config/sshKey.test.ts",
  "test/unit/components/edge/certificates",
  "test/unit/components/system/people",
];
// These take long, and start none.
const PURE_TESTS = ["evidence", "oscal"].map((name) => `--exclude=test/unit/ops/lib/evidence/${name}.test.ts`);

const listed: readonly (readonly [string, Program])[] = Object.entries(PROGRAMS);
const fromDebian = listed.flatMap(([name, { source }]) => (source.kind === "debian" ? [{ name, package: source.package }] : []));

describe("on a fresh machine", () => {
  const useIt = useBench({ state: "fresh" });
  let machine: SandboxHost | undefined;

  /** Runs a program in the project's directory, with the project's own programs and those of `path` on PATH. */
  function project(host: SandboxHost, path: string, ...argv: readonly string[]): Promise<RunResult> {
    const environment = [`PATH=${HOME}/node_modules/.bin:${path}`, `HOME=/root`, "CI=true"];
    return execInHost(host, ["/usr/bin/env", "-C", HOME, ...environment, ...argv]);
  }

  /** A clone with its dependencies, and npm; the host may not reach a registry. */
  function bring(host: SandboxHost): void {
    const there = join(host.root, HOME);
    mkdirSync(there, { recursive: true });
    const own = readdirSync(ROOT).filter((name) => ![".git", ".ci-out"].includes(name));
    outputOf(["cp", "--archive", ...own.map((name) => join(ROOT, name)), there]);
    for (const made of ["policies/bin", "node_modules/.cache"]) rmSync(join(there, made), { recursive: true, force: true });
    const npm = dirname(dirname(realpathSync(programFile("npm"))));
    cpSync(npm, join(host.root, "usr/local/lib/npm"), { recursive: true });
    for (const name of ["npm", "npx"]) symlinkSync(`../lib/npm/bin/${name}-cli.js`, join(host.root, "usr/local/bin", name));
  }

  function fresh(context: Parameters<typeof useIt>[0]): SandboxHost {
    const { host } = useIt(context);
    if (machine === undefined) bring(host);
    machine = host;
    return host;
  }

  it("the commands run that need no hosts, and one that lacks a program names its package", async (context) => {
    const host = fresh(context);
    const plain = "/usr/local/bin:/usr/sbin:/usr/bin";
    expect(await project(host, plain, "npx", "phiward", "help")).toMatchObject({ code: 0, stderr: "" });
    const policy = await project(host, plain, "npx", "phiward", "policy");
    expect(policy.stdout).toMatch(/^prod: .* 0 violations/m);
    expect(policy.code).toBe(0);
    expect(await project(host, plain, "npx", "phiward", "preview")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("pulumi: found no such program on PATH, allowed: the Pulumi CLI") as unknown,
    });
  });

  it("each package of the list has its program", async (context) => {
    const host = fresh(context);
    const packages = [...new Set(fromDebian.map((program) => program.package))];
    const apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"];
    expect(await execInHost(host, [...apt, "update"])).toMatchObject({ code: 0 });
    const installed = await execInHost(host, [...apt, "install", "--yes", "--no-install-recommends", ...packages]);
    if (installed.code !== 0) throw new Error(installed.stderr);
    mkdirSync(join(host.root, LISTED));
    for (const { name } of fromDebian) {
      const directory = ["/usr/bin", "/usr/sbin"].find(
        // A link may be absolute, and lead nowhere on this machine.
        (candidate) => lstatSync(join(host.root, candidate, name), { throwIfNoEntry: false }) !== undefined,
      );
      expect(directory, `${name} is not in the package that the list says`).toBeDefined();
      symlinkSync(join(directory ?? "", name), join(host.root, LISTED, name));
    }
  });

  it("the tests and commands start nothing that is not listed", async (context) => {
    const host = fresh(context);
    expect(await project(host, LISTED, "sh", "-c", "perl -v")).toMatchObject({
      code: 127,
      stderr: expect.stringContaining("perl") as unknown,
    });
    for (const argv of [
      ["make", "help"],
      ["make", "docs"],
      ["node", "ops/phiward.cjs", "policy"],
    ])
      expect(await project(host, LISTED, ...argv)).toMatchObject({ code: 0, stderr: "" });
    const { code, stdout, stderr } = await project(host, LISTED, "vitest", "run", "--project=unit", ...PURE_TESTS, ...UNIT_TESTS);
    if (code !== 0) throw new Error(`${stdout}${stderr}`);
  });
});
