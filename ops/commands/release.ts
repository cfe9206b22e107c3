/** `make release`: lets a host go. It stays as it is, hardened, with its accounts, rules, containers, data and jobs; what goes is phiward's hold on it. */
import { z } from "zod";
import { stackContext } from "../lib/context";
import { namedHost, placedHosts, stackOutputs } from "../lib/hosts";
import { deployTarget, overSsh } from "../lib/ssh";
import { isMain, OperatorError, operate, readStack, setting } from "../lib/stack";

// Constant and free of single quotes. A change that waits for its confirmation needs the agent for its way back, so nothing goes then.
const RELEASE = `sudo -n /usr/bin/python3 -I -c '${[
  "import glob,json,os,shutil,subprocess,sys",
  'base="/var/lib/phiward"',
  'waiting=[path.split("/")[-2] for path in glob.glob(base+"/units/*/transaction")]',
  'waiting and sys.exit("a change of "+", ".join(waiting)+" waits for its confirmation; try again when it is confirmed or taken back")',
  'subprocess.run(["systemctl","disable","--quiet","phiward-recover.service"],check=False)',
  'gone=[path for path in ["/etc/systemd/system/phiward-recover.service","/etc/systemd/system/phiward-recover@.service",base+"/agent.py"] if os.path.exists(path)]',
  "[os.unlink(path) for path in gone]",
  'trees=[path for path in [base+"/units",base+"/images"] if os.path.isdir(path)]',
  "[shutil.rmtree(path) for path in trees]",
  'subprocess.run(["systemctl","daemon-reload"],check=False)',
  'print(json.dumps({"gone":gone+trees}))',
].join(";")}'`;

const releaseAnswer = z.object({ gone: z.array(z.string()) });

if (isMain(__filename))
  operate(async () => {
    const stack = setting("STACK") ?? "prod";
    const context = stackContext(stack);
    const config = readStack(context.file);
    const host = namedHost(config, placedHosts(config, stackOutputs(config, stack)), ["application", "vault"]);
    if (setting("CONFIRM") !== host.name)
      throw new OperatorError(
        `CONFIRM: found ${setting("CONFIRM") === undefined ? "nothing" : "another name"}, allowed: ${host.name}, so that no host is let go by mistake. It stays as it is, and nothing repairs it from then on`,
        2,
      );
    const { code, stdout, stderr } = await overSsh(deployTarget(host), RELEASE, "", context.patience);
    if (code !== 0) throw new OperatorError(`${host.name}: ${stderr.trim()}`, 1);
    const { gone } = releaseAnswer.parse(JSON.parse(stdout));
    process.stdout.write(
      [
        `${host.name}: let go; removed: ${gone.join(", ") || "nothing, it was let go before"}`,
        "It keeps its accounts, rules, containers, data, secrets, backups and their timers. make up takes it back.",
        `To have Pulumi forget it, take it out of ${context.file} and run pulumi up; protected volumes stop that until pulumi state unprotect.`,
        "",
      ].join("\n"),
    );
    return 0;
  });
