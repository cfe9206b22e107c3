/** How each secret stands on a day, by what the stack declares and what its hosts hold; pure. */
import { z } from "zod";
import type { StackConfig } from "../../../components/config/schema";
import { after } from "../duties/states";
import type { UnaskedHost } from "../vulnerabilities";
import type { HostHolds } from "./held";
import { type KnownSecret, knownSecrets, type SecretKind } from "./known";

/** What `phiward secrets --json` prints. */
export const secretsReport = z.object({
  stack: z.string(),
  /** Hosts of which nothing is known, and why. */
  unasked: z.array(z.object({ host: z.string(), why: z.string() })),
  secrets: z.array(
    z.object({
      /** Null for what no host has. */
      host: z.string().nullable(),
      name: z.string(),
      kind: z.enum(["password", "key", "brought", "certificate"]),
      /** Services that have it, or concerns of the host. */
      users: z.array(z.string()),
      /** Null for what has none. */
      epoch: z.int().nullable(),
      /** Former epochs that the host still has: the next deploy ends them. */
      former: z.array(z.int()),
      /** Since when the host has the oldest that is still there, in ISO 8601; null where that is not known. */
      madeAt: z.string().nullable(),
      ageDays: z.int().nullable(),
      /** The last day for another one; null where there is none, or it is not known. */
      due: z.string().nullable(),
      overdue: z.boolean(),
      rotation: z.enum(["epoch", "bringing", "renewal", "nothing"]),
      /** Why nobody rotates it; null where somebody does. */
      why: z.string().nullable(),
      /** Where its escrow is among the outputs of the stack; null where it has none. */
      escrow: z.string().nullable(),
    }),
  ),
});
/** What is known of the secrets of a stack. */
export type SecretsReport = z.infer<typeof secretsReport>;
/** What is known of one of them. */
export type SecretStanding = SecretsReport["secrets"][number];

const DAY_SECONDS = 86_400;

/** Every secret of the stack as it stands on `today`, YYYY-MM-DD in UTC. */
export function standings(stack: string, config: StackConfig, answers: readonly (HostHolds | UnaskedHost)[], today: string): SecretsReport {
  const unasked = answers.flatMap((answer) => ("unreachable" in answer ? [{ host: answer.host, why: answer.unreachable }] : []));
  const held = answers.filter((answer) => "held" in answer);
  const secrets = knownSecrets(config).map((secret) =>
    standing(
      secret,
      held.find(({ host }) => host === secret.host),
      config,
      today,
    ),
  );
  return { stack, unasked, secrets };
}

function standing(secret: KnownSecret, host: HostHolds | undefined, config: StackConfig, today: string): SecretStanding {
  const { name, kind, epoch, users, rotation } = secret;
  // A host that keeps one after its escrow was no longer declared calls it a key.
  const own = host?.held.filter((each) => secret.heldAs.includes(each.name) && group(each.kind) === group(kind)) ?? [];
  const at = own.length === 0 ? undefined : Math.min(...own.map((each) => each.at));
  const made = at === undefined ? null : new Date(at * 1000).toISOString();
  const days = rotation.by === "epoch" || rotation.by === "bringing" ? daysOf(kind, config) : undefined;
  const due = made === null || days === undefined ? null : after(made.slice(0, 10), days);
  return {
    ...{ host: secret.host, name, kind, users: [...users], epoch },
    former: own.flatMap((each) => (each.epoch === null || epoch === null || each.epoch >= epoch ? [] : [each.epoch])).sort((a, b) => a - b),
    madeAt: made,
    ageDays: at === undefined || host === undefined ? null : Math.max(0, Math.floor((host.now - at) / DAY_SECONDS)),
    due,
    overdue: due !== null && today > due,
    rotation: rotation.by,
    why: rotation.by === "nothing" ? rotation.why : null,
    escrow: secret.escrowed && secret.host !== null ? `hosts.${secret.host}.escrow.${name}` : null,
  };
}

function group(kind: SecretKind): string {
  return kind === "key" ? "password" : kind;
}

function daysOf(kind: SecretKind, { monitoring: { rotation } }: StackConfig): number | undefined {
  const days = { password: rotation.passwordDays, key: rotation.keyDays, brought: rotation.broughtDays, certificate: undefined };
  return days[kind];
}

/** The line of `phiward status` that names what is overdue; undefined where nothing is. */
export function overdueSecretsLine({ stack, secrets }: SecretsReport): string | undefined {
  const overdue = secrets.filter((secret) => secret.overdue);
  if (overdue.length === 0) return undefined;
  const named = [...Map.groupBy(overdue, ({ host }) => host)].map(
    ([host, own]) => `${host ?? ""}: ${own.map(({ name }) => name).join(", ")}`,
  );
  return `secrets overdue: ${named.join("; ")}; npx phiward secrets --stack ${stack} says since when`;
}
