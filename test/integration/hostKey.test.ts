/** The one unit that replaces the key its own connection is pinned to. */
import { describe, expect, it } from "vitest";
import { hostKeyPlan } from "../../components/cloud/hostKey/plan";
import { AGENT_COMMAND, envelope, FIRST_CONFIRM_COMMAND } from "../../components/plan/request";
import { scanHostKey } from "../../ops/commands/adopt";
import { applyAnswer } from "../../ops/lib/agent";
import { overSsh, type SshTarget } from "../../ops/lib/ssh";
import { type Bench, DEAD_MAN_SECONDS } from "./bench";
import { useBench } from "./useBench";
import { waitFor } from "./waiting";

const REQUEST = envelope({
  mode: "apply",
  plan: hostKeyPlan({ firstHostKey: "", deadManSeconds: DEAD_MAN_SECONDS }),
  secrets: {},
});
const bench = useBench({ state: "adopted" });

async function replaceKey(on: Bench, target: SshTarget) {
  const { code, stdout, stderr } = await overSsh(target, AGENT_COMMAND, REQUEST.stdin, on.patience);
  if (code !== 0) throw new Error(stderr);
  const answer = applyAnswer.parse(JSON.parse(stdout));
  return { answer, hostKey: (answer.reports["hostKey"] ?? "").split(" ").slice(0, 2).join(" ") };
}

describe("a host's lasting key", () => {
  it("is taken back when nobody confirms it over a connection that is pinned to it", async (context) => {
    const on = bench(context);
    const { hostKey } = await replaceKey(on, on.target());
    expect(hostKey).not.toBe(on.host.hostKey);
    // While sshd takes another key it may not answer.
    const shown = (): Promise<string> => scanHostKey(on.host.address).catch(() => "");
    await waitFor("the lasting key is shown", async () => (await shown()) === hostKey);
    await waitFor("the first key is back", async () => (await shown()) === on.host.hostKey);
    expect(await on.letsIn()).toBe(true);
    await expect(on.inside("ls", "/var/lib/phiward/host-key")).resolves.toBe("");
  });

  it("is made on the host, told in public, confirmed with itself, and then stays", async (context) => {
    const on = bench(context);
    const { answer, hostKey } = await replaceKey(on, on.target());
    expect(answer).toMatchObject({ status: "changed", confirmWithin: DEAD_MAN_SECONDS });
    const lasting = { ...on.target(), hostKey };
    const patience = { ...on.patience, retries: 5 };
    const confirmed = await overSsh(lasting, FIRST_CONFIRM_COMMAND, `host-key ${answer.generation}\n`, patience);
    expect(confirmed).toMatchObject({ code: 0 });
    expect((await overSsh(on.target(), "true", "", on.patience)).code).toBe(255);

    const again = await replaceKey(on, lasting);
    expect(again).toMatchObject({ hostKey, answer: { status: "unchanged", confirmWithin: null } });
    const modes = await on.inside("stat", "-c", "%a %U %n", "/etc/ssh/ssh_host_ed25519_key", "/etc/ssh/ssh_host_ed25519_key.pub");
    expect(modes).toBe("600 root /etc/ssh/ssh_host_ed25519_key\n644 root /etc/ssh/ssh_host_ed25519_key.pub\n");
    // The private half is in its place alone.
    await expect(on.inside("ls", "/var/lib/phiward/host-key")).resolves.toBe("key.pub\n");
  });
});
