/** A receiver of alerts on this machine, as a contact has one: what arrived, where, and when. */
import { createServer, type Server } from "node:http";
import { member } from "../../components/config/unknown";

/** A message that arrived. */
export interface Arrival {
  /** Path that it was posted to: which contact it is for. */
  readonly path: string;
  readonly body: unknown;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A webhook that answers, and keeps what it gets. */
export class AlertReceiver {
  readonly arrivals: Arrival[] = [];
  private readonly server: Server;

  private constructor(private readonly host: string) {
    this.server = createServer((request, response) => {
      const parts: string[] = [];
      request.setEncoding("utf8").on("data", (part: string) => parts.push(part));
      request.on("end", () => {
        const body: unknown = JSON.parse(parts.join(""));
        this.arrivals.push({ path: request.url ?? "", body, at: Date.now() });
        response.end();
      });
    });
  }

  /** Listens at a free port of this address. */
  static async listen(host: string): Promise<AlertReceiver> {
    const receiver = new AlertReceiver(host);
    await new Promise<void>((resolve) => receiver.server.listen(0, host, resolve));
    return receiver;
  }

  /** Its address for a contact of that name. */
  address(contact: string): string {
    const bound = this.server.address();
    return `http://${this.host}:${typeof bound === "object" && bound !== null ? String(bound.port) : "0"}/${contact}`;
  }

  /** What arrived for a contact of the monitoring about an alert of a host: not what hosts themselves send. */
  about(contact: string, alert: string, instance: string, status = "firing"): readonly Arrival[] {
    return this.arrivals.filter(
      ({ path, body }) => path === `/${contact}` && alertsOf(body).some((one) => same(one, { alert, instance }, status)),
    );
  }

  close(): void {
    this.server.close();
  }
}

function alertsOf(body: unknown): readonly unknown[] {
  const alerts = member(body, "alerts");
  return Array.isArray(alerts) ? alerts : [];
}

function same(alert: unknown, labels: Readonly<Record<string, string>>, status: string): boolean {
  const found = member(alert, "labels");
  return member(alert, "status") === status && Object.entries(labels).every(([name, value]) => member(found, name) === value);
}
