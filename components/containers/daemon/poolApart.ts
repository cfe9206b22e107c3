/** The address pool of containers as the running host sees it: neither its networks nor who is connected have an address in it. */
import type { Check, Probe, Step } from "../../plan/types";

// Docker's own: these are what the pool is for.
const BRIDGE = "(docker0|br-)";

interface Meeting {
  readonly what: string;
  readonly probe: Probe;
  readonly advice: string;
}

// What the configuration cannot know: networks that the host got from DHCP or a provider, and from where the deploy itself comes.
function meetings(pool: string): readonly Meeting[] {
  const another = "choose another docker.addressPool";
  return [
    {
      what: "routes",
      probe: { argv: ["ip", "-4", "route", "show", "root", pool], expect: { kind: "lacks", pattern: `^(?!.* dev ${BRIDGE})` } },
      advice: `the host has a network in docker.addressPool, ${pool}: ${another}`,
    },
    {
      what: "wider-routes",
      probe: {
        argv: ["ip", "-4", "route", "show", "match", pool],
        expect: { kind: "lacks", pattern: `^(?!default )(?!.* dev ${BRIDGE})` },
      },
      advice: `docker.addressPool, ${pool}, is in a network of the host: ${another}`,
    },
    {
      what: "administrators",
      probe: {
        argv: ["ss", "--no-header", "--tcp", "--numeric", "state", "established", "sport", "=", ":22", "and", "dst", pool],
        expect: { kind: "equals", text: "" },
      },
      advice: `an SSH connection comes from an address in docker.addressPool, ${pool}, and would be shut out: ${another}`,
    },
  ];
}

/** Steps before anything of Docker's changes: each fails where its question has another answer, and nothing has happened then. */
export function poolApartSteps(pool: string): readonly Step[] {
  return meetings(pool).map(({ what, probe, advice }) => ({
    id: `pool-apart-from-${what}`,
    argv: ["false"],
    phase: "before",
    when: { kind: "state", unless: probe },
    undo: { kind: "none" },
    advice,
  }));
}

/** The same questions to the running host. No step can put right what an administrator has connected. */
export function poolApartChecks(pool: string): readonly Check[] {
  return meetings(pool).map(({ what, probe }) => ({ id: `docker-pool-apart-from-${what}`, control: "NET-10", ...probe, outOfReach: true }));
}
