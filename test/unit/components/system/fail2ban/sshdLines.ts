/** What OpenSSH 9.2 (Debian 12) to 10.0 (Debian 13) logs with words of the client's in it. */

/** Where a client is, and the words that it chose: each line takes the next of them where it has several. */
export interface Client {
  readonly address: string;
  readonly words: readonly [string, ...string[]];
}

type Message = (address: string, word: (limit?: number) => string) => string;

// With the format's own limits: %.200s and so on. `word` is a name, a service, an algorithm, a version or a reason.
const from = (address: string): string => `${address} port 44588`;
const preauth =
  (message: Message): Message =>
  (address, word) =>
    `${message(address, word)} [preauth]`;
const reason = (text: string): string => text.slice(0, 100);
// packet.c: sshpkt_fmt_connection_id, before and after a first request to authenticate.
const WHO: readonly Message[] = [
  from,
  (address, word) => `${`invalid user ${word()}`.slice(0, 200)} ${from(address)}`,
  (address, word) => `${`authenticating user ${word()}`.slice(0, 200)} ${from(address)}`,
];

const OF_CONNECTIONS: readonly Message[] = WHO.flatMap((who): readonly Message[] => [
  (address, word) => `Connection closed by ${who(address, word)}`,
  (address, word) => `Connection reset by ${who(address, word)}`,
  (address, word) => `Disconnected from ${who(address, word)}`,
  (address, word) => `Connection from ${who(address, word)} timed out`,
  (address, word) => `ssh_dispatch_run_fatal: Connection from ${who(address, word)}: message authentication code incorrect`,
  (address, word) => `Unable to negotiate with ${who(address, word)}: no matching key exchange method found. Their offer: ${word()}`,
  (address, word) => `Disconnecting ${who(address, word)}: Too many authentication failures`,
  (address, word) => `Disconnecting ${who(address, word)}: ${reason(`bad service request ${word()}`)}`,
  (address, word) =>
    `Disconnecting ${who(address, word)}: ${reason(`Change of username or service not allowed: (${word()},${word()}) -> (${word()},${word()})`)}`,
]).map(preauth);

const OF_LOGINS: readonly Message[] = [
  (address, word) => `Invalid user ${word(100)} from ${from(address)}`,
  (address, word) => `User ${word(100)} from ${address} not allowed because not listed in AllowUsers`,
  (address, word) => `Failed ${word()} for invalid user ${word(100)} from ${from(address)} ssh2: ED25519 SHA256:${word()}`,
  (address, word) => `Accepted publickey for ${word(100)} from ${from(address)} ssh2: ED25519-CERT SHA256:x ID ${word()} (serial 0)`,
  (address, word) => `pam_unix(sshd:auth): authentication failure; logname= ruser= rhost=${address}  user=${word()}`,
  (address, word) => `error: PAM: Authentication failure for illegal user ${word(100)} from ${address}`,
  (_, word) => `subsystem request for ${word(100)} by user bob failed, subsystem not found`,
  (address, word) => `Starting session: subsystem '${word()}' for bob from ${from(address)} id 0`,
  preauth((address, word) => `Postponed keyboard-interactive for invalid user ${word(100)} from ${from(address)} ssh2`),
  preauth((address, word) => `error: maximum authentication attempts exceeded for invalid user ${word(100)} from ${from(address)} ssh2`),
  preauth((address, word) => `error: maximum authentication attempts exceeded for ${word(100)} from ${from(address)} ssh2`),
  preauth((_, word) => `input_userauth_request: invalid user ${word(100)}`),
  preauth((_, word) => `userauth_pubkey: signature algorithm ${word()} not in PubkeyAcceptedAlgorithms`),
  preauth((_, word) => `userauth_pubkey: unsupported public key algorithm: ${word()}`),
];

const OF_THE_WIRE: readonly Message[] = [
  (_, word) => `error: kex_exchange_identification: client sent invalid protocol identifier "${word(256)}"`,
  (_, word) => `error: Bad remote protocol version identification: '${word(100)}'`,
  (address, word) => `probed from ${from(address)} with ${word()}.  Don't panic.`,
  (address, word) => `scanned from ${from(address)} with ${word()}.  Don't panic.`,
  (address) => `banner exchange: Connection from ${from(address)}: invalid format`,
  (address) => `Timeout before authentication for connection from ${address} to 192.0.2.10, pid = 713`,
  (address) => `fatal: Timeout before authentication for ${from(address)}`,
  preauth((address, word) => `Received disconnect from ${from(address)}:11: ${word(400)}`),
  preauth((address, word) => `error: Received disconnect from ${from(address)}:14: ${word(400)}`),
];

const MESSAGES: readonly Message[] = [...OF_CONNECTIONS, ...OF_LOGINS, ...OF_THE_WIRE];

// log.c: strnvis(3) in the child, and again in the monitor, which adds [preauth]; then %.500s.
const LOGGED = 500;

/** Every message for one client, as it gets into the journal. */
export function sshdLines({ address, words }: Client): readonly string[] {
  return MESSAGES.map((message) => {
    let next = 0;
    const text = message(address, (limit = 1000) => (words[next++] ?? words[0]).slice(0, limit));
    return (text.endsWith(" [preauth]") ? escaped(escaped(text)) : escaped(text)).slice(0, LOGGED);
  });
}

function escaped(text: string): string {
  return text.replace(/[\\\x00-\x1f\x7f-\xff]/g, (character) =>
    character === "\\" ? "\\\\" : character === "\n" ? "\\n" : `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`,
  );
}
