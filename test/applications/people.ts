/** The people of a clinic at once, each with a browser of their own as far as a site can see: one Chromium, a context for each. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { launchOptions, PATIENCE, type Place } from "./browser";

// What the browser itself has on record of the page that is open.
const FILES = `(() => {
  const files = performance.getEntriesByType("resource");
  return { asked: files.length, came: files.filter(({ responseStatus }) => responseStatus === 200).length };
})()`;

/** How many of a page's files one opening of it asked for, and how many of these came with status 200. */
export interface Opened {
  readonly asked: number;
  readonly came: number;
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
  for (let round = 0; round < rounds; round += 1) {
    await page.goto(address, { waitUntil: "load", timeout: PATIENCE });
    opened.push((await page.evaluate(FILES)) as Opened);
  }
  await context.close();
  return opened;
}
