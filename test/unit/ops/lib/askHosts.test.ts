/** The answers of hosts before a deploy are its verification only where they pass and nothing was done since. */
import * as pulumi from "@pulumi/pulumi";
import { unzlibSync } from "fflate";
import { describe, expect, it, vi } from "vitest";
import { member } from "../../../../components/config/unknown";
import { stackModel } from "../../../../components/containers/model";
import type { Questions } from "../../../../components/plan/request";
import { hardenHost } from "../../../../components/pulumi/hardenedHost";
import type { CheckResult } from "../../../../ops/lib/agent";
import { type Answer, asked, type Since, whereUnchanged } from "../../../../ops/lib/askHosts";
import { commandsOf } from "../../../../ops/lib/stale";
import { allHold, verifyQuestions } from "../../../../ops/lib/verifyQuestions";
import { mayHaveChanged } from "../../../../sandbox/engine/engine";
import { CONFIG } from "../../components/golden";

const HOST = CONFIG.hosts[0]?.name ?? "";
const accepted = (): ReadonlySet<string> => new Set(["time-synchronised"]);
const QUESTIONS = verifyQuestions(CONFIG, HOST, accepted);

function results({ plans, generations }: Questions, status: (id: string) => CheckResult["status"] = () => "pass"): CheckResult[] {
  const ids = [
    ...Object.keys(generations).map((unit) => ({ unit, id: `${unit}-generation` })),
    ...plans.flatMap(({ unit, checks }) => checks.map(({ id }) => ({ unit, id }))),
  ];
  return ids.map(({ unit, id }) => ({ unit, id, status: status(id) }));
}

const answer = (parts: Partial<Answer> = {}): Answer => ({
  host: HOST,
  stale: [],
  questions: QUESTIONS,
  results: results(QUESTIONS),
  ...parts,
});
const failingIn = (...ids: readonly string[]): CheckResult[] => results(QUESTIONS, (id) => (ids.includes(id) ? "fail" : "pass"));

describe("what hosts are asked before a deploy", () => {
  it("is what the program has its host asked at the end", async () => {
    const stdin = await verifyStdin();
    const body: unknown = JSON.parse(stdin.slice(stdin.indexOf("\n") + 1));
    const compressed = Buffer.from(String(member(body, "compressed")), "base64");
    const { plans, generations } = verifyQuestions(CONFIG, HOST, () => new Set());
    expect(JSON.parse(Buffer.from(unzlibSync(compressed)).toString())).toEqual({ mode: "verify", strict: true, plans, generations });
  });
});

describe("the answers of a host", () => {
  it("hold where each question has one, and nothing fails but what is accepted", () => {
    expect(allHold(QUESTIONS, results(QUESTIONS))).toBe(true);
    expect(
      allHold(
        QUESTIONS,
        results(QUESTIONS, () => "skipped"),
      ),
    ).toBe(true);
    expect(allHold(QUESTIONS, failingIn("time-synchronised"))).toBe(true);
    expect(
      allHold(
        verifyQuestions(CONFIG, HOST, () => new Set()),
        failingIn("time-synchronised"),
      ),
    ).toBe(false);
  });

  it("hold no more where any single one fails or is missing, nor where one question has two of them", () => {
    const strict = results(QUESTIONS).filter(({ id }) => !onlyWarns(id));
    expect(strict.length).toBeGreaterThan(100);
    for (const { unit, id } of strict) {
      const others = results(QUESTIONS).filter((result) => result.unit !== unit || result.id !== id);
      expect(allHold(QUESTIONS, others), id).toBe(false);
      expect(allHold(QUESTIONS, [...others, { unit, id, status: "fail" }]), id).toBe(false);
      expect(allHold(QUESTIONS, [...results(QUESTIONS), { unit, id, status: "fail" }]), id).toBe(false);
    }
    expect(allHold(QUESTIONS, [])).toBe(false);
  });

  it("have a host whose check fails asked again at the end, where the deploy fails", () => {
    const found = asked([answer({ results: failingIn("ssh-generation") })]);
    expect(found).toEqual({ stale: [], failing: [HOST], verified: new Map() });
    expect([...commandsOf(found.stale, found.failing)]).toEqual([`${HOST}-verify`]);
  });

  it("are those of no verification where a unit differs, or the host did not answer its checks", () => {
    const stale = [{ host: HOST, unit: "ssh", why: "it has drifted" }];
    expect(asked([answer({ stale })])).toEqual({ stale, failing: [], verified: new Map() });
    expect(asked([answer({ results: undefined })])).toEqual({ stale: [], failing: [], verified: new Map() });
  });
});

describe("a deploy that changed nothing", () => {
  const nothing: Since = { allSame: true, replaced: 0, repaired: false, finished: [], isTouched: () => false };
  const before = asked([answer()]);

  it("is passed by what its hosts answered before it", () => {
    expect([...whereUnchanged(before, nothing).keys()]).toEqual([HOST]);
  });

  it.each<[string, Partial<Since>]>([
    ["a preview that changes anything", { allSame: false }],
    ["a resource that is replaced", { replaced: 1 }],
    ["a container that was removed", { repaired: true }],
    ["a concern that was taken down at the end", { finished: ["web: docker was taken down: nothing uses it any more"] }],
    ["an update that did what its preview did not foresee", { isTouched: () => true }],
  ])("is none with %s: the hosts are asked again", (_, done) => {
    expect(whereUnchanged(before, { ...nothing, ...done }).size).toBe(0);
  });

  it("is none, of the embedded engine, where it ran any command, whatever that said", () => {
    expect(mayHaveChanged({ type: "docker:index/container:Container" }, "unchanged")).toBe(false);
    expect(mayHaveChanged({ type: "docker:index/container:Container" }, "changed")).toBe(true);
    for (const type of ["command:remote:Command", "command:local:Command"]) expect(mayHaveChanged({ type }, "unchanged")).toBe(true);
  });
});

function onlyWarns(id: string): boolean {
  return QUESTIONS.plans.some(({ checks }) => checks.some((check) => check.id === id && check.onlyWarns === true));
}

/** What the program's last command of the host is given on standard input. */
async function verifyStdin(): Promise<string> {
  let found = "";
  await pulumi.runtime.setMocks(
    {
      call: () => ({}),
      newResource: ({ name, ...rest }) => {
        // A map, as every resource's inputs are; the SDK calls it any.
        const inputs = rest.inputs as Record<string, unknown>;
        if (name === `${HOST}-verify` && typeof inputs["stdin"] === "string") found = inputs["stdin"];
        return {
          id: `${name}-id`,
          state: { ...inputs, stdout: "{}" },
        };
      },
    },
    "phiward",
    "test",
    false,
  );
  const entry = CONFIG.hosts.find(({ name }) => name === HOST);
  if (entry === undefined) throw new Error("no host");
  await pulumi.runtime.serializeProperties("hosts", { outputs: hardenHost(stackModel(CONFIG), entry).outputs });
  await vi.waitFor(() => {
    expect(found).not.toBe("");
  });
  return found;
}
