import { describe, expect, it } from "vitest";
import { fingerprintOf } from "../../../../../ops/commands/revoke";
import { lockedAndDeclared, type Said, unionOf } from "../../../../../ops/lib/recover/keptOut";
import { ed25519 } from "../../../components/examples";

const NOW = Date.parse("2026-11-30T12:00:00Z");
const AT = NOW / 1000;
const CONFIG = {
  people: [
    { name: "alice", keys: [ed25519(2)], sudo: true },
    { name: "bob", keys: [`${ed25519(5)} bob@laptop`], sudo: false },
  ],
  hosts: [],
} as unknown as Parameters<typeof unionOf>[1];

interface Kept {
  readonly people?: Readonly<Record<string, object>>;
  readonly keys?: Readonly<Record<string, object>>;
  readonly networks?: Readonly<Record<string, object>>;
}

function said(host: string, kept: Kept): Said {
  return { host, kept: { people: {}, keys: {}, networks: {}, ...kept } } as Said;
}

function entry(more: object = {}): object {
  return { since: AT - 3600, who: "alice", why: "laptop stolen", until: 0, keys: [], ...more };
}

const acts = (...all: readonly Said[]) => unionOf(all, CONFIG, NOW).acts.map(({ act }) => act);

describe("what the other hosts of a stack keep out, together", () => {
  it("is each act once, with the first host's reason, and from when", () => {
    const key = ed25519(9);
    const vault = said("store", { people: { bob: entry() }, keys: { [key]: entry({ why: "key copied" }) } });
    const { acts: made, left } = unionOf([vault, said("api", { people: { bob: entry({ why: "another" }) } })], CONFIG, NOW);
    expect(made).toEqual([
      {
        act: { verb: "lock", what: "bob", why: "recovered: kept out at store since 2026-11-30T11:00:00Z by alice: laptop stolen" },
        words: "bob is locked, as at store since 2026-11-30T11:00:00Z",
      },
      {
        act: { verb: "revoke", what: key, why: "recovered: kept out at store since 2026-11-30T11:00:00Z by alice: key copied" },
        words: `${fingerprintOf(key)} is revoked, as at store since 2026-11-30T11:00:00Z`,
      },
    ]);
    expect(left).toEqual([]);
  });

  it("blocks a network for what is left of its time, by the end that is last, and not beyond it", () => {
    const network = (until: number) => ({ networks: { "192.0.2.0/24": entry({ until }) } });
    expect(acts(said("store", network(AT + 60)), said("api", network(AT + 600)))).toMatchObject([
      { verb: "block", what: "192.0.2.0/24", seconds: 600, why: /at api since/ },
    ]);
    expect(acts(said("store", network(AT + 60)), said("api", network(0)))[0]).not.toHaveProperty("seconds");
    expect(acts(said("store", network(0)), said("api", network(0)))[0]?.why).toContain("at store since");
    expect(acts(said("store", network(AT - 1)))).toEqual([]);
  });

  it("refuses keys that a locked person had then and the file has no more; those of the file a lock refuses", () => {
    const [present, former] = [ed25519(5), ed25519(6)];
    expect(acts(said("store", { people: { bob: entry({ keys: [present, former] }) } }))).toMatchObject([
      { verb: "lock", what: "bob" },
      { verb: "revoke", what: former },
    ]);
  });

  it("locks nobody whom the file does not declare, says so, and refuses their keys", () => {
    const { acts: made, left } = unionOf([said("store", { people: { eve: entry({ keys: [ed25519(7)] }) } })], CONFIG, NOW);
    expect(made).toMatchObject([{ act: { verb: "revoke", what: ed25519(7) } }]);
    expect(left).toEqual(["eve, locked at store, has no account here: the stack's file does not declare them"]);
  });

  it("goes no further where a host names what is none of it, and puts no line into a reason", () => {
    const odd = {
      keys: { "ssh-ed25519 x; reboot": entry() },
      networks: { "; reboot": entry(), "198.51.100.0/24": entry({ why: "ü\n-" }) },
    };
    const { acts: made, left } = unionOf([said("api", odd)], CONFIG, NOW);
    expect(made.map(({ act }) => act)).toEqual([
      {
        verb: "block",
        what: "198.51.100.0/24",
        why: "recovered: kept out at api since 2026-11-30T11:00:00Z by alice: ??-",
      },
    ]);
    expect(left).toEqual([
      expect.stringMatching(/^! api: KEY: found no key of the stack/),
      expect.stringMatching(/^! api: ADDRESS: found something else/),
    ]);
    const long = acts(said("api", { people: { bob: entry({ why: "x".repeat(999) }) } }))[0]?.why;
    expect(long).toHaveLength(300);
  });

  it("names before anything is changed whom the file still declares", () => {
    const all = [said("store", { people: { eve: entry(), bob: entry() } }), { host: "api", silent: "no answer" }];
    expect(lockedAndDeclared(all, CONFIG)).toEqual(["bob"]);
  });
});
