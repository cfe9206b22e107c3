/** A person's SSH key is used by whoever stole it, from a network that the person never came from. */
import { fingerprintOf } from "../../ops/commands/revoke";
import { deployTarget, sshArgv } from "../../ops/lib/ssh";
import { execFromOutsider } from "../machines/exec";
import { type DrillBench, PATIENCE_SECONDS, until } from "./bench";
import { Drill } from "./drill";
import type { DrillResult } from "./figures";
import { asPerson, keyFileOf, openSession, publicKey } from "./people";

const KNOWN_DAYS = 21;
// What is usual for a person is known after two weeks (detectors/seen.py), and a sandbox is minutes old: bob came from elsewhere until now.
const HISTORY = `import json,os,sys,time
path = "/var/lib/private/phiward-detectors/learned.json"
known = json.load(open(path)) if os.path.exists(path) else {}
host = known.setdefault(sys.argv[1], {"networks": {"used": {}, "first": {}}, "hours": {"used": {}, "first": {}}, "users": {}, "actions": {}})
then = int(time.time()) - ${String(KNOWN_DAYS * 86_400)}
host["networks"]["used"]["bob"] = {"198.51.100.0/24": then}
host["networks"]["first"]["bob"] = then
json.dump(known, open(path, "w"))`;
// As whoever came in does first: who am I, may I become root, and a way to come back.
const PLANTED = "/root/.ssh/authorized_keys";
const PLANT = `mkdir -m 0700 -p /root/.ssh; echo ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPzQ3Ksjb5PxAOA0y0DMVYBqLl7W+eFjjhInO9zisQkH > ${PLANTED}`;
const FIRST = `id; sudo -n sh -c '${PLANT}' && echo inside; exec sleep 3600`;

export async function stolenKey(bench: DrillBench): Promise<DrillResult> {
  const drill = new Drill("stolen-key", bench);
  const { sandbox, web } = bench;
  const history = `systemctl stop phiward-detectors && python3 -c '${HISTORY}' web && systemctl start phiward-detectors`;
  await bench.must(bench.vault, "sh", "-ec", history);
  const key = publicKey(sandbox, "bob");

  const at = await drill.attack();
  const thief = openSession(sandbox, web, "bob", FIRST, { outsider: 0 });
  await until("the session of the thief", PATIENCE_SECONDS, () => Promise.resolve(thief.shown().includes("inside") ? true : undefined));
  await drill.detected("SESSION_FROM_NEW_NETWORK");
  const words = ["--as", "alice", "--why", "drill: a stolen key", "--yes"] as const;
  await drill.part("isolated", () => bench.phiward("revoke", fingerprintOf(key), ...words));
  await until("the end of the thief's session", PATIENCE_SECONDS, () => Promise.resolve(thief.code()));
  drill.proves("the session that was open has ended");
  const again = sshArgv({ ...deployTarget(web), user: "bob" }, { identity: keyFileOf(sandbox, "bob") });
  const outside = await execFromOutsider(sandbox, 0, [...again, "true"]);
  const inside = await Promise.all([asPerson(sandbox, web, "bob", "true"), asPerson(sandbox, web, "bob", "true", "deploy")]);
  const vault = await asPerson(sandbox, bench.vault, "bob", "true");
  const codes = [outside, ...inside, vault].map(({ code }) => code);
  drill.prove(
    "the key opens nothing: as bob or for deploys, from there or from here, at the vault either",
    codes.every((code) => code === 255),
    codes.join(" "),
  );

  let record = "";
  let found = "";
  await drill.part("evidence", async () => {
    const from = `${at.toISOString().slice(0, 19)}Z`;
    record = await bench.phiward("audit", "--as", "alice", "--who", "bob", "--host", "web", "--from", from);
    found = (await bench.asked("investigate", "web", "--as", "alice", "--since", from)).stdout;
  });
  const outsider = sandbox.outsiders[0]?.address ?? "";
  drill.prove(
    `the record says from where bob's key came, ${outsider}, and what it did as root`,
    record.includes(outsider) && record.includes("sudo as root"),
    record,
  );
  drill.prove("the look at the host names the key that was left there", found.includes(`authorized keys: ${PLANTED}`), found);
  const removed = await bench.asAlice(web, `sudo -n rm ${PLANTED}`);
  drill.prove("what was left is gone", removed.code === 0, removed.stderr);
  drill.without("recovered", "the host served all along, and what was left there is named and gone");
  return drill.result;
}
