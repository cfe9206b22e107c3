/** A client of a vault that speaks as restic does: its REST API, HTTP/2 over the standard streams of a forced command. */
import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { start } from "../../ops/lib/process";
import type { Argv } from "../../ops/lib/programs";

/**
 * Starts `argv` and sends it each of `requests`, such as `DELETE /config`, and returns them with the status of their answers. When this returns or
 * throws, session, sockets and process are gone: none of them can fail in a later test. `bodies` has what a request brings along.
 */
export async function askOverSsh(
  argv: Argv,
  requests: readonly string[],
  bodies: ReadonlyMap<string, Buffer> = new Map(),
): Promise<readonly string[]> {
  const ssh = start(argv, { stdio: ["pipe", "pipe", "ignore"] });
  // Node's HTTP/2 client asserts on a stream that is not a socket when it is destroyed under way: so it gets a socket.
  const sockets: Socket[] = [];
  const bridge = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.pipe(ssh.stdin);
    ssh.stdout.pipe(socket);
  });
  // What is still on its way when the vault hangs up is of no interest.
  ssh.stdin.on("error", () => undefined);
  const ended = ssh.exitCode === null ? once(ssh, "exit") : Promise.resolve();
  bridge.listen(0, "127.0.0.1");
  await once(bridge, "listening");
  const { port } = bridge.address() as AddressInfo; // of a server that listens on TCP
  const session = connect(`http://127.0.0.1:${String(port)}`);
  session.on("error", () => undefined);
  // Not `once` of node:events, which rejects on an error.
  const closed = new Promise((resolve) => session.once("close", resolve));
  try {
    const answers = [];
    for (const request of requests) {
      const [method = "", path = ""] = request.split(" ");
      answers.push(`${request}: ${String(await askOnce(session, method, path, bodies.get(request)))}`);
    }
    return answers;
  } finally {
    session.destroy();
    ssh.kill("SIGKILL");
    bridge.close();
    for (const socket of sockets) socket.destroy();
    await Promise.all([closed, ended, once(bridge, "close")]);
  }
}

function askOnce(session: ClientHttp2Session, method: string, path: string, body?: Buffer): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ":method": method, ":path": path });
    stream.on("response", (headers) => {
      resolve(headers[":status"]);
      stream.close();
    });
    stream.on("error", reject);
    stream.on("close", () => {
      reject(new Error(`${method} ${path}: the vault hung up`));
    });
    stream.end(body ?? (method === "POST" ? "overwritten" : undefined));
  });
}
