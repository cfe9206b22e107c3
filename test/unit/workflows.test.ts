/** The workflows of GitHub and GitLab: by GitHub's own parser, and by what keeps secrets and the right to write from code under review. */
import { accessSync, constants, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from "@actions/workflow-parser";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

const ROOT = join(__dirname, "../..");
const textOf = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const FILES = globSync(".github/workflows/*.yml", { cwd: ROOT }).sort();
const OF_FORKS_NOT = "github.event.pull_request.head.repo.full_name == github.repository";

const step = z.strictObject({
  id: z.string().optional(),
  if: z.string().optional(),
  uses: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  run: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
  "continue-on-error": z.boolean().optional(),
});
const job = z.strictObject({
  needs: z.string().optional(),
  if: z.string().optional(),
  "runs-on": z.union([z.string(), z.array(z.string())]),
  "timeout-minutes": z.number().max(120),
  environment: z.string().optional(),
  permissions: z.record(z.string(), z.enum(["read", "write"])),
  steps: z.array(step),
});
const workflow = z.strictObject({
  name: z.string(),
  on: z.record(z.string(), z.unknown()),
  // Nothing: each job says what it needs.
  permissions: z.strictObject({}),
  concurrency: z.strictObject({ group: z.string(), "cancel-in-progress": z.boolean() }),
  env: z.record(z.string(), z.string()).optional(),
  jobs: z.record(z.string(), job),
});
type Job = z.infer<typeof job>;

const WORKFLOWS = FILES.map((file) => ({ name: basename(file, ".yml"), file, text: textOf(file) }));
const read = (text: string): z.infer<typeof workflow> => workflow.parse(parse(text));
const JOBS = WORKFLOWS.flatMap(({ name, text }) =>
  Object.entries(read(text).jobs).map(([id, one]) => ({ name: `${name}: ${id}`, on: Object.keys(read(text).on), job: one })),
);
const OF_PULL_REQUESTS = JOBS.filter(({ on }) => on.includes("pull_request"));

async function faults(name: string, content: string): Promise<readonly string[]> {
  const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  if (value !== undefined) await convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map(({ message }) => message);
}

/** Whether it checks out, installs or runs what the pull request brings. */
function runsTheirCode({ steps }: Job): boolean {
  return steps.some(
    ({ uses, with: given }) =>
      uses?.startsWith("actions/checkout@") === true && given?.["ref"] !== "${{ github.event.pull_request.base.sha }}",
  );
}

function secretsOf({ steps }: Job): readonly string[] {
  return steps.flatMap((one) => [...JSON.stringify(one).matchAll(/secrets\.(\w+)/g)].map(([, name = ""]) => name));
}

describe.each(WORKFLOWS)("the workflow $name", ({ name, file, text }) => {
  it("is one that GitHub accepts", async () => {
    expect(await faults(file, text)).toEqual([]);
  });

  it("gives each job its rights, its time, and a place in a queue", () => {
    expect(() => read(text)).not.toThrow();
    expect(read(text).name).toBe(name);
  });

  it("takes each action at a commit, with its version beside it, at one version everywhere", () => {
    const uses = [...text.matchAll(/uses: (.*)$/gm)].map(([, used = ""]) => used);
    for (const used of uses) {
      expect(used).toMatch(/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      const [action = ""] = used.split("@");
      for (const other of WORKFLOWS) for (const [same] of other.text.matchAll(new RegExp(`${action}@.*`, "g"))) expect(same).toBe(used);
    }
  });

  it("puts nothing of an event, a secret or a variable into the text of a script", () => {
    for (const { run } of Object.values(read(text).jobs).flatMap(({ steps }) => steps)) expect(run ?? "").not.toContain("${{");
  });

  it("never runs with the rights of this repository on what others send", () => {
    expect(text).not.toMatch(/pull_request_target|workflow_run|issue_comment/);
  });

  it("leaves no token behind in a checkout", () => {
    for (const { uses, with: given } of Object.values(read(text).jobs).flatMap(({ steps }) => steps))
      if (uses?.startsWith("actions/checkout@") === true) expect(given?.["persist-credentials"]).toBe(false);
  });

  it("runs scripts that exist", () => {
    for (const { run = "" } of Object.values(read(text).jobs).flatMap(({ steps }) => steps))
      for (const [script] of run.matchAll(/\.?\bci\/[\w.-]+/g))
        expect(() => {
          accessSync(join(ROOT, script), script.endsWith(".ts") ? constants.R_OK : constants.X_OK);
        }, script).not.toThrow();
  });
});

describe("GitHub's parser", () => {
  it.each([
    ["an unknown key", "on: push\njobs:\n  a:\n    runs-on: x\n    permissons: {}\n    steps: [{ run: a }]\n"],
    ["a context that is not there", "on: push\njobs:\n  a:\n    runs-on: x\n    if: secrets.A != ''\n    steps: [{ run: a }]\n"],
    ["a job that waits for none", "on: push\njobs:\n  a:\n    needs: b\n    runs-on: x\n    steps: [{ run: a }]\n"],
  ])("refuses %s", async (_, content) => {
    expect(await faults("test.yml", content)).not.toEqual([]);
  });
});

describe("a job of a pull request", () => {
  it.each(OF_PULL_REQUESTS)("$name has no right to write where it runs code of the pull request", ({ job: one }) => {
    if (runsTheirCode(one)) expect(Object.values(one.permissions)).not.toContain("write");
  });

  it.each(OF_PULL_REQUESTS)("$name has secrets in an environment alone, never for a fork, and in its last step", ({ job: one }) => {
    if (secretsOf(one).length === 0) return;
    expect(one.environment).toBe("preview");
    expect(one.if).toContain(OF_FORKS_NOT);
    // What npm installs or an action is does not get them.
    expect(secretsOf({ ...one, steps: one.steps.slice(0, -1) })).toEqual([]);
  });

  it("that can write is none for a fork", () => {
    const writing = OF_PULL_REQUESTS.filter(({ job: one }) => Object.values(one.permissions).includes("write"));
    expect(writing.map(({ name }) => name)).toEqual(["policy: report"]);
    for (const { job: one } of writing) expect(one.if).toContain(OF_FORKS_NOT);
  });

  it("judges without any secret", () => {
    const judging = JOBS.find(({ name }) => name === "policy: judge")?.job;
    expect(judging?.permissions).toEqual({ contents: "read" });
    expect(JSON.stringify(judging)).not.toMatch(/secrets\.|github\.token/);
  });
});

describe("a deploy", () => {
  const { jobs, concurrency, on } = read(textOf(".github/workflows/up.yml"));

  it("waits for the one that runs, is approved in its environment, and is of the main branch", () => {
    expect(concurrency["cancel-in-progress"]).toBe(false);
    expect(concurrency.group).not.toContain("github.");
    expect(jobs["up"]?.environment).toBe("production");
    expect(jobs["up"]?.if).toContain("github.ref == 'refs/heads/main'");
    expect(on).toEqual({ push: { branches: ["main"] }, workflow_dispatch: null });
  });

  it("and all that needs Pulumi has the version that the program is written for", () => {
    const { dependencies } = z.object({ dependencies: z.record(z.string(), z.string()) }).parse(JSON.parse(textOf("package.json")));
    const versions = JOBS.flatMap(({ job: one }) =>
      one.steps.flatMap(({ with: given }) =>
        z
          .string()
          .array()
          .parse([given?.["pulumi-version"] ?? []].flat()),
      ),
    );
    expect(versions).toEqual(["3.270.0", "3.270.0", "3.270.0"]);
    expect(new Set(versions)).toEqual(new Set([dependencies["@pulumi/pulumi"]]));
    expect(textOf(".gitlab-ci.yml").match(/pulumi-nodejs:(.*)/g)).toEqual(versions.map((version) => `pulumi-nodejs:${version}`));
  });
});

const gitlabJob = z.strictObject({
  stage: z.enum(["policy", "preview", "deploy", "verify"]),
  image: z.string().optional(),
  timeout: z.string().regex(/^\d+ minutes$/),
  interruptible: z.boolean().optional(),
  resource_group: z.string().optional(),
  rules: z.array(z.strictObject({ if: z.string(), when: z.enum(["manual", "on_success"]).optional() })).min(1),
  environment: z
    .strictObject({
      name: z.string(),
      action: z.enum(["start", "prepare", "stop", "verify", "access"]).optional(),
      deployment_tier: z.enum(["production", "staging", "testing", "development", "other"]).optional(),
    })
    .optional(),
  script: z.array(z.string()),
  after_script: z.array(z.string()).optional(),
  artifacts: z
    .strictObject({
      when: z.enum(["on_success", "on_failure", "always"]),
      expire_in: z.string(),
      paths: z.array(z.string()),
      reports: z.strictObject({ junit: z.string(), codequality: z.string() }).optional(),
    })
    .optional(),
});
// Of the published keywords of GitLab's CI/CD those that are used here; a misspelt one is refused.
const gitlab = z
  .object({
    stages: z.array(z.string()),
    workflow: z.strictObject({ rules: z.array(z.strictObject({ if: z.string() })) }),
    variables: z.record(z.string(), z.string()),
    default: z.strictObject({ image: z.string(), interruptible: z.boolean() }),
  })
  .catchall(gitlabJob);

describe("the pipeline of GitLab", () => {
  const pipeline = gitlab.parse(parse(textOf(".gitlab-ci.yml")));
  const jobOf = (name: string): z.infer<typeof gitlabJob> => gitlabJob.parse(pipeline[name]);
  const conditions = (name: string): string =>
    jobOf(name)
      .rules.map((rule) => rule.if)
      .join();

  it("judges each merge request without an environment, and shows what it found in the changes and among the tests", () => {
    expect(jobOf("policy").environment).toBeUndefined();
    expect(conditions("policy")).toBe('$CI_PIPELINE_SOURCE == "merge_request_event"');
    expect(jobOf("policy").artifacts?.reports).toEqual({ junit: "reports/policy.xml", codequality: "reports/codequality.json" });
  });

  it("shows the state of no stack to a fork", () => {
    expect(conditions("preview")).toContain("$CI_MERGE_REQUEST_SOURCE_PROJECT_PATH == $CI_PROJECT_PATH");
  });

  it("deploys by hand, one at a time, and never half", () => {
    const { rules, resource_group, interruptible, environment } = jobOf("up");
    expect(rules.map(({ when }) => when)).toEqual(["manual"]);
    expect(resource_group).toBe("phiward-up-$PHIWARD_STACK");
    expect(interruptible).toBe(false);
    expect(environment?.name).toBe("production");
  });

  it("verifies by schedule, of the default branch", () => {
    expect(conditions("verify")).toContain('$CI_PIPELINE_SOURCE == "schedule" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH');
  });

  it("has the Node.js of the project where it judges", () => {
    expect(pipeline.default.image).toBe(`node:${textOf(".nvmrc").trim()}-trixie`);
  });
});
