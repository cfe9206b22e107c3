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
type Workflow = z.infer<typeof workflow>;

const WORKFLOWS = FILES.map((file) => ({ name: basename(file, ".yml"), file, text: textOf(file) }));
const read = (text: string): Workflow => workflow.parse(parse(text));
const JOBS = WORKFLOWS.flatMap(({ name, text }) =>
  Object.entries(read(text).jobs).map(([id, one]) => ({ name: `${name}: ${id}`, job: one })),
);

async function faults(name: string, content: string): Promise<readonly string[]> {
  const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  if (value !== undefined) await convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map(({ message }) => message);
}

/** What is weak in a workflow: what would hand code under review a secret or a right to write, and what would let an action be replaced. */
function weaknesses(text: string): readonly string[] {
  const found = workflow.safeParse(parse(text));
  if (!found.success) return found.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  const loose = [...text.matchAll(/uses: (.*)$/gm)].flatMap(([, used = ""]) =>
    /^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(used) ? [] : [`${used}: not at a commit, with its version beside it`],
  );
  const triggers = Object.keys(found.data.on).filter((event) => /pull_request_target|workflow_run|issue/.test(event));
  return [
    ...loose,
    ...triggers.map((event) => `${event}: what others send, with the rights of this repository`),
    ...Object.entries(found.data.jobs).flatMap(([id, one]) => weaknessesOfJob(one, found.data).map((fault) => `${id}: ${fault}`)),
  ];
}

function weaknessesOfJob(one: Job, { on, env }: Workflow): readonly string[] {
  const { steps, permissions, environment } = one;
  const notForForks = one.if?.includes(OF_FORKS_NOT) === true;
  const isReview = "pull_request" in on;
  const writes = Object.values(permissions).includes("write");
  const secrets = secretsIn(one);
  return [
    ...steps.flatMap(({ run = "" }) => (run.includes("${{") ? ["an expression in the text of a script"] : [])),
    ...steps.flatMap((step) =>
      isCheckout(step) && step.with?.["persist-credentials"] !== false ? ["a token left behind in a checkout"] : [],
    ),
    ...(secretsIn(env ?? {}) + secretsIn(steps.filter(isTheirs)) > 0 ? ["a secret for what npm installs, or for an action"] : []),
    ...(secrets > 0 && environment === undefined ? ["a secret of no environment"] : []),
    ...(isReview && secrets > 0 && !notForForks ? ["a secret for forks"] : []),
    ...(isReview && writes && !notForForks ? ["a right to write for forks"] : []),
    ...(isReview && writes && runsTheirCode(one) ? ["a right to write for code of the pull request"] : []),
  ];
}

function secretsIn(value: unknown): number {
  return [...JSON.stringify(value).matchAll(/secrets[.[]/g)].length;
}

function isCheckout({ uses }: Job["steps"][number]): boolean {
  return uses?.startsWith("actions/checkout@") === true;
}

function isTheirs({ uses, run = "" }: Job["steps"][number]): boolean {
  return uses !== undefined || run.startsWith("npm ");
}

/** Whether it checks out what the pull request brings. */
function runsTheirCode({ steps }: Job): boolean {
  return steps.some((one) => isCheckout(one) && one.with?.["ref"] !== "${{ github.event.pull_request.base.sha }}");
}

describe.each(WORKFLOWS)("the workflow $name", ({ name, file, text }) => {
  it("is one that GitHub accepts", async () => {
    expect(await faults(file, text)).toEqual([]);
  });

  it("gives code under review no secret and no right to write, and takes each action at a commit", () => {
    expect(weaknesses(text)).toEqual([]);
    expect(read(text).name).toBe(name);
  });

  it("has each action at one version with the others", () => {
    for (const [, used = "", action = ""] of text.matchAll(/uses: ((.*)@.*)$/gm))
      for (const other of WORKFLOWS) for (const [same] of other.text.matchAll(new RegExp(`${action}@.*`, "g"))) expect(same).toBe(used);
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

describe("a workflow that was weakened", () => {
  const policy = textOf(".github/workflows/policy.yml");
  const preview = textOf(".github/workflows/preview.yml");
  const secret = "env:\n          TOKEN: ${{ secrets.TOKEN }}";

  it.each([
    ["an action by its tag", policy, /@[0-9a-f]{40} # v7.0.1/, "@v7", "not at a commit"],
    ["an action without its version", policy, / # v7.0.1/, "", "not at a commit"],
    ["the event that has this repository's rights", policy, "pull_request:", "pull_request_target:", "with the rights of this repository"],
    ["the rights of all jobs alike", policy, "permissions: {}", "permissions:\n  contents: write", "permissions"],
    ["a job without rights of its own", policy, "    permissions:\n      contents: read\n    steps", "    steps", "jobs.judge.permissions"],
    ["a right to write where the pull request's code runs", policy, "contents: read", "contents: write", "for code of the pull request"],
    ["the pull request's script where there is one", policy, /ref: .*base.sha }}\n +/, "", "for code of the pull request"],
    ["a right to write for forks", policy, ` && ${OF_FORKS_NOT}`, "", "a right to write for forks"],
    ["a token in the checkout", policy, /with:\n +persist-credentials: false/, "env: {}", "a token left behind"],
    ["an event's text in a script", policy, "run: npm ci", "run: echo ${{ github.head_ref }}", "an expression in the text"],
    ["a secret for the gate", policy, "run: npm ci", `run: npm ci\n        ${secret}`, "a secret for forks"],
    ["a job without an end", policy, "    timeout-minutes: 10\n", "", "timeout-minutes"],
    ["no queue", policy, /concurrency:\n.*\n.*\n/, "", "concurrency"],
    ["a secret for a fork", preview, ` && ${OF_FORKS_NOT}`, "", "a secret for forks"],
    ["a secret for what npm installs", preview, "run: npm ci", `run: npm ci\n        ${secret}`, "a secret for what npm installs"],
    ["a secret outside of an environment", preview, "    environment: preview\n", "", "a secret of no environment"],
  ])("by %s is refused", (_, text, from, to, fault) => {
    const weak = text.replace(from, to);
    expect(weak).not.toBe(text);
    expect(weaknesses(weak).join("\n")).toContain(fault);
  });
});

describe("the gate", () => {
  it("judges without any secret or token", () => {
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

describe("the pins of actions", () => {
  it("are brought up to date by pull requests, not on the day that a version appears", () => {
    const { updates } = z
      .object({
        version: z.literal(2),
        updates: z.array(z.object({ "package-ecosystem": z.string(), cooldown: z.object({ "default-days": z.number() }) })),
      })
      .parse(parse(textOf(".github/dependabot.yml")));
    expect(updates).toEqual([{ "package-ecosystem": "github-actions", cooldown: { "default-days": 7 } }]);
  });
});
