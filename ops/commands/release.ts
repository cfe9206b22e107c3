/** `phiward release`: stops managing a host. It stays hardened, with its accounts, rules, containers, data and jobs; the agent and its record of what was applied are removed. */
import { z } from "zod";
import { hostOf, placedStack, type StackOptions } from "../lib/command";
import { OperatorError } from "../lib/errors";
import { deployTarget, overSsh } from "../lib/ssh";

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

/** Options of `phiward release`. */
export interface ReleaseOptions extends StackOptions {
  readonly host: string;
  /** The host's name once more. */
  readonly confirm?: string;
}

/** `phiward release`. */
export async function releaseCommand(options: ReleaseOptions): Promise<number> {
  const stack = placedStack(options);
  const host = hostOf(stack, options.host, ["application", "vault"]);
  if (options.confirm !== host.name)
    throw new OperatorError(
      `--confirm: found ${options.confirm === undefined ? "nothing" : "another name"}, allowed: ${host.name}; type the host's name to confirm. The host keeps its configuration but is no longer managed`,
      2,
    );
  const { code, stdout, stderr } = await overSsh(deployTarget(host), RELEASE, "", stack.context.patience);
  if (code !== 0) throw new OperatorError(`${host.name}: ${stderr.trim()}`, 1);
  const { gone } = releaseAnswer.parse(JSON.parse(stdout));
  process.stdout.write(
    [
      gone.length === 0 ? `${host.name}: already released` : `${host.name}: released; removed: ${gone.join(", ")}`,
      "It keeps its accounts, rules, containers, data, secrets, backups and their timers. npx phiward up puts it back under management.",
      `To have Pulumi forget it, take it out of ${stack.context.file} and run pulumi up; protected volumes stop that until pulumi state unprotect.`,
      "",
    ].join("\n"),
  );
  return 0;
}
