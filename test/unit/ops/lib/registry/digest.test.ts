import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { imageByDigest, type Send } from "../../../../../ops/lib/registry/digest";
import { imageReference, pinnedImage } from "../../../../../ops/lib/registry/reference";

const MANIFEST = '{"schemaVersion":2}';
const DIGEST = `sha256:${createHash("sha256").update(MANIFEST).digest("hex")}`;

/** A registry that wants a token of its own issuer, as Docker Hub does. */
function registry(issuer = "https://auth.example.org/token"): { readonly send: Send; readonly asked: string[] } {
  const asked: string[] = [];
  const send: Send = (address, init) => {
    asked.push(address);
    const header = new Headers(init.headers).get("authorization");
    if (address.startsWith(issuer)) return Promise.resolve(Response.json({ token: "t1" }));
    if (header === null)
      return Promise.resolve(
        new Response("", { status: 401, headers: { "www-authenticate": `Bearer realm="${issuer}",service="registry"` } }),
      );
    if (header !== "Bearer t1") return Promise.resolve(new Response("", { status: 403 }));
    return Promise.resolve(new Response(MANIFEST, { headers: { "docker-content-digest": DIGEST } }));
  };
  return { send, asked };
}

/** An answer of a megabyte after the other. */
function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(1 << 20));
    },
  });
}

describe("the name of an image", () => {
  it.each([
    ["postgres:17", "registry-1.docker.io", "docker.io/library/postgres:17"],
    ["docker.io/redis", "registry-1.docker.io", "docker.io/library/redis"],
    ["grafana/grafana:11.1", "registry-1.docker.io", "docker.io/grafana/grafana:11.1"],
    ["ghcr.io/org/app:v1", "ghcr.io", "ghcr.io/org/app:v1"],
    ["localhost:5000/app", "localhost:5000", "localhost:5000/app"],
  ])("%s is read as Docker does", (text, host, whole) => {
    const found = imageReference(text);
    if (found === undefined) throw new Error("it was not read");
    expect(found.host).toBe(host);
    expect(pinnedImage(found, DIGEST)).toBe(`${whole}@${DIGEST}`);
  });

  it.each(["", "Postgres", "a b", "x@sha256:12", "-x", "docker.io/", "app:", "$" + "{IMAGE}"])("%j is none", (text) => {
    expect(imageReference(text)).toBeUndefined();
  });
});

describe("the digest of an image", () => {
  it("is that of what the registry sends to anyone, with the token that it hands out", async () => {
    const { send, asked } = registry();
    expect(await imageByDigest("grafana/grafana:11", send)).toBe(`docker.io/grafana/grafana:11@${DIGEST}`);
    expect(asked).toEqual([
      "https://registry-1.docker.io/v2/grafana/grafana/manifests/11",
      "https://auth.example.org/token?service=registry&scope=repository%3Agrafana%2Fgrafana%3Apull",
      "https://registry-1.docker.io/v2/grafana/grafana/manifests/11",
    ]);
  });

  it("is not asked for where the name has one", async () => {
    const { send, asked } = registry();
    expect(await imageByDigest(`postgres@${DIGEST}`, send)).toBe(`docker.io/library/postgres@${DIGEST}`);
    expect(asked).toEqual([]);
  });

  it.each([
    ["that does not answer", () => Promise.reject(new TypeError("fetch failed")), "found no answer at ghcr.io"],
    ["that has no such image", () => Promise.resolve(new Response("<b>gone</b>", { status: 404 })), "found status 404"],
    [
      "that wants a login",
      () => Promise.resolve(new Response("", { status: 401, headers: { "www-authenticate": "Basic realm=x" } })),
      "found a login",
    ],
    ["that answers without end", () => Promise.resolve(new Response(endless())), "found too long an answer"],
    [
      "whose answer is not what its digest says",
      () => Promise.resolve(new Response("{}", { headers: { "docker-content-digest": DIGEST } })),
      "found an answer that is not what its digest says",
    ],
  ] as const)("is not known from a registry %s; the message says what to run", async (_, send, found) => {
    await expect(imageByDigest("ghcr.io/org/app:v1", send)).rejects.toThrow(found);
    await expect(imageByDigest("ghcr.io/org/app:v1", send)).rejects.toThrow("docker buildx imagetools inspect ghcr.io/org/app:v1");
  });

  it("is asked for with no token of an issuer without HTTPS", async () => {
    const { send, asked } = registry("http://auth.example.org/token");
    await expect(imageByDigest("ghcr.io/org/app:v1", send)).rejects.toThrow("found a login");
    expect(asked).toHaveLength(1);
  });
});
