/** The example of docs/applications.md: applications that others wrote, deployed as they are, and used with a browser. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { SECRETS_DIRECTORY } from "../../components/plan/types";
import { runSync } from "../../ops/lib/process";
import { execFromOutsider, execInHost } from "../../sandbox/machines/exec";
import { openSandbox, type Sandbox, type SandboxHost } from "../../sandbox/machines/inventory";
import { sandboxObstacle } from "../../sandbox/machines/machine";
import { ensurePrograms } from "../../sandbox/machines/packages";
import { createSandbox, destroySandbox } from "../../sandbox/machines/sandbox";
import { HOSTS } from "../../sandbox/stackFile";
import { type Place, type Visit, withBrowser } from "../applications/browser";
import { DEVICE, MAIL_KEY, MAIL_PORT } from "../applications/clinic";
import { answers, askForPassword, CMS, reopened, signIn, upload } from "../applications/directusJourney";
import { mailProvider } from "../applications/mailProvider";
import { dicomText, IMAGES, studies, uploadDicom } from "../applications/orthancJourney";
import { commandsOf } from "../shownCommands";
import { type Answer, command, expectDone } from "./deployCommands";
import { sandboxId } from "./runDirectory";
import { waitFor } from "./waiting";

// Pixels of the picture that Directus makes of an uploaded one, to show it.
const PREVIEW = 800;
// The images of the applications are made first, of thousands of packages' files, beside other tests.
const FIRST_TIME = 1_800_000;
const DOCUMENT = "docs/applications.md";
const TITLE = "The waiting room, before it was painted";

describe("applications that others wrote", () => {
  const id = sandboxId("apps");
  const unavailable = sandboxObstacle();
  const directory = mkdtempSync(join(tmpdir(), "phiward-apps-"));
  let first: Answer = { code: 1, output: "" };
  let picture = "";

  const bringUp = (): Promise<Answer> => command(["node", "-r", "ts-node/register/transpile-only", "test/applications/main.ts"]);

  beforeAll(async () => {
    if (unavailable !== undefined) return;
    await ensurePrograms("tests", () => undefined);
    // By this the commands know their sandbox.
    process.env["SANDBOX"] = id;
    await createSandbox({ id, hosts: HOSTS, outsiders: 3, progress: () => undefined });
    first = await bringUp();
  }, FIRST_TIME);
  afterAll(async () => {
    rmSync(directory, { recursive: true });
    await destroySandbox(id);
  });

  function running(context: TestContext): { readonly sandbox: Sandbox; readonly web: SandboxHost } {
    if (unavailable !== undefined) context.skip(unavailable);
    expectDone(first);
    const sandbox = openSandbox(id);
    const web = sandbox?.hosts[0];
    if (sandbox === undefined || web === undefined) throw new Error("no sandbox");
    return { sandbox, web };
  }

  /** Runs the document's command of a verb as it stands there, but for the stack, which is the sandbox's. */
  function documented(verb: string, stdin = ""): Promise<Answer> {
    const [, , ...words] =
      commandsOf(DOCUMENT).find(([first, second, third]) => [first, second, third].join(" ") === `npx phiward ${verb}`) ?? [];
    if (words.length === 0) throw new Error(`${DOCUMENT} shows no ${verb}`);
    return command(["node", "ops/phiward.cjs", ...words.map((word, index) => (words[index - 1] === "--stack" ? "sandbox" : word))], stdin);
  }

  /** The password of Directus's first login, found as the document says. */
  async function firstPassword(): Promise<string> {
    const shown = commandsOf(DOCUMENT).find(([first]) => first === "sudo") ?? [];
    const { code, output } = await documented("shell", `${shown.join(" ")}\n`);
    expectDone({ code, output });
    return output.trim();
  }

  /** A file of a small image, of a patient of this name. */
  function dicomFile(patient: string, number: number): string {
    const file = join(directory, `${String(number)}.dcm`);
    writeFileSync(`${file}.txt`, dicomText(patient, number));
    const { status, stderr } = runSync(["dump2dcm", "+te", `${file}.txt`, file]);
    if (status !== 0) throw new Error(stderr);
    return file;
  }

  async function inside(host: SandboxHost, ...argv: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await execInHost(host, argv);
    if (code !== 0) throw new Error(`${argv.join(" ")}: ${stderr}`);
    return stdout;
  }

  async function visit<T>(context: TestContext, site: string, work: (visit: Visit) => Promise<T>, login?: Place["login"]): Promise<T> {
    const { sandbox, web } = running(context);
    const certificate = await inside(web, "cat", `/etc/phiward/tls/${site}/certificate.pem`);
    const place: Place = { netns: sandbox.outsiders[1]?.netns ?? "", address: web.address, sites: { [site]: certificate }, login };
    return withBrowser(place, work);
  }

  it("are deployed from one file that the policies accept with one waiver, and verified", (context) => {
    running(context);
    expect(first.output).toContain("policies: no violation");
    expect(first.output).toContain("verified, from inside and from outside");
    expect(first.output).not.toContain("FAIL");
    const seconds = /^ *([\d.]+) s {2}verified/m.exec(first.output)?.[1];
    console.log(`from fresh servers to verified applications: ${seconds ?? "?"} s`);
  });

  it("Directus: a person signs in, uploads a picture, gives it a title, and finds both again", async (context) => {
    running(context);
    const password = await firstPassword();
    const start = performance.now();
    await visit(context, CMS, async ({ page, complaints, refusals }) => {
      await signIn(page, password);
      picture = await upload(page, TITLE);
      expect(await reopened(page, picture)).toEqual({ title: TITLE, width: PREVIEW });
      expect(complaints.filter((line) => /Content Security Policy/.test(line) && !/^Evaluating a string/.test(line))).toEqual([]);
      // Before the sign-in there is no session to go on with.
      expect(refusals).toEqual(["400 POST /auth/refresh"]);
    });
    console.log(`signed in, uploaded and read again in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  });

  it("Directus: keeps answers in Redis, and has none that is out of date once something has changed", async (context) => {
    const { web } = running(context);
    const password = await firstPassword();
    await visit(context, CMS, async ({ page }) => {
      await signIn(page, password);
      expect(await answers(page, picture, "The waiting room, after it was painted")).toEqual([
        { title: TITLE, from: "MISS" },
        { title: TITLE, from: "HIT" },
        { title: "The waiting room, after it was painted", from: "MISS" },
      ]);
      expect((await answers(page, picture, TITLE)).at(-1)).toEqual({ title: TITLE, from: "MISS" });
    });
    const cms = (await inside(web, "docker", "ps", "--quiet", "--filter", "label=phiward.service=cms")).trim();
    expect(await inside(web, "docker", "logs", cms)).not.toMatch(/NOPERM|no permissions/);
  });

  it("Directus: mail goes out by the key that its owner brought", async (context) => {
    const { sandbox } = running(context);
    const provider = await mailProvider(sandbox.adminAddress, MAIL_PORT, MAIL_KEY);
    try {
      await visit(context, CMS, async ({ page }) => {
        await askForPassword(page);
        await waitFor("the message", () => provider.messages.length > 0);
      });
      expect([...new Set(provider.keys)]).toEqual([MAIL_KEY]);
      expect(provider.messages.join()).toContain("Subject: Password Reset Request");
    } finally {
      provider.close();
    }
  });

  it("Orthanc: a device sends an image over TLS from its network alone, and a person finds it and uploads another", async (context) => {
    const { sandbox, web } = running(context);
    const certificate = join(directory, "certificate.pem");
    writeFileSync(certificate, await inside(web, "cat", `/etc/phiward/tls/${IMAGES}/certificate.pem`));
    const send = (from: number, file: string) =>
      execFromOutsider(sandbox, from, [
        ...["storescu", "--timeout", "10", "+tla", "+cf", certificate, "-aec", "CLINIC", web.address, "2762", file],
      ] as const);
    const sent = await send(DEVICE, dicomFile("Sent^Eve", 1));
    expect(sent, sent.stderr).toMatchObject({ code: 0 });
    expect((await send(DEVICE + 1, dicomFile("Refused^Eve", 2))).code).not.toBe(0);

    const password = (await inside(web, "cat", `${SECRETS_DIRECTORY}/images-admin-password.1`)).trim();
    await visit(
      context,
      IMAGES,
      async ({ page, complaints, refusals }) => {
        await uploadDicom(page, dicomFile("Uploaded^Eve", 3));
        const found = (await studies(page)).join();
        expect(found).toContain("Sent^Eve");
        expect(found).toContain("Uploaded^Eve");
        expect(found).not.toContain("Refused^Eve");
        // Of its own pages, a button's; files can be dropped there instead.
        expect(complaints.filter((line) => !line.startsWith("Executing inline event handler"))).toEqual([]);
        expect(refusals).toEqual([]);
      },
      { username: "alice", password },
    );
  });

  it("are as they were after a second deploy, and verify", async (context) => {
    const { web } = running(context);
    const before = await inside(web, "docker", "ps", "--quiet", "--no-trunc");
    const again = await bringUp();
    expectDone(again);
    expect(again.output).not.toMatch(/ changed /);
    expect(await inside(web, "docker", "ps", "--quiet", "--no-trunc")).toBe(before);
  });

  it("are judged, verified and shown by the commands of their document", async (context) => {
    running(context);
    const judged = await documented("policy");
    expectDone(judged);
    expect(judged.output).toMatch(/: 0 violations, /);
    expectDone(await documented("verify"));
    const { code, output } = await documented("status");
    expectDone({ code, output });
    for (const service of ["cms", "images"]) expect(output).toMatch(new RegExp(`^ {2}container +${service} .*\\(healthy\\)$`, "m"));
  });

  it("are brought back from the vault with their data, after database and files were lost", async (context) => {
    const { web } = running(context);
    expectDone(await documented("backup"));
    await inside(web, "docker", "exec", "db", "psql", "-U", "phiward_cms", "-d", "cms", "-c", "DELETE FROM directus_files");
    await inside(web, "sh", "-c", "rm /var/lib/docker/volumes/phiward-cms.uploads/_data/*");
    expectDone(await documented("restore"));
    const healthy = ["docker", "ps", "--quiet", "--filter", "label=phiward.service=cms", "--filter", "health=healthy"];
    await waitFor("Directus is healthy again", async () => (await inside(web, ...healthy)) !== "");
    const password = await firstPassword();
    await visit(context, CMS, async ({ page }) => {
      await signIn(page, password);
      expect(await reopened(page, picture)).toEqual({ title: TITLE, width: PREVIEW });
    });
  });
});
