/**
 * What counts as a failed login over SSH: one line for each connection, in the words of OpenSSH 9.2 to 10.0. A connection that ends
 * before it names an account is none: so anyone asks for the host's key and algorithms (ssh-keyscan, a monitor, `phiward verify`).
 * OpenSSH's own penalties and the firewall's limit slow those down.
 */

/** Name of the filter, and of its file. */
export const SSH_FILTER = "phiward-sshd";

const LINE = "^\\S+ sshd(?:-session|-auth)?(?:\\[\\d+\\])?: ";
// sshd hands 500 characters of a line to syslog(3) (log.c): one of as many may end within the client's text, in words that it chose.
const WHOLE = "(?=.{1,499}$)";

// fail2ban's own filter counts an unknown name twice, when it is seen and when the connection ends, and a known one once: whoever
// tries could tell them apart by when the ban comes. So the end of a connection alone counts, whatever the name. Names, services and
// algorithms are text of the client's choice, which may be a line of sshd's with another's address. So all that is between the
// address and one end of the line is sshd's own: before it here, behind it in `BEFORE_FIXED`. A line with text of the client's on both
// sides counts for nobody: `Disconnecting … Change of username or service not allowed: …`.
const AFTER_FIXED: readonly string[] = [
  "Unable to negotiate with <ADDR> port \\d+: ",
  "banner exchange: Connection from <ADDR> port \\d+: ",
  "(?:fatal: )?Timeout before authentication for (?:connection from )?<ADDR>[ ,]",
];
const BEFORE_FIXED: readonly string[] = [
  "(?:Connection (?:closed|reset) by|Disconnected from) (?:authenticating|invalid) user .* <ADDR> port \\d+ \\[preauth\\]$",
  "error: maximum authentication attempts exceeded for .* from <ADDR> port \\d+ ssh2 \\[preauth\\]$",
];

/** Text of the filter's file. */
export function sshFilterText(): string {
  const lines = [...AFTER_FIXED.map((rest) => `${LINE}${rest}`), ...BEFORE_FIXED.map((rest) => `${LINE}${WHOLE}${rest}`)];
  return `[Definition]\nfailregex = ${lines.join("\n            ")}\nignoreregex =\n`;
}
