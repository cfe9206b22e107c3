/** A client of the sandbox's API, over TLS 1.3 and by the site's own name: how a note is written and read. */
import { request } from "node:https";
import { TLSSocket } from "node:tls";
import { z } from "zod";

/** Where the API is. */
export interface NotesSite {
  /** Address of the host. */
  readonly address: string;
  /** The site's name, which its certificate is for. */
  readonly name: string;
  /** The certificate that is trusted, and no other. */
  readonly certificate: string;
}

/** What came back. */
export interface NotesAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: unknown;
  /** The version of TLS, and the cipher. */
  readonly tls: string;
}

/** Asks the API. Throws if no answer comes within ten seconds. */
export function askNotes(site: NotesSite, method: string, path: string, body?: unknown, cookie?: string): Promise<NotesAnswer> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const sent = request(
      {
        host: site.address,
        servername: site.name,
        ca: site.certificate,
        minVersion: "TLSv1.3",
        method,
        path,
        timeout: 10_000,
        // A connection of its own: nginx closes kept ones when it is reloaded, which may meet a request on its way. Browsers ask
        // again then (RFC 9112, section 9.3.1); this does not.
        agent: false,
        headers: {
          host: site.name,
          ...(text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
          ...(cookie === undefined ? {} : { cookie }),
        },
      },
      (response) => {
        const { socket } = response;
        const tls = socket instanceof TLSSocket ? `${socket.getProtocol() ?? ""} ${socket.getCipher().name}` : "";
        let received = "";
        response.setEncoding("utf8").on("data", (part: string) => {
          received += part;
        });
        response.on("end", () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed(received), tls });
        });
      },
    );
    sent.on("error", reject).on("timeout", () => sent.destroy(new Error(`${method} ${path}: no answer within 10 s`)));
    sent.end(text);
  });
}

/** Logs in and returns the session's cookie. Throws if the API refuses. */
export async function logIn(site: NotesSite, user: string, password: string): Promise<string> {
  const { status, headers } = await askNotes(site, "POST", "/login", { user, password });
  const cookie = [headers["set-cookie"] ?? []].flat()[0]?.split(";")[0];
  if (status !== 200 || cookie === undefined) throw new Error(`login as ${user}: answered ${String(status)}`);
  return cookie;
}

/** Writes a note and returns its id. Throws unless the API says that it keeps it. */
export async function writeNote(site: NotesSite, cookie: string, patient: string, text: string): Promise<string> {
  const { status, body } = await askNotes(site, "POST", "/notes", { patient, text }, cookie);
  if (status !== 201) throw new Error(`a new note: answered ${String(status)}`);
  return z.object({ id: z.string() }).parse(body).id;
}

/** Reads a note's text. Throws if it is not there. */
export async function readNote(site: NotesSite, cookie: string, id: string): Promise<string> {
  const { status, body } = await askNotes(site, "GET", `/notes/${id}`, undefined, cookie);
  if (status !== 200) throw new Error(`note ${id}: answered ${String(status)}`);
  return z.object({ text: z.string() }).parse(body).text;
}

/** Who read a note, the latest first, as the database recorded it. Throws if it is not there. */
export async function noteReaders(site: NotesSite, cookie: string, id: string): Promise<readonly string[]> {
  const { status, body } = await askNotes(site, "GET", `/notes/${id}/accesses`, undefined, cookie);
  if (status !== 200) throw new Error(`the record of note ${id}: answered ${String(status)}`);
  return z
    .array(z.object({ accessor: z.string() }))
    .parse(body)
    .map(({ accessor }) => accessor);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
