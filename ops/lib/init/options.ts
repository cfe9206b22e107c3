/** The options of `phiward init`: each answers a question, which is asked at a terminal where the option is not given. */

interface OptionFacts {
  readonly value: string;
  readonly words: string;
}

/** The options by their names, in the order of their questions. */
export const INIT_OPTIONS: readonly (readonly [string, OptionFacts])[] = [
  ["kind", { value: "kind", words: "existing (a Debian 13 server that you have) or droplet (DigitalOcean makes one)" }],
  ["host", { value: "name", words: "the server's name in the stack (default: web)" }],
  ["address", { value: "address", words: "an existing server: where its SSH answers" }],
  ["region", { value: "region", words: "a droplet: region of DigitalOcean (default: fra1)" }],
  ["size", { value: "size", words: "a droplet: size of DigitalOcean (default: s-2vcpu-4gb)" }],
  ["email", { value: "address", words: "a droplet: who DigitalOcean writes to" }],
  ["first-host-key", { value: "file", words: "a droplet: new file for the private half of the SSH host key that it starts with" }],
  ["person", { value: "name", words: "your login name on the servers (default: the one here)" }],
  ["person-key", { value: "file", words: "file with your SSH public key (default: ~/.ssh/id_ed25519.pub)" }],
  ["admin-networks", { value: "networks", words: "networks that you connect from, comma-separated (default: what this machine knows)" }],
  ["recovery-public-key", { value: "key", words: "public half of a recovery key that you have" }],
  ["recovery-key", { value: "file", words: "new file for the private half of a new recovery key, outside of every repository" }],
  ["service", { value: "name", words: "an application in a container; the five options that follow are about it" }],
  ["image", { value: "image", words: "its image; a tag is looked up at its registry" }],
  ["port", { value: "port", words: "port that it listens on" }],
  ["health", { value: "command", words: "program in its image, with arguments, that succeeds when it is healthy" }],
  ["site", { value: "name", words: "host name by which people reach it" }],
  ["postgres", { value: "image", words: "image of the PostgreSQL 17 that it uses" }],
  ["redis", { value: "image", words: "image of the Redis that it uses" }],
  ["vault", { value: "address", words: "a second server, which keeps the backups; needed where there is a database" }],
  ["alert", { value: "address", words: "who hears of what fails: an email or https address" }],
  ["incident-phone", { value: "number", words: "your telephone, with its country, which is called in an incident" }],
  ["mail-server", { value: "server", words: "mail server that takes alerts from the hosts" }],
  ["mail-from", { value: "address", words: "sender of alerts (default: their recipient)" }],
];
