/** What a person with a login, and nothing more, tries by way of their own files while root deploys. */
import { expect, it } from "vitest";
import type { HostPlan } from "../../../components/plan/hostPlan";
import { KEYS_DIRECTORY } from "../../../components/plan/places";
import { SSH_GROUP } from "../../../components/system/people/settings";
import { DROP_IN } from "../../../components/system/ssh/plan";
import { overSsh } from "../../../ops/lib/ssh";
import { execInHost } from "../../../sandbox/machines/exec";
import type { Bench } from "../bench";
import { stopTimer } from "../timers";
import { useBench } from "../useBench";
import { waitFor } from "../waiting";

const useIt = useBench();

/** Makes the account `mallory`, who is not declared and has no sudo, and runs a line of shell as that account. */
async function asMallory(bench: Bench, script: string): Promise<void> {
  await bench.inside("sh", "-c", "id mallory >/dev/null 2>&1 || useradd --create-home --shell /bin/bash mallory");
  await bench.inside("runuser", "-u", "mallory", "--", "sh", "-c", `cd; ${script}`);
}

/** The files of the host that a home could lead to: names, owners, modes, times and content. */
async function targets(bench: Bench): Promise<string> {
  return bench.inside(
    "sh",
    "-c",
    "find /etc/ssh /etc/profile.d /etc/sudoers.d -printf '%p %m %u:%g %T@\\n' | sort; find /etc/ssh /etc/profile.d /etc/sudoers.d -type f -exec sha256sum {} + | sort",
  );
}

/** The plan with another limit, so that there is something to do. */
function withTries(plan: HostPlan, tries: number, more: Partial<HostPlan> = {}): HostPlan {
  const files = plan.files.map((file) =>
    file.path === DROP_IN && file.content.kind === "versioned"
      ? {
          ...file,
          content: {
            kind: "text" as const,
            text: (file.content.versioned.cases[0]?.text ?? "").replace(/^MaxAuthTries .*$/m, `MaxAuthTries ${String(tries)}`),
          },
        }
      : file,
  );
  return { ...plan, files, ...more };
}

/** Waits until a roll-back has ended: its files are back before the server has read them again. */
async function takenBack(bench: Bench, unit: string): Promise<void> {
  const transaction = ["test", "-e", `/var/lib/phiward/units/${unit}/transaction`];
  await waitFor("the change is taken back", async () => (await execInHost(bench.host, transaction)).code !== 0);
  // What takes it back holds this lock to its end.
  await bench.inside("flock", "/run/phiward/lock", "true");
}

it("a home that is a link to the server's settings: a deploy and its roll-back touch nothing there, and nobody is locked out", async (context) => {
  const bench = useIt(context);
  const before = await targets(bench);
  await asMallory(bench, "ln -sfn /etc/ssh .ssh");
  for (const unit of ["people", "ssh"]) expect((await bench.deploy(bench.plan(unit))).unit).toBe(unit);
  expect(await targets(bench)).toBe(before);

  // Nobody confirms this one; until it is taken back, the link leads elsewhere.
  expect((await bench.apply(withTries(bench.plan("ssh"), 3))).code).toBe(0);
  await asMallory(bench, "ln -sfn /etc/profile.d .ssh");
  await takenBack(bench, "ssh");
  expect(await bench.inside("sshd", "-T")).toContain("maxauthtries 4");
  expect(await bench.inside("ls", "/etc/profile.d")).not.toContain("authorized_keys");
  expect(await bench.letsIn()).toBe(true);
  expect(await bench.letsIn("alice")).toBe(true);
  await bench.deploy(bench.plan("ssh"));
  expect((await bench.verify()).filter(({ status }) => status === "fail")).toEqual([]);
});

it("a key in a home opens no login, and nothing that lies there fails a deploy or a check", async (context) => {
  const bench = useIt(context);
  await asMallory(
    bench,
    "rm -rf .ssh; mkdir -m 700 .ssh; mkfifo .ssh/authorized_keys2; truncate -s 1T .ssh/authorized_keys3; mkdir -p .ssh/authorized_keys.d/x",
  );
  const key = `${KEYS_DIRECTORY}/mallory`;
  // A deploy closed the account, and a timer closes it each minute; it is opened again, so that the keys alone decide.
  await stopTimer((...words) => bench.inside(...words), "phiward-people");
  context.onTestFinished(async () => {
    await bench.inside("systemctl", "start", "phiward-people.timer");
  });
  await bench.inside("usermod", "--shell", "/bin/bash", "--expiredate", "", "--append", "--groups", SSH_GROUP, "mallory");
  await bench.inside("sh", "-c", `cd ${KEYS_DIRECTORY} && cp alice mallory && install -o mallory alice /home/mallory/.ssh/authorized_keys`);
  const getsIn = async (): Promise<boolean> => (await overSsh(bench.target("mallory"), "true", "", bench.patience)).code === 0;
  expect(await getsIn(), "in the directory of root it does").toBe(true);
  await bench.inside("rm", key);
  expect(await getsIn()).toBe(false);
  expect((await bench.deploy(bench.plan("ssh"))).status).toBe("unchanged");
  const ids = (await bench.verify()).filter(({ status }) => status === "fail").map(({ id }) => id);
  expect(ids.filter((id) => id.startsWith("ssh-"))).toEqual([]);
  expect(await bench.inside("ls", "-A", "/home/mallory/.ssh")).toContain("authorized_keys3");
});

it("a plan that names a path in a home, by whatever way, is refused before anything is done", async (context) => {
  const bench = useIt(context);
  const plan = bench.plan("ssh");
  const before = await targets(bench);
  for (const glob of ["/home/*/.ssh/authorized_keys*", "/etc/../root/.ssh/*", "/*/mallory/.ssh/x"] as const) {
    const answer = await bench.apply({ ...plan, absent: [...plan.absent, { noun: "keys", glob }] });
    expect(answer.code).toBe(1);
    expect(answer.stderr).toMatch(/^phiward: request\.plan\.absent\.\d+\.glob: found '.*', allowed: /);
  }
  expect(await targets(bench)).toBe(before);
});

it("a full disk: what was interrupted is rolled back once, is known, and does not begin again and again", async (context) => {
  const bench = useIt(context);
  // A disk of its own for what the agent knows, so that nothing else of the host is full; homes stay on theirs.
  await bench.inside(
    "sh",
    "-c",
    "mkdir /run/small && mount -t tmpfs -o size=12m,mode=0700 tmpfs /run/small && cd /var/lib/phiward && tar --create --exclude=homes.img . | tar --extract --preserve-permissions --directory=/run/small && mount --bind /run/small /var/lib/phiward",
  );
  try {
    const plan = withTries(bench.plan("ssh"), 3);
    expect((await bench.apply(plan)).code).toBe(0);
    await execInHost(bench.host, ["sh", "-c", "dd if=/dev/zero of=/var/lib/phiward/filler bs=64k; true"]);
    await takenBack(bench, "ssh");
    expect(await bench.inside("sshd", "-T")).toContain("maxauthtries 4");
    const late = await bench.confirm(plan);
    expect(late.stderr).toMatch(/The change was rolled back or never applied/);
  } finally {
    await bench.inside("sh", "-c", "umount /var/lib/phiward && umount /run/small");
  }
  expect((await bench.deploy(bench.plan("ssh"))).unit).toBe("ssh");
});

it("a file that cannot be put back is tried again ever more rarely, and at boot it keeps no other unit from its way back", async (context) => {
  const bench = useIt(context);
  await bench.inside("sh", "-c", "mkdir -p /run/held && mount -t tmpfs -o mode=0755 tmpfs /run/held && echo old > /run/held/conf");
  const plan = { ...bench.plan("ssh"), unit: "held", deadManSeconds: null };
  const text = (content: string) =>
    ({ path: "/run/held/conf", owner: "root:root", mode: "0644", content: { kind: "text", text: content } }) as const;
  const fails = {
    id: "hangs",
    argv: ["sleep", "60"],
    phase: "after",
    when: { kind: "change", on: ["*"] },
    undo: { kind: "none" },
  } as const;
  const held: HostPlan = { ...plan, directories: [], files: [text("new\n")], absent: [], validators: [], checks: [], steps: [fails] };
  const applying = bench.apply(held);
  await waitFor("the change is in place", async () => (await bench.inside("cat", "/run/held/conf")) === "new\n");
  await bench.inside("mount", "-o", "remount,ro", "/run/held");
  await bench.inside("sh", "-c", "systemctl kill --signal=KILL 'phiward-apply-held-*'");
  await applying;
  await waitFor("it has been tried some times", async () =>
    /^NRestarts=[2-9]/m.test(await bench.inside("systemctl", "show", "--property=NRestarts", "phiward-recover@held.service")),
  );
  const tries = async (): Promise<number> =>
    Number((await bench.inside("systemctl", "show", "--property=NRestarts", "--value", "phiward-recover@held.service")).trim());
  expect(await tries()).toBeLessThan(12);
  const at = await bench.inside("systemctl", "start", "phiward-recover.service").catch((error: unknown) => String(error));
  expect(at).toContain("phiward-recover.service");
  await bench.inside("mount", "-o", "remount,rw", "/run/held");
  await waitFor("it is put back", async () => (await bench.inside("cat", "/run/held/conf")) === "old\n");
  await takenBack(bench, "held");
  await bench.inside("sh", "-c", "umount /run/held; rm -r /var/lib/phiward/units/held; systemctl reset-failed 'phiward-*'");
});
