/** What the hosts' record has of the time of an incident. */

import type { OpenStack } from "../lib/command";
import { OperatorError } from "../lib/errors";
import { hostAddresses, stackOutputs } from "../lib/hosts";
import type { Acts } from "../lib/incidents/review";
import type { Incident } from "../lib/incidents/state";
import { askAll } from "./audit";

// What came just before tells how it began.
const HOUR = 3_600_000;
const LONGEST = 31 * 24 * HOUR;

/** Acts on its host, or on all, from an hour before it began until it was closed; a month at most. Never throws OperatorError. */
export async function reviewActs(open: OpenStack, incident: Incident, person: string | undefined, now: Date): Promise<Acts> {
  if (person === undefined) return { missing: "nobody with sudo asked; give --as NAME" };
  const begin = Math.min(Date.parse(incident.began ?? incident.aware), Date.parse(incident.aware)) - HOUR;
  const end = incident.closed === undefined ? now.getTime() : Date.parse(incident.closed.of);
  const seconds = (of: number): Date => new Date(Math.floor(of / 1000) * 1000);
  const [only, ...others] = incident.hosts;
  try {
    const stack = { ...open, hosts: hostAddresses(open.config, stackOutputs(open.config, open.stack)) };
    const from = seconds(Math.max(begin, end - LONGEST));
    const { acts, more } = await askAll(stack, person, {
      ...{ from, to: seconds(end + 1000) },
      ...(only !== undefined && others.length === 0 ? { host: only } : {}),
    });
    return { acts, more };
  } catch (error) {
    if (error instanceof OperatorError) return { missing: error.message };
    throw error;
  }
}
