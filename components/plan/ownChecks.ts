/** Checks that follow from a plan, whatever its concern: what it uses of the host is there, and is what it seems. */
import { anyOf } from "./patterns";
import type { Check, ConcernPlan, Step } from "./types";

/** The checks of the plan of the unit `unit`. */
export function ownChecks(unit: string, { packages, steps, files }: Pick<ConcernPlan, "packages" | "steps" | "files">): readonly Check[] {
  const paths = files.map(({ path }) => path);
  return [...packageChecks(unit, packages), ...unitChecks(unit, [...new Set(steps.flatMap(usedUnits))], paths)];
}

function packageChecks(unit: string, packages: readonly string[]): readonly Check[] {
  if (packages.length === 0) return [];
  return [
    {
      id: `${unit}-packages-installed`,
      control: "MON-06",
      // One that is only unpacked is not `installed`.
      argv: ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\\n", ...packages],
      expect: { kind: "lines", lines: packages.map((name) => `${name} installed`) },
    },
  ];
}

const VERBS = ["enable", "start", "restart", "reload", "reload-or-restart", "try-restart"];

/** The systemd units that a step starts, or has read their settings. */
function usedUnits({ argv: [program, verb = "", ...units] }: Step): readonly string[] {
  return program === "systemctl" && VERBS.includes(verb) ? units.filter((name) => !name.startsWith("-") && !name.includes("*")) : [];
}

// A mask is a file in the place of the package's, too.
function unitChecks(unit: string, units: readonly string[], declared: readonly string[]): readonly Check[] {
  if (units.length === 0) return [];
  const ours = anyOf(declared.filter((path) => path.includes("/systemd/system/")));
  const argv = ["systemctl", "show", "--property=FragmentPath,DropInPaths", ...units] as const;
  return [
    {
      id: `${unit}-units-not-replaced`,
      control: "MON-04",
      argv,
      expect: { kind: "lacks", pattern: `^FragmentPath=(?!${ours}$)/(?:etc|run|usr/local/lib)/systemd/system/` },
    },
    {
      id: `${unit}-units-without-other-drop-ins`,
      control: "MON-06",
      argv,
      expect: { kind: "lacks", pattern: `^DropInPaths=(?:.* )?(?!(?:/usr/lib/\\S*|${ours})(?: |$))\\S` },
      // It may be what an operator needs, such as a proxy, and phiward has no setting for.
      onlyWarns: true,
    },
  ];
}
