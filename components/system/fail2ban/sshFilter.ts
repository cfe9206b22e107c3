/** What counts as a failed login over SSH: one line for each connection, in the words of OpenSSH 10. */

/** Name of the filter, and of its file. */
export const SSH_FILTER = "phiward-sshd";

// fail2ban's own filter counts an unknown name twice, when it is seen and when the connection ends, and a known one once: whoever
// tries could tell them apart by when the ban comes. So the end of a connection alone counts, whatever the name. Names are text of
// the client's choice, and so may be why it ended: sshd cuts a name after 200 characters and a reason after 100, so that either may
// end as a line does. The address is read between the two, and a reason counts that has nothing of the client's in it.
const ENDS: readonly string[] = [
  "(?:Connection (?:closed|reset) by|Disconnected from) (?:authenticating|invalid) user .* <ADDR> port \\d+ \\[preauth\\]",
  "Disconnecting (?:authenticating|invalid) user (?:(?! port \\d+: ).)* <ADDR> port \\d+: Too many authentication failures \\[preauth\\]",
  "(?:Connection (?:closed|reset) by|Disconnected from) <ADDR> port \\d+ \\[preauth\\]",
  "Unable to negotiate with <ADDR> port \\d+: .*",
  "banner exchange: Connection from <ADDR> port \\d+: .*",
  "(?:fatal: )?Timeout before authentication for (?:connection from )?<ADDR>[ ,].*",
];

/** Text of the filter's file. */
export function sshFilterText(): string {
  const lines = ENDS.map((end) => `^\\S+ sshd(?:-session|-auth)?(?:\\[\\d+\\])?: ${end}$`);
  return `[Definition]\nfailregex = ${lines.join("\n            ")}\nignoreregex =\n`;
}
