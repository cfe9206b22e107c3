/** A real browser that opens sites of a sandbox as anyone on the Internet would: from an address that is none of the stack's. */
import { createHash, X509Certificate } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { programFile } from "../../ops/lib/programs";

// No QUIC, since no site here speaks it; and nothing in the background that is no part of the page.
const FLAGS = [
  ...["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"],
  "--disable-sync",
];

// Milliseconds. Other tests' hosts keep the machine busy meanwhile.
export const PATIENCE = 120_000;

/** Where a browser runs, and which sites it knows. */
export interface Place {
  /** The network namespace from which it opens sites. */
  readonly netns: string;
  /** The host's address, to which each of the sites' names leads. */
  readonly address: string;
  /** Each site by name, with its certificate in PEM: its key alone is trusted, as the one of an internal site would be. */
  readonly sites: Readonly<Record<string, string>>;
  /** What a person types where the browser itself asks (RFC 7617). */
  readonly login?: { readonly username: string; readonly password: string } | undefined;
}

/** An open browser, and all that it complained about. */
export interface Visit {
  readonly page: Page;
  /** What a page's console has as an error: refused by the policy of its content, not found, or thrown by its program. */
  readonly complaints: readonly string[];
  /** Answers with a status of 400 or more, such as `403 GET /server/info`. */
  readonly refusals: readonly string[];
}

/** Opens a browser without any history, gives it to `work`, and closes it. */
export async function withBrowser<T>(place: Place, work: (visit: Visit) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "phiward-browser-"));
  try {
    const context = await launch(place, directory);
    try {
      return await work(await visitOf(context));
    } finally {
      await context.close();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function launch(place: Place, directory: string): Promise<BrowserContext> {
  const { login } = place;
  return chromium.launchPersistentContext(join(directory, "profile"), {
    ...launchOptions(place, directory),
    ...(login === undefined ? {} : { httpCredentials: login }),
  });
}

/** How Chromium is started there; a directory of the caller's holds the program that does it. */
export function launchOptions({ netns, address, sites }: Place, directory: string) {
  const program = join(directory, "chromium");
  // It talks to the browser through inherited pipes, which nsenter(1) hands on.
  writeFileSync(program, `#!/bin/sh\nexec nsenter --net=/run/netns/${netns} -- ${programFile("chromium")} "$@"\n`);
  chmodSync(program, 0o700);
  const names = Object.keys(sites).map((name) => `MAP ${name} ${address}`);
  return {
    executablePath: program,
    // Root has no sandbox in Chromium; what it opens here is our own.
    chromiumSandbox: false,
    args: [
      ...FLAGS,
      `--host-resolver-rules=${names.join(", ")}`,
      `--ignore-certificate-errors-spki-list=${Object.values(sites).map(keyHash).join(",")}`,
    ],
  };
}

/** SHA-256 of a certificate's public key, as HTTP public key pinning has it (RFC 7469, section 2.4). */
function keyHash(certificate: string): string {
  const key = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("base64");
}

async function visitOf(context: BrowserContext): Promise<Visit> {
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(PATIENCE);
  const complaints: string[] = [];
  const refusals: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    if (response.status() >= 400) refusals.push(`${String(response.status())} ${response.request().method()} ${pathname}`);
  });
  return { page, complaints, refusals };
}
