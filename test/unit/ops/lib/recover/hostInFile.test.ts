import { describe, expect, it } from "vitest";
import { withNewServer, withOpened } from "../../../../../ops/lib/recover/hostInFile";
import { changedLines } from "../../../../../ops/lib/recover/lines";

const FILE = `# Ours.
config:
  phiward:hosts:
    # The one that serves.
    - kind: existing
      name: web
      address: 192.0.2.10 # in the hall
      hostKey: ssh-ed25519 OLD
      role: application
    - { kind: existing, name: api, address: 192.0.2.11, hostKey: ssh-ed25519 API, formerHostKeys: [ssh-ed25519 ONE] }
    - name: lab
      kind: existing
      address: 192.0.2.12
      hostKey: ssh-ed25519 LAB
      formerHostKeys:
        - ssh-ed25519 TWO # of May
  phiward:people: []   # odd
`;
const SERVER = { address: "192.0.2.99", hostKey: "ssh-ed25519 NEW" };

const moved = (host: string): string => withNewServer("Pulumi.t.yaml", FILE, host, SERVER);

describe("a host in a stack's file that another server takes the place of", () => {
  it("has the new address and key, the former key, and closed ports; all else stays letter by letter", () => {
    expect(moved("web")).toBe(
      FILE.replace("192.0.2.10 #", "192.0.2.99 #")
        .replace("hostKey: ssh-ed25519 OLD", "hostKey: ssh-ed25519 NEW")
        .replace(
          "kind: existing\n      name: web",
          "kind: existing\n      formerHostKeys: [ssh-ed25519 OLD]\n      closed: true\n      name: web",
        ),
    );
  });

  it("keeps the former keys that it had, in whatever form", () => {
    expect(moved("api")).toContain(
      "address: 192.0.2.99, hostKey: ssh-ed25519 NEW, formerHostKeys: [ssh-ed25519 API, ssh-ed25519 ONE], closed: true }",
    );
    expect(moved("lab")).toContain("      formerHostKeys:\n        - ssh-ed25519 LAB\n        - ssh-ed25519 TWO # of May\n");
  });

  it("is as it was before but for server and keys, once it is open", () => {
    for (const host of ["web", "api", "lab"]) {
      const opened = withOpened("Pulumi.t.yaml", moved(host), host);
      expect(opened).not.toContain("closed");
      expect(opened.split("\n")).toHaveLength(moved(host).split("\n").length - (host === "api" ? 0 : 1));
    }
  });

  it("is left to a person where its entry is no plain YAML, and nothing is written", () => {
    const merged = FILE.replace("      address: 192.0.2.10 # in the hall\n", "      <<: *place\n").replace(
      "# Ours.",
      "x: &place { address: 192.0.2.10 }",
    );
    expect(() => withNewServer("Pulumi.t.yaml", merged, "web", SERVER)).toThrow(/Pulumi\.t\.yaml: found the host web in another form/);
    expect(() => withNewServer("Pulumi.t.yaml", FILE, "other", SERVER)).toThrow(/the host other in another form/);
  });
});

describe("lines that change", () => {
  it("are shown as they go and as they come, below their number, and no others", () => {
    expect(changedLines(FILE, moved("lab"))).toEqual([
      "line 12",
      "+       closed: true",
      "line 13",
      "-       address: 192.0.2.12",
      "-       hostKey: ssh-ed25519 LAB",
      "+       address: 192.0.2.99",
      "+       hostKey: ssh-ed25519 NEW",
      "line 16",
      "+         - ssh-ed25519 LAB",
    ]);
    expect(changedLines(FILE, FILE)).toEqual([]);
    expect(changedLines("a\nb", "a")).toEqual(["line 2", "- b"]);
  });
});
