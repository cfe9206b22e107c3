/**
 * Bans that the web server acts on: a file for each address, which nginx looks for at each request, so that no ban makes it read its
 * settings again. The firewall cannot tell a login from other requests.
 */
import { BANNED_CLIENTS } from "../../config/names";

/** Name of the action. */
export const WEB_ACTION = "phiward-clients";

/** Its file. */
export const WEB_ACTION_FILE = `/etc/fail2ban/action.d/${WEB_ACTION}.conf` as const;

// `<ip>` is an address as fail2ban writes it, never text of a client's; `<name>` is the jail's.
const DIRECTORY = `${BANNED_CLIENTS}/<name>`;

/** Its text. */
export const WEB_ACTION_TEXT = `[Definition]
actionstart = /usr/bin/install -d -m 0755 ${BANNED_CLIENTS} ${DIRECTORY}
actionstop = /usr/bin/rm -rf ${DIRECTORY}
actionflush = /usr/bin/find ${DIRECTORY} -mindepth 1 -delete
actioncheck = /usr/bin/test -d ${DIRECTORY}
actionban = /usr/bin/touch ${DIRECTORY}/<ip>
actionunban = /usr/bin/rm -f ${DIRECTORY}/<ip>
`;
