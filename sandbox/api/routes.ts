import { Refused } from "./faults";
import { isPassword } from "./passwords";
import type { Sessions } from "./sessions";
import type { NoteText, Store } from "./store";

/** What the routes work with. */
export interface Services {
  readonly store: Store;
  readonly sessions: Sessions;
}

/** A request as a route sees it. */
export interface Call {
  /** The path's variable part, or an empty string where it has none. */
  readonly id: string;
  readonly query: URLSearchParams;
  /** The body's JSON; undefined where the method has none. */
  readonly body: unknown;
  /** The token of the session's cookie, which may be no session's. */
  readonly token: string;
  /** Who is logged in; an empty string where nobody need be. */
  readonly user: string;
}

/** What a route answers. */
export interface Answer {
  readonly status: 200 | 201;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The id of what was made and the account that was let in, for the audit line. */
  readonly object?: string;
  readonly user?: string;
}

/** One route. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT";
  /** The path, with `:id` for its variable part. */
  readonly path: string;
  readonly action: string;
  /** Whether it answers without a session. */
  readonly open: boolean;
  handle(call: Call, services: Services): Promise<Answer>;
}

/** All routes for people; `/health` and `/metrics`, which are for machines and not audited, are the server's own. */
export const ROUTES: readonly Route[] = [
  { method: "POST", path: "/login", action: "login", open: true, handle: login },
  { method: "POST", path: "/logout", action: "logout", open: false, handle: logout },
  { method: "POST", path: "/notes", action: "note.create", open: false, handle: addNote },
  { method: "GET", path: "/notes", action: "note.list", open: false, handle: listNotes },
  { method: "GET", path: "/notes/:id", action: "note.read", open: false, handle: readNote },
  { method: "GET", path: "/notes/:id/accesses", action: "note.accesses", open: false, handle: listAccesses },
  { method: "PUT", path: "/notes/:id", action: "note.replace", open: false, handle: replaceNote },
];

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Returns the route of a request and the id in its path. Refuses with 404 where no route has the path, with 405 where none has the method. */
export function findRoute(method: string, path: string): { readonly route: Route; readonly id: string } {
  const [, room = "", id = "", ...rest] = path.split("/");
  const pattern = id === "" && rest.length === 0 && !path.endsWith("/") ? `/${room}` : ["", room, ":id", ...rest].join("/");
  const there = ROUTES.filter((route) => route.path === pattern);
  if (there.length === 0 || (pattern.includes(":id") && !UUID.test(id))) throw new Refused(404, "there is nothing at this address");
  const route = there.find((candidate) => candidate.method === method);
  const allow = there.map((candidate) => candidate.method).join(", ");
  if (route === undefined) throw new Refused(405, `this address answers ${allow} only`, { Allow: allow });
  return { route, id };
}

/** Returns the cookie that carries a session's token; an empty token takes the cookie away. */
export function sessionCookie(token: string): string {
  return `session=${token}; HttpOnly; Secure; SameSite=Strict; Path=/${token === "" ? "; Max-Age=0" : ""}`;
}

/** Returns the token in a request's Cookie header, or an empty string. */
export function sessionToken(header: string | undefined): string {
  return /(?:^|;\s*)session=([\w-]{43})(?:;|$)/.exec(header ?? "")?.[1] ?? "";
}

async function login({ body }: Call, { store, sessions }: Services): Promise<Answer> {
  const user = field(body, "user", 100);
  const password = field(body, "password", 1000);
  const hash = await store.passwordHash(user);
  const isRight = await isPassword(password, hash);
  // A name that is no account's may be a password typed into the wrong field: it is not logged.
  if (!isRight) throw new Refused(401, "user or password is wrong", {}, hash === undefined ? undefined : user);
  return { status: 200, body: { user }, headers: { "Set-Cookie": sessionCookie(await sessions.start(user)) }, user };
}

async function logout({ token }: Call, { sessions }: Services): Promise<Answer> {
  await sessions.end(token);
  return { status: 200, body: {}, headers: { "Set-Cookie": sessionCookie("") } };
}

async function addNote({ body, user }: Call, { store }: Services): Promise<Answer> {
  const id = await store.addNote(user, noteText(body));
  return { status: 201, body: { id }, headers: { Location: `/notes/${id}` }, object: id };
}

async function listNotes({ query, user }: Call, { store }: Services): Promise<Answer> {
  const patient = query.get("patient") ?? "";
  if (patient === "" || patient.includes("\0")) throw new Refused(400, "patient: say whose notes, as in /notes?patient=…");
  return { status: 200, body: await store.notesOf(patient, user) };
}

async function readNote({ id, user }: Call, { store }: Services): Promise<Answer> {
  const note = await store.note(id, user);
  if (note === undefined) throw new Refused(404, "there is no such note");
  return { status: 200, body: note };
}

async function listAccesses({ id }: Call, { store }: Services): Promise<Answer> {
  const accesses = await store.accesses(id);
  if (accesses === undefined) throw new Refused(404, "there is no such note");
  return { status: 200, body: accesses };
}

async function replaceNote({ id, body }: Call, { store }: Services): Promise<Answer> {
  if (!(await store.replaceNote(id, noteText(body)))) throw new Refused(404, "there is no such note");
  return { status: 200, body: { id } };
}

function noteText(body: unknown): NoteText {
  return { patient: field(body, "patient", 200), text: field(body, "text", 1_000_000) };
}

function field(body: unknown, name: string, longest: number): string {
  const value: unknown = typeof body === "object" && body !== null ? Reflect.get(body, name) : undefined;
  // PostgreSQL's text cannot hold the character NUL.
  if (typeof value === "string" && value !== "" && value.length <= longest && !value.includes("\0")) return value;
  throw new Refused(400, `${name}: needed is a text of 1 to ${String(longest)} characters, without NUL`);
}
