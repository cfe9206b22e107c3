/** An owner's collector of syslog for a test: TLS on this machine's address in the sandbox, with certificates of several kinds. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { outputOf } from "../../ops/lib/process";

/** The name that the collector's certificate is for. */
export const COLLECTOR_NAME = "siem.example.org";

/** A message as RFC 5424 has it. */
export interface Received {
  readonly priority: number;
  readonly time: number;
  readonly host: string;
  readonly app: string;
  readonly data: string;
  readonly message: string;
}

/** Certificates of the collector: the right one, and those that nothing may be sent to. */
export type CollectorCertificate = "right" | "other-authority" | "other-name" | "expired";

const FRAME = /^(\d{1,5}) /;
const MESSAGE = /^<(\d{1,3})>1 (\S+) (\S+) (\S+) \S+ \S+ ((?:\[(?:[^\]\\]|\\.)*\])+|-) ([^]*)$/;

/** The collector. */
export class CollectorServer {
  readonly received: Received[] = [];
  /** Connections that were accepted, by a client with the right certificate. */
  accepted = 0;
  private server: Server | undefined;
  private readonly open = new Set<TLSSocket>();
  private readonly directory: string;

  constructor(
    parent: string,
    private readonly address: string,
    readonly port: number,
  ) {
    this.directory = join(parent, "collector");
    mkdirSync(this.directory);
    for (const name of ["right", "other"]) this.openssl("req", "-x509", ...key(`${name}-ca`), "-days", "30", "-subj", `/CN=${name}`);
    this.issue("right", "right-ca", COLLECTOR_NAME, "30");
    this.issue("other-authority", "other-ca", COLLECTOR_NAME, "30");
    this.issue("other-name", "right-ca", "other.example.org", "30");
    this.issue("expired", "right-ca", COLLECTOR_NAME, "0");
    this.issue("client", "right-ca", "vault.example.org", "30");
  }

  text(name: string): string {
    return readFileSync(join(this.directory, name), "utf8");
  }

  async start(certificate: CollectorCertificate): Promise<void> {
    const own = { key: this.text(`${certificate}.key`), cert: this.text(`${certificate}.pem`) };
    const server = createServer({ ...own, ca: this.text("right-ca.pem"), requestCert: true, rejectUnauthorized: true }, (socket) => {
      this.accepted += 1;
      this.take(socket);
    });
    this.server = server;
    await new Promise<void>((listening) => server.listen(this.port, this.address, listening));
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    for (const socket of this.open) socket.destroy();
    if (server !== undefined) await new Promise((closed) => server.close(closed));
  }

  /** Messages of one tag from one host, each once, in the order in which they first came. */
  messages(host: string, app: string): readonly string[] {
    return [...new Set(this.received.filter((one) => one.host === host && one.app === app).map(({ message }) => message))];
  }

  private take(socket: TLSSocket): void {
    this.open.add(socket);
    let held = Buffer.alloc(0);
    socket.on("data", (part: Buffer) => {
      held = Buffer.concat([held, part]);
      for (let frame = FRAME.exec(held.toString("latin1", 0, 8)); frame !== null; frame = FRAME.exec(held.toString("latin1", 0, 8))) {
        const start = frame[0].length;
        const end = start + Number(frame[1]);
        if (held.length < end) return;
        this.received.push(read(held.toString("utf8", start, end)));
        held = held.subarray(end);
      }
    });
    socket.on("error", () => undefined);
    socket.on("close", () => this.open.delete(socket));
  }

  private issue(name: string, authority: string, subject: string, days: string): void {
    this.openssl("req", ...key(name, `${name}.csr`), "-subj", `/CN=${subject}`, "-addext", `subjectAltName=DNS:${subject}`);
    const issued = ["-CA", `${authority}.pem`, "-CAkey", `${authority}.key`, "-copy_extensions", "copy", "-days", days];
    this.openssl("x509", "-req", "-in", `${name}.csr`, ...issued, "-out", `${name}.pem`);
  }

  private openssl(...argv: readonly string[]): void {
    outputOf(["openssl", ...argv], { cwd: this.directory });
  }
}

function key(name: string, out = `${name}.pem`): readonly string[] {
  return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-keyout", `${name}.key`, "-out", out];
}

function read(text: string): Received {
  const found = MESSAGE.exec(text);
  if (found === null) throw new Error(`not a message of RFC 5424: ${text}`);
  const [, priority = "", time = "", host = "", app = "", data = "", message = ""] = found;
  return { priority: Number(priority), time: Date.parse(time), host, app, data, message };
}
