/** What the outside checks make of the answers of openssl and curl; the programs are stand-ins here. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CONTROL_IDS } from "../../../../components/compliance/controls";
import { stackModel } from "../../../../components/containers/model";
import { securityHeaders } from "../../../../components/edge/nginx/headers";
import { nginxSettings } from "../../../../components/edge/nginx/settings";
import { sshChecks } from "../../../../ops/lib/outside";
import { OUTSIDE_SITE } from "../../../../ops/lib/outsideControls";
import { siteChecks } from "../../../../ops/lib/outsideTls";
import { ed25519 } from "../../components/examples";
import { SITED } from "../../components/siteExamples";

const [SITE] = nginxSettings(stackModel(SITED)).sites;
const WELL = { tls12: "alert protocol version", strange: "unrecognized name", hybrid: "New, TLSv1.3, Cipher is TLS_X" };

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "outside-"));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

function program(name: string, lines: readonly string[]): void {
  writeFileSync(join(home, name), `#!/bin/sh\n${lines.join("\n")}\n`);
  chmodSync(join(home, name), 0o755);
}

/** Stand-ins that answer as a site does; the headers as given. */
function answers(said: typeof WELL, headers: readonly string[], location: string): void {
  const say = (text: string): string => {
    const quoted = `'${text.replaceAll("'", "'\\''")}'`;
    return `printf '%s\\n' ${quoted}; printf '%s\\n' ${quoted} >&2 ;;`;
  };
  program("openssl", [
    'case "$*" in',
    `*-tls1_2*) ${say(said.tls12)}`,
    `*not-*) ${say(said.strange)}`,
    `*-groups*) ${say(said.hybrid)}`,
    `*) ${say("New, TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384")}`,
    "esac",
  ]);
  program("curl", [
    'case "$*" in',
    `*https://*) ${say(headers.join("\n"))}`,
    `*) ${say(`HTTP/1.1 308 Permanent Redirect\nLocation: ${location}`)}`,
    "esac",
  ]);
}

async function asked(): Promise<Readonly<Record<string, string>>> {
  if (SITE === undefined) throw new Error("the example has no site");
  const results = await siteChecks(SITE, "2001:db8::10", ["env", `PATH=${home}:/usr/bin:/bin`]);
  return Object.fromEntries(results.map(({ id, status }) => [id.replace("outside-api.example.org-", ""), status]));
}

// As nginx sends them when the service gives no nonce.
const headers =
  SITE === undefined
    ? []
    : securityHeaders(SITE).map(([name, value]) => `${name.toLowerCase()}: ${value.replaceAll("$service_nonce", "")}`);

describe("a site seen from outside", () => {
  it("passes where every answer is right; without a certificate that one check fails", async () => {
    answers(WELL, headers, "https://api.example.org/");
    expect(await asked()).toEqual({
      tls13: "pass",
      certificate: "fail",
      "no-tls12": "pass",
      "unknown-sni-rejected": "pass",
      "post-quantum": "pass",
      headers: "pass",
      "http-redirects": "pass",
    });
  });

  it("names the control that each check belongs to", async () => {
    answers(WELL, headers, "https://api.example.org/");
    if (SITE === undefined) throw new Error("the example has no site");
    const results = await siteChecks(SITE, "192.0.2.1", ["env", `PATH=${home}:/usr/bin:/bin`]);
    expect(results.map(({ id, control }) => [id, control])).toEqual(
      Object.entries(OUTSIDE_SITE).map(([check, control]) => [`outside-${SITE.name}-${check}`, control]),
    );
    for (const { control } of results) expect(CONTROL_IDS).toContain(control);
  });

  it("fails where TLS 1.2 or a strange name is served, a header is missing, or HTTP leads elsewhere", async () => {
    answers({ ...WELL, tls12: "New, TLSv1.2", strange: "New, TLSv1.3" }, headers.slice(1), "http://api.example.org/");
    expect(await asked()).toMatchObject({ "no-tls12": "fail", "unknown-sni-rejected": "fail", headers: "fail", "http-redirects": "fail" });
  });

  it("fails where a header is there twice", async () => {
    answers(WELL, [...headers, ...headers.slice(0, 1)], "https://api.example.org/");
    expect(await asked()).toMatchObject({ headers: "fail" });
  });

  it("is asked for a path that it answers, since others count with its bans as a scanner's", async () => {
    answers(WELL, headers, "https://api.example.org/");
    program("curl", [`echo "$@" >> ${home}/asked`]);
    if (SITE === undefined) throw new Error("the example has no site");
    const [only] = SITE.routes;
    if (only === undefined) throw new Error("the example's site has no route");
    const routes = [
      { ...only, path: "/posts", methods: ["POST"] },
      { ...only, path: "/notes", methods: ["GET"] },
    ];
    await siteChecks({ ...SITE, routes }, "192.0.2.1", ["env", `PATH=${home}:/usr/bin:/bin`]);
    expect(
      readFileSync(join(home, "asked"), "utf8")
        .match(/https?:\/\/\S+/g)
        ?.sort(),
    ).toEqual([`http://${SITE.name}/`, `https://${SITE.name}/notes`]);
  });

  it("skips what an old openssl cannot ask", async () => {
    const hybrid = "Call to SSL_CONF_cmd(-groups, X25519MLKEM768) failed";
    answers({ ...WELL, tls12: "no protocols available", hybrid }, headers, "https://api.example.org/");
    expect(await asked()).toMatchObject({ "no-tls12": "skipped", "post-quantum": "skipped", tls13: "pass" });
  });

  it("skips all of it where the programs are not installed", async () => {
    if (SITE === undefined) throw new Error("the example has no site");
    const results = await siteChecks(SITE, "192.0.2.1", ["env", "PATH=/nowhere"]);
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(["skipped"]));
  });
});

describe("an SSH server seen from outside", () => {
  it("that does not answer may have banned the one who asks, and the check says so", async () => {
    program("ssh-keyscan", ["exit 1"]);
    const [key] = await sshChecks({ address: "192.0.2.1", hostKey: ed25519(1) }, ["env", `PATH=${home}:/usr/bin:/bin`]);
    expect(key).toMatchObject({ id: "outside-host-key-pinned", status: "fail" });
    expect(key?.seen).toMatch(
      /^no answer\. The host may have banned the address that asks.* Wait for bans\.banTime, or verify from an admin network$/,
    );
  });

  it("that shows another key is not taken for one that is silent", async () => {
    program("ssh-keyscan", [`echo "192.0.2.1 ${ed25519(2)}"`]);
    const [key] = await sshChecks({ address: "192.0.2.1", hostKey: ed25519(1) }, ["env", `PATH=${home}:/usr/bin:/bin`]);
    expect(key?.seen).toBe(ed25519(2));
  });
});
