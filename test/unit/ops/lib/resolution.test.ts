/** A stack's configuration is resolved as Pulumi resolves it, or refused with a sentence that says what is needed. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseDocument, stringify } from "yaml";
import { stackContext } from "../../../../ops/lib/context";
import { stackFile } from "../../../../ops/lib/project";
import { readStack, readStackFile } from "../../../../ops/lib/stack";
import { smallest } from "../../components/examples";

let directory = "";
const path = process.env["PATH"];
const cwd = process.cwd();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "phiward-resolution-"));
});

afterEach(() => {
  process.env["PATH"] = path;
  process.chdir(cwd);
  rmSync(directory, { recursive: true });
});

/** Writes the stack's file, and the project's beside it. */
function files(stack: string, project?: string): string {
  const file = join(directory, "Pulumi.test.yaml");
  writeFileSync(file, stack);
  if (project !== undefined) writeFileSync(join(directory, "Pulumi.yaml"), project);
  return file;
}

const namespaced = (raw: object): object => Object.fromEntries(Object.entries(raw).map(([key, value]) => [`phiward:${key}`, value]));
/** The smallest file that is allowed, with more keys under `config`. */
const fileWith = (more: string, beside = ""): string =>
  `${beside}config:\n${stringify(namespaced(smallest())).replace(/^/gm, "  ")}\n${more}`;

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return String(error).replaceAll(join(directory, "/"), "");
  }
  return "";
}

describe("a value in a stack's file", () => {
  // As gopkg.in/yaml.v3 and Pulumi's reader of configurations have it (sdk/go/common/resource/config/object.go).
  it.each<[string, unknown]>([
    ["0777", 511],
    ["08", 8],
    ["0o17", 15],
    ["0x1F", 31],
    ["0b101", 5],
    ["1_000", 1000],
    ["-0_7", -7],
    ["1.50", 1.5],
    ["1e3", 1000],
    ["yes", "yes"],
    ["on", "on"],
    ["True", true],
    ["~", null],
    ["2027-03-31", "2027-03-31 00:00:00 +0000 UTC"],
    ["2027-3-1", "2027-03-01 00:00:00 +0000 UTC"],
    ["2027-02-30", "2027-02-30"],
    ["2027-03-31T10:20:30.50Z", "2027-03-31 10:20:30.5 +0000 UTC"],
    ["2027-03-31T10:20:30+02:00", "2027-03-31 10:20:30 +0200 +0200"],
    ["2027-03-31 10:20:30", "2027-03-31 10:20:30 +0000 UTC"],
    ["1_0.5", 10.5],
    [".5", 0.5],
    ["1.", 1],
    ["+5", 5],
    ["0o8", "0o8"],
    ["03:30", "03:30"],
    ['"0777"', "0777"],
    ['"2027-03-31"', "2027-03-31"],
  ])("that is written %s is what Pulumi makes of it", (written, value) => {
    expect(readStackFile(files(`config:\n  phiward:bans: { value: ${written} }\n`))).toEqual({ bans: { value } });
  });

  it("may be merged in from another one", () => {
    const text = "config:\n  phiward:a: &route { match: prefix, data: public }\n  phiward:b: [{ <<: *route, path: /x, match: exact }]\n";
    expect(readStackFile(files(text))["b"]).toEqual([{ match: "exact", data: "public", path: "/x" }]);
  });

  it("may be JSON text, as pulumi config set writes it", () => {
    const config = readStack(
      files(fileWith(`  phiward:bans: '{"maxRetry": 7}'\n  phiward:publicPorts: '[{"port": 25, "purpose": "mail"}]'\n`)),
    );
    expect([config.bans.maxRetry, config.publicPorts[0]?.port]).toEqual([7, 25]);
  });

  it("may stand under a key without the project's name, or with an old spelling of it", () => {
    const config = readStack(files(fileWith("  shell: { idleSeconds: 300 }\n  phiward:config:ssh: { idleSeconds: 300 }\n")));
    expect([config.shell.idleSeconds, config.ssh.idleSeconds]).toEqual([300, 300]);
  });

  it("is passed over where it is another program's", () => {
    expect(readStack(files(fileWith("  digitalocean:token: { secure: x }\n  aws:region: eu-central-1\n"))).hosts).toHaveLength(1);
  });
});

describe("a value of the project", () => {
  it("stands in for a section that the stack's file leaves out, in each form, and for no other", () => {
    const project = [
      "name: phiward",
      "config:",
      "  phiward:bans: { default: { maxRetry: 7 } }",
      "  shell: { value: { idleSeconds: 300 } }",
      "  banner: from the project",
      "  ssh: { type: object, default: { idleSeconds: 300 } }",
      "  publicPorts: [{ port: 25, purpose: mail }]",
      "  digitalocean:region: { value: fra1 }",
      "",
    ].join("\n");
    const config = readStack(files(fileWith("  phiward:ssh: { idleSeconds: 120 }\n"), project));
    expect([config.bans.maxRetry, config.shell.idleSeconds, config.banner, config.ssh.idleSeconds, config.publicPorts[0]?.port]).toEqual([
      7,
      300,
      "from the project",
      120,
      25,
    ]);
  });

  it("is refused where Pulumi would refuse it, or read something else", () => {
    const stack = fileWith("");
    expect(refusal(() => readStack(files(stack, "name: phiward\nconfig:\n  bans: { maxRetry: 7 }\n")))).toContain(
      "write it under `default:`",
    );
    expect(refusal(() => readStack(files(stack, "name: phiward\nconfig:\n  bans.maxRetry: 7\n")))).toContain("found a key with a path");
  });
});

describe("the name of a stack", () => {
  it.each([
    ["prod", "Pulumi.prod.yaml"],
    ["org/prod", "Pulumi.prod.yaml"],
    ["org/phiward/prod-2.eu_1", "Pulumi.prod-2.eu_1.yaml"],
  ])("%s leads to %s", (stack, file) => {
    expect(stackFile(stack)).toBe(file);
    expect(stackContext(stack).file).toBe(file);
  });

  it.each(["", "a/b/c/d", "../prod", "prod yaml", "prod\n"])("is not %j", (stack) => {
    expect(refusal(() => stackFile(stack))).toContain("--stack: found another text, allowed: NAME, ORGANIZATION/NAME");
  });

  it("leads to the project's directory of stacks", () => {
    mkdirSync(join(directory, "stacks"));
    files("", "name: phiward\nstackConfigDir: stacks\n");
    process.chdir(directory);
    expect(stackFile("prod")).toBe(join("stacks", "Pulumi.prod.yaml"));
  });
});

describe("a key beside config, which Pulumi passes over", () => {
  it("is refused, and a section's name with what to do", () => {
    const message = refusal(() =>
      readStack(files(fileWith("\nphiward:updates:\n  reboot: manual\nshell: {}\nhunter2: 1\nencryptionsalt: v1:x\n"))),
    );
    expect(message).toContain(
      "Pulumi.test.yaml: found phiward:updates beside config, where Pulumi passes over it, allowed: phiward:updates under config",
    );
    expect(message).toContain("found shell beside config");
    expect(message).toContain("found an unknown key of 7 characters beside config, allowed: config, environment");
    expect(message).not.toContain("hunter2");
  });
});

describe("what only the Pulumi CLI can open", () => {
  const secret = fileWith("  phiward:alerts: { webhook: { secure: v1:abc } }\n");

  it.each([
    ["a secret", secret, "Pulumi secrets (alerts.webhook)"],
    ["an environment", fileWith("", "environment: [shared]\n"), "an environment of Pulumi ESC"],
  ])("is named where the CLI is missing: %s", (_, text, what) => {
    process.env["PATH"] = directory;
    const message = refusal(() => readStack(files(text), { stack: "test" }));
    expect(message).toContain(`Pulumi.test.yaml: found ${what}, which only the Pulumi CLI can open`);
    expect(message).toContain("https://www.pulumi.com/docs/install");
  });

  it.each(["hosts", "hosts[0].name", "services[0].name", "services[0].volumes[0].name", "sites[0].aliases[1]"])(
    "may not be a name, which is in Pulumi's state in the clear: %s",
    (where) => {
      const file = files(fileWith(""));
      const document = parseDocument(readFileSync(file, "utf8"), { merge: true });
      const keys = where
        .split(/[.[\]]+/)
        .filter((key) => key !== "")
        .map((key) => (/^\d+$/.test(key) ? Number(key) : key));
      const wanted = keys.reduceRight<unknown>(
        (inner, key) => (typeof key === "number" ? [...Array<object>(key).fill({}), inner] : { [key]: inner }),
        { secure: "v1:abc" },
      );
      for (const [key, value] of Object.entries(Object(wanted) as object)) document.setIn(["config", `phiward:${key}`], value);
      writeFileSync(file, String(document));
      expect(refusal(() => readStack(file, { stack: "test" }))).toContain(
        `${keys.join(".")}: found a Pulumi secret, allowed: plain text: names of resources are made of it`,
      );
    },
  );

  it("is asked of the CLI where it is there", () => {
    const values = {
      ...namespaced(smallest()),
      "phiward:bans": { maxRetry: 8 },
      "phiward:backup": {},
      "phiward:alerts": { webhook: "https://alerts.example.org/secret" },
    };
    const answer = Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, { value: JSON.stringify(value), objectValue: value, secret: true }]),
    );
    writeFileSync(join(directory, "answer.json"), JSON.stringify(answer));
    const program = join(directory, "pulumi");
    const log = join(directory, "log");
    writeFileSync(
      program,
      `#!/bin/sh\n[ "$1" = version ] && echo v3.259.0 && exit\necho "$@" >> ${log}\ncat ${join(directory, "answer.json")}\n`,
    );
    chmodSync(program, 0o755);
    process.env["PATH"] = `${directory}:${path ?? ""}`;
    const config = readStack(files(secret), { stack: "org/test" });
    expect([config.alerts?.webhook, config.bans.maxRetry]).toEqual(["https://alerts.example.org/secret", 8]);
    expect(refusal(() => readStack(files(fileWith("")), { stack: "org/test" }))).toBe("");
  });

  it("is nothing where the private halves of first host keys are the only secrets", () => {
    process.env["PATH"] = directory;
    expect(readStack(files(fileWith("  phiward:firstHostKeys: { web: { secure: v1:abc } }\n")), { stack: "test" }).firstHostKeys).toEqual([
      "web",
    ]);
  });
});
