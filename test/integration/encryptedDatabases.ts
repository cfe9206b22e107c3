/** Connections to databases on a real host: what is seen on the way, what servers say without TLS, and new certificates while they answer. */
import { parseConfig } from "../../components/config/faults";
import type { StackConfig } from "../../components/config/schema";
import { containersModel, upstreamPort } from "../../components/containers/model";
import { programCommand } from "../../components/plan/programs";
import { execInHost } from "../../sandbox/machines/exec";
import type { Bench } from "./bench";
import { waitFor } from "./waiting";

/** The same configuration with connections that need no TLS. */
export function unencrypted(config: StackConfig): StackConfig {
  const services = config.services.map((entry) =>
    entry.kind === "container" ? entry : { ...entry, unencrypted: "a program of a test that has no TLS" },
  );
  return parseConfig({ ...config, services });
}

/** What a listener saw: whether the text was on the way to the API, or to a database; packets to databases, and to the port without TLS. */
interface Seen {
  readonly api: boolean;
  readonly databases: boolean;
  readonly encrypted: number;
  readonly plain: number;
}

// Every packet of every interface and bridge of the host.
const LISTEN = `
import json, os, socket, struct, sys
text, seen = sys.argv[1].encode(), {"api": False, "databases": False, "encrypted": 0, "plain": 0}
listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
listener.settimeout(0.5)
open("/tmp/listening", "w").close()
while True:
    # What came until then is read to its end, however late.
    if not os.path.exists("/tmp/listening"):
        listener.setblocking(False)
    try:
        packet = listener.recv(65535)
    except TimeoutError:
        continue
    except BlockingIOError:
        break
    if packet[12:14] != b"\\x08\\x00" or packet[23] != 6:
        continue
    ports = set(struct.unpack("!HH", packet[14 + (packet[14] & 15) * 4:][:4]))
    if ports & {5432, 6380}:
        seen["encrypted"] += 1
    if 6379 in ports:
        seen["plain"] += 1
    if text in packet:
        seen["databases" if ports & {5432, 6379, 6380} else "api"] = True
print(json.dumps(seen))
`;

/** What a listener on the host sees of a text while `work` is done. */
export async function captured(bench: Bench, text: string, work: () => Promise<void>): Promise<Seen> {
  const listening = execInHost(bench.host, ["python3", "-c", LISTEN, text]);
  await waitFor("the listener", async () => (await execInHost(bench.host, ["test", "-e", "/tmp/listening"])).code === 0);
  try {
    await work();
  } finally {
    await bench.inside("rm", "-f", "/tmp/listening");
  }
  const { stdout, stderr } = await listening;
  if (stdout === "") throw new Error(stderr);
  // What the program above prints.
  return JSON.parse(stdout) as Seen;
}

/** What the host's program says of a handshake with each server. */
export async function encryptedServers(bench: Bench): Promise<Readonly<Record<string, string>>> {
  const served = async (name: string): Promise<string> =>
    (await execInHost(bench.host, programCommand("encryption", "served", name))).stdout.trim();
  return { db: await served("db"), cache: await served("cache") };
}

// PostgreSQL's start of a session without TLS, and a command for Redis, from the API's own container.
const ASK = `
const [host, port, bytes] = process.argv.slice(1);
const socket = require("net").connect(Number(port), host);
socket.setTimeout(5000, () => { console.log("timed out"); process.exit(); });
socket.on("connect", () => socket.write(Buffer.from(bytes, "hex")));
socket.on("data", (data) => { console.log(data.toString("latin1").replaceAll("\\0", " ").trim()); process.exit(); });
socket.on("error", (error) => { console.log(error.code); process.exit(); });
`;

/** What each server answers to the API's container without TLS; the code of the error where it takes no connection. */
export async function plainAnswers(bench: Bench, config: StackConfig): Promise<Readonly<Record<string, string>>> {
  const [api] = containersModel(config).services;
  const words = Buffer.from(`\0\x03\0\0user\0api_e1\0database\0api\0\0`);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(words.length + 4);
  const ask = async (...about: readonly [string, string, Buffer]): Promise<string> => {
    const [host, port, bytes] = about;
    const argv = ["docker", "exec", api?.name ?? "", "/usr/bin/node", "-e", ASK, host, port, bytes.toString("hex")] as const;
    return (await execInHost(bench.host, argv)).stdout.trim();
  };
  return {
    db: await ask("db", "5432", Buffer.concat([length, words])),
    cache: await ask("cache", "6379", Buffer.from("PING\r\n")),
  };
}

/** The certificates that servers show, before and after all of them are made anew while the API is asked; and how that went. */
export async function underNewCertificates(
  bench: Bench,
  config: StackConfig,
): Promise<{
  readonly before: Readonly<Record<string, string>>;
  readonly after: Readonly<Record<string, string>>;
  readonly asked: number;
  readonly failed: readonly string[];
}> {
  const directory = (name: string): string => `/etc/phiward/services/${name}/tls`;
  const serials = async (): Promise<Readonly<Record<string, string>>> => {
    const of = (name: string): Promise<string> =>
      bench.inside("openssl", "x509", "-noout", "-serial", "-in", `${directory(name)}/server/certificate.pem`);
    return { db: await of("db"), cache: await of("cache") };
  };
  const before = await serials();
  const url = `http://127.0.0.1:${String(upstreamPort(containersModel(config), "api"))}/health`;
  const script = `: > /tmp/asking; while [ -e /tmp/asking ]; do curl --silent --output /dev/null --write-out '%{http_code}\n' --max-time 5 ${url}; done`;
  const asking = execInHost(bench.host, ["sh", "-c", script]);
  await waitFor("the requests", async () => (await execInHost(bench.host, ["test", "-e", "/tmp/asking"])).code === 0);
  for (const name of ["db", "cache"]) await bench.inside("rm", `${directory(name)}/server`);
  await bench.inside("systemctl", "start", "phiward-encryption.service");
  await bench.inside("sh", "-c", "sleep 3; rm /tmp/asking");
  const codes = (await asking).stdout.split("\n").filter((line) => line !== "");
  return { before, after: await serials(), asked: codes.length, failed: codes.filter((code) => code !== "200") };
}
