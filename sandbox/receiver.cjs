"use strict";
/**
 * `node sandbox/receiver.cjs ADDRESS PORT FILE`: takes the alerts of a sandbox as a contact's webhook does, and adds each to a file, a line of
 * JSON with its time. It ends once the sandbox's directory is gone.
 */
const { appendFileSync, existsSync } = require("node:fs");
const { createServer } = require("node:http");
const { dirname } = require("node:path");

const [address, port, file] = process.argv.slice(2);
const MOST_BYTES = 1 << 20;

const server = createServer((request, response) => {
  const parts = [];
  let bytes = 0;
  request.on("data", (part) => {
    bytes += part.length;
    if (bytes > MOST_BYTES) request.destroy();
    else parts.push(part);
  });
  request.on("end", () => {
    try {
      const alert = JSON.parse(Buffer.concat(parts).toString());
      appendFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), path: request.url, alert })}\n`, { mode: 0o600 });
      response.end();
    } catch {
      response.writeHead(400).end();
    }
  });
});
// Another one may have begun meanwhile.
server.on("error", () => process.exit(1));
server.listen(Number(port), address);
setInterval(() => existsSync(dirname(file)) || process.exit(0), 2000);
