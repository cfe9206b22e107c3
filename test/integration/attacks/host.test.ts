/** What becomes of alerts, checks and the operator's terminal on a host where something is broken or planted. */
import { expect, it } from "vitest";
import { resultTable } from "../../../ops/commands/verify";
import type { Bench } from "../bench";
import { useBench } from "../useBench";

const useIt = useBench();

/** The checks that fail now. */
async function failing(bench: Bench): Promise<readonly string[]> {
  return (await bench.verify()).filter(({ status }) => status === "fail").map(({ id }) => id);
}

// Listens for one message, has an alert sent, and prints what arrived.
const ALERT = `
import http.server, json, subprocess, threading
class Listener(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()
    def log_message(self, *words): pass
heard = []
server = http.server.HTTPServer(("127.0.0.1", 0), Listener)
threading.Thread(target=server.serve_forever, daemon=True).start()
with open("/etc/phiward/alert.json", "w") as file:
    json.dump({"host": "web", "webhook": "http://127.0.0.1:%d/" % server.server_port, "mail": None}, file)
done = subprocess.run(["/usr/bin/python3", "-I", "/usr/local/lib/phiward/phiward.pyz", "alerts", "send", "x.service"])
print(json.dumps([done.returncode, [message["unit"] for message in heard]]))
`;

it("alerts people from a disk that is full, or that cannot be written", async (context) => {
  const bench = useIt(context);
  const alerts = "/var/lib/phiward/alerts";
  await bench.inside("mkdir", "--parents", alerts);
  await bench.inside("mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", alerts);
  await bench.inside("sh", "-c", `cat /dev/zero > ${alerts}/full 2>/dev/null; true`);
  expect(JSON.parse(await bench.inside("python3", "-c", ALERT))).toEqual([0, ["x.service"]]);
  await bench.inside("mount", "-o", "remount,ro", alerts);
  expect(JSON.parse(await bench.inside("python3", "-c", ALERT))).toEqual([0, ["x.service"]]);
  await bench.inside("umount", alerts);
  // The host has no backups, so none of its plans has this file.
  await bench.inside("rm", "/etc/phiward/alert.json");
});

it("does not take a chain that is missing for one without undeclared rules", async (context) => {
  const bench = useIt(context);
  for (const chain of ["ufw-user-input", "ufw-before-input"]) await bench.inside("iptables", "-E", chain, `${chain}-x`);
  const found = await failing(bench);
  for (const chain of ["ufw-user-input", "ufw-before-input"]) await bench.inside("iptables", "-E", `${chain}-x`, chain);
  expect(found).toEqual(expect.arrayContaining(["ufw-openings-exclusive-ipv4", "ufw-nothing-before-it-ipv4"]));
  expect(await failing(bench)).toEqual([]);
});

it("does not take a program that is gone, or settings that cannot be read, for a good answer", async (context) => {
  const bench = useIt(context);
  await bench.inside("mv", "/usr/bin/find", "/usr/bin/find.away");
  await bench.inside("sh", "-c", "echo nonsense > /etc/ssh/sshd_config.d/00-broken.conf");
  const found = await failing(bench);
  await bench.inside("rm", "/etc/ssh/sshd_config.d/00-broken.conf");
  await bench.inside("mv", "/usr/bin/find.away", "/usr/bin/find");
  expect(found).toEqual(expect.arrayContaining(["ssh-settings-private", "logs-not-world-readable", "ssh-nothing-beside-it"]));
  expect(await failing(bench)).toEqual([]);
});

it("shows a name that somebody chose without anything that acts on the terminal, and without a line that it forged", async (context) => {
  const bench = useIt(context);
  const forged = "/etc/ssh/ssh_host_\x1b[2J\x9b1A\u202e\nFAIL web forged\n_key";
  await bench.inside("install", "--mode=0644", "/dev/null", forged);
  const results = await bench.verify();
  await bench.inside("rm", forged);
  const table = resultTable([{ host: "web", results }]);
  expect(table).toContain("ssh_host_\\x1b[2J");
  expect(table).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
  expect(table.split("\n").filter((line) => line.startsWith("FAIL"))).toEqual([
    "FAIL web ssh-settings-private",
    "FAIL web integrity-nothing-undeclared",
  ]);
});
