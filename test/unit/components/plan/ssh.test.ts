import { describe, expect, it } from "vitest";
import { pinnedHostKey } from "../../../../components/plan/ssh";
import { runSync } from "../../../../ops/lib/process";
import { ed25519 } from "../examples";

/** What the host's own client, which brings backups to the vault, uses for a key in the file `/key`. */
function optionsOnTheHost(): unknown {
  const print =
    "import json, sys; sys.path.insert(0, 'components/host'); " +
    "from phiward_host.backup.locations import pinned_host_key; print(json.dumps(pinned_host_key('/key')))";
  const { status, stdout, stderr } = runSync(["python3", "-I", "-B", "-c", print]);
  expect([status, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
}

describe("the options that pin a host key", () => {
  it("are the same on a host as here, but for where the one key comes from", () => {
    const { UserKnownHostsFile, KnownHostsCommand, ...alike } = pinnedHostKey(ed25519(1));
    expect([UserKnownHostsFile, KnownHostsCommand]).toEqual(["/dev/null", `/bin/echo * ${ed25519(1)}`]);
    expect(optionsOnTheHost()).toEqual({ ...alike, UserKnownHostsFile: "/key", KnownHostsCommand: "none" });
  });
});
