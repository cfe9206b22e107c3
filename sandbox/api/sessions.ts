import { createHash, randomBytes } from "node:crypto";
import { createClient } from "@redis/client";
import { Unavailable } from "./faults";

/** How long an unused session lives, in seconds: 15 minutes (supports 164.312(a)(2)(iii)). */
export const IDLE_SECONDS = 900;

/** Who is logged in, by the random token in the client's cookie. */
export interface Sessions {
  /** Makes a session and returns its token of 256 random bits. */
  start(user: string): Promise<string>;
  /** Returns the session's user, and lets it live for another `IDLE_SECONDS`. */
  find(token: string): Promise<string | undefined>;
  end(token: string): Promise<void>;
  ping(): Promise<void>;
}

/** Sessions in Redis, which is connected to for as long as the process lives, and again whenever it was lost. */
export class RedisSessions implements Sessions {
  readonly #client;

  /** `authority` is the certificate that the server's has to be of; without it, the URL is one without TLS. */
  constructor(url: string, authority?: string) {
    // A command without a connection fails at once: the client is answered 503 now rather than kept waiting.
    const socket = {
      connectTimeout: 2000,
      reconnectStrategy: (tries: number) => Math.min(100 * 2 ** tries, 1000),
      ...(authority === undefined ? {} : { tls: true as const, ca: authority }),
    };
    this.#client = createClient({ url, socket, disableOfflineQueue: true });
    this.#client.on("error", () => undefined);
    this.#client.connect().catch(() => undefined);
  }

  async start(user: string): Promise<string> {
    const token = randomBytes(32).toString("base64url");
    await reach(this.#client.set(keyOf(token), user, { expiration: { type: "EX", value: IDLE_SECONDS } }));
    return token;
  }

  async find(token: string): Promise<string | undefined> {
    return (await reach(this.#client.getEx(keyOf(token), { type: "EX", value: IDLE_SECONDS }))) ?? undefined;
  }

  async end(token: string): Promise<void> {
    await reach(this.#client.del(keyOf(token)));
  }

  async ping(): Promise<void> {
    await reach(this.#client.ping());
  }

  /** Ends all sessions of a user; returns how many there were. */
  async endAll(user: string): Promise<number> {
    let ended = 0;
    while (!this.#client.isReady) await new Promise((resolve) => setTimeout(resolve, 50));
    for await (const keys of this.#client.scanIterator({ MATCH: "session:*", COUNT: 1000 }))
      for (const key of keys) if ((await this.#client.get(key)) === user) ended += await this.#client.del(key);
    return ended;
  }

  close(): void {
    this.#client.destroy();
  }
}

// Only the token's hash is kept: who reads Redis' memory or its file cannot log in with what is there.
function keyOf(token: string): string {
  return `session:${createHash("sha256").update(token).digest("base64url")}`;
}

/** Waits two seconds for Redis: a server that hangs keeps its connection open and would keep us waiting. */
async function reach<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, 2000, new Error("no answer within 2 s"));
  });
  try {
    return await Promise.race([answer, late]);
  } catch (error) {
    throw new Unavailable("Redis", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
