/** Keys of sites and their routes that web interfaces need: sockets, cookies, caches and slow lines. */

import { demandedBy } from "../demanded";
import { choice, flag, HOST_NAME, list, text, whole } from "./values";

const ORIGIN = "https:// and a lowercase host name, perhaps with a port, or none for clients that are not browsers";

function isOrigin(value: string): boolean {
  const [, name, port] = /^https:\/\/([a-z0-9.-]+)(?::([1-9]\d{0,4}))?$/.exec(value) ?? [];
  // A browser leaves out the port that is the default, so that no request has an origin with it.
  return value === "none" || (name !== undefined && HOST_NAME.test(name) && port !== "443" && Number(port ?? 1) <= 65_535);
}

/** What a route may say beside its path, service, methods and limits. */
export const webRouteKeys = {
  clientTimeoutSeconds: whole(5, 300)
    .default(10)
    .describe("Seconds that a client may be silent in the middle of a body, or not take more of an answer. 10; more for slow lines."),
  webSocket: flag()
    .default(false)
    .describe("Whether the service opens WebSockets here. An `Upgrade` is passed on nowhere else, and to no other protocol."),
  webSocketIdleSeconds: whole(10, 7200)
    .optional()
    .describe(
      "Seconds that an open WebSocket may be silent in both directions; a plain request on the route may take as long. Default: 90, three times what common libraries wait between pings.",
    ),
  webSocketOrigins: list("a list of origins", text(ORIGIN, isOrigin).describe("An origin."))
    .default([])
    .describe(
      "Origins beside the site's own whose pages may open a WebSocket with the cookies of a person. Any other one is answered with 403. `none`: requests without an origin, which no browser sends.",
    ),
  cacheSeconds: whole(1, 31_536_000)
    .optional()
    .describe(
      "Of a public route: seconds that anyone may store what it answers (200, 206 and 304, without a cookie). Without it, the service decides.",
    ),
  cacheImmutable: flag()
    .default(false)
    .describe("Whether what is stored never changes, as files with a hash in their name: a browser does not ask again."),
  compress: flag()
    .default(false)
    .describe(
      "Of a public route: whether text is compressed. Never with patients' data, whose length would then disclose what is in it (BREACH).",
    ),
} as const;

/** What a site may say of the cookies that its services set. */
export const webSiteKeys = {
  sameSite: choice(["strict", "lax", "none"])
    .default("strict")
    .describe(
      `When a browser sends the site's cookies with requests that another site caused: never, or with \`lax\` where a person follows a link, as a sign-in elsewhere needs.${demandedBy("nginx-cookies-guarded", "strict or lax")}`,
    ),
  readableCookies: list(
    "a list of cookie names",
    text("1 to 64 letters, digits and _ . -", /^[A-Za-z0-9_.-]{1,64}$/).describe("A cookie's name."),
  )
    .default([])
    .describe(
      "Cookies that scripts of the page must read, as tokens against forged requests (CSRF). Every other one is HttpOnly. Never that of a session.",
    ),
} as const;
