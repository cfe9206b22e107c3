/** Machines that may log in to a vault, as rules look at them. */

/** The command that is all such a machine can run. */
const GATE = "/usr/bin/python3 -I /usr/local/lib/phiward/phiward.pyz vault gate";
/** What a line of authorized_keys(5) must be, so that its key can run that program and do nothing else. */
export const FORCED_LINE_ALLOWED = `restrict, from or not, command="${GATE}", and one Ed25519 key`;

const LINE =
  /^restrict(?:,from="[0-9a-fA-F.:,/]+")?,command="\/usr\/bin\/python3 -I \/usr\/local\/lib\/phiward\/phiward\.pyz vault gate" (ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43})(?: [a-z0-9-]+)?\n?$/;

/** The key of a machine's line; undefined if the line lets it do anything else. */
export function forcedKey(line: string): string | undefined {
  return LINE.exec(line)?.[1];
}
