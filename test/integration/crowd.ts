/** Ordinary use by a clinic, with Debian's Chromium, on the host of edge.test.ts. */
import { expect, it, type TestContext } from "vitest";
import { certificatePath } from "../../components/edge/certificates/settings";
import { ensurePrograms } from "../../sandbox/machines/packages";
import { openTogether } from "../applications/people";
import type { Bench } from "./bench";
import { pause, waitFor } from "./waiting";

// Thirty take a minute of two cores: 9,156 requests in 62 s, at most 812 in a second, and none refused but the logins of the guesser.
const PEOPLE = 6;
const ROUNDS = 2;
const FILES = 150;
// Outsiders of the bench that no other test of the file uses.
const CLINIC = 5;
const SCANNER = 6;

/** What is needed of edge.test.ts. */
interface Edge {
  readonly edge: (context: TestContext) => Promise<Bench>;
  /** The answers to GET of a path, asked so many times. */
  readonly ask: (bench: Bench, outsider: number, path: string) => Promise<string>;
  /** How an attempt to log in with this password was answered. */
  readonly login: (bench: Bench, outsider: number, password: string) => Promise<string>;
}

/** The lines that nginx wrote about an address since then: the second and the status of each request. */
async function requestsOf(bench: Bench, address: string, since: string): Promise<readonly { second: string; status: string }[]> {
  const journal = await bench.inside(
    ...["journalctl", "--unit=nginx", `--since=@${since}`, "--output=short-unix", "--no-pager", `--grep=client=${address} `],
  );
  return journal.split("\n").flatMap((line) => {
    const [, second = "", status = ""] = /^(\d+)\.\d+ .* status=(\d+) /.exec(line) ?? [];
    return second === "" ? [] : [{ second, status: `${status}${/ login=yes$/.test(line) ? " login" : ""}` }];
  });
}

function counts(values: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(Object.groupBy(values, (value) => value)).map(([value, all = []]) => [value, all.length]));
}

/** The test. */
export function crowd({ edge, ask, login }: Edge): void {
  const status = (answer: string): string => answer.slice(9, 12);

  it("never limits or bans six people behind one address whose browsers open a page of 150 files twice, while a guesser among them and a scanner beside them are banned", async (context) => {
    await ensurePrograms("tests", () => undefined);
    const bench = await edge(context);
    const [name = ""] = bench.config.sites.map((site) => site.name);
    const clinic = bench.sandbox.outsiders[CLINIC];
    const scanner = bench.sandbox.outsiders[SCANNER]?.address ?? "";
    if (clinic === undefined) throw new Error("no outsider");
    const place = { netns: clinic.netns, address: bench.host.address, sites: { [name]: await bench.inside("cat", certificatePath(name)) } };
    const since = (await bench.inside("date", "+%s")).trim();
    const isIn = async (jail: string, address: string): Promise<boolean> =>
      (await bench.inside("fail2ban-client", "status", jail)).includes(address);
    const guess = async (): Promise<void> => {
      for (let tries = 0; tries < 20; tries += 1) await login(bench, CLINIC, "wrong");
    };
    const scan = async (): Promise<void> => {
      for (let tries = 0; tries < 20; tries += 1) await ask(bench, SCANNER, "/wp-login.php").catch(() => "refused");
    };
    const start = performance.now();
    const [opened] = await Promise.all([openTogether(place, `https://${name}/page/`, PEOPLE, ROUNDS), guess(), scan()]);
    const seconds = (performance.now() - start) / 1000;

    const seen = opened.map(({ came, cut }) => ({ came, cut }));
    expect(seen).toEqual(Array.from({ length: PEOPLE * ROUNDS }, () => ({ came: FILES, cut: 0 })));
    await waitFor("the guesser", () => isIn("nginx-login", clinic.address));
    await waitFor("the scanner", () => isIn("nginx-scanner", scanner));
    await pause("fail2ban reads the rest", 3);
    const banned = await bench.inside("fail2ban-client", "banned");
    expect(banned.split("{").filter((jail) => jail.includes(`'${clinic.address}'`) && !/'nginx-(login|guesser)'/.test(jail))).toEqual([]);
    expect(status(await ask(bench, CLINIC, "/page/"))).toBe("200");
    expect(status(await ask(bench, SCANNER, "/page/").catch(() => "refused"))).not.toBe("200");

    const requests = await requestsOf(bench, clinic.address, since);
    const statuses = counts(requests.map((request) => request.status));
    const peak = Math.max(...Object.values(counts(requests.map(({ second }) => second))));
    console.log(
      `${String(requests.length)} requests of Chromium and the guesser in ${seconds.toFixed(1)} s, at most ${String(peak)} in a second, ${String(Math.max(...opened.map(({ tries }) => tries)))} tries: ${JSON.stringify(statuses)}`,
    );
    // Of passwords alone: the guesser's.
    expect(Object.keys(statuses).filter((key) => /^(403|429|5..)/.test(key) && key !== "429 login")).toEqual([]);
    // Each file came, as the browsers said above; of thousands of lines at once the journal may miss some.
    expect(statuses["200"]).toBeGreaterThan(PEOPLE * FILES);
  });
}
