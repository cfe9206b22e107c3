/** How a rule recognises a secret: by its name and by its form. Both take time in proportion to the text. */

// The words of a name that say its value is a secret; some are also the end of a word, as in PGPASSWORD and MASTERKEY.
const WORDS = new Set([
  ...["PASS", "PASSWORD", "PASSWD", "PASSPHRASE", "PASSCODE", "PW", "PWD", "SECRET", "SECRETS", "TOKEN", "KEY", "SALT", "PEPPER", "DSN"],
  ...["CREDENTIAL", "CREDENTIALS", "CREDS", "JWT", "PAT", "BEARER", "HMAC", "PRIVKEY", "APIKEY"],
]);
const ENDINGS = ["PASSWORD", "PASSWD", "PASSPHRASE", "PASS", "PWD", "SECRET", "TOKEN", "APIKEY", "CREDENTIALS"];
// KEY ends words that are none: MONKEY, TURKEY. These are said in one word.
const KEYS =
  /^(ACCESS|API|APP|AUTH|CLIENT|CRYPTO|DEPLOY|ENC|ENCRYPTION|MASTER|PRIV|PRIVATE|ROOT|SECRET|SERVICE|SESSION|SIGNING|SSH|STORAGE|TLS)KEY$/;

// What is known of a secret, or is called after one, is none. Said after it: how long, how many, who issues it, where it is changed.
const ABOUT = new Set([
  ...[
    "SECONDS",
    "MINUTES",
    "HOURS",
    "DAYS",
    "TTL",
    "LIFETIME",
    "LENGTH",
    "SIZE",
    "BITS",
    "COUNT",
    "ROUNDS",
    "COST",
    "AGE",
    "EXPIRY",
    "EXPIRES",
    "EXPIRATION",
  ],
  ...[
    "ISSUER",
    "AUDIENCE",
    "ALGORITHM",
    "ALGO",
    "ALG",
    "TYPE",
    "PREFIX",
    "SUFFIX",
    "HEADER",
    "COOKIE",
    "NAME",
    "FIELD",
    "ENDPOINT",
    "URL",
    "URI",
  ],
  ...[
    "HOST",
    "PORT",
    "ENABLED",
    "REQUIRED",
    "POLICY",
    "MIN",
    "MAX",
    "THROUGH",
    "FORMAT",
    "ENCODING",
    "LIMIT",
    "LEEWAY",
    "ROTATION",
    "PROVIDER",
    "PATH",
    "DIR",
  ],
  ...["VERSION", "INTERVAL", "TIMEOUT", "STRATEGY", "SPACE", "PATTERN", "LEVEL", "MODE", "STORE", "BACKEND", "LABEL", "SERVER"],
]);
// Said before it: a key that is shown to everybody, or that sorts and finds.
const OPEN = new Set([
  "PUBLIC",
  "SORT",
  "PARTITION",
  "PRIMARY",
  "FOREIGN",
  "CACHE",
  "ROW",
  "INDEX",
  "GROUP",
  "ROUTING",
  "SHORTCUT",
  "HOT",
  "IDEMPOTENCY",
  "CSRF",
]);
// Of an address or an identity that belongs to it, the rest still is a secret: DB_PASSWORD_ID may hold one, ACCESS_KEY_ID does not.
const IDENTITY = /(?:ACCESS_?KEY|API_?KEY|KEY|TOKEN|JWT|CLIENT|CREDENTIAL)_IDS?$/;
const CONNECTION =
  /(?:^|_)(?:DB|DATABASE|PG|POSTGRES|MYSQL|MONGO|REDIS|AMQP|SMTP|STORAGE)_?(?:CONNECTION|CONN|CONNSTR|CONNECTIONSTRING)(?:_STRING)?$|(?:^|_)CONNECTION_STRING$/;

/** The word in the name of a variable that says its value is a secret; undefined if there is none. */
export function secretWord(name: string): string | undefined {
  const snake = snakeCase(name.slice(0, LONGEST_NAME));
  const isFile = /_FILE$/.test(snake);
  const bare = isFile ? snake.slice(0, -5) : snake;
  if (IDENTITY.test(bare)) return undefined;
  if (CONNECTION.test(bare)) return "CONNECTION";
  const words = bare.split("_").filter((word) => word !== "");
  // What is said after a word may be about it, and before a key whose it is.
  const found = words.find((word, index) => {
    const known = wordIn(word);
    const isOpen = known === "KEY" && words.slice(0, index).some((before) => OPEN.has(before));
    return known !== undefined && !isOpen && !words.slice(index + 1).some((after) => ABOUT.has(after));
  });
  return found === undefined ? undefined : wordIn(found);
}

const LONGEST_NAME = 256;

// dbPassword and db-password are DB_PASSWORD.
function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toUpperCase();
}

function wordIn(word: string): string | undefined {
  const plain = word.replace(/\d+$/, "");
  if (WORDS.has(plain)) return plain;
  if (KEYS.test(plain)) return "KEY";
  return NO_ENDINGS.has(plain) ? undefined : ENDINGS.find((ending) => plain.endsWith(ending));
}

// Words that end like one, and are none.
const NO_ENDINGS = new Set(["BYPASS", "COMPASS", "ENCOMPASS", "SURPASS", "TRESPASS", "OVERPASS", "UNDERPASS"]);

// Each begins with something that is not repeated by what follows, so that no text is gone through again from each of its places.
const LOOKS: readonly (readonly [RegExp, string])[] = [
  [/:\/\/[^\s/:@?#]{0,256}:[^\s/@]{1,512}@/, "an address with a password in it"],
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY|AGE-SECRET-KEY-1|PuTTY-User-Key-File/i, "a private key"],
  [/\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/, "a key of a cloud"],
  [/\b(?:AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{20}|ya29\.[A-Za-z0-9_-]{20})/, "a key of a cloud"],
  [/\bdo[opr]_v1_[0-9a-f]{32}/, "a token of a cloud"],
  [
    /\b(?:gh[pousr]_[A-Za-z0-9]{30}|github_pat_[A-Za-z0-9_]{30}|glpat-[A-Za-z0-9_-]{20}|gl[a-z]{2,5}-[A-Za-z0-9_-]{20})/,
    "a token of a code host",
  ],
  [/\b(?:npm_[A-Za-z0-9]{30}|pypi-AgE[A-Za-z0-9_-]{20}|dckr_pat_[A-Za-z0-9_-]{20}|rubygems_[0-9a-f]{40})/, "a token of a package registry"],
  [/\b(?:[rs]k_(?:live|test)_[A-Za-z0-9]{16}|whsec_[A-Za-z0-9+/]{24}|sq0[a-z]{3}-[A-Za-z0-9_-]{22})/, "a key of a payment provider"],
  [
    /\bxox[abeprs]-[A-Za-z0-9-]{10}|\bxapp-\d-[A-Z0-9]{8}|hooks\.slack\.com\/(?:services|workflows)\/|discord(?:app)?\.com\/api\/webhooks\//,
    "a token of a messenger",
  ],
  [
    /\b(?:SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16}|key-[0-9a-f]{32}\b|xkeysib-[0-9a-f]{32}|SK[0-9a-f]{32}\b)/,
    "a key of a mail or message service",
  ],
  [
    /\b(?:hv[sbr]\.[A-Za-z0-9_-]{20}|s\.[A-Za-z0-9]{24}\b|pul-[0-9a-f]{40}|tfp_[A-Za-z0-9]{20}|[A-Za-z0-9]{14}\.atlasv1\.)/,
    "a token of a vault",
  ],
  [/\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{20}/, "a key of a model's provider"],
  [/\beyJ[A-Za-z0-9_-]{10,1024}\.eyJ[A-Za-z0-9_-]{10}/, "a signed token"],
  [/\b(?:Bearer|Basic) (?=[A-Za-z_+/.~-]{0,64}[\d=])[A-Za-z0-9_+/=.~-]{12}/i, "credentials of HTTP"],
  [/\b(?:LTAI[A-Za-z0-9]{20}\b|ABSK[A-Za-z0-9+/]{40}|dapi[0-9a-f]{32}\b|v1\.0-[0-9a-f]{24}-[0-9a-f]{100})/, "a key of a cloud"],
  [/(?:^|[^A-Za-z0-9_~.-])[A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31}/, "a key of a cloud"],
  [
    /\b(?:sbp_[0-9a-f]{40}|pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32}|HRKU-[A-Za-z0-9_-]{32}|f(?:o1|m1|m2)_[A-Za-z0-9_+/=-]{40}|dp\.[a-z]{2,5}\.[A-Za-z0-9]{40})/,
    "a token of a cloud",
  ],
  [
    /\b(?:ATATT3[A-Za-z0-9_=-]{30}|ATCTT3[A-Za-z0-9_=-]{30}|lin_api_[A-Za-z0-9]{32}|(?:secret|ntn)_[A-Za-z0-9]{43}|PMAK-[0-9a-f]{24}-[0-9a-f]{34}|figd_[A-Za-z0-9_-]{40})/,
    "a token of a service",
  ],
  [/\b(?:cio[A-Za-z0-9]{32}\b|oy2[a-z0-9]{43}\b|AKCp[A-Za-z0-9]{60}|CLOJARS_[0-9a-f]{60})/, "a token of a package registry"],
  [/\b(?:shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|EAAA[A-Za-z0-9_-]{56}|shippo_(?:live|test)_[0-9a-f]{40})/, "a key of a payment provider"],
  [
    /\b\d{8,10}:AA[A-Za-z0-9_-]{33}|webhook\.office\.com\/webhookb2\/|\b[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27}/,
    "a token of a messenger",
  ],
  [
    /\b(?:glsa_[A-Za-z0-9]{32}|glc_[A-Za-z0-9+/=]{32}|NRAK-[A-Z0-9]{27}|sntry[su]_[A-Za-z0-9_=+/]{40}|dt0[a-z]\d{2}\.[A-Z0-9]{24}\.)/,
    "a token of what watches servers",
  ],
  [
    /\b(?:hf_[A-Za-z0-9]{30}|gsk_[A-Za-z0-9]{40}|xai-[A-Za-z0-9]{40}|pplx-[A-Za-z0-9]{40}|r8_[A-Za-z0-9]{37})/,
    "a key of a model's provider",
  ],
  [/\b(?:ops_eyJ[A-Za-z0-9_-]{40}|sk\.eyJ[A-Za-z0-9_-]{20})/, "a signed token"],
  [/\b(?:PASSWORD|IDENTIFIED BY) ?'[^'$]/i, "a password in a statement"],
  [/"(?:[a-z]{1,16}_?)?(?:password|passwd|passphrase)" ?: ?"[^"$]/i, "a field with PASSWORD in its name"],
  [/"(?:[a-z]{1,16}_?)?(?:secret|token|api_?key|access_?key|private_?key)" ?: ?"[^"$]/i, "a field with a secret"],
  [
    /(?:^|[;\s])(?:Password|Pwd|AccountKey|SharedAccessKey|SharedAccessSignature|Secret) ?= ?[^;\s]/i,
    "a connection string with a password",
  ],
  [/^--?(?:[a-z]+-){0,4}(?:pass|passwd|password|passphrase|secret|token|api-?key|requirepass)=\S/i, "an option with a secret"],
  [/(?:^|\s)--(?:[a-z]+-){0,4}(?:pass|passwd|password|passphrase|secret|token|api-?key|requirepass)[= ]\S/i, "an option with a secret"],
];
const ASSIGNED = /(?:^|[\s'";&|])([A-Za-z][A-Za-z0-9_]{1,63})=["']?[^\s'"&|;$/]/g;
const OPTION = /^--?(?:[a-z]+-){0,4}(?:pass|passwd|password|passphrase|secret|token|api-?key|requirepass)$/i;

/** What stands for a secret of the configuration that nobody opened: where a program is judged, it reads this in its place. */
export const SEALED_SECRET = "[a secret that was not opened]";

/** What a text gives away, in words that repeat nothing of it; undefined if nothing. */
export function looksSecret(text: string): string | undefined {
  if (text.includes(SEALED_SECRET)) return "a secret of the configuration";
  return LOOKS.find(([look]) => look.test(text))?.[1] ?? (isCloudSecret(text) ? "a key of a cloud" : undefined);
}

/** The index of the first word of a command that an option before it makes a secret, as in --password x; undefined if there is none. */
export function secretArgument(words: readonly string[]): number | undefined {
  const index = words.findIndex((word, at) => OPTION.test(words[at - 1] ?? "") && /^[^-/$]/.test(word));
  return index < 0 ? undefined : index;
}

/** The word by which a command that a shell reads sets a secret, e.g. PGPASSWORD=… before a program; undefined if it sets none. */
export function secretAssignment(command: string): string | undefined {
  for (const [, name = ""] of command.matchAll(ASSIGNED)) {
    const word = secretWord(name);
    if (word !== undefined && !/_FILE$/i.test(name)) return word;
  }
  return undefined;
}

// Forty characters of base64 with all three kinds of letters, as Amazon and those who speak its language make them; a digest has but hex.
function isCloudSecret(text: string): boolean {
  return /^[A-Za-z0-9+/]{40}$/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text) && /\d/.test(text);
}
