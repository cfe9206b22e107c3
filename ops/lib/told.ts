/** What programs of a host tell of it, asked over one connection: whom fail2ban refuses, and which alerts wait to be sent. */
import { z } from "zod";
import { programCommand } from "../../components/plan/programs";
import { type Bans, heldBans } from "./bans";
import { overSsh, type Patience, type SshTarget } from "./ssh";
import { hostJson } from "./terminal";

// Seconds for each program.
const SECONDS = "20";
const COMMAND = `sudo -n ${programCommand("questions", SECONDS).join(" ")}`;
const QUESTIONS = {
  questions: [
    ["bans", "held"],
    ["alerts", "waiting"],
  ],
};

const waitingAlerts = z.object({
  count: z.int(),
  /** The newest ones: at most five. */
  newest: z.array(z.object({ unit: z.string().default("?"), time: z.string().default("?") })).max(5),
});
/** Alerts of a host's own jobs that could not be sent. */
export type Waiting = z.infer<typeof waitingAlerts>;

/** What a host tells; null of each that it does not. */
export interface Told {
  readonly bans: Bans;
  readonly waiting: Waiting | null;
}

const answers = z.array(z.object({ code: z.int(), stdout: z.string() }).nullable()).length(QUESTIONS.questions.length);

/** Asks a host, as a person with sudo. */
export async function toldBy(target: SshTarget, patience: Patience): Promise<Told> {
  const { code, stdout } = await overSsh(target, COMMAND, JSON.stringify(QUESTIONS), patience);
  return toldIn(code === 0 ? stdout : "");
}

/** What is in the answer of a host. */
export function toldIn(text: string): Told {
  const [bans, waiting] = read(() => answers.parse(JSON.parse(text))) ?? [null, null];
  const of = <T>(answer: typeof bans, form: z.ZodType<T>): T | null =>
    answer?.code === 0 ? (read(() => hostJson(answer.stdout, form)) ?? null) : null;
  return { bans: of(bans, heldBans), waiting: of(waiting, waitingAlerts) };
}

function read<T>(how: () => T): T | undefined {
  try {
    return how();
  } catch {
    return undefined;
  }
}
