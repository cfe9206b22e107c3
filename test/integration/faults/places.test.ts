/** The directories that a host's own programs, their settings and records are in, when they are lost, damaged or cannot be written. */
import { describe, expect, it } from "vitest";
import { sshChecks } from "../../../ops/lib/outside";
import type { Bench } from "../bench";
import { useBench } from "../useBench";
import { pause } from "../waiting";
import { failures, shell, staleness } from "./effectsBench";

const useIt = useBench({ outsiders: 1 });

const STATE = "/var/lib/phiward";
const PROGRAMS = "/usr/local/lib/phiward";
const SETTINGS = "/etc/phiward";

const gone = (place: string): string => `mv ${place} /root/kept`;
const aFile = (place: string): string => `${gone(place)}; echo x > ${place}`;
const readOnly = (place: string): string => `mount --bind ${place} ${place}; mount -o remount,bind,ro ${place}`;

interface Row {
  readonly what: string;
  readonly fault: string;
  /** The check that fails, and what it sees. */
  readonly sees: readonly [id: string, seen: string] | null;
  readonly undo: string;
}

// What a deploy makes whole again.
const MENDED: readonly Row[] = [
  { what: "records that are gone", fault: gone(STATE), sees: ["state-of-root-alone", "No such file or directory"], undo: kept(STATE) },
  { what: "a file in the place of records", fault: aFile(STATE), sees: ["state-can-be-written", "Not a directory"], undo: kept(STATE) },
  {
    what: "programs that are gone",
    fault: gone(PROGRAMS),
    sees: ["state-can-be-written", "No such file or directory"],
    undo: kept(PROGRAMS),
  },
  {
    what: "a file in the place of programs",
    fault: aFile(PROGRAMS),
    sees: ["state-can-be-written", "Not a directory"],
    undo: kept(PROGRAMS),
  },
  { what: "programs that are empty", fault: `truncate --size=0 ${PROGRAMS}/phiward.pyz`, sees: null, undo: "true" },
  {
    what: "another's programs",
    fault: `chown -R nobody ${PROGRAMS}`,
    sees: ["state-can-be-written", "allowed: one that root alone can write to"],
    undo: "true",
  },
  {
    what: "settings that are gone",
    fault: gone(SETTINGS),
    sees: ["state-can-be-written", "No such file or directory"],
    undo: kept(SETTINGS),
  },
  {
    what: "a file in the place of settings",
    fault: aFile(SETTINGS),
    sees: ["state-can-be-written", "Not a directory"],
    undo: kept(SETTINGS),
  },
];

function kept(place: string): string {
  return `rm -rf ${place} ${place}.damaged-*; mv /root/kept ${place}`;
}

const FULL = `mkdir -p /root/small; mount -t tmpfs -o size=2m tmpfs /root/small; cd ${STATE}
tar --create --exclude=./storage . | tar --extract --directory=/root/small; mount --bind /root/small ${STATE}
dd if=/dev/zero of=${STATE}/full bs=4k 2>&1 | grep -q 'No space left'`;

// What only people can: a deploy that has something to do says so and changes nothing.
const NAMED: readonly (Row & { readonly says: RegExp })[] = [
  {
    what: "records on a file system that is read-only",
    fault: readOnly(STATE),
    sees: ["state-can-be-written", `${STATE}: Read-only file system`],
    says: /^phiward: baseline: \/var\/lib\/phiward: its file system is read-only, and nothing was changed\./,
    undo: `umount ${STATE}`,
  },
  {
    what: "programs on a file system that is read-only",
    fault: `chmod 0700 ${PROGRAMS}; ${readOnly(PROGRAMS)}`,
    sees: ["state-can-be-written", `${PROGRAMS}: Read-only file system`],
    says: /^phiward: baseline: .*\/usr\/local\/lib\/phiward: Read-only file system/,
    undo: `umount ${PROGRAMS}`,
  },
  {
    what: "records on a full file system",
    fault: `${FULL}; rm /etc/motd`,
    sees: ["state-can-be-written", `${STATE}: No space left on device`],
    says: /^phiward: baseline: \/var\/lib\/phiward\/\S+: No space left on device/,
    undo: `umount ${STATE} /root/small`,
  },
];

async function seenBy(bench: Bench, check: string): Promise<string | undefined> {
  return (await failures(bench, "baseline")).find(({ id }) => id === check)?.seen;
}

describe("a deploy", () => {
  it.for(MENDED)("mends $what, and verify names it before", async ({ fault, sees, undo }, context) => {
    const bench = useIt(context);
    await shell(bench, fault);
    expect(await staleness(bench, "baseline")).not.toBe("nothing differs");
    if (sees !== null) expect(await seenBy(bench, sees[0])).toContain(sees[1]);
    await bench.deploy(bench.plan("baseline"));
    expect(await failures(bench, "baseline")).toEqual([]);
    await shell(bench, undo);
  });

  it.for(NAMED)("names $what in a sentence, and goes on once it is mended", async ({ fault, sees, says, undo }, context) => {
    const bench = useIt(context);
    await shell(bench, fault);
    if (sees !== null) expect(await seenBy(bench, sees[0])).toBe(sees[1]);
    const answer = await bench.apply(bench.plan("baseline"));
    await shell(bench, undo);
    expect([answer.code, answer.stdout]).toEqual([1, ""]);
    expect(answer.stderr).toMatch(says);
    expect(answer.stderr.trim().split("\n")).toHaveLength(1);
    await bench.deploy(bench.plan("baseline"));
    expect(await failures(bench, "baseline")).toEqual([]);
  });
});

it("five looks from outside within a quarter of an hour are no failed logins", async (context) => {
  const bench = useIt(context);
  const [outsider] = bench.sandbox.outsiders;
  if (outsider === undefined) throw new Error("the sandbox has no outsider");
  for (let look = 0; look < 5; look++) {
    const results = await sshChecks(bench.host, ["nsenter", `--net=/run/netns/${outsider.netns}`, "--"]);
    expect(results.filter(({ status }) => status !== "pass")).toEqual([]);
    await pause("OpenSSH's own penalty for a connection without a login stays short", 2.5);
  }
  expect((await bench.inside("fail2ban-client", "get", "sshd", "banip")).trim()).toBe("");
});
