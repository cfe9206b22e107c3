/** Verbs by which an incident is contained: each asks for a word, is on record, and has a twin that undoes it. */
import { type Command, Option } from "commander";
import type { BlockOptions } from "../commands/block";
import type { IsolateOptions } from "../commands/isolate";
import type { RevokeOptions } from "../commands/revoke";
import type { EverywhereOptions } from "../lib/containment/everywhere";
import { as, host, json, type Runs, verb } from "./verb";

export function addContainmentVerbs(program: Command, runs: Runs): void {
  const byVault = (): Option => new Option("--by-vault", "by a signed order at the vault, where the host's SSH does not answer");
  asked(
    verb(
      program,
      "isolate",
      "cut a host off from all but administrators and its vault, and freeze its containers; it lasts over a restart",
      'isolate web --stack prod --why "unknown process listens"',
    ),
  )
    .addOption(byVault())
    .action(runs(async (name: string, options: IsolateOptions) => (await import("../commands/isolate.js")).isolateCommand(name, options)));
  asked(
    verb(
      program,
      "unisolate",
      "bring a host back as it was before it was isolated, and verify it",
      'unisolate web --stack prod --why "false alarm"',
    ),
  )
    .addOption(byVault())
    .option("--no-verify", "do not verify it at once")
    .action(
      runs(async (name: string, options: IsolateOptions) => (await import("../commands/unisolate.js")).unisolateCommand(name, options)),
    );
  everywhere(
    verb(
      program,
      "block",
      "drop what comes from a network or goes to it, before every other rule",
      "block 192.0.2.7 --for 2h --stack prod",
    ),
  )
    .argument("<address>", "an address or a network")
    .option("--for <time>", "for how long: 30m, 2h or 1d, a week at most (default: until unblock)")
    .action(runs(async (text: string, options: BlockOptions) => (await import("../commands/block.js")).blockCommand(text, options)));
  everywhere(verb(program, "unblock", "end the block of a network", "unblock 192.0.2.7 --stack prod"))
    .argument("<address>", "the address or network, as it was blocked")
    .action(runs(async (text: string, options: EverywhereOptions) => (await import("../commands/block.js")).unblockCommand(text, options)));
  everywhere(
    verb(
      program,
      "lock",
      "refuse a person's keys and sudo, and end all that they have open, in databases too; it lasts until unlock",
      'lock bob --stack prod --why "laptop stolen"',
    ),
  )
    .argument("<person>", "person of the stack")
    .action(runs(async (name: string, options: EverywhereOptions) => (await import("../commands/lock.js")).lockCommand(name, options)));
  everywhere(verb(program, "unlock", "admit a person again whom the stack's file declares", "unlock bob --stack prod"))
    .argument("<person>", "person who is locked")
    .action(runs(async (name: string, options: EverywhereOptions) => (await import("../commands/lock.js")).unlockCommand(name, options)));
  everywhere(
    verb(program, "revoke", "refuse a public key on every host, whoever has it; --undo takes it back", "revoke SHA256:… --stack prod"),
  )
    .argument("<key>", "fingerprint of a key in the stack's file, or a public key as a line")
    .option("--undo", "accept it again where it is declared")
    .action(runs(async (text: string, options: RevokeOptions) => (await import("../commands/revoke.js")).revokeCommand(text, options)));
  everywhere(
    verb(program, "kill-sessions", "end the sessions of a person, or of everybody, but your own", "kill-sessions bob --stack prod"),
  )
    .argument("[person]", "person of the stack; everybody without it")
    .action(
      runs(async (name: string | undefined, options: EverywhereOptions) =>
        (await import("../commands/killSessions.js")).killSessionsCommand(name, options),
      ),
    );
}

function everywhere(command: Command): Command {
  return command
    .addOption(host())
    .addOption(as())
    .option("--why <reason>", "the reason, for the record")
    .option("--yes", "go ahead without asking")
    .addOption(json());
}

function asked(command: Command): Command {
  return command
    .argument("<host>", "host of the stack")
    .addOption(as())
    .option("--why <reason>", "the reason, for the record")
    .option("--yes", "go ahead without asking")
    .addOption(json());
}
