/** Pictures of a page as a browser shows it. With `PHIWARD_PICTURES=docs` they take the place of those in docs/pictures. */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { programFile } from "../../ops/lib/programs";

/** What a person's machine may prefer. */
export const SCHEMES = ["light", "dark"] as const;
type Scheme = (typeof SCHEMES)[number];

const DOCS = join(__dirname, "../../docs/pictures");
const SIZE = { width: 1280, height: 400 };

/** The pictures of each, and all that the browser complained about or asked of anybody. */
export interface Pictures {
  readonly files: Readonly<Record<Scheme, string>>;
  readonly complaints: readonly string[];
}

/** Takes a picture of a file's page for each scheme, into a directory. */
export async function pictures(page: string, directory: string): Promise<Pictures> {
  // Root has no sandbox in Chromium; what it opens here is our own.
  const browser = await chromium.launch({ executablePath: programFile("chromium"), chromiumSandbox: false, args: ["--disable-gpu"] });
  const complaints: string[] = [];
  try {
    const take = async (colorScheme: Scheme): Promise<string> => {
      const tab = await browser.newPage({ viewport: SIZE, colorScheme });
      tab.on("console", (message) => complaints.push(message.text()));
      tab.on("request", (request) => {
        if (!request.url().startsWith("file:")) complaints.push(`asked for ${request.url()}`);
      });
      await tab.goto(pathToFileURL(page).href);
      const file = join(directory, `status-${colorScheme}.png`);
      await tab.screenshot({ path: file, fullPage: true });
      if (process.env["PHIWARD_PICTURES"] === "docs") {
        mkdirSync(DOCS, { recursive: true });
        copyFileSync(file, join(DOCS, `status-${colorScheme}.png`));
      }
      await tab.close();
      return file;
    };
    return { files: { light: await take("light"), dark: await take("dark") }, complaints };
  } finally {
    await browser.close();
  }
}
