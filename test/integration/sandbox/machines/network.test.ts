import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Argv } from "../../../../ops/lib/programs";
import { sandboxObstacle } from "../../../../sandbox/machines/machine";
import { mustRun } from "../../../../sandbox/machines/run";

const obstacle = sandboxObstacle() ?? (existsSync("/usr/sbin/iptables") ? undefined : "this machine has no iptables");

describe.skipIf(obstacle !== undefined)(`the network of a sandbox ${obstacle ?? ""}`, () => {
  it("passes through this machine's firewall while it is up, if that drops forwarding as Docker's does", async () => {
    expect(await rulesWithPolicy("DROP")).toEqual({
      during: ["-P FORWARD DROP", "-A FORWARD -o phw9 -j ACCEPT", "-A FORWARD -i phw9 -j ACCEPT"],
      after: ["-P FORWARD DROP"],
    });
  });

  it("leaves a firewall alone that forwards anyway", async () => {
    expect(await rulesWithPolicy("ACCEPT")).toEqual({ during: ["-P FORWARD ACCEPT"], after: ["-P FORWARD ACCEPT"] });
  });

  it("can be removed when it is not there", async () => {
    await inOwnNetwork("void razeNetwork(9)");
  });

  async function rulesWithPolicy(policy: string): Promise<unknown> {
    return JSON.parse(
      await inOwnNetwork(`
        const rules = () => outputOf(["iptables", "-S", "FORWARD"]).trim().split("\\n");
        outputOf(["iptables", "-P", "FORWARD", "${policy}"]);
        (async () => {
          await raiseNetwork(sandboxLayout(9), new AbortController().signal);
          const during = rules();
          await razeNetwork(9);
          console.log(JSON.stringify({ during, after: rules() }));
        })();`),
    );
  }

  /** Runs a script in a network namespace of its own, so that this machine's firewall is not touched. */
  function inOwnNetwork(script: string): Promise<string> {
    const modules = join(__dirname, "../../../../sandbox/machines");
    const imports = `
      const { outputOf } = require("${join(__dirname, "../../../../ops/lib/process.ts")}");
      const { sandboxLayout } = require("${modules}/layout.ts");
      const { raiseNetwork, razeNetwork } = require("${modules}/network.ts");`;
    const node: Argv = ["node", "-r", "ts-node/register/transpile-only", "-e", imports + script];
    return mustRun(["unshare", "--net", "--", ...node]);
  }
});
