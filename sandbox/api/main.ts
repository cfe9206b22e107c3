import { readFileSync } from "node:fs";
import { hashPassword } from "./passwords";
import { createApi } from "./server";
import { RedisSessions } from "./sessions";
import { PostgresStore } from "./store";

const STOP_WITHIN = 10_000;

function secret(variable: string): string {
  const file = process.env[variable];
  if (file === undefined || file === "") throw new Error(`${variable} is not set: it names the file with the secret`);
  return readFileSync(file, "utf8").trim();
}

function say(fact: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), ...fact })}\n`);
}

/** Makes the schema and the administrator's account, however long PostgreSQL takes to come up; until then all is answered 503. */
async function prepare(store: PostgresStore, adminPassword: string): Promise<void> {
  const hash = await hashPassword(adminPassword);
  for (;;) {
    try {
      await store.prepare(hash);
      say({ event: "ready" });
      return;
    } catch (error) {
      say({ event: "waiting for PostgreSQL", kind: String(Reflect.get(Object(error), "code") ?? "") });
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

function sessionsInRedis(): RedisSessions {
  const authority = process.env["CACHE_CA_FILE"] === undefined ? undefined : secret("CACHE_CA_FILE");
  return new RedisSessions(secret("CACHE_URL_FILE"), authority);
}

function main(): void {
  const store = new PostgresStore(secret("DB_URL_FILE"), process.env["NOTES"] !== "plain");
  const sessions = sessionsInRedis();
  const adminPassword = secret("ADMIN_PASSWORD_FILE");
  const server = createApi({ store, sessions, log: (line) => process.stdout.write(`${line}\n`) });
  server.listen(Number(process.env["PORT"] ?? "8080"));
  void prepare(store, adminPassword);

  const stop = (): void => {
    say({ event: "stopping" });
    server.close(() => {
      sessions.close();
      void store.close().finally(() => process.exit(0));
    });
    setTimeout(() => {
      server.closeAllConnections();
    }, STOP_WITHIN);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

/** `node main.js end-sessions USER`: what the host runs when a person is locked. Whoever waits for it ends it where Redis does not answer. */
async function endSessions(user: string): Promise<void> {
  const sessions = sessionsInRedis();
  say({ event: "sessions ended", user, count: await sessions.endAll(user) });
  sessions.close();
}

try {
  const [, , verb, user = ""] = process.argv;
  if (verb === "end-sessions") void endSessions(user);
  else main();
} catch (error) {
  say({ event: "not started", reason: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}
