/** `make bench`: what a deploy costs, measured in one run on one machine. Ratios within the run mean more than its seconds. */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { adopt } from "../ops/commands/adopt";
import { verifyStack } from "../ops/commands/verify";
import { buildPack } from "../ops/lib/build";
import { stackContext } from "../ops/lib/context";
import { OperatorError } from "../ops/lib/errors";
import { sendImages } from "../ops/lib/images";
import { operate } from "../ops/lib/operate";
import type { Argv } from "../ops/lib/programs";
import { readStack, readStackFile } from "../ops/lib/stack";
import { auditCost } from "./auditBench";
import { median, rate, row } from "./benchRows";
import { type ColumnRates, columnRates } from "./columnBench";
import { up } from "./engine/engine";
import { ensureImages } from "./images/images";
import { SITE } from "./journey";
import { execInHost, initOf } from "./machines/exec";
import type { Sandbox } from "./machines/inventory";
import { ensurePrograms } from "./machines/packages";
import { mustRun } from "./machines/run";
import { createSandbox, destroySandbox } from "./machines/sandbox";
import { previews } from "./previews";
import { HOSTS, writeStackFile } from "./stackFile";

const ID = `bench-${String(process.pid)}`;
// A few per cent are looked for.
const AUDIT_ROUNDS = 6;

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
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
  const columns = await columnRates(host);
  const audit = await auditCost(host, "api", AUDIT_ROUNDS, () => asked(`http://127.0.0.1:${port}/health`));
  const [without, recorded] = [median(audit.without), median(audit.recorded)];
  const column = (what: string, one: keyof ColumnRates, over: keyof ColumnRates): string =>
    `${rate(what, columns[one])} ${(columns[one] / columns[over]).toFixed(4)} of a plain column`;
  return [
    rate("API, plain HTTP, without nginx", plain),
    `${rate("API by nginx, TLS 1.3", tls)} ${(tls / plain).toFixed(2)} of plain HTTP without nginx`,
    rate("API, plain HTTP, without the kernel's audit", without),
    `${rate("API, plain HTTP, with the kernel's audit", recorded)} ${(recorded / without).toFixed(3)} of that without`,
    rate("rows written, a plain column", columns.written),
    column("rows written, encrypted by phi.encrypt_phi", "encrypted", "written"),
    rate("rows read, a plain column", columns.read),
    column("rows read by phi.decrypt_phi, each on record", "decrypted", "read"),
  ];
}

/** With `preview` as its argument it measures previews alone, which needs no host. */
operate(async () => {
  buildPack();
  const only = process.argv[2];
  if (only !== undefined && only !== "preview")
    throw new OperatorError("make bench: found another part in ONLY, allowed: preview; leave it out for all", 2);
  const say = (lines: readonly string[], how: string): void => {
    process.stdout.write(`${String(cpus().length)} cores; ${how}\n${lines.join("\n")}\n`);
  };
  if (only === "preview") {
    say(await previews(), "previews alone");
    return 0;
  }
  try {
    say([...(await deploys()), ...(await previews())], "medians of three, first deploy once");
    return 0;
  } finally {
    await destroySandbox(ID);
  }
});
