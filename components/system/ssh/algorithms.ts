/** SSH algorithms as versioned data. An unknown version of OpenSSH gets the oldest safe set. */

/** Key exchanges by the oldest OpenSSH that has them, newest first; hybrids with a post-quantum half where there are. Source: control SSH-11, OpenSSH release notes 9.0 and 9.9. */
export const KEY_EXCHANGES: readonly { readonly atLeast: readonly number[]; readonly names: readonly string[] }[] = [
  { atLeast: [9, 9], names: ["mlkem768x25519-sha256", "sntrup761x25519-sha512", "sntrup761x25519-sha512@openssh.com"] },
  { atLeast: [8, 5], names: ["sntrup761x25519-sha512@openssh.com"] },
];

/** For an OpenSSH whose version is not known: in every release since 2014. */
export const OLDEST_KEY_EXCHANGES = ["curve25519-sha256", "curve25519-sha256@libssh.org"];

/** Authenticated ciphers first (control SSH-12). */
export const CIPHERS = [
  "chacha20-poly1305@openssh.com",
  "aes256-gcm@openssh.com",
  "aes128-gcm@openssh.com",
  "aes256-ctr",
  "aes192-ctr",
  "aes128-ctr",
];

/** Encrypt-then-MAC alone (control SSH-13). */
export const MACS = ["hmac-sha2-512-etm@openssh.com", "hmac-sha2-256-etm@openssh.com", "umac-128-etm@openssh.com"];

/** Signatures of hosts: no SHA-1, no NIST P-256 curve (control SSH-14). */
export const HOST_KEY_ALGORITHMS = ["ssh-ed25519", "sk-ssh-ed25519@openssh.com", "rsa-sha2-512", "rsa-sha2-256"];

/** Signatures of people: the same, and what security keys and P-384 or P-521 keys make. */
export const USER_KEY_ALGORITHMS = [
  ...HOST_KEY_ALGORITHMS,
  "sk-ecdsa-sha2-nistp256@openssh.com",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
];
