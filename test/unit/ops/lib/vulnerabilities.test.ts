import { describe, expect, it } from "vitest";
import { OperatorError } from "../../../../ops/lib/errors";
import type { HostAddress } from "../../../../ops/lib/hosts";
import { askEach, countedWaiting, type HostScans, isNoneWaiting } from "../../../../ops/lib/vulnerabilities";
import { vulnerabilitiesText } from "../../../../ops/lib/vulnerabilitiesText";

const DAY = 86_400;
const NOW = 100 * DAY;
const WAITING = { package: "libssl3t64", installed: "3.5.1-1", fixed: "3.5.1-1+deb13u1", severity: "high", since: NOW } as const;

const SCANS: HostScans = {
  ...{ host: "web", now: NOW },
  look: {
    ...{ at: NOW - 60, archive: NOW - DAY, tracker: NOW - 3 * DAY },
    places: [
      {
        ...{ where: "host", containers: [], system: "Debian GNU/Linux 13 (trixie)", untold: "" },
        ...{ unfixed: { high: 0, medium: 2, low: 5, unknown: 0 }, waiting: [] },
      },
      {
        ...{
          where: "registry.example/api:1",
          containers: ["api", "worker"],
          system: "Debian GNU/Linux 13 (trixie)",
          untold: "",
          unfixed: null,
        },
        waiting: [{ ...WAITING, cves: ["CVE-2026-1003", "CVE-2026-1002", "CVE-2026-1001", "CVE-2026-1000"] }],
      },
      {
        where: "small",
        containers: ["proxy"],
        system: "Alpine",
        untold: "nothing is known of it: it is not based on Debian",
        unfixed: null,
        waiting: [],
      },
    ],
  },
  lynis: {
    at: NOW - 2 * DAY,
    version: "3.1.4",
    index: 81,
    dropped: 3,
    warnings: ["PKGS-7392: Found vulnerable packages."],
    suggestions: ["a"],
  },
};

describe("known vulnerabilities of hosts", () => {
  it("are listed by where they are, with the age of the data and the command for each", () => {
    expect(vulnerabilitiesText("prod", [SCANS])).toBe(
      [
        "web: looked at today; the archive's data are of a day ago; the tracker's data are of 3 days ago",
        "  the host itself, Debian GNU/Linux 13 (trixie): no update waits; not mended by Debian yet: 2 medium, 5 low",
        "  the image registry.example/api:1 of api, worker: 1 update waits",
        "    package     installed  mended in        severity  CVE",
        "    libssl3t64  3.5.1-1    3.5.1-1+deb13u1  high      CVE-2026-1003 CVE-2026-1002 CVE-2026-1001 and 1 more",
        "    newest digest:  docker buildx imagetools inspect registry.example/api:1",
        "    take it:        set it as the image of api, worker in the stack's file; npx phiward up --stack prod",
        "    where the newest one has them too, build it again from its base, or ask whoever builds it",
        "  the image small of proxy: nothing is known of it: it is not based on Debian",
        "  lynis 3.1.4: index 81 of 100, 3 below the time before; 1 warning, 1 suggestion; 2 days ago",
        "    PKGS-7392: Found vulnerable packages.",
      ].join("\n"),
    );
  });

  it("say what was not looked at yet, and that no severity is known without the tracker", () => {
    const none = vulnerabilitiesText("prod", [{ host: "web", now: NOW, look: null, lynis: null }]);
    expect(none).toContain("no look was held yet");
    expect(none).toContain("not judged yet");
    const untracked = { ...SCANS, look: { at: NOW, archive: null, tracker: null, places: [] } };
    expect(vulnerabilitiesText("prod", [untracked])).toContain("severity not known");
  });

  it("are listed of each host that answers, and one that does not is named and is not a pass", async () => {
    const quiet: HostScans = { host: "web", now: NOW, look: { at: NOW, archive: NOW, tracker: NOW, places: [] }, lynis: null };
    const hosts = ["store", "web"].map((name): HostAddress => ({ name, address: "192.0.2.7", hostKey: "ssh-ed25519 AAAA" }));
    const asked = await askEach(hosts, ({ name }) =>
      name === "web" ? Promise.resolve(quiet) : Promise.reject(new OperatorError("store: no route to host\u001b[2J", 2)),
    );
    const text = vulnerabilitiesText("prod", asked);
    expect(text).toMatch(/^store: ! could not be asked, nothing is known of it: store: no route to host[^\u001b]*\n\nweb: looked at today/);
    expect([isNoneWaiting(asked), isNoneWaiting([quiet]), isNoneWaiting([SCANS])]).toEqual([false, true, false]);
    const fault = () => Promise.reject(new TypeError("a fault of the program"));
    await expect(askEach(hosts, fault)).rejects.toThrow(TypeError);
  });

  it("are counted by severity", () => {
    expect(countedWaiting(SCANS)).toBe("1 high");
    expect(countedWaiting({ ...SCANS, look: null })).toBe("none");
  });
});
