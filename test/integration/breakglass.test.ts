import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { overSsh } from "../../ops/lib/ssh";
import { execInHost } from "../../sandbox/machines/exec";
import { type Bench } from "./bench";
import { useBench } from "./useBench";

// Logs in as a person at the console would: util-linux login on a terminal of its own, with name and password typed in.
const CONSOLE_LOGIN = `
import os, pty, select, sys, time
password = sys.stdin.readline().strip()
pid, fd = pty.fork()
if pid == 0:
    os.execv("/bin/login", ["login"])
seen, limit, sent = "", time.time() + 120, 0
script = [("login:", "breakglass"), ("assword:", password), ("$", "sudo -S id -un; exit"), ("assword", password)]
while time.time() < limit:
    ready, _, _ = select.select([fd], [], [], 0.5)
    if ready:
        try:
            data = os.read(fd, 4096).decode(errors="replace")
        except OSError:
            # login hangs its terminal up and opens it anew: until it has, there is nothing to read.
            if os.waitpid(pid, os.WNOHANG) != (0, 0):
                break
            time.sleep(0.05)
            continue
        if not data:
            break
        seen += data
    # It would ask for another name, and in the end nothing comes.
    if sent == 2 and "incorrect" in seen:
        break
    if sent < len(script) and script[sent][0] in seen:
        os.write(fd, (script[sent][1] + "\\n").encode())
        seen, sent = "", sent + 1
        time.sleep(0.3)
print(seen)
`;

async function password(bench: Bench, epoch = 1): Promise<string> {
  // The recovery key is on the owner's side; the host has only its public half, so it is lent here, and not left.
  const key = readFileSync(bench.sandbox.keyFile, "utf8");
  const { stdout, code, stderr } = await execInHost(
    bench.host,
    [
      "sh",
      "-c",
      `umask 077; cat > /run/recovery-key; age --decrypt --identity /run/recovery-key /var/lib/phiward/escrow/breakglass-password.${String(epoch)}.age; rm /run/recovery-key`,
    ],
    { stdin: key },
  );
  expect(code, stderr).toBe(0);
  return stdout.trim();
}

function consoleLogin(bench: Bench, secret: string): Promise<{ stdout: string }> {
  return execInHost(bench.host, ["python3", "-c", CONSOLE_LOGIN], { stdin: `${secret}\n`, timeout: 150_000 });
}

async function refuses(bench: Bench, secret: string): Promise<void> {
  const { stdout } = await consoleLogin(bench, secret);
  expect(stdout).toContain("Login incorrect");
  expect(stdout).not.toContain("root");
}

describe("the break-glass account", () => {
  const useIt = useBench();

  it("opens at the console with the escrowed password, becomes root, and its use is in the journal", async (context) => {
    const bench = useIt(context);
    const secret = await password(bench);
    expect(secret).toMatch(/^[a-zA-Z0-9]{32}$/);
    expect((await consoleLogin(bench, secret)).stdout).toContain("root");
    const journal = await bench.journal("--quiet", "--output=cat");
    expect(journal).toMatch(/session opened for user breakglass/);
    expect(journal).toMatch(/breakglass : .*COMMAND=\/usr\/bin\/id -un/);
    expect(journal).not.toContain(secret);
  });

  it("does not open with another password", async (context) => {
    const bench = useIt(context);
    await refuses(bench, "wrong");
  });

  it("is closed to SSH, also with a key", async (context) => {
    const bench = useIt(context);
    await bench.inside("cp", "/etc/ssh/authorized_keys.d/alice", "/etc/ssh/authorized_keys.d/breakglass");
    expect((await overSsh(bench.target("breakglass"), "true", "", bench.patience)).code).toBe(255);
    await bench.deploy(bench.plan("people"));
  });

  it("gets a new password when its epoch is raised, and the old one no longer opens it", async (context) => {
    const bench = useIt(context);
    const old = await password(bench);
    const plan = bench.plan("people");
    const answer = await bench.deploy({ ...plan, made: plan.made.map((made) => ({ ...made, epoch: 2 })) });
    expect(answer.changed).toEqual(["secret breakglass-password"]);
    expect(answer.escrow["breakglass-password"]).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----/);
    const renewed = await password(bench, 2);
    expect(renewed).not.toBe(old);
    await refuses(bench, old);
    expect((await consoleLogin(bench, renewed)).stdout).toContain("root");
  });
});
