/** Asks a registry for the digest of an image: by the registry API, version 2 (distribution-spec), over HTTPS alone. */
import { createHash } from "node:crypto";
import { OperatorError } from "../errors";
import { type ImageReference, imageReference, pinnedImage } from "./reference";

/** Sends one request; Node's own `fetch`. */
export type Send = (address: string, init: RequestInit) => Promise<Response>;

// Of an image for several processors the digest of the list: each host takes its own from it.
const MANIFESTS = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const WAIT_MS = 15_000;
// No manifest is longer (distribution-spec, "Pushing Manifests").
const LONGEST_BYTES = 4 * 1024 * 1024;

/**
 * The image by its digest. One that has a digest is not looked up. Throws OperatorError where it is no name of an image, or the registry
 * does not say its digest: what was asked for is in the message, and nothing of what was answered.
 */
export async function imageByDigest(text: string, send: Send = fetch): Promise<string> {
  const reference = imageReference(text);
  if (reference === undefined) throw new OperatorError("found no name of an image, allowed: such as docker.io/library/postgres:17", 2);
  if (reference.digest !== undefined) return pinnedImage(reference, reference.digest);
  // As Docker does where none is given.
  const tagged = { ...reference, tag: reference.tag ?? "latest" };
  const digest = await digestOf(tagged, send).catch((error: unknown) => {
    if (error instanceof OperatorError) throw error;
    throw unreadable(tagged, "no answer");
  });
  return pinnedImage(tagged, digest);
}

async function digestOf(reference: ImageReference & { readonly tag: string }, send: Send): Promise<string> {
  const address = `https://${reference.host}/v2/${reference.path}/manifests/${reference.tag}`;
  const ask = (token?: string) =>
    send(address, {
      headers: { accept: MANIFESTS, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      signal: AbortSignal.timeout(WAIT_MS),
    });
  const first = await ask();
  const answer = first.status === 401 ? await ask(await anonymousToken(first, reference, send)) : first;
  if (!answer.ok) throw unreadable(reference, `status ${String(answer.status)}`);
  // What was received is what counts: the header is only what the registry says of it.
  const manifest = await bytesOf(answer, reference);
  const digest = `sha256:${createHash("sha256").update(manifest).digest("hex")}`;
  const said = answer.headers.get("docker-content-digest");
  if (said !== null && DIGEST.test(said) && said !== digest) throw unreadable(reference, "an answer that is not what its digest says");
  return digest;
}

// What a registry hands to anyone for a public image (distribution, "Token Authentication Specification").
async function anonymousToken(refused: Response, reference: ImageReference & { readonly tag: string }, send: Send): Promise<string> {
  const challenge = refused.headers.get("www-authenticate") ?? "";
  const field = (name: string): string | undefined => new RegExp(`[ ,]${name}="([^"]{1,500})"`, "i").exec(challenge)?.[1];
  const realm = field("realm");
  if (!/^bearer /i.test(challenge) || realm === undefined || !realm.startsWith("https://")) throw unreadable(reference, "a login");
  const address = new URL(realm);
  const service = field("service");
  if (service !== undefined) address.searchParams.set("service", service);
  address.searchParams.set("scope", `repository:${reference.path}:pull`);
  const answer = await send(address.href, { signal: AbortSignal.timeout(WAIT_MS) });
  const said: unknown = answer.ok ? JSON.parse((await bytesOf(answer, reference)).toString("utf8")) : {};
  const token = typeof said === "object" && said !== null && "token" in said ? said.token : undefined;
  if (typeof token !== "string") throw unreadable(reference, "a login");
  return token;
}

// No further than the longest: whoever answers may do so without end.
async function bytesOf({ body }: Response, reference: ImageReference & { readonly tag: string }): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const read of body ?? []) {
    const part: unknown = read;
    if (!(part instanceof Uint8Array)) throw unreadable(reference, "no bytes");
    length += part.length;
    if (length > LONGEST_BYTES) throw unreadable(reference, "too long an answer");
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function unreadable(reference: ImageReference & { readonly tag: string }, found: string): OperatorError {
  const name = `${reference.domain}/${reference.path}:${reference.tag}`;
  return new OperatorError(
    `${name}: found ${found} at ${reference.host}, allowed: the image's digest. Look it up where there is access, and give NAME@sha256:…:\n  docker buildx imagetools inspect ${name}`,
    2,
  );
}
