import { CHALLENGE_PATH, WEBROOT } from "../certificates/acme";

/**
 * The one path that is answered over plain HTTP, from a directory in which certbot alone writes: an authority asks there for a word
 * that it gave (RFC 8555 section 8.3). A route of its own in the log: what is not there is no offence of whoever asks.
 */
export function challengeLines(): readonly string[] {
  return [
    `    location ^~ ${CHALLENGE_PATH} {`,
    `        set $route ${CHALLENGE_PATH};`,
    `        root ${WEBROOT};`,
    "        default_type text/plain;",
    "        disable_symlinks on;",
    "    }",
  ];
}
