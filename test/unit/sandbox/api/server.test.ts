import { once } from "node:events";
import { type IncomingHttpHeaders, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Unavailable } from "../../../../sandbox/api/faults";
import { hashPassword } from "../../../../sandbox/api/passwords";
import { createApi } from "../../../../sandbox/api/server";
import type { Sessions } from "../../../../sandbox/api/sessions";
import type { Note, Store } from "../../../../sandbox/api/store";

const ID = "0b6a1c5e-8f0e-4a57-9d8b-3f6f0c2f9a11";
const OTHER = ID.replace("0", "1");
const TOKEN = "t".repeat(43);
const NOTE: Note = { id: ID, patient: "Erika Muster", text: "Befund", author: "admin", created: new Date(0), updated: new Date(0) };

interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe("the API", () => {
  let server: Server;
  let log: string[];
  let store: Store;
  let gone: boolean;
  let hash: string;

  const sessions: Sessions = {
    start: () => Promise.resolve(TOKEN),
    find: (token) => Promise.resolve(token === TOKEN ? "admin" : undefined),
    end: () => Promise.resolve(),
    ping: () => Promise.resolve(),
  };

  beforeAll(async () => {
    hash = await hashPassword("right");
  });
  beforeEach(async () => {
    log = [];
    gone = false;
    const there = <T>(value: T): Promise<T> =>
      gone ? Promise.reject(new Unavailable("PostgreSQL", { cause: new Error("Erika") })) : Promise.resolve(value);
    store = {
      passwordHash: (user) => there(user === "admin" ? hash : undefined),
      addNote: () => there(ID),
      note: (id) => there(id === ID ? NOTE : undefined),
      notesOf: () => there([NOTE]),
      accesses: (id) =>
        there(id === ID ? [{ at: "1970-01-01T00:00:00Z", login: "api_e1", accessor: "admin", reason: "treatment" }] : undefined),
      replaceNote: (id) => there(id === ID),
      ping: () => there(undefined),
      connections: () => ({ total: 2, idle: 1, waiting: 0 }),
    };
    server = createApi({ store, sessions, log: (line) => log.push(line) });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const ask = (method: string, path: string, body?: string, headers: Readonly<Record<string, string>> = {}): Promise<Answered> =>
    new Promise((resolve, reject) => {
      // A server that listens on TCP has an address of this shape.
      const { port } = server.address() as AddressInfo;
      const asked = request({ host: "127.0.0.1", port, method, path, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString("utf8") });
        });
      });
      asked.on("error", reject);
      asked.end(body);
    });
  const loggedIn = { cookie: `theme=dark; session=${TOKEN}` };
  const note = JSON.stringify({ patient: "Erika Muster", text: "Befund" });

  it.each([
    ["GET", "/nothing", 404],
    ["GET", "/notes/", 404],
    ["GET", "/notes/1", 404],
    ["GET", `/notes/${ID}/more`, 404],
    ["GET", "//", 400],
    ["GET", "/login", 405],
    ["PUT", "/notes", 405],
    ["DELETE", `/notes/${ID}`, 405],
    ["POST", "/health", 404],
    ["GET", "/notes?patient=Erika", 401],
    ["POST", "/notes", 401],
    ["GET", `/notes/${ID}/accesses`, 401],
    ["GET", "/notes//accesses", 404],
    ["PUT", `/notes/${ID}`, 401],
    ["POST", "/logout", 401],
    ["GET", "/health", 200],
    ["GET", "/metrics", 200],
  ])("answers a stranger's %s %s with %i", async (method, path, status) => {
    expect((await ask(method, path)).status).toBe(status);
  });

  it.each([
    ["GET", "/notes", "nothing", undefined, 400],
    ["GET", "/notes?patient=Erika", "nothing", undefined, 200],
    ["GET", `/notes/${ID}`, "nothing", undefined, 200],
    ["GET", `/notes/${OTHER}`, "nothing", undefined, 404],
    ["GET", `/notes/${ID}/accesses`, "nothing", undefined, 200],
    ["GET", `/notes/${OTHER}/accesses`, "nothing", undefined, 404],
    ["GET", `/notes/${ID}/accesses/1`, "nothing", undefined, 404],
    ["PUT", `/notes/${ID}`, "a note", note, 200],
    ["PUT", `/notes/${OTHER}`, "a note", note, 404],
    ["POST", "/notes", "a note", note, 201],
    ["POST", "/notes", "half an object", "{", 400],
    ["POST", "/notes", "nothing", undefined, 400],
    ["POST", "/notes", "null", "null", 400],
    ["POST", "/notes", "a text with NUL", '{"patient":"p","text":"a\\u0000b"}', 400],
    ["POST", "/notes", "a number for a text", '{"patient":"p","text":7}', 400],
    ["POST", "/notes", "more than 1 MiB", " ".repeat(1024 * 1024 + 1), 413],
    ["POST", "/logout", "nothing", undefined, 200],
  ])("answers as it should to a user's %s %s with %s in its body", async (method, path, _what, body, status) => {
    const { status: found, headers } = await ask(method, path, body, loggedIn);
    expect(found).toBe(status);
    expect(headers["cache-control"]).toBe("no-store");
  });

  it("refuses a body of unknown length once it is too large, and the answer arrives", async () => {
    const { status, headers } = await ask("POST", "/notes", " ".repeat(3 * 1024 * 1024), { ...loggedIn, "transfer-encoding": "chunked" });
    expect([status, headers.connection]).toEqual([413, "close"]);
  });

  it("says which methods an address has", async () => {
    expect((await ask("DELETE", "/notes")).headers.allow).toBe("POST, GET");
  });

  it("keeps a connection for the next request", async () => {
    expect((await ask("GET", "/health", undefined, { connection: "keep-alive" })).headers.connection).toBe("keep-alive");
    expect((await ask("POST", "/notes", note, { ...loggedIn, connection: "keep-alive" })).headers.connection).toBe("keep-alive");
  });

  it("gives a cookie that no script, other site or plain connection gets, and takes it back", async () => {
    const { headers, body } = await ask("POST", "/login", JSON.stringify({ user: "admin", password: "right" }));
    expect(headers["set-cookie"]).toEqual([`session=${TOKEN}; HttpOnly; Secure; SameSite=Strict; Path=/`]);
    expect(JSON.parse(body)).toEqual({ user: "admin" });
    const left = await ask("POST", "/logout", undefined, loggedIn);
    expect(left.headers["set-cookie"]).toEqual(["session=; HttpOnly; Secure; SameSite=Strict; Path=/; Max-Age=0"]);
  });

  it("answers a wrong password and an unknown user alike, and logs no name that is no account's", async () => {
    const wrong = await ask("POST", "/login", JSON.stringify({ user: "admin", password: "wrong" }));
    const unknown = await ask("POST", "/login", JSON.stringify({ user: "my password", password: "wrong" }));
    expect([wrong.status, wrong.body]).toEqual([unknown.status, unknown.body]);
    expect(wrong.status).toBe(401);
    expect(log.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { action: "login", user: "admin", outcome: "denied", status: 401 },
      { action: "login", user: null, outcome: "denied", status: 401 },
    ]);
  });

  it("audits each access in one line that says who did what to which note, and nothing of the patient", async () => {
    const proxy = { ...loggedIn, "x-real-ip": "2001:db8::7", "x-request-id": "abc-1" };
    await ask("POST", "/notes", note, proxy);
    await ask("GET", `/notes/${ID}`, undefined, proxy);
    await ask("GET", "/notes?patient=Erika", undefined, { ...loggedIn, "x-real-ip": "Erika", "x-request-id": "Erika Muster" });
    await ask("GET", "/Erika", undefined, loggedIn);
    await ask("GET", "/health");
    const lines = log.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      { action: "note.create", user: "admin", object: ID, outcome: "success", status: 201, address: "2001:db8::7", request: "abc-1" },
      { action: "note.read", user: "admin", object: ID, outcome: "success", status: 200 },
      { action: "note.list", user: "admin", object: null, outcome: "success", address: "127.0.0.1" },
      { action: "none", user: null, outcome: "refused", status: 404 },
    ]);
    expect(log.join("\n")).not.toMatch(/Erika|Muster|Befund|session=|right|t{43}/);
  });

  it("answers 503 while PostgreSQL is gone, and says so without the error's own words", async () => {
    gone = true;
    for (const path of ["/health", "/notes?patient=Erika"]) expect((await ask("GET", path, undefined, loggedIn)).status).toBe(503);
    expect(log[0]).toContain("PostgreSQL does not answer");
    expect(log.join("\n")).not.toContain("Erika");
  });

  it("counts requests by route, without an id or a query in any label", async () => {
    await ask("GET", `/notes/${ID}`, undefined, loggedIn);
    await ask("BREW", "/Erika");
    const { body, headers } = await ask("GET", "/metrics");
    expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(body).toContain('http_requests_total{route="/notes/:id",method="GET",status="200"} 1\n');
    expect(body).toContain('http_request_duration_seconds_bucket{route="/notes/:id",le="+Inf"} 1\n');
    expect(body).toContain('db_pool_connections{state="idle"} 1\n');
    expect(body).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect(body).not.toMatch(/Erika|BREW/);
    expect(body).not.toContain(ID);
  });
});
