import { DatabaseError, Pool, type QueryResultRow } from "pg";
import { Unavailable } from "./faults";

/** What a client may say about a note. */
export interface NoteText {
  readonly patient: string;
  readonly text: string;
}

/** A clinical note. */
export interface Note extends NoteText {
  readonly id: string;
  readonly author: string;
  readonly created: Date;
  readonly updated: Date;
}

/** A reading of a note, as the database recorded it. */
interface AccessRecord {
  /** In ISO 8601. */
  readonly at: string;
  /** The login in PostgreSQL by which it was read, which no user chooses. */
  readonly login: string;
  /** The signed-in user. */
  readonly accessor: string;
  readonly reason: string;
}

/** Users and notes; what is written is committed before a promise resolves. */
export interface Store {
  passwordHash(user: string): Promise<string | undefined>;
  addNote(author: string, note: NoteText): Promise<string>;
  /** `reader` is who asks: where notes are encrypted, it goes on record. */
  note(id: string, reader: string): Promise<Note | undefined>;
  /** Returns a patient's notes, the newest first, 100 at most. */
  notesOf(patient: string, reader: string): Promise<readonly Note[]>;
  /** Returns who read a note, the last 100, the latest first; nothing is recorded of notes that are not encrypted. */
  accesses(id: string): Promise<readonly AccessRecord[] | undefined>;
  /** Returns whether there is such a note, and so it was replaced. */
  replaceNote(id: string, note: NoteText): Promise<boolean>;
  ping(): Promise<void>;
  /** How many connections there are, by what they do. */
  connections(): Readonly<Record<"total" | "idle" | "waiting", number>>;
}

// Any number, the same in all versions: while one makes the schema, another that starts beside it waits.
const SCHEMA_LOCK = 7_446_927;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS users (name text PRIMARY KEY, password_hash text NOT NULL);
  CREATE TABLE IF NOT EXISTS notes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), patient text NOT NULL, text text NOT NULL, author text NOT NULL,
    created timestamptz NOT NULL DEFAULT now(), updated timestamptz NOT NULL DEFAULT now());
  CREATE INDEX IF NOT EXISTS notes_by_patient ON notes (patient, created DESC)`;

// What was written in the clear before is encrypted at the start.
const ENCRYPTED = `
  ALTER TABLE notes ADD COLUMN IF NOT EXISTS sealed bytea;
  ALTER TABLE notes ALTER COLUMN text DROP NOT NULL;
  UPDATE notes SET sealed = phi.encrypt_phi(text), text = NULL WHERE text IS NOT NULL`;

const COLUMNS = "id, patient, author, created, updated";

/** Users and notes in PostgreSQL; `encrypted`: the notes' text by the schema `phi`, each reading with its reader, on record. */
export class PostgresStore implements Store {
  readonly #pool: Pool;
  readonly #columns: string;
  readonly #into: string;
  readonly #value: (parameter: string) => string;

  constructor(url: string, encrypted = true) {
    this.#columns = encrypted ? `${COLUMNS}, phi.decrypt_phi(sealed, id::text) AS text` : `${COLUMNS}, text`;
    this.#into = encrypted ? "sealed" : "text";
    this.#value = (parameter) => (encrypted ? `phi.encrypt_phi(${parameter}::text)` : parameter);
    this.#pool = new Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 2000, query_timeout: 5000, keepAlive: true });
    // Raised for idle connections that were lost: the pool makes new ones, and without a listener the process would end.
    this.#pool.on("error", () => undefined);
  }

  /** Makes the tables where they are missing, and the administrator's account with this password hash. */
  async prepare(adminHash: string): Promise<void> {
    const upsert = "INSERT INTO users VALUES ('admin', $1) ON CONFLICT (name) DO UPDATE SET password_hash = $1";
    const client = await this.#pool.connect();
    try {
      await client.query("BEGIN");
      await client.query("SELECT pg_advisory_xact_lock($1)", [SCHEMA_LOCK]);
      await client.query(SCHEMA);
      if (this.#into === "sealed") await client.query(ENCRYPTED);
      await client.query(upsert, [adminHash]);
      await client.query("COMMIT");
      client.release();
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  async passwordHash(user: string): Promise<string | undefined> {
    const [row] = await this.#query<{ password_hash: string }>("SELECT password_hash FROM users WHERE name = $1", [user]);
    return row?.password_hash;
  }

  async addNote(author: string, { patient, text }: NoteText): Promise<string> {
    const insert = `INSERT INTO notes (author, patient, ${this.#into}) VALUES ($1, $2, ${this.#value("$3")}) RETURNING id`;
    const [row] = await this.#query<{ id: string }>(insert, [author, patient, text]);
    if (row === undefined) throw new Error("an insert returned no row");
    return row.id;
  }

  async note(id: string, reader: string): Promise<Note | undefined> {
    const [row] = await this.#read(reader, "WHERE id = $1", id);
    return row;
  }

  notesOf(patient: string, reader: string): Promise<readonly Note[]> {
    return this.#read(reader, "WHERE patient = $1 ORDER BY created DESC LIMIT 100", patient);
  }

  async accesses(id: string): Promise<readonly AccessRecord[] | undefined> {
    const record = this.#into === "text" ? "'[]'::jsonb" : "phi.accesses(id::text)";
    const [row] = await this.#query<{ record: readonly AccessRecord[] }>(`SELECT ${record} AS record FROM notes WHERE id = $1`, [id]);
    return row?.record;
  }

  async replaceNote(id: string, { patient, text }: NoteText): Promise<boolean> {
    const update = `UPDATE notes SET patient = $2, ${this.#into} = ${this.#value("$3")}, updated = now() WHERE id = $1 RETURNING id`;
    return (await this.#query(update, [id, patient, text])).length === 1;
  }

  async ping(): Promise<void> {
    // Asked of a table, not of nothing: an API whose schema is not there yet is not healthy.
    await this.#query("SELECT 1 FROM users WHERE name = 'admin'", []);
  }

  connections(): Readonly<Record<"total" | "idle" | "waiting", number>> {
    return { total: this.#pool.totalCount, idle: this.#pool.idleCount, waiting: this.#pool.waitingCount };
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  // The reader is set for the one statement, which is a transaction: materialized, since it comes before any row is read.
  #read(reader: string, which: string, value: string): Promise<readonly Note[]> {
    if (this.#into === "text") return this.#query<Note>(`SELECT ${this.#columns} FROM notes ${which}`, [value]);
    const said = "SELECT set_config('phi.accessor', $2, true), set_config('phi.reason', 'treatment', true)";
    const sql = `WITH said AS MATERIALIZED (${said}), found AS MATERIALIZED (SELECT n.* FROM notes n, said ${which}) SELECT ${this.#columns} FROM found`;
    return this.#query<Note>(sql, [value, reader]);
  }

  async #query<Row extends QueryResultRow>(sql: string, values: readonly string[]): Promise<readonly Row[]> {
    try {
      return (await this.#pool.query<Row>(sql, [...values])).rows;
    } catch (error) {
      if (error instanceof DatabaseError && !isPassing(error.code ?? "")) throw error;
      throw new Unavailable("PostgreSQL", { cause: error });
    }
  }
}

// Of PostgreSQL's error classes: connection, authentication, a table or database not made yet, resources, operator's intervention.
function isPassing(sqlState: string): boolean {
  return /^(08|28|3D|42P01|53|57)/.test(sqlState);
}
