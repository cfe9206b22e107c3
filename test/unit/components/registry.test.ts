/** What holds of every plan of a host, whatever its concern and whatever the configuration. */

import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../components/config/faults";
import { type StackModel, stackModel } from "../../../components/containers/model";
import { textsOf } from "../../../components/plan/files";
import type { HostPlan } from "../../../components/plan/hostPlan";
import { LOG_DIRECTORY } from "../../../components/plan/programs";
import { startedUnits } from "../../../components/plan/systemd";
import type { Probe } from "../../../components/plan/types";
import { CONCERNS, hostPlans, plannedParts, plannedRemovals, SEQUENCE } from "../../../components/registry";
import { runSync } from "../../../ops/lib/process";
import { stack } from "./cloud/droplet/fixture";
import { configurations } from "./configurations";
import { changed, complete } from "./examples";

const WITH_PHI: unknown = changed(complete(), { phi: { databases: [{ service: "notes-api" }], epoch: 2 } });
const raws = fc.oneof({ arbitrary: fc.constantFrom(complete(), WITH_PHI), weight: 1 }, { arbitrary: configurations, weight: 5 });
const plansOf = (raw: unknown, host = "web"): readonly HostPlan[] => hostPlans(parseConfig(raw), host);
const VAULT_PLANS: readonly HostPlan[] = plansOf(complete(), "store");

const REMOVED: readonly string[] = CONCERNS.filter(({ removal }) => removal.kind === "plan").map(({ name }) => name);

/** Asserts something of every plan of random configurations. */
function everyPlan(assert: (plan: HostPlan, plans: readonly HostPlan[]) => void): void {
  fc.assert(
    fc.property(raws, (raw) => {
      const plans = plansOf(raw);
      for (const plan of plans) assert(plan, plans);
    }),
    { numRuns: 40 },
  );
  for (const plan of VAULT_PLANS) assert(plan, VAULT_PLANS);
}

const probesOf = (plan: HostPlan): readonly Probe[] => [
  ...plan.checks,
  ...plan.steps.flatMap(({ when }) => (when.kind === "state" ? [when.unless] : [])),
];

/** Every command that changes the host, or judges a file of it. */
const commandsOf = (plan: HostPlan): readonly (readonly string[])[] => [
  ...plan.steps.flatMap(({ argv, undo }) => [
    argv,
    ...(undo.kind === "run" ? undo.commands : []),
    ...(undo.kind === "snapshot" ? [undo.save, undo.restore] : []),
  ]),
  ...plan.validators.map(({ argv }) => argv),
  ...plan.sets.flatMap(({ list, remove }) => [list, ...remove]),
  ...plan.made.map(({ use }) => use.argv),
];

describe("every plan", () => {
  it("is the same, byte for byte, for the same configuration, and leaves the configuration as it was", () => {
    fc.assert(
      fc.property(configurations, (raw) => {
        const config = frozen(parseConfig(raw));
        const first = JSON.stringify(hostPlans(config, "web"));
        expect(JSON.stringify(hostPlans(config, "web"))).toBe(first);
        expect(JSON.stringify(hostPlans(parseConfig(raw), "web"))).toBe(first);
        expect(JSON.parse(first)).toEqual(hostPlans(config, "web"));
      }),
      { numRuns: 40 },
    );
  });

  it("has a unit's name of its own, and comes in the registry's order", () => {
    const names = SEQUENCE.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const everywhere = CONCERNS.filter(({ everyHost }) => everyHost).map(({ name }) => name);
    const hosts = [plansOf(WITH_PHI), VAULT_PLANS, hostPlans(stack(), "cloud")].map((plans) => plans.map(({ unit }) => unit));
    for (const units of hosts) {
      expect(units).toEqual(CONCERNS.map(({ name }) => name).filter((name) => units.includes(name)));
      expect(units).toEqual(expect.arrayContaining(everywhere));
    }
    // The examples show each concern: one that none of them has is in no test of this file.
    expect(new Set(hosts.flat())).toEqual(new Set(CONCERNS.map(({ name }) => name)));
  });

  it("is of the concerns that the host's role and the configuration ask for", () => {
    const [application, vaults] = [plansOf(complete()), VAULT_PLANS].map((plans) => plans.map(({ unit }) => unit));
    expect(application).toEqual(expect.arrayContaining(["docker", "secrets", "accounts", "certificates", "nginx", "backup", "retire"]));
    expect(application).not.toContain("vault");
    expect(vaults).toContain("vault");
    for (const name of ["docker", "secrets", "accounts", "certificates", "nginx", "backup", "retire"]) expect(vaults).not.toContain(name);
  });

  it("lies beside its concern's tests as it was last reviewed, with its removal", () => {
    const tests = readdirSync(__dirname, { recursive: true, encoding: "utf8" });
    for (const name of ["plan.txt", "removal.txt"]) {
      const units = tests
        .filter((path) => path.endsWith(`golden/${name}`))
        .map((path) => /^unit: (.*)$/m.exec(readFileSync(join(__dirname, path), "utf8"))?.[1]);
      for (const unit of name === "plan.txt" ? CONCERNS.map((concern) => concern.name) : REMOVED) expect(units, name).toContain(unit);
    }
  });

  it("writes under /etc and /var, where its own programs are and where a vault keeps backups, by absolute paths without detours", () => {
    everyPlan(({ files, directories }) => {
      for (const { path } of [...files, ...directories]) {
        expect(path).toMatch(/^\/(etc\/|var\/|usr\/local\/lib\/phiward|srv\/vault)[A-Za-z0-9@._/-]*$/);
        expect(posix.normalize(path)).toBe(path);
      }
    });
  });

  it("gives all it writes to root, but for what a service reads and a machine's own home", () => {
    everyPlan(({ files, directories }) => {
      for (const { path, owner, mode } of [...files, ...directories]) {
        // What a service is handed is its own to read; a machine account has its home on the vault.
        if (path.includes("/secrets/launcher.")) expect([owner, mode], path).toEqual(["root:root", expect.stringMatching(/^0(755|644)$/)]);
        else if (path.includes("/secrets/")) expect([owner, mode], path).toEqual([expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/), "0400"]);
        else if (path.startsWith("/srv/vault/"))
          expect([owner, mode], path).toEqual([expect.stringMatching(/^(vault-[a-z-]+):\1$/), "0700"]);
        // As systemd-journal-remote(8) runs: its account writes what other hosts send, and root alone reads it otherwise.
        else if (path === "/var/log/journal/remote")
          expect([owner, mode]).toEqual(["systemd-journal-remote:systemd-journal-remote", "0750"]);
        else expect(owner, path).toMatch(/^root:([a-z-]+|[12]\d{4})$/);
      }
    });
  });

  it("names no path in a home, nor the directory of homes, in a file, a glob, a command or a check", () => {
    const inHome = /(^|[\s=:])\/(home|root)(\/|\s|$)/;
    everyPlan((plan) => {
      const { files, directories, absent, writes, reports } = plan;
      const paths = [...[...files, ...directories, ...reports].map(({ path }) => path), ...absent.map(({ glob }) => glob), ...writes];
      const words = [...commandsOf(plan).flat(), ...probesOf(plan).flatMap(({ argv }) => argv)];
      expect([...paths, ...words].filter((text) => inHome.test(text))).toEqual([]);
    });
  });

  it("writes no file that another one writes, and nothing into a directory that another one keeps to itself", () => {
    everyPlan((plan, plans) => {
      const others = plans.filter(({ unit }) => unit !== plan.unit);
      for (const { path } of plan.files) {
        for (const other of others) {
          expect(other.files.map((file) => file.path)).not.toContain(path);
          for (const { path: home, exclusive } of other.directories)
            if (exclusive !== undefined && home === posix.dirname(path)) expect(exclusive.keep, path).toContain(posix.basename(path));
        }
      }
    });
  });

  it("ends every text with a line end, and holds nothing in it that a template left over", () => {
    everyPlan(({ files }) => {
      for (const { path, content } of files) {
        for (const text of textsOf(content)) {
          // Pieces of a text that whoever deploys has written.
          if (content.kind !== "filled") expect(text, path).toMatch(/^$|\n$/);
          expect(text, path).not.toMatch(/undefined|\bNaN\b|\[object|\r|\0/);
        }
      }
    });
  });

  it("lets each confined program of ours write its log, so that no trace of a fault goes to the journal or is lost", () => {
    const seen = new Set<string>();
    everyPlan(({ files }) => {
      for (const { path, content } of files) {
        const text = content.kind === "text" ? content.text : "";
        if (!text.includes("ProtectSystem=strict") || !/^ExecStart=.*phiward\.pyz/m.test(text)) continue;
        // The log is root's; what runs as another account writes to the journal.
        if (/^(User=systemd-journal-remote|DynamicUser=yes)$/m.test(text)) continue;
        seen.add(path);
        const writable = [...text.matchAll(/^ReadWritePaths=(.*)$/gm)].flatMap(([, paths = ""]) => paths.split(" "));
        expect(
          writable.some((entry) => [LOG_DIRECTORY, posix.dirname(LOG_DIRECTORY)].includes(entry.replace(/^-/, ""))),
          path,
        ).toBe(true);
      }
    });
    for (const name of ["phiward-certificates", "phiward-alert@", "phiward-alerts", "phiward-backup", "phiward-vault-prune"])
      expect(seen).toContain(`/etc/systemd/system/${name}.service`);
  });

  it("has files judged by every validator", () => {
    everyPlan(({ unit, validators }) => {
      for (const { id, files } of validators) expect(files.length, `${unit} ${id}`).toBeGreaterThan(0);
    });
  });

  it("runs no shell", () => {
    everyPlan((plan) => {
      for (const argv of [...commandsOf(plan), ...plan.steps.flatMap(({ when }) => (when.kind === "state" ? [when.unless.argv] : []))]) {
        // Python runs the programs of the constant archive, and nothing else.
        if (argv[0] === "/usr/bin/python3")
          expect(argv.slice(0, 4).join(" ")).toMatch(/^\/usr\/bin\/python3 -I \/usr\/local\/lib\/phiward\/phiward\.pyz [a-z-]+$/);
        else
          expect(posix.basename(argv[0]?.replace(/^-/, "") ?? "")).not.toMatch(
            /^(|sh|bash|dash|zsh|env|eval|xargs|python3?|perl|runuser|su)$/,
          );
        // ps(1) chooses a command by its name with it.
        if (argv[0] !== "ps") expect(argv).not.toContain("-c");
        for (const part of argv) expect(part).not.toMatch(/\n|\0/);
      }
    });
  });

  it("takes no option from the configuration: what begins with a hyphen is always the same", () => {
    const options = (plan: HostPlan): readonly string[] =>
      [...commandsOf(plan), ...probesOf(plan).map(({ argv }) => argv)].flat().filter((part) => part.startsWith("-"));
    // The complete configuration has none of the defaults; where the kernel limits containers, they are asked for their limits.
    const limited = plansOf(changed(complete(), { "docker.limits": "enforced" }));
    const known = new Set([...plansOf(complete()), ...plansOf(WITH_PHI), ...limited, ...VAULT_PLANS].flatMap(options));
    everyPlan((plan) => {
      for (const option of options(plan)) expect(known).toContain(option);
    });
  });

  it("has a deadline for its confirmation wherever it can cut us off, and it is the configured one", () => {
    fc.assert(
      fc.property(configurations, (raw) => {
        const config = parseConfig(raw);
        for (const { unit, deadManSeconds } of plansOf(config)) {
          const isGuarded = CONCERNS.some(({ name, guarded }) => name === unit && guarded);
          expect([unit, deadManSeconds]).toEqual([unit, isGuarded ? config.deadMan.seconds : null]);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("every check", () => {
  it("has an id of its own over all plans, in small letters, digits, single hyphens and the dots of names", () => {
    fc.assert(
      fc.property(raws, (raw) => {
        const ids = plansOf(raw).flatMap(({ checks }) => checks.map(({ id }) => id));
        expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
        for (const id of ids) expect(id).toMatch(/^[a-z0-9]+([.-][a-z0-9]+)*$/);
      }),
      { numRuns: 40 },
    );
  });

  it("can fail: it judges something, by a pattern or text that is not empty", () => {
    everyPlan((plan) => {
      for (const { argv, expect: answer } of probesOf(plan)) {
        expect(argv.length).toBeGreaterThan(0);
        if (answer.kind === "matches" || answer.kind === "lacks" || answer.kind === "refused") expect(answer.pattern).not.toBe("");
        // An empty set says that nothing may be there.
        if (answer.kind === "lines" || answer.kind === "assigned") expect(answer.lines.length).toBeGreaterThan(0);
        if (answer.kind === "oneOf") expect(answer.texts.length).toBeGreaterThan(0);
      }
    });
  });

  it("believes no command that failed: only a search says by exit code 1 that it found nothing, and a refusal is in words", () => {
    everyPlan((plan) => {
      for (const { argv, expect: answer } of probesOf(plan)) {
        if (answer.kind === "nothingFound") expect(argv[0]).toBe("grep");
        if (answer.kind === "refused") expect(answer.code).toBeGreaterThan(0);
        if (answer.kind === "exit") expect(answer.code).toBe(0);
      }
    });
  });

  it("judges by patterns that the agent's Python reads", () => {
    const patterns = new Set<string>();
    everyPlan((plan) => {
      for (const { expect: answer } of probesOf(plan))
        if (answer.kind === "matches" || answer.kind === "lacks" || answer.kind === "refused") patterns.add(answer.pattern);
      for (const { pattern } of plan.sets) patterns.add(pattern);
      for (const { content } of plan.files) if (content.kind === "versioned") patterns.add(content.versioned.pattern);
    });
    const compile =
      "import json,re,sys,warnings; warnings.simplefilter('error'); [re.compile(pattern) for pattern in json.load(sys.stdin)]";
    const compiled = runSync(["python3", "-I", "-c", compile], { input: JSON.stringify([...patterns]) });
    expect([compiled.status, compiled.stderr]).toEqual([0, ""]);
  });

  it("that is skipped in a container says why", () => {
    everyPlan(({ checks }) => {
      for (const { id, skipInContainer } of checks)
        if (skipInContainer !== undefined) expect(skipInContainer.length, id).toBeGreaterThan(20);
    });
  });
});

function frozen<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) frozen(inner);
    Object.freeze(value);
  }
  return value;
}

describe("a concern that does not apply to a host", () => {
  const modelOf = (raw: unknown): StackModel => stackModel(parseConfig(raw));
  const removedFrom = (model: StackModel, name: string): readonly string[] =>
    model.config.hosts
      .filter((host) => host.name === name)
      .flatMap((host) => plannedRemovals(plannedParts(model, host)).map(({ plan }) => plan.unit));

  it("is taken down there, unless its declaration says why not", () => {
    fc.assert(
      fc.property(raws, (raw) => {
        const model = modelOf(raw);
        for (const host of model.config.hosts) {
          const planned = plannedParts(model, host).map(({ name }) => name);
          const kept = CONCERNS.filter(({ removal }) => removal.kind === "none").map(({ name }) => name);
          const all = [...planned, ...removedFrom(model, host.name), ...kept];
          for (const { name } of CONCERNS) expect(all).toContain(name);
          expect(removedFrom(model, host.name).filter((name) => planned.includes(name))).toEqual([]);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("goes before what it uses: the web server before its certificates, services before Docker", () => {
    const { backup, ...config } = parseConfig(complete());
    expect(backup).toBeDefined();
    const removed = removedFrom(stackModel({ ...config, sites: [], services: [], removed: [] }), "web");
    const known = ["retire", "backup", "nginx", "certificates", "accounts", "secrets", "docker", "vault"];
    expect(removed.filter((name) => known.includes(name))).toEqual(known);
    for (const { name, requires = [] } of CONCERNS.filter((concern) => removed.includes(concern.name)))
      for (const used of requires.flatMap(({ concerns }) => concerns))
        expect(removed.indexOf(name), `${name} goes before ${used}`).toBeLessThan(removed.indexOf(used));
  });

  it("is stopped before its files go, writes nothing, and leaves data alone", () => {
    const model = modelOf(complete());
    for (const host of model.config.hosts)
      for (const { plan } of plannedRemovals(plannedParts(model, host))) {
        expect([plan.files, plan.packages, plan.kept, plan.made, plan.deadManSeconds]).toEqual([[], [], [], [], null]);
        for (const { argv, phase } of plan.steps.filter(({ when }) => when.kind === "state"))
          expect([argv[0], phase]).toEqual(["systemctl", "before"]);
        expect(plan.directories.map(({ path }) => path).filter((path) => /^\/(srv|var\/(backups|lib\/docker))/.test(path))).toEqual([]);
      }
  });

  it("leaves running what another concern of the host keeps running", () => {
    const model = modelOf(complete());
    for (const host of model.config.hosts) {
      const started = plannedParts(model, host).flatMap((part) => (part.kind === "concern" ? startedUnits(part.plan) : []));
      for (const { plan } of plannedRemovals(plannedParts(model, host)))
        for (const { argv } of [...plan.steps, ...plan.checks]) expect(started).not.toContain(argv.at(-1));
    }
    expect(removedFrom(model, "store")).toContain("backup");
  });
});
