/** A pinned SSH host key, as rules look at it. */

/** An Ed25519 public key: length, name and length again, then the 32 bytes of the key (RFC 8709 section 4), in base64. */
export const PINNED_HOST_KEY = /^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}$/;
