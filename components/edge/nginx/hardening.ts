/** How systemd runs nginx: confined as our own programs are, with what a server needs besides. */
import { CONFINEMENT_SETTINGS } from "../../plan/confinement";

// `systemctl show` prints the first three in another form than they are written in; nginx keeps the mask of its package.
const NOT_ASKED_FOR: readonly string[] = ["RestrictAddressFamilies", "SystemCallArchitectures", "SystemCallFilter", "UMask"];

/** Lines of the service's confinement, as a unit has them and `systemctl show` prints them. */
export const SANDBOX: readonly string[] = Object.entries(CONFINEMENT_SETTINGS)
  .filter(([name]) => !NOT_ASKED_FOR.includes(name))
  .map(([name, value]) => `${name}=${value}`)
  .toSpliced(2, 0, "ProtectHome=yes");

const { RestrictAddressFamilies, SystemCallArchitectures, SystemCallFilter } = CONFINEMENT_SETTINGS;

/** Open files of each worker: four for each of its connections, which is a socket, and may be a file for a body that is too large for memory. */
export const OPEN_FILES = 16_384;

/** The drop-in. Its process file is in /run, and Debian's upgrade of the program in place writes a second one there. */
export const DROP_IN_TEXT = `[Unit]
OnFailure=phiward-alert@%n.service

[Service]
Restart=on-failure
RestartSec=1
# A thousand requests a second are logged. Of a flood the rest is dropped, lest it push all else out of the journal.
LogRateLimitIntervalSec=10s
LogRateLimitBurst=10000
LimitNOFILE=${OPEN_FILES}
${SANDBOX.join("\n")}
ReadWritePaths=/run /var/lib/nginx
RestrictAddressFamilies=${RestrictAddressFamilies}
SystemCallArchitectures=${SystemCallArchitectures}
SystemCallFilter=${SystemCallFilter}
CapabilityBoundingSet=CAP_CHOWN CAP_KILL CAP_NET_BIND_SERVICE CAP_SETGID CAP_SETUID
`;
