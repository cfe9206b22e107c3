import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { auditLine, clientAddress, requestId } from "./audit";
import { drain, readJson } from "./body";
import { Refused, Unavailable } from "./faults";
import { Metrics } from "./metrics";
import { findRoute, type Services, sessionToken } from "./routes";

/** What the server is made of; `log` is given each line for the standard output. */
export interface ServerOptions extends Services {
  readonly log: (line: string) => void;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What becomes known of a request while it is answered, for metrics and the audit line. */
interface Trace {
  readonly request: string;
  route: string;
  action: string;
  user: string | null;
  object: string | null;
}

type MachineRoute = (services: Services, metrics: Metrics) => Promise<Reply>;

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

// For the health check, the proxy and Prometheus: counted, but not audited, for they touch nothing of a patient.
const MACHINE_ROUTES: ReadonlyMap<string, MachineRoute> = new Map([
  ["/health", health],
  ["/metrics", exposition],
]);

/** Returns the API's HTTP server, which does not listen yet. */
export function createApi(options: ServerOptions): Server {
  const metrics = new Metrics();
  // Kept alive for longer than the proxy does: else it would send a request into a connection that is just being closed.
  const server = createServer({ keepAliveTimeout: 75_000, requestTimeout: 30_000 }, (request, response) => {
    const start = performance.now();
    const { method = "", headers, socket } = request;
    const trace: Trace = { request: requestId(headers), route: "none", action: "none", user: null, object: null };
    const finish = async (): Promise<void> => {
      const reply = await replyTo(request, trace, metrics, options);
      await send(request, response, { ...reply, headers: { "X-Request-ID": trace.request, ...reply.headers } }, server.listening);
      metrics.count(trace.route, METHODS.has(method) ? method : "other", reply.status, (performance.now() - start) / 1000);
      if (MACHINE_ROUTES.has(trace.route)) return;
      const address = clientAddress(headers, socket.remoteAddress);
      options.log(auditLine({ ...trace, status: reply.status, address }, new Date()));
    };
    void finish();
  });
  return server;
}

async function replyTo(request: IncomingMessage, trace: Trace, metrics: Metrics, options: ServerOptions): Promise<Reply> {
  try {
    const target = URL.parse(request.url ?? "", "http://api");
    if (target === null) throw new Refused(400, "the address cannot be read");
    const machine = request.method === "GET" ? MACHINE_ROUTES.get(target.pathname) : undefined;
    if (machine === undefined) return await forPeople(request, target, options, trace);
    trace.route = target.pathname;
    return await machine(options, metrics);
  } catch (error) {
    return refusal(error, trace, options);
  }
}

async function forPeople(request: IncomingMessage, target: URL, services: Services, trace: Trace): Promise<Reply> {
  const { route, id } = findRoute(request.method ?? "", target.pathname);
  trace.route = route.path;
  trace.action = route.action;
  trace.object = id === "" ? null : id;
  const token = sessionToken(request.headers.cookie);
  const user = token === "" || route.open ? undefined : await services.sessions.find(token);
  if (user === undefined && !route.open) throw new Refused(401, "log in first, at /login");
  trace.user = user ?? null;
  const body = route.method === "GET" ? undefined : await readJson(request);
  const answer = await route.handle({ id, query: target.searchParams, body, token, user: user ?? "" }, services);
  trace.user ??= answer.user ?? null;
  trace.object ??= answer.object ?? null;
  return answer;
}

async function health({ store, sessions }: Services): Promise<Reply> {
  await Promise.all([store.ping(), sessions.ping()]);
  return { status: 200, body: { status: "ok" } };
}

function exposition({ store }: Services, metrics: Metrics): Promise<Reply> {
  const gauges = new Map([["process_resident_memory_bytes", process.memoryUsage.rss()]]);
  for (const [state, count] of Object.entries(store.connections())) gauges.set(`db_pool_connections{state="${state}"}`, count);
  return Promise.resolve({ status: 200, body: metrics.text(gauges) });
}

function refusal(error: unknown, trace: Trace, { log }: ServerOptions): Reply {
  if (error instanceof Refused) {
    trace.user ??= error.user ?? null;
    return { status: error.status, body: { error: error.message }, headers: error.headers };
  }
  const isPassing = error instanceof Unavailable;
  const fault = isPassing ? `${error.message} does not answer` : "unforeseen";
  // An error's words may hold what a client sent, so only its kind is said.
  const kind = kindOf(isPassing ? error.cause : error);
  log(JSON.stringify({ time: new Date().toISOString(), fault, kind, request: trace.request }));
  if (!isPassing) return { status: 500, body: { error: "a fault of ours" } };
  return { status: 503, body: { error: "not available just now, try again" }, headers: { "Retry-After": "2" } };
}

function kindOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return error instanceof Error ? `${error.name}${typeof code === "string" ? ` ${code}` : ""}` : "unknown";
}

async function send(request: IncomingMessage, response: ServerResponse, reply: Reply, stays: boolean): Promise<void> {
  const isText = typeof reply.body === "string";
  const text = isText ? reply.body : JSON.stringify(reply.body);
  const type = isText ? "text/plain; version=0.0.4; charset=utf-8" : "application/json";
  const keep = stays && request.complete ? {} : { Connection: "close" };
  const length = Buffer.byteLength(text);
  response.writeHead(reply.status, {
    "Content-Type": type,
    "Content-Length": length,
    "Cache-Control": "no-store",
    ...reply.headers,
    ...keep,
  });
  response.write(text);
  if (!request.complete && !request.destroyed) await drain(request);
  response.end();
}
