/** How a rule recognises a secret: by its name and by its form. */

// Said anywhere in a name, as in PGPASSWORD, or as a word of it: KEYCLOAK_URL names no key, and PUBLIC_KEY no secret one.
const ANYWHERE = /PASSWORD|PASSWD|PASSPHRASE|SECRET(?!AR)|CREDENTIAL|APIKEY/i;
const AS_WORD = /(?:^|(?<!PUBLIC)_)(PASS|PWD|TOKEN|KEY|SALT|PEPPER|DSN)(?=_|$)/i;
// What a secret measures or is called is none.
const ABOUT = /_(SECONDS|MINUTES|HOURS|DAYS|TTL|LENGTH|SIZE|BITS|COUNT|ID)$/i;

/** The word in the name of a variable that says its value is a secret; undefined if there is none. */
export function secretWord(name: string): string | undefined {
  if (ABOUT.test(name)) return undefined;
  return (ANYWHERE.exec(name)?.[0] ?? AS_WORD.exec(name)?.[1])?.toUpperCase();
}

const LOOKS: readonly (readonly [RegExp, string])[] = [
  [/[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:[^\s/@]+@/i, "an address with a password in it"],
  [/-----BEGIN [A-Z ]*PRIVATE KEY|AGE-SECRET-KEY-1/i, "a private key"],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/, "a key of a cloud"],
  [/\bdo[opr]_v1_[0-9a-f]{32}/, "a token of a cloud"],
  [/\b(gh[pousr]_[A-Za-z0-9]{30}|github_pat_[A-Za-z0-9_]{30}|glpat-[A-Za-z0-9_-]{20})/, "a token of a code host"],
  [/\b[rs]k_(live|test)_[A-Za-z0-9]{16}/, "a key of a payment provider"],
  [/\bxox[abprs]-[A-Za-z0-9-]{10}/, "a token of a messenger"],
  [/\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\./, "a signed token"],
  [/^--?([a-z-]*-)?(pass|passwd|password|passphrase|secret|token|api-?key|requirepass)=\S/i, "an option with a secret"],
];

/** What a text gives away, in words that repeat nothing of it; undefined if nothing. */
export function looksSecret(text: string): string | undefined {
  return LOOKS.find(([look]) => look.test(text))?.[1];
}
