/** What a person does in Directus: signs in, uploads a picture, gives it a title, and finds it again. */
import type { Page } from "playwright-core";

/** Name of its site in examples/clinic. */
export const CMS = "cms.clinic.test";

const ADMIN = `https://${CMS}/admin`;
/** The account that the first initialization makes: ADMIN_EMAIL of the example. */
const EMAIL = "alice@example.org";
// Milliseconds.
const CLOSED_BY_THEN = 5_000;
// A square of one colour, 16 pixels wide.
const PICTURE =
  "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAGUlEQVQokWNg6DhDGmIY1XBmNJQ6hmnSAAD1eVQQxe/JqQAAAABJRU5ErkJggg==";

/** Signs in, and puts off what a new installation asks its owner. */
export async function signIn(page: Page, password: string): Promise<void> {
  // They come up at any time, in front of what is looked at; one that is closed while it is being clicked is what is wanted.
  for (const name of ["Skip", "Remind Later"])
    await page.addLocatorHandler(
      page.getByRole("button", { name }),
      (button) => button.click({ timeout: CLOSED_BY_THEN }).catch(() => undefined),
      { noWaitAfter: true },
    );
  await page.goto(`${ADMIN}/login`);
  await page.locator("input[type=email]").fill(EMAIL);
  await page.locator("input[type=password]").fill(password);
  await page.locator("button[type=submit]").click();
  // It leads to the page that was open last.
  await page.waitForURL((url) => url.pathname.startsWith("/admin/") && url.pathname !== "/admin/login");
}

/** Asks for a message by which the account gets another password. */
export async function askForPassword(page: Page): Promise<void> {
  await page.goto(`${ADMIN}/reset-password`);
  await page.locator("input[type=email]").fill(EMAIL);
  await page.locator("button[type=submit]").click();
}

/** Uploads a picture by the form of the file library, gives it this title, and returns the address of its page. */
export async function upload(page: Page, title: string): Promise<string> {
  await page.goto(`${ADMIN}/files/+`);
  const file = { name: "waiting-room.png", mimeType: "image/png", buffer: Buffer.from(PICTURE, "base64") };
  await page.locator("input[type=file]").first().setInputFiles(file);
  await page.getByText("Waiting Room").first().click();
  await page.waitForURL(/\/admin\/files\/[0-9a-f-]{36}$/);
  await titleOf(page).fill(title);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.waitForURL(`${ADMIN}/files`);
  await page.getByText(title).first().click();
  await page.waitForURL(/\/admin\/files\/[0-9a-f-]{36}$/);
  return page.url();
}

/** Opens the page of a file afresh, and returns its title and how wide the picture is that the browser shows. */
export async function reopened(page: Page, address: string): Promise<{ readonly title: string; readonly width: number }> {
  await page.goto(address);
  const picture = `img[src*="${address.split("/").at(-1) ?? ""}"]`;
  await page.locator(picture).first().waitFor();
  // The site's policy lets nothing evaluate text for long, as waiting for a condition would.
  await page.evaluate("Promise.all([...document.images].map((image) => image.decode().catch(() => undefined)))");
  const width = Number(await page.evaluate(`document.querySelector(${JSON.stringify(picture)}).naturalWidth`));
  return { title: await titleOf(page).inputValue(), width };
}

/** A file's title as the API gives it: twice, and once more after it was changed to another one; and whether the cache had it. */
export async function answers(page: Page, address: string, changed: string): Promise<readonly { title: string; from: string | null }[]> {
  const id = address.split("/").at(-1) ?? "";
  return page.evaluate(
    `(async () => {
      const path = "/files/" + ${JSON.stringify(id)};
      const read = async () => {
        const answer = await fetch(path + "?fields=title", { credentials: "same-origin" });
        return { title: (await answer.json()).data.title, from: answer.headers.get("x-cache") };
      };
      const before = [await read(), await read()];
      const headers = { "Content-Type": "application/json" };
      await fetch(path, { method: "PATCH", headers, body: JSON.stringify({ title: ${JSON.stringify(changed)} }) });
      return [...before, await read()];
    })()`,
  );
}

function titleOf(page: Page) {
  return page.locator('input[field="title"]');
}
