/**
 * What a workflow says in GitHub, by its API and the job's own token:
 * `node ci/github.ts comment FILE` writes the one comment of the gate on the pull request, or edits it;
 * `node ci/github.ts issue FILE RESULT` opens the one issue about drift, or edits it, and closes it where the verification's RESULT is
 * `success`.
 */
import { existsSync, readFileSync } from "node:fs";

/** Where GitHub is, what the job may do, and what it is about. */
interface Job {
  readonly api: string;
  readonly repository: string;
  readonly token: string;
  readonly stack: string;
  /** Address of the job's log. */
  readonly run: string;
  /** Number of the pull request, where there is one. */
  readonly pull: number | undefined;
}

interface Post {
  readonly id: number;
  readonly number: number;
  readonly body: string | null;
  readonly user: { readonly type: string } | null;
  readonly pull_request?: object;
}

// Of a text of 65,536 characters, which is the most that GitHub takes; the rest is for the lines around it.
const MOST = 60_000;
const PAGE = 100;

/** Writes or edits the comment that has the marker. Throws Error where GitHub refuses. */
async function comment(job: Job, text: string): Promise<void> {
  if (job.pull === undefined) throw new Error("GITHUB_EVENT_PATH: found no pull request, allowed: an event of one");
  const marker = `<!-- phiward: policy of ${job.stack} -->`;
  const list = `issues/${String(job.pull)}/comments`;
  const body = `${marker}\n${shortened(text, job)}`;
  const found = (await all(job, list)).find((post) => isOurs(post, marker));
  if (found === undefined) await ask(job, "POST", list, { body });
  else if (found.body !== body) await ask(job, "PATCH", `issues/comments/${String(found.id)}`, { body });
}

/** Opens, edits or closes the issue that has the marker; without a text nothing has drifted. Throws Error where GitHub refuses. */
async function issue(job: Job, text: string | undefined): Promise<void> {
  const marker = `<!-- phiward: drift of ${job.stack} -->`;
  const found = (await all(job, "issues?state=open")).find((post) => post.pull_request === undefined && isOurs(post, marker));
  if (text === undefined) {
    if (found === undefined) return;
    await ask(job, "POST", `issues/${String(found.number)}/comments`, { body: `Verified without a fault: ${job.run}` });
    await ask(job, "PATCH", `issues/${String(found.number)}`, { state: "closed" });
    return;
  }
  const body = `${marker}\n${shortened(text, job)}\n${job.run}\n`;
  if (found === undefined) await ask(job, "POST", "issues", { title: `Hosts of ${job.stack} are not as declared`, body });
  else await ask(job, "PATCH", `issues/${String(found.number)}`, { body });
}

// Whoever writes the marker into a text of their own is not taken for a workflow.
function isOurs({ body, user }: Post, marker: string): boolean {
  return user?.type === "Bot" && body?.startsWith(marker) === true;
}

function shortened(text: string, { run }: Job): string {
  if (text.length <= MOST) return text;
  return `${text.slice(0, text.lastIndexOf("\n", MOST))}\n\nToo long to be shown whole; the reports of the job have the rest: ${run}\n`;
}

async function all(job: Job, path: string): Promise<readonly Post[]> {
  const posts: Post[] = [];
  for (let page = 1; ; page += 1) {
    const some = (await ask(job, "GET", `${path}${path.includes("?") ? "&" : "?"}per_page=${String(PAGE)}&page=${String(page)}`)) as Post[];
    posts.push(...some);
    if (some.length < PAGE) return posts;
  }
}

async function ask({ api, repository, token }: Job, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${api}/repos/${repository}/${path}`, {
    method,
    headers: { accept: "application/vnd.github+json", authorization: `Bearer ${token}`, "x-github-api-version": "2022-11-28" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: GitHub answered ${String(response.status)}`);
  return response.json();
}

function jobOf(environment: NodeJS.ProcessEnv): Job {
  const needed = (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === "") throw new Error(`${name}: found nothing, allowed: what a job of GitHub Actions has`);
    return value;
  };
  const event = JSON.parse(readFileSync(needed("GITHUB_EVENT_PATH"), "utf8")) as { readonly pull_request?: { readonly number: number } };
  const repository = needed("GITHUB_REPOSITORY");
  return {
    api: needed("GITHUB_API_URL"),
    repository,
    token: needed("GITHUB_TOKEN"),
    stack: environment["PHIWARD_STACK"] ?? "prod",
    run: `${needed("GITHUB_SERVER_URL")}/${repository}/actions/runs/${needed("GITHUB_RUN_ID")}`,
    pull: event.pull_request?.number,
  };
}

async function main([verb, file = "", result]: readonly string[]): Promise<void> {
  const text = existsSync(file) ? readFileSync(file, "utf8") : undefined;
  const job = jobOf(process.env);
  // A job that ended before it wrote anything is no good news.
  const instead = `\`${job.stack}\` could not be ${verb === "issue" ? "verified" : "judged"}; the log says why: ${job.run}\n`;
  if (verb === "issue") await issue(job, result === "success" ? undefined : (text ?? instead));
  else if (verb === "comment") await comment(job, text ?? instead);
  else throw new Error("found another verb, allowed: comment FILE or issue FILE RESULT");
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`ci/github.ts: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
});
