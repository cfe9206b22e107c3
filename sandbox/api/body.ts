import type { IncomingMessage } from "node:http";
import { Refused } from "./faults";

/** The largest body that is read: 1 MiB. */
export const MAX_BODY = 1024 * 1024;

const LINGER = 2000;

/** Returns a request's body as JSON, or undefined where there is none. Refuses what is larger than `MAX_BODY` or no JSON. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = (await readBody(request)).toString("utf8");
  if (text === "") return undefined;
  try {
    const body: unknown = JSON.parse(text);
    return body;
  } catch {
    throw new Refused(400, "the body is not JSON");
  }
}

/** Reads what is left of a request and forgets it, for two seconds at most: a connection closed before would be reset, and the answer lost. */
export function drain(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LINGER);
    request.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
    request.resume();
  });
}

function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > MAX_BODY) refuse();
    };
    const refuse = (): void => {
      request.off("data", take);
      reject(new Refused(413, "the body is larger than 1 MiB"));
    };
    if (Number(request.headers["content-length"] ?? "0") > MAX_BODY) {
      refuse();
      return;
    }
    request.on("data", take);
    request.once("end", () => {
      resolve(Buffer.concat(chunks));
    });
    request.once("error", () => {
      reject(new Refused(400, "the body did not arrive"));
    });
  });
}
