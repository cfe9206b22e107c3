/** The host that serves is gone, with its disk: it is noticed, and a fresh one takes its place. */
import { powerOffHard } from "../machines/power";
import type { DrillBench } from "./bench";
import { Drill, note, noteText, serves } from "./drill";
import type { DrillResult } from "./figures";

const SILENT_SECONDS = 180;

export async function lostHost(bench: DrillBench): Promise<DrillResult> {
  const drill = new Drill("lost-host", bench);
  const kept = await note(bench, "written before the host was lost");
  await bench.phiward("backup", "--host", "web");
  await drill.attack();
  await powerOffHard(bench.web);
  await drill.detected("HOST_SILENT", "two minutes of silence are a fault, less is a restart", SILENT_SECONDS);
  drill.without("isolated", "nothing of it runs");
  drill.without("evidence", "its records are at the vault");
  await drill.part("recovered", () => bench.recover(undefined, "drill: a lost host"));
  drill.prove("the clean host serves", await serves(bench));
  drill.prove("what was backed up is there", (await noteText(bench, kept)) === "written before the host was lost");
  return drill.result;
}
