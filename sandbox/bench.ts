/** `make bench`: what a deploy costs, measured in one run on one machine. Ratios within the run mean more than its seconds. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { adopt } from "../ops/adopt";
import { stackContext } from "../ops/context";
import { pulumiVersion } from "../ops/pulumi";
import { operate, readStack, readStackFile } from "../ops/stack";
import { up } from "./engine/engine";
import { createSandbox, destroySandbox } from "./hosts/sandbox";
import { writeStackFile } from "./stackFile";

const ID = `bench-${String(process.pid)}`;
const ROOT = resolve(__dirname, "..");

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function row(what: string, value: number, over?: readonly [string, number]): string {
  const ratio = over === undefined ? "" : `   ${(value / over[1]).toFixed(2)} of ${over[0]}`;
  return `${what.padEnd(44)}${value.toFixed(2).padStart(8)} s${ratio}`;
}

async function deploys(): Promise<readonly string[]> {
  const sandbox = await createSandbox({ id: ID, hosts: ["web"], outsiders: 1, progress: () => undefined });
  process.env["SANDBOX"] = ID;
  writeStackFile(sandbox);
  const { file } = stackContext("sandbox");
  const config = readStack(file);
  const [host] = config.hosts;
  if (host === undefined) throw new Error("the sandbox has no host");
  const adoption = await seconds(() =>
    adopt(config, host, { identity: sandbox.keyFile, remove: ["/root/.ssh/authorized_keys"], say: () => undefined }),
  );
  const run = (): Promise<Awaited<ReturnType<typeof up>>> =>
    up({ stack: "sandbox", config: readStackFile(file), addresses: [host.address], identity: sandbox.keyFile, progress: () => undefined });
  const whole = { first: 0, again: 0 };
  let performed: Awaited<ReturnType<typeof up>>["performed"] = [];
  const sum = (role: string): number =>
    performed.filter(({ name }) => name.endsWith(role)).reduce((total, entry) => total + entry.seconds, 0);
  whole.first = await seconds(async () => ({ performed } = await run()));
  const firstApply = sum("-apply");
  const again: { whole: number; apply: number; confirm: number; verify: number }[] = [];
  for (let round = 0; round < 3; round++) {
    const time = await seconds(async () => ({ performed } = await run()));
    if (performed.some(({ status }) => status === "changed")) throw new Error("a second run changed something");
    again.push({ whole: time, apply: sum("-apply"), confirm: sum("-confirm"), verify: sum("-verify") });
  }
  const of = (key: keyof (typeof again)[number]): number => median(again.map((entry) => entry[key]));
  return [
    row("adopt one host", adoption),
    row("first deploy of one host", whole.first),
    row("  its five applies, packages included", firstApply, ["that deploy", whole.first]),
    row("forced re-apply of one host, all unchanged", of("whole"), ["the first deploy", whole.first]),
    row("  its five applies", of("apply"), ["that re-apply", of("whole")]),
    row("  its five confirmations", of("confirm"), ["that re-apply", of("whole")]),
    row("verify one host, all checks", of("verify"), ["that re-apply", of("whole")]),
  ];
}

// An empty program beside ours: what Pulumi itself costs is not ours to answer for.
function previews(): readonly string[] {
  const version = pulumiVersion();
  if (version === undefined) return ["preview: not measured, no pulumi on PATH"];
  const directory = mkdtempSync(join(tmpdir(), "phiward-bench-"));
  try {
    const environment = {
      ...process.env,
      PULUMI_BACKEND_URL: `file://${directory}/state`,
      PULUMI_CONFIG_PASSPHRASE: "bench",
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    const empty = join(directory, "empty");
    const ours = join(directory, "ours");
    for (const made of [empty, ours, join(directory, "state")]) mkdirSync(made);
    writeFileSync(join(empty, "Pulumi.yaml"), "name: empty\nruntime: nodejs\n");
    writeFileSync(join(empty, "index.js"), "");
    writeFileSync(join(empty, "package.json"), "{}");
    symlinkSync(join(ROOT, "node_modules"), join(empty, "node_modules"));
    for (const name of ["Pulumi.yaml", "index.ts", "components", "policies", "node_modules", "package.json", "tsconfig.json"])
      symlinkSync(join(ROOT, name), join(ours, name));
    writeFileSync(join(ours, "Pulumi.bench.yaml"), spawnSync("cat", [join(ROOT, "Pulumi.prod.yaml")], { encoding: "utf8" }).stdout);
    const pulumi = (cwd: string, ...args: string[]): void => {
      const { status, stdout, stderr } = spawnSync("pulumi", [...args, "--non-interactive"], { cwd, env: environment, encoding: "utf8" });
      if (status !== 0) throw new Error(`pulumi ${args.join(" ")}: ${stdout}${stderr}`);
    };
    for (const cwd of [empty, ours]) pulumi(cwd, "stack", "select", "--create", "bench");
    const timed = (cwd: string, ...extra: string[]): number =>
      median(
        [0, 1, 2].map(() => {
          const start = performance.now();
          pulumi(cwd, "preview", "--stack", "bench", ...extra);
          return (performance.now() - start) / 1000;
        }),
      );
    const none = timed(empty);
    const plain = timed(ours);
    const judged = timed(ours, "--policy-pack", "policies");
    return [
      row(`preview of an empty JavaScript program (pulumi ${version})`, none),
      row("preview of Pulumi.prod.yaml", plain, ["the empty one", none]),
      row("preview with the policy pack", judged, ["the one without", plain]),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

operate(async () => {
  try {
    const lines = [...(await deploys()), ...previews()];
    process.stdout.write(`${String(cpus().length)} cores; medians of three, first deploy once\n${lines.join("\n")}\n`);
    return 0;
  } finally {
    await destroySandbox(ID);
  }
});
