/** `make bench`: what a deploy costs, measured in one run on one machine. Ratios within the run mean more than its seconds. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseDocument } from "yaml";
import { adopt } from "../ops/commands/adopt";
import { verifyStack } from "../ops/commands/verify";
import { buildPack } from "../ops/lib/build";
import { stackContext } from "../ops/lib/context";
import { sendImages } from "../ops/lib/images";
import { operate } from "../ops/lib/operate";
import { runSync } from "../ops/lib/process";
import type { Argv } from "../ops/lib/programs";
import { pulumiEnvironment, pulumiVersion } from "../ops/lib/pulumi";
import { readStack, readStackFile } from "../ops/lib/stack";
import { up } from "./engine/engine";
import { ensureImages } from "./images/images";
import { SITE } from "./journey";
import { execInHost, initOf } from "./machines/exec";
import type { Sandbox } from "./machines/inventory";
import { ensurePrograms } from "./machines/packages";
import { mustRun } from "./machines/run";
import { createSandbox, destroySandbox } from "./machines/sandbox";
import { HOSTS, writeStackFile } from "./stackFile";

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
  return `${what.padEnd(52)}${value.toFixed(2).padStart(8)} s${ratio}`;
}

async function deploys(): Promise<readonly string[]> {
  const images = await ensureImages(() => undefined);
  const sandbox = await createSandbox({ id: ID, hosts: HOSTS, outsiders: 1, progress: () => undefined });
  process.env["SANDBOX"] = ID;
  const file = withoutLimits(await writeStackFile(sandbox, images));
  const context = stackContext("sandbox");
  const config = readStack(file);
  const adoption = await seconds(async () => {
    for (const host of config.hosts)
      await adopt(config, host, { identity: sandbox.keyFile, remove: ["/root/.ssh/authorized_keys"], say: () => undefined });
  });
  const archives = images.map(({ archive }) => archive);
  const [web] = config.hosts;
  if (web === undefined) throw new Error("the sandbox has no host");
  const sending = await seconds(() => sendImages(web, archives, context.patience, () => undefined));
  const addresses = sandbox.hosts.map(({ address }) => address);
  let performed: Awaited<ReturnType<typeof up>>["performed"] = [];
  const run = async (): Promise<void> => {
    const options = { stack: "sandbox", config: readStackFile(file), addresses, identity: sandbox.keyFile, progress: () => undefined };
    ({ performed } = await up(options));
  };
  const sum = (role: string): number =>
    performed.filter(({ name }) => name.endsWith(role)).reduce((total, entry) => total + entry.seconds, 0);
  const first = await seconds(run);
  const firstApply = sum("-apply");
  const again: { whole: number; apply: number; confirm: number; verify: number }[] = [];
  for (let round = 0; round < 3; round++) {
    const time = await seconds(run);
    if (performed.some(({ status }) => status === "changed")) throw new Error("a second run changed something");
    again.push({ whole: time, apply: sum("-apply"), confirm: sum("-confirm"), verify: sum("-verify") });
  }
  const of = (key: keyof (typeof again)[number]): number => median(again.map((entry) => entry[key]));
  const outside = await seconds(() => verifyStack(config, context));
  return [
    row("adopt two hosts", adoption),
    row("send three images", sending),
    row("first deploy of the whole stack", first),
    row("  sum of its applies, two hosts side by side", firstApply, ["that deploy", first]),
    row("no-change run, every unit asked again", of("whole"), ["the first deploy", first]),
    row("  sum of its applies", of("apply"), ["that run", of("whole")]),
    row("  sum of its confirmations", of("confirm"), ["that run", of("whole")]),
    row("  sum of its checks of both hosts", of("verify"), ["that run", of("whole")]),
    row("phiward verify, with the scan of all ports", outside, ["that run", of("whole")]),
    ...(await throughput(sandbox)),
  ];
}

// What the limits are for would be all that is measured.
function withoutLimits(file: string): string {
  const document = parseDocument(readFileSync(file, "utf8"));
  for (const key of ["requestsPerSecond", "burst"]) document.setIn(["config", "phiward:sites", 0, key], 100_000);
  document.setIn(["config", "phiward:sites", 0, "connections"], 1000);
  writeFileSync(file, String(document));
  return file;
}

// Both asked from inside the host's own network, over connections that are kept: what is compared is nginx and TLS.
async function throughput(sandbox: Sandbox): Promise<readonly string[]> {
  const [host] = sandbox.hosts;
  if (host === undefined) throw new Error("the sandbox has no host");
  await ensurePrograms("bench", () => undefined);
  const { stdout: published } = await execInHost(host, ["docker", "ps", "--filter=label=phiward.service=api", "--format={{.Ports}}"]);
  const port = /127\.0\.0\.1:(\d+)->/.exec(published)?.[1] ?? "";
  const names = join(sandbox.dir, "hosts-file");
  writeFileSync(names, `${host.address} ${SITE}\n`);
  const asked = async (url: string): Promise<number> => {
    const load: Argv = ["wrk", "--threads=1", "--connections=16", "--duration=5s", url];
    const inside: Argv = ["nsenter", `--net=/proc/${String(initOf(host))}/ns/net`, "--", "unshare", "--mount", "sh", "-c"];
    const answer = await mustRun([...inside, 'mount --bind "$0" /etc/hosts && exec "$@"', names, ...load]);
    if (/Non-2xx/.test(answer)) throw new Error(`${url}: ${answer}`);
    return Number(/Requests\/sec:\s*([\d.]+)/.exec(answer)?.[1] ?? Number.NaN);
  };
  const rounds = [];
  for (let round = 0; round < 3; round++)
    rounds.push({ plain: await asked(`http://127.0.0.1:${port}/health`), tls: await asked(`https://${SITE}/health`) });
  const [plain, tls] = [median(rounds.map((entry) => entry.plain)), median(rounds.map((entry) => entry.tls))];
  const rate = (what: string, value: number): string => `${what.padEnd(52)}${value.toFixed(0).padStart(8)} /s`;
  return [
    rate("API, plain HTTP, without nginx", plain),
    `${rate("API by nginx, TLS 1.3", tls)} ${(tls / plain).toFixed(2)} of plain HTTP without nginx`,
  ];
}

// An empty program beside ours: what Pulumi itself costs is not ours to answer for. Seconds of CPU: those of the wall tell of the machine.
function previews(): readonly string[] {
  const version = pulumiVersion();
  if (version === undefined) return ["preview: not measured, no pulumi on PATH"];
  const directory = mkdtempSync(join(tmpdir(), "phiward-bench-"));
  try {
    const environment = {
      ...pulumiEnvironment(process.env),
      PULUMI_BACKEND_URL: `file://${directory}/state`,
      PULUMI_CONFIG_PASSPHRASE: "bench",
    };
    const empty = join(directory, "empty");
    const ours = join(directory, "ours");
    for (const made of [empty, ours, join(directory, "state")]) mkdirSync(made);
    writeFileSync(join(empty, "Pulumi.yaml"), "name: empty\nruntime: nodejs\n");
    writeFileSync(join(empty, "index.ts"), "export {};\n");
    writeFileSync(join(empty, "package.json"), '{ "main": "index.ts" }');
    symlinkSync(join(ROOT, "node_modules"), join(empty, "node_modules"));
    for (const name of [
      "Pulumi.yaml",
      "index.cjs",
      "index.ts",
      "components",
      "ops",
      "policies",
      "node_modules",
      "package.json",
      "tsconfig.json",
    ])
      symlinkSync(join(ROOT, name), join(ours, name));
    writeFileSync(join(ours, "Pulumi.bench.yaml"), readFileSync(join(ROOT, "Pulumi.prod.yaml")));
    const pulumi = (cwd: string, ...args: string[]): number => {
      // What the shell prints last is of its children: seconds of the user and of the system.
      const command: Argv = ["sh", "-c", '"$@" >&2 && times', "sh", "pulumi", ...args, "--non-interactive"];
      const { status, stdout, stderr } = runSync(command, { cwd, env: environment });
      if (status !== 0) throw new Error(`pulumi ${args.join(" ")}: ${stderr}`);
      const [, , user, system] = [...stdout.matchAll(/(\d+)m([\d.]+)s/g)].map(([, minutes, rest]) => Number(minutes) * 60 + Number(rest));
      return (user ?? 0) + (system ?? 0);
    };
    for (const cwd of [empty, ours]) pulumi(cwd, "stack", "select", "--create", "bench");
    const timed = (cwd: string, ...extra: string[]): number =>
      Math.min(...[0, 1, 2].map(() => pulumi(cwd, "preview", "--stack", "bench", ...extra)));
    const none = timed(empty);
    const plain = timed(ours);
    const judged = timed(ours, "--policy-pack", "policies");
    return [
      row(`preview of an empty TypeScript program (pulumi ${version})`, none),
      row("preview of Pulumi.prod.yaml", plain, ["the empty one", none]),
      row("preview with the policy pack", judged, ["the empty one", none]),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

operate(async () => {
  buildPack();
  try {
    const lines = [...(await deploys()), ...previews()];
    process.stdout.write(`${String(cpus().length)} cores; medians of three, first deploy once\n${lines.join("\n")}\n`);
    return 0;
  } finally {
    await destroySandbox(ID);
  }
});
