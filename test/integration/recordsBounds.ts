/** What is lost of a host's records at most: full disks on either side, a cut of power on either side, a clock that jumps. */
import { expect, it, type TestContext } from "vitest";
import { CutDisk } from "./cutDisk";
import { numbers, type Records } from "./recordsBench";
import { withoutTimer } from "./timers";
import { waitFor } from "./waiting";

const ARCHIVE = "/usr/local/lib/phiward/phiward.pyz";
const JOURNALS = "/var/log/journal";
const SOCKET = "phiward-journal-remote.socket";

/** The vault's receiver stands still while `work` changes what is beneath it. */
async function withoutReceiver(records: Records, work: () => Promise<void>): Promise<void> {
  await records.must("vault", "systemctl", "stop", SOCKET, "phiward-journal-remote@*.service");
  await work();
  await records.must(
    "vault",
    "install",
    "-d",
    "-m",
    "0750",
    "-o",
    "systemd-journal-remote",
    "-g",
    "systemd-journal-remote",
    `${JOURNALS}/remote`,
  );
  await records.must("vault", "systemctl", "start", SOCKET);
  await again(records);
}

/** The journals of a host are on a file system of their own, of that size. What it had is gone afterwards. */
async function withOwnDisk(records: Records, host: string, size: string, work: () => Promise<void>): Promise<void> {
  await records.must(host, "mount", "-t", "tmpfs", "-o", `size=${size},mode=0755`, "tmpfs", JOURNALS);
  try {
    await work();
  } finally {
    await records.must(host, "umount", "--lazy", JOURNALS);
  }
}

/** It connects again by itself, after each failure later: a test need not wait for that. */
async function again(records: Records): Promise<void> {
  await records.must("web", "systemctl", "restart", "phiward-journal-upload.service");
}

const DAY = 86_400;

// A host of the sandbox has the clock of its machine: journald alone is given another time of day.
const SHIM = `#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t id, struct timespec *t) {
  int code = syscall(SYS_clock_gettime, id, t), file;
  char text[32] = {0};
  if (code != 0 || id != CLOCK_REALTIME || (file = open("/run/clock-offset", O_RDONLY | O_CLOEXEC)) < 0) return code;
  if (read(file, text, 31) > 0) t->tv_sec += atol(text);
  close(file);
  return code;
}
`;
const CONFIGURATION = "/etc/systemd/system/systemd-journald.service.d";
const CLOCK = `set -e
DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends tcc libc6-dev > /dev/null 2>&1
echo ${Buffer.from(SHIM).toString("base64")} | base64 -d > /root/clock.c
tcc -shared -o /usr/local/lib/clock.so /root/clock.c
mkdir -p ${CONFIGURATION}
printf '[Service]\\nEnvironment=LD_PRELOAD=/usr/local/lib/clock.so\\nMemoryDenyWriteExecute=no\\n' > ${CONFIGURATION}/clock.conf
systemctl daemon-reload`;

const watched = (records: Records) => records.run("vault", "python3", "-I", ARCHIVE, "journal", "watch");

export function boundsTests(useThem: (context: TestContext) => Records): void {
  it("wait on the host while the vault's disk is full, which is an alert, and all arrive when there is room", async (context) => {
    const records = useThem(context);
    // What the watch finds it says once: not to its timer.
    await withoutTimer(context, (...words) => records.must("vault", ...words), "phiward-journal-watch");
    await withOwnDisk(records, "vault", "1100m", async () => {
      await withoutReceiver(records, () => Promise.resolve());
      await records.write("before", 50);
      await records.arrive("before", 50);
      await records.must("vault", "fallocate", "--length", "100M", `${JOURNALS}/fill`);
      await waitFor("a refusal", async () => /the vault's disk is full/.test((await watched(records)).text));
      await records.must("vault", "systemctl", "stop", "phiward-journal-remote@*.service");
      await records.write("waiting", 2000);
      expect(await records.kept("waiting")).toEqual([]);
      await records.must("vault", "rm", `${JOURNALS}/fill`);
      await again(records);
      await records.arrive("waiting", 2000);
      expect((await watched(records)).code).toBe(0);
      await records.must("vault", "systemctl", "stop", SOCKET, "phiward-journal-remote@*.service");
    });
    await withoutReceiver(records, () => Promise.resolve());
    // What the memory had is gone, as a lost disk would be: the host sends it once more.
    await records.arrive("waiting", 2000);
  });

  it("arrive though the host's disk is full: its journal makes room, and goes on in memory until there is some", async (context) => {
    const records = useThem(context);
    await withOwnDisk(records, "web", "64m", async () => {
      await records.must("web", "systemctl", "restart", "systemd-journald.service");
      await again(records);
      await records.write("roomy", 50);
      await records.arrive("roomy", 50);
      await records.must("web", "journalctl", "--rotate");
      await records.run("web", "sh", "-c", `cat /dev/zero > ${JOURNALS}/fill`);
      await records.write("choked", 10_000);
      // One that a full file did not take whole journald writes into the next one too.
      await waitFor("all records", async () => new Set(await records.kept("choked")).size === 10_000);
      expect((await records.kept("choked")).length).toBeLessThan(10_010);
    });
    await records.must("web", "systemctl", "restart", "systemd-journald.service");
    const onDisk = async () => (await records.verify("web", "baseline")).find(({ id }) => id === "journal-on-disk")?.status;
    expect(await onDisk()).toBe("fail");
    await records.bench("web").deploy(records.plan("web", "baseline"));
    expect(await onDisk()).toBe("pass");
    await again(records);
    await records.write("roomy-again", 50);
    await records.arrive("roomy-again", 50);
  });

  it("arrive each once and in order while the host's clock jumps a day ahead and back", async (context) => {
    const records = useThem(context);
    await records.must("web", "sh", "-c", CLOCK);
    const jump = async (seconds: number) => {
      await records.must("web", "sh", "-c", `echo ${String(seconds)} > /run/clock-offset`);
    };
    await jump(0);
    await records.must("web", "systemctl", "restart", "systemd-journald.service");
    const steps = { "as-it-is": 0, ahead: DAY, back: 0, behind: -DAY, right: 0 };
    for (const [tag, seconds] of Object.entries(steps)) {
      await jump(seconds);
      await records.write(tag, 100);
      await records.arrive(tag, 100);
      await again(records);
      await records.write(`${tag}-again`, 100);
      await records.arrive(`${tag}-again`, 100);
    }
    for (const tag of Object.keys(steps)) expect(await records.kept(tag), tag).toEqual(numbers(100));
    expect((await watched(records)).text).toBe("");
    await records.must("web", "rm", `${CONFIGURATION}/clock.conf`);
    await records.must("web", "systemctl", "daemon-reload");
    await records.must("web", "systemctl", "restart", "systemd-journald.service");
  });

  it("are at the vault though the host's power was cut, and are there again after the vault's was", async (context) => {
    const records = useThem(context);
    const own = new CutDisk(records.host("web"), JOURNALS);
    await own.mount(256);
    await records.must("web", "systemctl", "restart", "systemd-journald.service");
    await again(records);
    await records.write("settled", 50);
    await records.arrive("settled", 50);
    await records.must("web", "sync");
    await records.write("own-cut", 3000);
    await records.arrive("own-cut", 3000);
    await own.cut();
    await records.must("web", "systemctl", "restart", "systemd-journald.service");
    const left = (await records.must("web", "journalctl", "--output=cat", "SYSLOG_IDENTIFIER=own-cut")).split("\n").length - 1;
    console.log(`after a cut of its power the host has ${String(left)} of 3000 records, and the vault all`);
    await again(records);
    await records.write("on", 3000);
    await records.arrive("on", 3000);
    expect(await records.kept("own-cut")).toEqual(numbers(3000));
    await own.remove();
    await records.must("web", "systemctl", "restart", "systemd-journald.service");
    await again(records);

    const vaults = new CutDisk(records.host("vault"), JOURNALS);
    await withoutReceiver(records, () => vaults.mount(2048));
    await records.write("before-cut", 50);
    await records.arrive("before-cut", 50);
    await records.must("vault", "sync");
    await records.write("at-cut", 3000);
    await records.arrive("at-cut", 3000);
    await vaults.cut();
    await withoutReceiver(records, async () => {
      console.log(`after a cut of its power the vault has ${String((await records.kept("at-cut")).length)} of 3000 records`);
    });
    await records.arrive("at-cut", 3000);
    await records.arrive("before-cut", 50);
    await withoutReceiver(records, () => vaults.remove());
    await records.arrive("at-cut", 3000);
  });
}
