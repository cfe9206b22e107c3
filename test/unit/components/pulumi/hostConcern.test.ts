import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { textFile } from "../../../../components/plan/files";
import { hostPlan } from "../../../../components/plan/hostPlan";
import { AGENT_COMMAND, CONFIRM_COMMAND, generationOf, sha256Of, shortEnvelope } from "../../../../components/plan/request";
import { EMPTY_PLAN } from "../../../../components/plan/types";
import { HostConcern } from "../../../../components/pulumi/hostConcern";

const SECRET = "s3cret-handed-over";
const SIGNATURE = "4dabf18193072939515e22adb298388d";

interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

const registered: Registered[] = [];
const plan = hostPlan("trial", 20, {
  ...EMPTY_PLAN,
  files: [
    textFile("/etc/open.conf", "open\n"),
    {
      path: "/etc/closed.conf",
      owner: "root:root",
      mode: "0600",
      content: { kind: "secret", secret: "token", version: "0123456789abcdef" },
    },
  ],
});

function make(name: string, secrets: Record<string, pulumi.Input<string>>, guarded = true): HostConcern {
  const planned = { type: "phiward:host:Trial", settings: { value: 1 }, plan: guarded ? plan : { ...plan, deadManSeconds: null } };
  return new HostConcern(name, { host, planned, secrets });
}

const host = { name: "web", address: "192.0.2.1", port: 22, user: "deploy", hostKey: "ssh-ed25519 AAAA" };

function of(name: string): Registered {
  const found = registered.find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`${name} was not registered`);
  return found;
}

describe("a concern on a host", () => {
  beforeAll(async () => {
    await pulumi.runtime.setMocks(
      {
        call: () => ({}),
        newResource: ({ type, name, ...rest }) => {
          // A map, as every resource's inputs are; the SDK calls it any.
          const inputs = rest.inputs as Record<string, unknown>;
          registered.push({ type, name, inputs });
          return { id: `${name}-id`, state: { ...inputs, stdout: JSON.stringify({ escrow: { key: "sealed" } }) } };
        },
      },
      "phiward",
      "test",
    );
    const guarded = make("web-trial", { token: pulumi.secret(SECRET) });
    make("web-free", {}, false);
    await new Promise((resolve) => pulumi.all([guarded.generation, guarded.escrow]).apply(resolve));
    await new Promise((resolve) => setTimeout(resolve, 100));
  });

  it("shows policies and previews its settings, its connection and each file, but never a secret's text", () => {
    const { inputs } = of("web-trial");
    expect(inputs["settings"]).toEqual({ value: 1 });
    expect(inputs["connection"]).toEqual(host);
    expect(inputs["files"]).toEqual([
      {
        path: "/etc/open.conf",
        owner: "root:root",
        mode: "0644",
        sha256: "30da2826a39aee42b1ecc8c8f5ad1f503e430566b03e3b13655a94915f012b00",
        text: "open\n",
      },
      { path: "/etc/closed.conf", owner: "root:root", mode: "0600", secret: "token.0123456789abcdef" },
    ]);
    expect(JSON.stringify(inputs)).not.toContain(SECRET);
  });

  it("hands a secret over as a secret, wrapped in the state, and nothing else has any trace of it", () => {
    const { inputs } = of("web-trial-apply");
    expect(inputs["stdin"]).toEqual({
      [SIGNATURE]: expect.any(String) as string,
      value: shortEnvelope({ mode: "apply", plan, secrets: { token: SECRET } }).stdin,
    });
    expect(JSON.stringify({ ...inputs, stdin: "" })).not.toContain(SECRET);
    for (const { name, inputs } of registered)
      if (name !== "web-trial-apply") expect(JSON.stringify(inputs)).not.toMatch(new RegExp(`${SECRET}|${sha256Of(SECRET)}`));
  });

  it("connects with an exact object that holds no key, and dials for less time than the dead-man's switch waits", () => {
    for (const name of ["web-trial-apply", "web-trial-confirm", "web-free-apply"]) {
      // The SDK marks the whole connection as a secret, since it might hold a key.
      const connection = (of(name).inputs["connection"] as { value: object }).value;
      expect(Object.keys(connection).sort()).toEqual(["dialErrorLimit", "host", "hostKey", "perDialTimeout", "port", "user"]);
    }
    const { value: confirm } = of("web-trial-confirm").inputs["connection"] as {
      value: { dialErrorLimit: number; perDialTimeout: number };
    };
    // The provider dials once more than its limit of errors.
    expect((confirm.dialErrorLimit + 1) * confirm.perDialTimeout).toBeLessThan(20);
  });

  it("runs constant commands without quoting, logs nothing, and leaves the host as it is when it is destroyed", () => {
    for (const [name, command] of [
      ["web-trial-apply", AGENT_COMMAND],
      ["web-trial-confirm", CONFIRM_COMMAND],
    ] as const) {
      const { inputs } = of(name);
      expect(inputs["create"]).toBe(command);
      expect(inputs["logging"]).toBe("none");
      expect(inputs["addPreviousOutputInEnv"]).toBe(false);
      expect(inputs).not.toHaveProperty("delete");
      expect(inputs).not.toHaveProperty("triggers");
      expect(inputs).not.toHaveProperty("environment");
    }
    expect(AGENT_COMMAND.match(/'/g)).toHaveLength(2);
  });

  it("has a confirmation only where it could cut us off", () => {
    expect(registered.map(({ name }) => name)).toContain("web-free-apply");
    expect(registered.map(({ name }) => name)).not.toContain("web-free-confirm");
  });

  it("confirms by the hash of all that was applied: the plan, with the version of each secret", () => {
    expect(of("web-trial-confirm").inputs["stdin"]).toBe(`trial ${generationOf(plan)}\n`);
    const [open, closed] = plan.files;
    if (open === undefined || closed === undefined) throw new Error("the plan has no files");
    const changed = { ...plan, files: [open, { ...closed, content: { kind: "secret", secret: "token", version: "2" } as const }] };
    expect(generationOf(changed)).not.toBe(generationOf(plan));
    expect(generationOf(plan)).toBe(generationOf(plan));
    expect(generationOf({ ...plan, deadManSeconds: 21 })).not.toBe(generationOf(plan));
  });
});
