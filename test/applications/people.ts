/** The people of a clinic at once, each with a browser of their own as far as a site can see: one Chromium, a context for each. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { launchOptions, PATIENCE, type Place } from "./browser";

const CUT_OFF = /net::ERR_|interrupted by another navigation/;
const MOST_TRIES = 4;

// What the browser itself has on record of the page that is open.
const FILES = `(() => {
  const files = performance.getEntriesByType("resource");
  const having = (status) => files.filter(({ responseStatus }) => responseStatus === status).length;
  return { came: having(200), cut: having(0) };
})()`;

/** How many of a page's files came with status 200 at one opening of it, and how many had no answer. */
export interface Opened {
  readonly came: number;
  readonly cut: number;
  /** How often it was opened until no connection was cut. */
  readonly tries: number;
}

/** Each opens this page so many times, one after the other, and all of them at once. */
export async function openTogether(place: Place, page: string, people: number, rounds: number): Promise<readonly Opened[]> {
  const directory = mkdtempSync(join(tmpdir(), "phiward-people-"));
  try {
    const { args, ...options } = launchOptions(place, directory);
    // A process for each person would be the machine's memory, and says nothing to a site.
    const browser = await chromium.launch({ ...options, args: [...args, "--renderer-process-limit=4"] });
    try {
      return (await Promise.all(Array.from({ length: people }, () => onePerson(browser, page, rounds)))).flat();
    } finally {
      await browser.close();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

// Without a history, and with connections that it shares with no one.
async function onePerson(browser: Browser, address: string, rounds: number): Promise<readonly Opened[]> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const opened: Opened[] = [];
  for (let round = 0; round < rounds; round += 1) opened.push(await open(page, address));
  await context.close();
  return opened;
}

// nginx waits ten seconds for a client to go on. On a machine that is busy with other tests a browser may need longer, and its person
// opens the page once more.
async function open(page: Page, address: string, tries = 1): Promise<Opened> {
  try {
    await page.goto(address, { waitUntil: "load", timeout: PATIENCE });
    const opened = { ...(await page.evaluate<Omit<Opened, "tries">>(FILES)), tries };
    if (opened.cut === 0 || tries === MOST_TRIES) return opened;
  } catch (error) {
    if (tries === MOST_TRIES || !(error instanceof Error && CUT_OFF.test(error.message))) throw error;
  }
  // The browser would open it by itself again, at a time of its own.
  await page.goto("about:blank").catch(() => undefined);
  return open(page, address, tries + 1);
}
