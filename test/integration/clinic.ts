/**
 * The people of a clinic, for edge.test.ts: run in a network of its own, so that all of them have one address. Each has one connection
 * of HTTP/2, as a browser has. Reads its order on standard input and writes how often it got which status.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { connect as tlsConnect } from "node:tls";

interface Order {
  readonly address: string;
  readonly name: string;
  readonly ca: string;
  readonly people: number;
  readonly assets: number;
  readonly rounds: number;
  /** A file that is made once all have logged in. */
  readonly entered: string;
}

/** Seconds that it took, and each status with how often it came. */
export interface Seen {
  readonly seconds: number;
  readonly largest: number;
  readonly statuses: Readonly<Record<string, number>>;
}

const MOST_MILLISECONDS = 300_000;

async function main({ address, name, ca, people, assets, rounds, entered }: Order): Promise<Seen> {
  const statuses: Record<string, number> = {};
  const began = performance.now();
  let [largest, inside] = [0, 0];
  const count = (what: string, status: number): void => {
    const key = `${what} ${String(status)}`;
    statuses[key] = (statuses[key] ?? 0) + 1;
  };
  const person = async (index: number): Promise<void> => {
    const session = connect(`https://${name}`, {
      createConnection: () => tlsConnect({ host: address, port: 443, servername: name, ca: readFileSync(ca), ALPNProtocols: ["h2"] }),
    });
    const get = async (what: string, path: string, headers: Readonly<Record<string, string>> = {}, body = ""): Promise<void> => {
      const asked = performance.now();
      count(what, await ask(session, { ":path": path, ...headers }, body));
      largest = Math.max(largest, performance.now() - asked);
    };
    const post = { ":method": "POST" };
    // One in ten mistypes.
    if (index % 10 === 0) await get("mistyped", "/login", post, "wrong");
    await get("login", "/login", post, "right");
    inside += 1;
    if (inside === people) writeFileSync(entered, "");
    for (let round = 0; round < rounds; round += 1) {
      await get("page", "/page/");
      const files = Array.from({ length: assets }, (_, file) => get("file", `/page/${String(file)}.js`));
      const preflight = { ":method": "OPTIONS", origin: "https://app.example.org", "access-control-request-method": "PUT" };
      await Promise.all([...files, get("icon", "/favicon.ico"), get("logo", "/logo.png"), get("preflight", "/notes/1", preflight)]);
    }
    session.close();
  };
  await Promise.all(Array.from({ length: people }, (_, index) => person(index)));
  return { seconds: (performance.now() - began) / 1000, largest: largest / 1000, statuses };
}

// What fails without an answer counts as status 0.
function ask(session: ClientHttp2Session, headers: Readonly<Record<string, string>>, body: string): Promise<number> {
  return new Promise((resolve) => {
    const stream = session.request(headers, { endStream: false });
    let status = 0;
    stream.setTimeout(MOST_MILLISECONDS, () => {
      stream.close();
    });
    stream.on("response", (answer: IncomingHttpHeaders & { ":status"?: number }) => {
      status = answer[":status"] ?? 0;
    });
    stream.on("error", () => undefined);
    stream.on("close", () => {
      resolve(status);
    });
    stream.resume();
    stream.end(body);
  });
}

void main(JSON.parse(readFileSync(0, "utf8")) as Order).then((seen) => {
  process.stdout.write(JSON.stringify(seen));
});
