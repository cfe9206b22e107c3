import { describe, expect, it } from "vitest";
import type { RecordsSettings } from "../../../../components/backup/records/settings";
import type { HostPlan } from "../../../../components/plan/hostPlan";
import { reviewedArguments } from "../../../../components/plan/reviewedArguments";
import { shownPlan } from "../../../../components/plan/shownPlan";
import { EMPTY_PLAN } from "../../../../components/plan/types";
import { changesOf } from "../../../../ops/lib/changes";
import { changesText, findingsText } from "../../../../ops/lib/changesText";
import { readPreview } from "../../../../ops/lib/pulumiEvents";

const STACK = "urn:pulumi:prod::phiward::pulumi:pulumi:Stack::phiward-prod";
const HOST = "urn:pulumi:prod::phiward::phiward:index:Host::web";
const urn = (types: string, name: string): string => `urn:pulumi:prod::phiward::phiward:index:Host$${types}::${name}`;

interface Arguments {
  readonly old?: object;
  readonly now?: object;
  readonly diffs?: readonly string[];
}

/** A step as Pulumi tells it, of a resource below another one. */
function step(op: string, of: string, parent: string, { old, now, diffs }: Arguments = {}): object {
  const type = of.split("::").at(2)?.split("$").at(-1) ?? "";
  const resource = (inputs: object | undefined): object | null => (inputs === undefined ? null : { type, parent, inputs });
  return { resourcePreEvent: { metadata: { op, urn: of, type, old: resource(old), new: resource(now), diffs } } };
}

const host = step("same", HOST, STACK, { old: {}, now: {} });

/** The steps of a concern: its component, and its commands in the same way. */
function concern(op: string, unit: string, args: Arguments, commands = ["apply"]): readonly object[] {
  const type = `phiward:host:${unit}`;
  const component = urn(type, `web-${unit}`);
  const below = commands.map((name) =>
    step(op, urn(`${type}$command:remote:Command`, `web-${unit}-${name}`), component, { now: {}, ...(op === "create" ? {} : { old: {} }) }),
  );
  return [step(op, component, HOST, args), ...below];
}

function container(
  op: string,
  group: string,
  name: string,
  { image, old = image }: { readonly image?: string; readonly old?: string },
): object {
  const inputs = (of: string): object => ({ name, image: of, labels: [{ label: "phiward.service", value: name.split("-")[0] }] });
  return step(
    op,
    urn(`phiward:docker:${group}$docker:index/container:Container`, `web-${group}-${name}`),
    urn(`phiward:docker:${group}`, `web-${group}`),
    {
      ...(op === "create" ? {} : { old: inputs(old ?? "") }),
      ...(op === "delete" ? {} : { now: inputs(image ?? "") }),
      ...(op === "replace" ? { diffs: ["image", "labels[0].value"] } : {}),
    },
  );
}

const group = (name: string): object => step("update", urn(`phiward:docker:${name}`, `web-${name}`), HOST, { old: {}, now: {} });

function text(...events: readonly object[]): string {
  const preview = readPreview([host, ...events].map((event) => JSON.stringify(event)));
  return changesText(changesOf(preview), preview.steps.filter(({ op }) => op === "same").length);
}

const PLAN: HostPlan = {
  ...EMPTY_PLAN,
  unit: "nginx",
  deadManSeconds: null,
  validators: [],
  packages: ["nginx"],
  files: [
    { path: "/etc/nginx/nginx.conf", owner: "root:root", mode: "0644", content: { kind: "text", text: "one\ntwo\n" } },
    { path: "/etc/nginx/mime.types", owner: "root:root", mode: "0644", content: { kind: "text", text: "" } },
  ],
  steps: [
    {
      id: "reload",
      argv: ["systemctl", "reload", "nginx.service"],
      phase: "after",
      when: { kind: "change", on: ["/etc/nginx/nginx.conf"] },
      undo: { kind: "again" },
    },
    { id: "ask", argv: ["/usr/bin/true"], phase: "after", when: { kind: "change", on: ["reload"] }, undo: { kind: "none" } },
    {
      id: "start",
      argv: ["systemctl", "start", "nginx.service"],
      phase: "after",
      when: { kind: "state", unless: { argv: ["true"], expect: { kind: "exit", code: 0 } } },
      undo: { kind: "none" },
    },
  ],
};
const shown = (plan: HostPlan): object => ({ ...reviewedArguments({}, { address: "192.0.2.1" }, plan), plan: shownPlan(plan) });
const changed = (changes: Partial<HostPlan>): string =>
  text(...concern("update", "nginx", { old: shown(PLAN), now: shown({ ...PLAN, ...changes }) }));
const [configuration, types] = PLAN.files;

describe("what a preview says of a host", () => {
  it("is a line for each concern that is new, and what a guarded one does", () => {
    expect(text(...concern("create", "nginx", { now: shown({ ...PLAN, deadManSeconds: 180 }) }, ["apply", "confirm"]))).toBe(
      [
        "web: first deploy",
        "  * nginx  2 files; installs nginx; reloads nginx; starts nginx",
        "",
        "*  rolled back after 180 s unless a new connection to the host confirms it",
        "",
        "1 resource stays as it is.",
      ].join("\n"),
    );
  });

  it("is which files change, by how many lines, and which commands wait for them, and for each other", () => {
    const file = { ...configuration, content: { kind: "text", text: "one\nthree\nfour\n" } } as HostPlan["files"][number];
    expect(changed({ files: [file, types].flatMap((one) => one ?? []) })).toContain(
      "nginx  changes /etc/nginx/nginx.conf (+2 -1 lines); reloads nginx; runs ask\n",
    );
    expect(changed({ files: [configuration].flatMap((one) => one ?? []) })).toContain("nginx  no longer declares /etc/nginx/mime.types\n");
  });

  it("is which packages, checks, accounts and other parts of a plan are others, though their files stay", () => {
    expect(changed({ packages: ["nginx", "curl"] })).toContain("installs curl");
    const check = { id: "nginx-runs", control: "TLS-01", argv: ["true"], expect: { kind: "exit", code: 0 } } as const;
    expect(changed({ checks: [check] as HostPlan["checks"] })).toContain("checks: nginx-runs");
    expect(changed({ directories: [{ path: "/etc/nginx", owner: "root:root", mode: "0755" }] })).toContain("directories: /etc/nginx");
    expect(changed({ steps: [...PLAN.steps.slice(0, 2)] })).toContain("commands: start");
  });

  it("says how much of a vault's disk the records of other hosts may take, at first and when it is another need", () => {
    const sender = (host: string) => ({ account: `vault-${host}`, host });
    const vault = (settings: Partial<RecordsSettings>): object => {
      const whole = { senders: ["web", "db"].map(sender), retentionYears: 6, gigabytesPerHost: 50, silentMinutes: 30, time: "02:00" };
      const plan = { ...PLAN, unit: "records" };
      return { ...reviewedArguments({ ...whole, ...settings }, { address: "192.0.2.1" }, plan), plan: shownPlan(plan) };
    };
    const update = (settings: Partial<RecordsSettings>): string =>
      text(...concern("update", "records", { old: vault({}), now: vault(settings) })).replaceAll(/\n +/g, " ");
    expect(text(...concern("create", "records", { now: vault({}) })).replaceAll(/\n +/g, " ")).toContain(
      "needs up to 100 GB of this host's disk for the records of 6 years: 50 GB for each of 2 hosts",
    );
    expect(update({ senders: [sender("web")] })).toContain(
      "needs up to 50 GB of this host's disk for the records of 6 years: 50 GB for each of 1 host",
    );
    expect(update({ retentionYears: 7 })).toContain("for the records of 7 years");
    expect(update({ silentMinutes: 20 })).not.toContain("needs up to");
  });

  it("never is silent about an apply, nor speaks of one that does not come", () => {
    expect(changed({ writes: ["/etc/passwd"] })).toContain("nginx  applied again: its plan is another one");
    expect(text(...concern("update", "nginx", { old: {}, now: shown(PLAN) }, []))).toBe("Nothing changes: 1 resource stays as it is.");
    const again = step(
      "replace",
      urn("phiward:host:nginx$command:remote:Command", "web-nginx-apply"),
      urn("phiward:host:nginx", "web-nginx"),
      {
        old: {},
        now: {},
      },
    );
    const same = step("same", urn("phiward:host:nginx", "web-nginx"), HOST, { old: {}, now: {} });
    expect(text(same, again)).toContain("nginx  applied again as it is declared");
  });

  it("is why a container is replaced, and what of it users and data notice", () => {
    expect(
      text(
        group("services"),
        container("create", "services", "api-2", { image: "b" }),
        container("delete", "services", "api-1", { image: "a" }),
      ),
    ).toContain(
      "services  api: a new container (other image) beside the old one, which goes when the new one is healthy; requests are served meanwhile",
    );
    const says = (settings: object): string =>
      text(
        ...concern("update", "Accounts", { old: {}, now: { settings } }, []),
        group("services"),
        container("create", "services", "api-2", { image: "b" }),
        container("delete", "services", "api-1", { image: "a" }),
      ).replaceAll(/\n +/g, " ");
    expect(says({ handovers: [{ service: "api" }], initialized: [{ service: "api" }] })).toContain(
      "api: a new container (other image) once its init step has succeeded after the old one is stopped: nobody answers until",
    );
    expect(says({ handovers: [], initialized: [{ service: "api" }] })).toContain("once its init step has succeeded beside the old one");
    expect(text(group("databases"), container("replace", "databases", "db", { image: "b", old: "a" }))).toContain(
      "databases  db: replaced in place (other image): it is away until the new container is healthy; volumes stay",
    );
    expect(text(group("services"), container("delete", "services", "api-1", { image: "a" }))).toContain(
      "services  api: removed; volumes stay",
    );
  });

  it("is short where nothing changes, and names what a cloud would delete", () => {
    expect(text()).toBe("Nothing changes: 1 resource stays as it is.");
    const droplet = urn("phiward:digitalocean:Droplet", "web-droplet");
    const machine = urn("phiward:digitalocean:Droplet$digitalocean:index/droplet:Droplet", "web-droplet");
    expect(
      text(step("same", droplet, HOST, { old: {}, now: {} }), step("replace", machine, droplet, { old: {}, now: {}, diffs: ["region"] })),
    ).toContain("droplet  REPLACES Droplet web-droplet (other region)");
  });

  it("is of the same host where the state has no component for hosts yet", () => {
    const former = "urn:pulumi:prod::phiward::phiward:host:nginx$command:remote:Command::web-nginx-apply";
    expect(text(step("delete", former, STACK, { old: {} }))).toContain("web\n");
  });
});

describe("what a preview says besides", () => {
  const finding = (level: string, name: string, message: string): object => ({
    policyEvent: { resourceUrn: urn("phiward:host:nginx", name), message, policyName: "rule", enforcementLevel: level },
  });

  it("is each finding of a policy once, with its places, and what refuses the deploy first", () => {
    const { findings } = readPreview(
      [
        finding("advisory", "web-a", "What holds.\nlist.0: found x, allowed: y\n"),
        finding("advisory", "web-b", "What holds.\nlist.1: found x, allowed: y\n"),
        finding("mandatory", "web-a", "What holds.\nmode: found 1, allowed: 2\n"),
      ].map((event) => JSON.stringify(event)),
    );
    expect(findingsText(findings)).toBe(
      "refused   rule: found 1, allowed: 2\n          web-a mode\nadvisory  rule: found x, allowed: y\n          web-a list.0, web-b list.1",
    );
  });

  it("is each message of the engine and the program once, and no debugging", () => {
    const said = (severity: string, message: string): string => JSON.stringify({ diagnosticEvent: { severity, message } });
    const { messages } = readPreview([
      said("debug", "inside"),
      said("warning", "old\n"),
      said("warning", "old\n"),
      "error: no stack named prod found",
      "",
    ]);
    expect(messages).toEqual(["old", "error: no stack named prod found"]);
  });
});
