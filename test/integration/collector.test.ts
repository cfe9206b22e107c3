import { describe, expect, it, type TestContext } from "vitest";
import { stackModel } from "../../components/containers/model";
import { AGENT_COMMAND, envelope } from "../../components/plan/request";
import { plannedParts, plannedRemovals } from "../../components/registry";
import { overSsh } from "../../ops/lib/ssh";
import { ensureRecoveryKey } from "../../sandbox/recoveryKey";
import { COLLECTOR_NAME, type CollectorCertificate, CollectorServer } from "./collectorServer";
import { numbers, Records } from "./recordsBench";
import { withoutTimer } from "./timers";
import { useHosts } from "./useHosts";
import { waitFor } from "./waiting";

const ARCHIVE = "/usr/local/lib/phiward/phiward.pyz";
const SENDER = "phiward-collector.service";

async function verb(records: Records, word: string): Promise<readonly [number, string]> {
  const { code, text } = await records.run("vault", "python3", "-I", ARCHIVE, "collector", word);
  return [code, text];
}
const restart = (records: Records) => records.must("vault", "systemctl", "restart", SENDER);
/** What the watch finds it says once: not to its timer, where a test is about it. */
const withoutWatch = (context: TestContext, records: Records) =>
  withoutTimer(context, (...words) => records.must("vault", ...words), "phiward-collector-watch");
const onVault = (records: Records, tag: string, count: number) =>
  records.must("vault", "sh", "-c", `seq ${String(count)} | logger --tag ${tag}`);

/** All of both hosts arrive, none missing, in their order. */
async function arrive(collector: CollectorServer, tag: string, count: number, hosts = ["web", "vault"]): Promise<void> {
  for (const host of hosts) {
    await waitFor(`${String(count)} records of ${host}, ${tag}`, () => Promise.resolve(collector.messages(host, tag).length >= count));
    expect(collector.messages(host, tag)).toEqual(numbers(count));
  }
}

const useThem = useHosts("collector", {
  hosts: ["web", "vault"],
  make: async (sandbox) => {
    const collector = new CollectorServer(sandbox.dir, sandbox.adminAddress, 6514);
    const recovery = await ensureRecoveryKey(sandbox);
    const declared = {
      address: sandbox.adminAddress,
      ca: collector.text("right-ca.pem"),
      name: COLLECTOR_NAME,
      operator: "own",
      clientCertificate: { chain: collector.text("client.pem"), key: "collector-key" },
    };
    const secrets = { "version-key": "k".repeat(44), "collector-key": collector.text("client.key") };
    const records = new Records(sandbox, recovery, { audit: { collector: declared }, secrets });
    return { records, plain: new Records(sandbox, recovery), collector };
  },
  begin: async ({ records, collector }) => {
    await collector.start("right");
    await records.deploy("vault", ["baseline", "people", "ssh", "vault", "records", "collector"], {
      "collector-key": collector.text("client.key"),
    });
    await records.deploy("web", ["baseline", "journal"]);
  },
  end: ({ collector }) => collector.stop(),
});

describe("a copy of the record, at an owner's collector", () => {
  it("arrives as it is written, of both hosts, by their names and times, and no record begins another one", async (context) => {
    const { records, collector } = useThem(context);
    await records.write("first", 700);
    await onVault(records, "first", 50);
    await arrive(collector, "first", 700, ["web"]);
    await arrive(collector, "first", 50, ["vault"]);
    const newest = collector.received.filter(({ app }) => app === "first").at(-1);
    expect(Math.abs(Date.now() - (newest?.time ?? 0))).toBeLessThan(120_000);
    expect(newest?.data).toMatch(/^\[meta sequenceId="\d+"\]\[journal@32473 transport="syslog" .*cursor="b=[0-9a-f]{32};m=/);
    const journal =
      "import socket, struct; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); t = b'one\\n<8>1 - vault sshd - - - two';";
    const said =
      "s.sendto(b'SYSLOG_IDENTIFIER=forger\\n_HOSTNAME=vault\\nMESSAGE\\n' + struct.pack('<Q', len(t)) + t + b'\\n', '/run/systemd/journal/socket')";
    await records.must("web", "python3", "-c", `${journal} ${said}`);
    const long = "import syslog; syslog.openlog('long'); syslog.syslog('x' * 7000)";
    await records.must("web", "python3", "-c", long);
    await waitFor("the record of two lines", () => Promise.resolve(collector.messages("web", "long").length > 0));
    expect(collector.messages("web", "forger")).toEqual(["one#012<8>1 - vault sshd - - - two"]);
    expect(collector.messages("web", "long")).toEqual(["x".repeat(7000)]);
  });

  it("is read by an account that can do nothing else, and says of itself that all is there", async (context) => {
    const { records } = useThem(context);
    const pid = (await records.must("vault", "systemctl", "show", "--property=MainPID", "--value", SENDER)).trim();
    const status = await records.must("vault", "cat", `/proc/${pid}/status`);
    expect(status).toMatch(/^CapEff:\t0+$/m);
    expect(status).toMatch(/^Uid:\t(6[1-5]\d{3})\t\1\t\1\t\1$/m);
    expect(await records.must("vault", "stat", "--format=%a", "/etc/phiward/collector/key.pem")).toBe("600\n");
    for (const [word, answer] of [
      ["answers", "answers"],
      ["sent", "sent"],
      ["watch", ""],
    ] as const)
      expect(await verb(records, word)).toEqual([0, answer === "" ? "" : `${answer}\n`]);
    expect((await records.verify("vault", "collector")).filter(({ status: found }) => found !== "pass")).toEqual([]);
  });

  it("is whole after the collector was away, and after the sender was killed", async (context) => {
    const { records, collector } = useThem(context);
    await collector.stop();
    await records.write("away", 600);
    await onVault(records, "away", 600);
    await records.must("vault", "systemctl", "kill", "--signal=KILL", SENDER);
    expect(await verb(records, "answers")).toEqual([1, expect.stringContaining("the collector cannot be reached (")]);
    await collector.start("right");
    await restart(records);
    await arrive(collector, "away", 600);
    await records.write("killed", 40);
    await records.must("vault", "systemctl", "kill", "--signal=KILL", SENDER);
    await restart(records);
    await arrive(collector, "killed", 40, ["web"]);
  });

  it("goes to no machine that is not proven to be the collector, and an alert says that it is late", async (context) => {
    const { records, collector } = useThem(context);
    await withoutWatch(context, records);
    const wrong: readonly (readonly [CollectorCertificate, string])[] = [
      ["other-authority", "its certificate is not of the declared authority"],
      ["other-name", "its certificate is for another name"],
      ["expired", "its certificate has expired"],
    ];
    for (const [certificate, words] of wrong) {
      await collector.stop();
      await collector.start(certificate);
      const before = [collector.received.length, collector.accepted];
      await restart(records);
      await waitFor(`the sender's word of ${certificate}`, async () =>
        (await records.must("vault", "cat", "/var/lib/private/phiward-collector/state.json")).includes(words),
      );
      expect(await verb(records, "answers")).toEqual([1, expect.stringContaining(words)]);
      expect([collector.received.length, collector.accepted], certificate).toEqual(before);
    }
    await records.must("vault", "sed", "-i", 's/"lateSeconds": 1800/"lateSeconds": 1/', "/etc/phiward/collector.json");
    const late = String.raw`no record has reached the collector for \d+ minutes: the collector is not believed: its certificate has expired`;
    expect(await verb(records, "sent")).toEqual([1, expect.stringMatching(late)]);
    expect(await verb(records, "watch")).toEqual([1, expect.stringMatching(`AUDIT_LOG_FAILURE: ${late}`)]);
    expect(await verb(records, "watch")).toEqual([0, ""]);
    await records.must("vault", "sed", "-i", 's/"lateSeconds": 1,/"lateSeconds": 1800,/', "/etc/phiward/collector.json");
    await onVault(records, "proven", 5);
    await collector.stop();
    await collector.start("right");
    await restart(records);
    await arrive(collector, "proven", 5, ["vault"]);
  });

  it("says which records it lacks, where they were removed before they could be sent", async (context) => {
    const { records, collector } = useThem(context);
    await withoutWatch(context, records);
    await records.must("vault", "systemctl", "stop", SENDER);
    await onVault(records, "lost", 5);
    await records.must("vault", "sh", "-c", "journalctl --rotate && journalctl --vacuum-time=1us");
    await onVault(records, "kept", 5);
    await records.must("vault", "systemctl", "start", SENDER);
    await arrive(collector, "kept", 5, ["vault"]);
    const words = /^AUDIT_LOG_FAILURE: records of vault from \S+Z to \S+Z are not in the collector's copy: they were removed before/;
    expect(collector.messages("vault", "phiward").filter((message) => words.test(message))).toHaveLength(1);
    expect(await verb(records, "watch")).toEqual([1, expect.stringContaining("AUDIT_LOG_FAILURE: records of vault from")]);
    expect(await verb(records, "watch")).toEqual([0, ""]);
  });

  it("ends when it is declared no more, and nothing of it is left but the records themselves", async (context) => {
    const { records, plain, collector } = useThem(context);
    const kept = await records.kept("first");
    const host = plain.config().hosts.find(({ name }) => name === "vault");
    if (host === undefined) throw new Error("no vault");
    const bench = plain.bench("vault");
    const removals = plannedRemovals(plannedParts(stackModel(bench.config), host)).filter(({ plan }) => plan.unit === "collector");
    const { code, stderr } = await overSsh(bench.target(), AGENT_COMMAND, envelope({ mode: "remove", removals }).stdin, bench.patience);
    expect(code, stderr).toBe(0);
    const units = await records.run(
      "vault",
      "sh",
      "-c",
      "systemctl list-unit-files 'phiward-collector*'; ls -A /etc/phiward/collector; ls /var/lib/private | grep phiward; pgrep -f '[c]ollector send'",
    );
    expect(units.text).toMatch(/^\s*(UNIT FILE.*\n\s*)?0 unit files listed\.\s*$/);
    const before = collector.received.length;
    await onVault(records, "unsent", 3);
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect(collector.received.length).toBe(before);
    expect(await records.kept("first")).toEqual(kept);
    expect(kept).toEqual(numbers(700));
  });
});
