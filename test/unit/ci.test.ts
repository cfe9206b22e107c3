/** The scripts of the workflows: each step as a workflow runs it, with programs and an API that stand in for the real ones. */
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { codeQuality } from "../../ci/codeQuality";
import { judgeStack } from "../../ops/commands/policy";
import { outputOf, runSync, start } from "../../ops/lib/process";
import { programFile } from "../../ops/lib/programs";
import { CONFIG } from "../policy/fixtures";

const ROOT = join(__dirname, "../..");
const place = mkdtempSync(join(tmpdir(), "ci-"));
const bin = join(place, "bin");
const calls = join(place, "calls");
afterAll(() => {
  rmSync(place, { recursive: true, force: true });
});
beforeEach(() => {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(join(place, "node_modules/.bin"), { recursive: true });
  mkdirSync(bin);
  cpSync(join(ROOT, "ci"), join(place, "ci"), { recursive: true });
  symlinkSync(process.execPath, join(bin, "node"));
  program(
    "npx",
    'echo "$*" >>"$CALLS"',
    'eval "last=\\${$#}"',
    'case "$*" in *--output*) echo report >"$last" ;; *) printf %s "$SAYS" ;; esac',
    'exit "$CODE"',
  );
});

function program(name: string, ...lines: readonly string[]): void {
  writeFileSync(join(bin, name), ["#!/bin/sh", ...lines, ""].join("\n"));
  chmodSync(join(bin, name), 0o755);
}

const workflow = z.object({ jobs: z.record(z.string(), z.object({ steps: z.array(z.object({ run: z.string().optional() })) })) });

/** The last script that a job of GitHub's runs. */
function scriptOf(file: string, job: string): string {
  const { jobs } = workflow.parse(parse(readFileSync(join(ROOT, `.github/workflows/${file}.yml`), "utf8")));
  return jobs[job]?.steps.flatMap(({ run }) => run ?? []).at(-1) ?? "";
}

/** Runs a script as a step, where `npx phiward` says something and ends with a code. */
function ran(script: string, { code = 0, says = "", ...more }: { code?: number; says?: string; [name: string]: string | number } = {}) {
  const settings = Object.fromEntries(Object.entries(more).map(([name, value]) => [name, String(value)]));
  const env = { PATH: `${bin}:/usr/bin:/bin`, CALLS: calls, CODE: String(code), SAYS: says, PHIWARD_STACK: "prod", ...settings };
  const { status, stdout, stderr } = runSync(["sh", "-e", "-c", script], { cwd: place, env });
  return { status, stdout, stderr, called: existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : [] };
}

const reports = (): readonly string[] => (existsSync(join(place, "reports")) ? readdirSync(join(place, "reports")).sort() : []);

describe("the step that judges", () => {
  const script = scriptOf("policy", "judge");

  it("asks for each report once, and last for the annotations, which it prints", () => {
    const { status, stdout, called } = ran(script, { says: "::error file=Pulumi.prod.yaml,line=3::found" });
    expect(status).toBe(0);
    expect(called).toEqual([
      "phiward policy --stack prod --format sarif --output reports/policy.sarif",
      "phiward policy --stack prod --format markdown --output reports/policy.md",
      "phiward policy --stack prod --format github",
    ]);
    expect(stdout).toBe("::error file=Pulumi.prod.yaml,line=3::found");
  });

  it("fails where the policies refuse the stack, with every report written", () => {
    expect(ran(script, { code: 1 }).status).toBe(1);
    expect(reports()).toEqual(["policy.md", "policy.sarif"]);
  });

  it.each([2, 3])("ends with %i at once where nothing could be judged", (code) => {
    const { status, called } = ran(script, { code });
    expect({ status, calls: called.length }).toEqual({ status: code, calls: 1 });
  });

  it("judges the example where the repository names no stack, and GitLab's the same way", () => {
    const { script: lines } = z
      .object({ script: z.array(z.string()) })
      .parse((parse(readFileSync(join(ROOT, ".gitlab-ci.yml"), "utf8")) as Record<string, unknown>)["policy"]);
    const { called } = ran(lines.at(-1) ?? "", { PHIWARD_STACK: "" });
    expect(called.map((call) => call.split(" ")[3])).toEqual(["prod", "prod", "prod"]);
    expect(reports()).toEqual(["policy.json", "policy.sarif", "policy.xml"]);
  });
});

describe("the step that previews", () => {
  it("shows it in the log and, as text alone, in the job's summary; and ends as the preview does", () => {
    const summary = join(place, "summary");
    const { status, stdout } = ran(scriptOf("preview", "preview"), { code: 1, says: "web\n# <b>ssh</b>\n", GITHUB_STEP_SUMMARY: summary });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "web\n# <b>ssh</b>\n" });
    expect(readFileSync(summary, "utf8")).toBe("### Preview of prod\n\n    web\n    # <b>ssh</b>\n");
  });
});

describe("a step that reaches hosts", () => {
  const key = (): string => {
    outputOf(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "deploy", "-f", join(place, "key")]);
    return readFileSync(join(place, "key"), "utf8");
  };

  it("has an agent with the key for as long as it runs, also of a key with another system's line ends, and no key to read", async () => {
    const { status, stdout } = ran("ci/with-key.sh sh -c 'ssh-add -l; env'", {
      PHIWARD_SSH_KEY: key().replaceAll("\n", "\r\n"),
    });
    expect(status).toBe(0);
    expect(stdout).toContain("deploy (ED25519)");
    expect(stdout).not.toContain("PRIVATE KEY");
    await expect.poll(() => existsSync(/^SSH_AUTH_SOCK=(.+)$/m.exec(stdout)?.[1] ?? "/")).toBe(false);
  });

  it("ends with the code of its command, and its agent ends too", async () => {
    const { status, stdout } = ran("ci/with-key.sh sh -c 'echo $SSH_AUTH_SOCK; exit 3'", { PHIWARD_SSH_KEY: key() });
    expect(status).toBe(3);
    await expect.poll(() => existsSync(stdout.trim())).toBe(false);
  });

  it("says what is missing where there is no key, and runs nothing", () => {
    const { status, stderr, called } = ran(scriptOf("up", "up"));
    expect({ status, called }).toEqual({ status: 2, called: [] });
    expect(stderr).toContain("PHIWARD_SSH_KEY: found nothing");
  });

  it("deploys, and then looks at the hosts; not where the deploy failed", () => {
    const script = scriptOf("up", "up");
    expect(ran(script, { PHIWARD_SSH_KEY: key() }).called).toEqual(["phiward up --stack prod --yes", "phiward verify --stack prod"]);
    rmSync(calls);
    const { status, called } = ran(script, { PHIWARD_SSH_KEY: readFileSync(join(place, "key"), "utf8"), code: 1 });
    expect({ status, calls: called.length }).toEqual({ status: 1, calls: 1 });
  });
});

describe("the step that verifies", () => {
  const drifted = {
    hosts: [
      {
        host: "web",
        results: [
          { id: "ssh-no-root", status: "fail", seen: "hunter2" },
          { id: "b", status: "pass" },
        ],
      },
    ],
  };
  const drift = (): string => readFileSync(join(place, "reports/drift.md"), "utf8");

  it("names the checks that failed, and nothing of what a host said", () => {
    expect(ran("ci/verify.sh", { code: 1, says: JSON.stringify(drifted) }).status).toBe(1);
    expect(drift()).toContain("- `web`: `ssh-no-root`");
    expect(drift()).not.toMatch(/hunter2|`b`/);
  });

  it("repeats no name that is more than a name", () => {
    const hosts = [{ host: "web` @everyone", results: [{ id: "<img>", status: "fail" }] }];
    ran("ci/verify.sh", { code: 1, says: JSON.stringify({ hosts }) });
    expect(drift()).not.toMatch(/everyone|img/);
  });

  it("says so where the hosts could not be asked", () => {
    expect(ran("ci/verify.sh", { code: 2 }).status).toBe(2);
    expect(drift()).toContain("ended with exit code 2 and without results");
  });

  it("leaves no report where all is as declared, not even a former one", () => {
    ran("ci/verify.sh", { code: 1, says: JSON.stringify(drifted) });
    expect(ran("ci/verify.sh").status).toBe(0);
    expect(reports()).toEqual([]);
  });
});

describe("the step that installs tools", () => {
  const TOOLS = ["ssh", "nmap", "curl", "openssl"];
  const installed = (present: readonly string[]): string => {
    for (const name of present) program(name, "true");
    program("id", "echo 1000");
    program("sudo", 'exec "$@"');
    program("apt-get", 'echo "$*" >>"$CALLS"');
    symlinkSync(programFile("sh"), join(bin, "sh"));
    return ran("ci/tools.sh", { PATH: bin }).called.join("\n");
  };

  it("installs what is missing, and that alone", () => {
    expect(installed(["ssh", "curl"])).toBe("update -qq\ninstall -qq --yes --no-install-recommends nmap openssl");
  });

  it("does nothing where all is there", () => {
    expect(installed(TOOLS)).toBe("");
  });
});

interface Post {
  readonly id: number;
  readonly number: number;
  body: string;
  readonly user: { readonly type: string };
  state?: string;
}

/** Runs `node ci/github.ts` against a GitHub that has these comments or issues, and tells what it was asked to change. */
async function said(words: readonly string[], posts: readonly Post[], { refuses = false, stack = "prod" } = {}) {
  const changes: { readonly method: string; readonly path: string; readonly body: Readonly<Record<string, string>> }[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
      const [method = ""] = [request.method];
      const path = pathname.replace("/repos/clinic/stack/", "");
      if (method !== "GET")
        changes.push({ method, path, body: JSON.parse(Buffer.concat(parts).toString()) as Readonly<Record<string, string>> });
      const page = Number(searchParams.get("page"));
      response.statusCode = refuses || request.headers.authorization !== "Bearer t0ken" ? 403 : 200;
      response.end(JSON.stringify(method === "GET" ? posts.slice((page - 1) * 100, page * 100) : {}));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const event = join(place, "event.json");
  writeFileSync(event, JSON.stringify({ pull_request: { number: 7 } }));
  const env = {
    GITHUB_API_URL: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    GITHUB_EVENT_PATH: event,
    GITHUB_REPOSITORY: "clinic/stack",
    GITHUB_RUN_ID: "42",
    GITHUB_SERVER_URL: "https://github.example",
    GITHUB_TOKEN: "t0ken",
    PHIWARD_STACK: stack,
  };
  const child = start(["node", "ci/github.ts", ...words], { cwd: place, env, stdio: "pipe" });
  const parts: Buffer[] = [];
  child.stderr.on("data", (part: Buffer) => parts.push(part));
  const [status] = (await once(child, "close")) as [number];
  server.close();
  return { status, changes, stderr: Buffer.concat(parts).toString() };
}

const post = (id: number, body: string, type = "Bot"): Post => ({ id, number: id, body, user: { type } });

describe("the comment on a pull request", () => {
  const MARKER = "<!-- phiward: policy of prod -->";
  const written = (text: string): string => {
    writeFileSync(join(place, "policy.md"), text);
    return "policy.md";
  };

  it("is written once, and edited from then on", async () => {
    const { changes } = await said(["comment", written("two faults\n")], [post(1, "a person's", "User")]);
    expect(changes).toEqual([{ method: "POST", path: "issues/7/comments", body: { body: `${MARKER}\ntwo faults\n` } }]);
    const others = Array.from({ length: 120 }, (_, index) => post(index + 10, "talk", "User"));
    const again = await said(["comment", written("none\n")], [...others, post(9, `${MARKER}\ntwo faults\n`)]);
    expect(again.changes).toEqual([{ method: "PATCH", path: "issues/comments/9", body: { body: `${MARKER}\nnone\n` } }]);
    expect((await said(["comment", written("none\n")], [post(9, `${MARKER}\nnone\n`)])).changes).toEqual([]);
  });

  it("is not one that a person wrote with the same marker, nor that of another stack", async () => {
    const posts = [post(1, `${MARKER}\nmine`, "User"), post(2, "<!-- phiward: policy of test -->\n")];
    expect((await said(["comment", written("x")], posts)).changes.map(({ method }) => method)).toEqual(["POST"]);
  });

  it("says so where nothing was judged, and is cut where GitHub would refuse its length", async () => {
    const { changes } = await said(["comment", "missing.md"], []);
    expect(changes[0]?.body["body"]).toContain(
      "could not be judged; the log says why: https://github.example/clinic/stack/actions/runs/42",
    );
    const [long] = (await said(["comment", written("line\n".repeat(20_000))], [])).changes;
    expect(long?.body["body"]?.length).toBeLessThan(65_536);
    expect(long?.body["body"]).toContain("Too long to be shown whole");
  });

  it("fails where GitHub refuses, without a word of the token", async () => {
    const { status, stderr } = await said(["comment", written("x")], [], { refuses: true });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: "ci/github.ts: GET issues/7/comments?per_page=100&page=1: GitHub answered 403\n",
    });
  });
});

describe("the issue about drift", () => {
  const MARKER = "<!-- phiward: drift of prod -->";
  const open = post(5, `${MARKER}\n- old`);
  const drift = (): string => {
    writeFileSync(join(place, "drift.md"), "- `web`: `ssh`\n");
    return "drift.md";
  };

  it("is opened once, edited while there is drift, and closed when there is none", async () => {
    const opened = (await said(["issue", drift(), "failure"], [])).changes;
    expect(opened.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST issues"]);
    expect(opened[0]?.body["body"]).toMatch(/^<!-- phiward: drift of prod -->\n- `web`: `ssh`\n/);
    const edited = (await said(["issue", drift(), "failure"], [open])).changes;
    expect(edited.map(({ method, path }) => `${method} ${path}`)).toEqual(["PATCH issues/5"]);
    const closed = (await said(["issue", "missing.md", "success"], [open])).changes;
    expect(closed.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST issues/5/comments", "PATCH issues/5"]);
    expect(closed[1]?.body).toEqual({ state: "closed" });
    expect((await said(["issue", "missing.md", "success"], [])).changes).toEqual([]);
  });

  it("stays open where the verification ended before it could say anything", async () => {
    const { changes } = await said(["issue", "missing.md", "failure"], [open]);
    expect(changes.map(({ method, path }) => `${method} ${path}`)).toEqual(["PATCH issues/5"]);
    expect(changes[0]?.body["body"]).toContain("could not be verified");
  });
});

describe("the code quality report", () => {
  const record = judgeStack("test", { ...CONFIG, bans: { ...CONFIG.bans, maxRetry: 9 } });

  it("has each fault at each place, with a fingerprint of its own that no line changes", () => {
    const issues = codeQuality(record);
    expect(issues.map(({ check_name }) => check_name)).toContain("fail2ban-guards-sshd");
    expect(new Set(issues.map(({ fingerprint }) => fingerprint)).size).toBe(issues.length);
    for (const issue of issues) {
      expect(issue.severity).toMatch(/^(info|minor|major|critical|blocker)$/);
      expect(issue.location).toEqual({ path: "Pulumi.test.yaml", lines: { begin: 1 } });
    }
    const moved = record.results.map((result) => ({
      ...result,
      places: result.places.map((at) => ({ ...at, setting: { file: "Pulumi.test.yaml", line: 31, key: "bans.maxRetry" } })),
    }));
    const again = codeQuality({ ...record, results: moved });
    expect(again.map(({ fingerprint }) => fingerprint)).toEqual(issues.map(({ fingerprint }) => fingerprint));
    expect(again[0]?.location.lines.begin).toBe(31);
  });

  it("is written of the record that GitLab's job has, by Node.js alone", () => {
    writeFileSync(join(place, "policy.json"), JSON.stringify(record));
    const { status, stdout, stderr } = ran("node ci/codeQuality.ts <policy.json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual(codeQuality(record));
  });
});
