/** Answers that nginx gives itself: small, of one shape, and without a word of what is behind it. */

const ANSWERS: readonly (readonly [number, string])[] = [
  [400, "Bad Request"],
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [404, "Not Found"],
  [405, "Method Not Allowed"],
  [408, "Request Timeout"],
  [411, "Length Required"],
  [413, "Content Too Large"],
  [414, "URI Too Long"],
  [415, "Unsupported Media Type"],
  [416, "Range Not Satisfiable"],
  [417, "Expectation Failed"],
  [421, "Misdirected Request"],
  [429, "Too Many Requests"],
  [431, "Request Header Fields Too Large"],
  [500, "Internal Server Error"],
  [501, "Not Implemented"],
  [502, "Bad Gateway"],
  [503, "Service Unavailable"],
  [504, "Gateway Timeout"],
  [505, "HTTP Version Not Supported"],
  [507, "Insufficient Storage"],
];

// Come to before there is a path, from which nginx cannot go to a named location: it would answer 500.
const EARLY: readonly number[] = [400, 414, 431, 505];
// nginx's own number for headers that are too long.
const HEADERS_TOO_LONG = 494;
// And for plain HTTP on the port of HTTPS.
const PLAIN_HTTP = 497;

/** The include of every site: each status that nginx can come to by itself, answered in JSON. */
export function errorsText(): string {
  return [
    ...ANSWERS.map(([status]) => `error_page ${status} ${place(status)};`),
    `error_page ${HEADERS_TOO_LONG} =431 ${place(431)};`,
    // What was sent in the clear is not answered in the clear.
    ...silence([PLAIN_HTTP]),
    ...ANSWERS.flatMap(([status, title]) => [
      `location ${EARLY.includes(status) ? "= " : ""}${place(status)} {`,
      ...(EARLY.includes(status) ? ["    internal;"] : []),
      "    default_type application/json;",
      `    return ${status} '{"status":${status},"title":"${title}","request":"$request_id"}\\n';`,
      "}",
    ]),
    "",
  ].join("\n");
}

/** Lines of a server block that has no answer, not even to a request that is none. */
export function silenceLines(): readonly string[] {
  return silence([...EARLY, HEADERS_TOO_LONG, PLAIN_HTTP]);
}

function silence(statuses: readonly number[]): readonly string[] {
  return [
    `error_page ${statuses.map(String).join(" ")} /phiward-silence;`,
    "location = /phiward-silence {",
    "    internal;",
    "    return 444;",
    "}",
  ];
}

// A named location where possible: the log still knows the route there.
function place(status: number): string {
  return EARLY.includes(status) ? `/phiward-error-${status}` : `@error-${status}`;
}
