import { describe, expect, it } from "vitest";
import { accountsPlan } from "../../../../../components/containers/accounts/plan";
import { ACCOUNTS_PROGRAM } from "../../../../../components/containers/accounts/program";
import { accountsRetireChecks, accountsRetireSteps } from "../../../../../components/containers/accounts/retired";
import { accountsSettings } from "../../../../../components/containers/accounts/settings";
import { stackModel } from "../../../../../components/containers/model";
import { runSync } from "../../../../../ops/lib/process";
import { CONFIG, expectGolden } from "../../golden";

const STATE = accountsSettings(stackModel(CONFIG));

function python(lines: readonly string[]): string {
  const source = `${ACCOUNTS_PROGRAM.replace('if __name__ == "__main__":\n    sys.exit(main())\n', "")}\n${lines.join("\n")}\n`;
  const { stdout, stderr } = runSync(["python3", "-I", "-"], { input: source });
  if (stderr !== "") throw new Error(stderr);
  return stdout.trim();
}

describe("the databases' accounts", () => {
  it("render the files that were last looked at", async () => {
    const plan = accountsPlan(STATE);
    await expectGolden(__dirname, plan);
  });

  it("are added by one step and retired by another, each unless it is done", () => {
    const [add, retire] = [...accountsPlan(STATE).steps, ...accountsRetireSteps(STATE)];
    expect(add?.argv.slice(2)).toEqual(["/usr/local/lib/phiward/accounts.py", "add", "/etc/phiward/accounts.json"]);
    expect(retire?.argv.slice(2)).toEqual(["/usr/local/lib/phiward/accounts.py", "retire", "/etc/phiward/accounts.json"]);
    expect(accountsRetireSteps({ databases: [] })).toEqual([]);
  });

  it("are all retired but those of this epoch", () => {
    expect(accountsRetireChecks(STATE).map(({ id, expect: wanted }) => [id, wanted])).toEqual([
      ["accounts-of-db-of-this-epoch-alone", { kind: "lacks", pattern: "^login (?!(?:notes-api_e2) )" }],
      ["accounts-of-cache-of-this-epoch-alone", { kind: "set", lines: ["default", "health", "phiward", "notes-api_e3"] }],
    ]);
  });

  // RFC 7677 section 3: the server signature of its example follows from the server key.
  it("keep a verifier of a password as RFC 5803 and RFC 7677 have it", () => {
    const answer = python([
      'kept = verifier("pencil", base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="))',
      'server = base64.b64decode(kept.split(":")[2])',
      'message = b"n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"',
      "print(base64.b64encode(hmac.digest(server, message, 'sha256')).decode())",
      'print(is_of(kept, "pencil"), is_of(kept, "pencils"), is_of("md5abc", "pencil"), is_of("", "pencil"))',
    ]);
    expect(answer).toBe("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=\nTrue False False False");
  });

  it("quote what is put into SQL", () => {
    expect(python([`print(name('a"b'), literal("a'b"))`])).toBe(`"a""b" 'a''b'`);
  });
});
