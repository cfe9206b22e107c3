/** How well secrets are told from what is none, by names and by forms: made up here, in the forms that their makers document. */
import { describe, expect, it } from "vitest";
import { looksSecret, secretArgument, secretAssignment, secretWord } from "../../policies/readers/secretTexts";
import { processorTime } from "../processorTime";

const SECRET_NAMES =
  `DB_PASSWORD PGPASSWORD AWS_SECRET_ACCESS_KEY SENTRY_DSN SESSION_KEY_FILE DB_PW PGPASS AUTHTOKEN MASTERKEY ACCESSKEY JWT
DB_CONNECTION DB_PASSWORD_ID SMTP_PASS GITHUB_TOKEN APIKEY API_KEY dbPassword jwtSecret PRIVATE_KEY SIGNING_KEY ENCRYPTION_KEY MYSQL_PWD
MYSQL_ROOT_PASSWORD NPM_TOKEN TOKEN_SIGNING_SECRET COOKIE_SECRET SECRET_KEY_BASE APP_SALT PASSWORD_PEPPER CLIENT_SECRET HMAC_KEY BEARER GH_PAT
SVC_CREDS STORAGE_ACCOUNT_KEY CONNECTION_STRING WEBHOOK_SECRET PASSWORD1 SECRETKEY AUTH_TOKEN PUBLIC_KEY_PASSWORD db-password`.split(/\s/);
const HARMLESS_NAMES =
  `SALT_ROUNDS TOKEN_ISSUER PASSWORD_RESET_URL SORT_KEY KEY_PREFIX PASS_THROUGH SENTRY_DSN_ENABLED AWS_ACCESS_KEY_ID TOKEN_TTL
PUBLIC_KEY MONKEY PASSENGERS SECRETARY KEYCLOAK_URL KEY_LENGTH TOKEN_LIFETIME PASSWORD_MIN_LENGTH JWT_ISSUER JWT_AUDIENCE JWT_ALGORITHM
JWT_EXPIRES_IN PARTITION_KEY CACHE_KEY_PREFIX PRIMARY_KEY TOKEN_ENDPOINT CSRF_TOKEN_HEADER SECRET_NAME API_KEY_HEADER PASSWORD_POLICY
PASSWORD_HASH_COST BYPASS_CACHE COMPASS_URL TOKENIZER_PATH KEYBOARD_LAYOUT KEYSPACE TOKEN_BUCKET_SIZE MAX_TOKENS PASSPORT_STRATEGY KEY_ID
DATABASE_HOST DB_NAME SESSION_TOKEN_COOKIE SSH_KEY_TYPE JWKS_URL PUBLIC_KEY_PATH AUTH_TOKEN_URL`.split(/\s/);

// In pieces, so that no scanner of this repository takes them for real.
const a = (length: number): string => "aB3dE5".repeat(length).slice(0, length);
const hex = (length: number): string => "0a1b2c".repeat(length).slice(0, length);
const SECRET_TEXTS: readonly (readonly [string, string])[] = [
  ["an address with a password", "postgresql://api:x@db/api"],
  ["an address with a password and no name", "redis://:x@cache"],
  ["a private key", "-----BEGIN EC PRIVATE KEY-----"],
  ["an encrypted private key", "-----BEGIN ENCRYPTED PRIVATE KEY-----"],
  ["an age key", "AGE-SECRET-KEY-1QQ"],
  ["Amazon, id", `AKIA${"A1B2".repeat(4)}`],
  ["Amazon, secret", `${a(38)}/+`],
  ["Google, key", `AIza${a(35)}`],
  ["Google, client", `GOCSPX-${a(28)}`],
  ["DigitalOcean", `dop_v1_${hex(64)}`],
  ["GitHub", `ghp_${a(36)}`],
  ["GitHub, fine-grained", `github_pat_${a(82)}`],
  ["GitLab", `glpat-${a(20)}`],
  ["npm", `npm_${a(36)}`],
  ["PyPI", `pypi-AgE${a(60)}`],
  ["Docker Hub", `dckr_pat_${a(27)}`],
  ["Stripe", `sk_live_${a(24)}`],
  ["Stripe, webhook", `whsec_${a(32)}`],
  ["Slack", `xoxb-${a(24)}`],
  ["Slack, webhook", "https://hooks.slack.com/services/T0/B0/x"],
  ["Discord, webhook", "https://discord.com/api/webhooks/1/x"],
  ["SendGrid", `SG.${a(22)}.${a(43)}`],
  ["Mailgun", `key-${hex(32)}`],
  ["Twilio", `SK${hex(32)}`],
  ["Vault", `hvs.${a(24)}`],
  ["Pulumi", `pul-${hex(40)}`],
  ["a model's provider", `sk-ant-${a(40)}`],
  ["a signed token", `eyJ${a(20)}.eyJ${a(20)}.${a(20)}`],
  ["HTTP, bearer", `Authorization: Bearer ${a(20)}`],
  ["HTTP, basic", "Basic dXNlcjpodW50ZXIy"],
  ["a connection string", "Server=db;User Id=sa;Password=x;"],
  ["an account's connection string", `AccountName=a;AccountKey=${a(20)}==`],
  ["an option", "--db-password=x"],
  ["an option in a line", "run --token x"],
  ["Alibaba, id", `LTAI${a(20)}`],
  ["Amazon, models", `ABSK${a(109)}`],
  ["Microsoft, client", `a1B8Q~${a(34)}`],
  ["Databricks", `dapi${hex(32)}`],
  ["Cloudflare, origin", `v1.0-${hex(24)}-${hex(146)}`],
  ["Supabase", `sbp_${hex(40)}`],
  ["PlanetScale", `pscale_tkn_${a(43)}`],
  ["Heroku", `HRKU-${a(60)}`],
  ["Fly", `fo1_${a(43)}`],
  ["Doppler", `dp.pt.${a(43)}`],
  ["Atlassian", `ATATT3${a(186)}`],
  ["Linear", `lin_api_${a(40)}`],
  ["Notion", `ntn_${a(46)}`],
  ["Postman", `PMAK-${hex(24)}-${hex(34)}`],
  ["Figma", `figd_${a(40)}`],
  ["crates.io", `cio${a(32)}`],
  ["NuGet", `oy2${hex(43)}`],
  ["Artifactory", `AKCp${a(69)}`],
  ["Clojars", `CLOJARS_${hex(60)}`],
  ["Shopify", `shpat_${hex(32)}`],
  ["Square", `EAAA${a(60)}`],
  ["Shippo", `shippo_live_${hex(40)}`],
  ["Telegram", `123456789:AA${a(33)}`],
  ["Teams, webhook", "https://example.webhook.office.com/webhookb2/x"],
  ["Discord", `M${a(24)}.${a(6)}.${a(38)}`],
  ["Grafana, account", `glsa_${a(32)}_${hex(8)}`],
  ["Grafana, cloud", `glc_${a(40)}`],
  ["New Relic", `NRAK-${"A1B2C3".repeat(5).slice(0, 27)}`],
  ["Sentry", `sntryu_${hex(64)}`],
  ["Dynatrace", `dt0c01.${"A1B2".repeat(6)}.${"A1B2".repeat(16)}`],
  ["Hugging Face", `hf_${a(34)}`],
  ["Groq", `gsk_${a(52)}`],
  ["Replicate", `r8_${a(37)}`],
  ["1Password", `ops_eyJ${a(250)}`],
  ["Mapbox", `sk.eyJ${a(60)}`],
  ["a statement that makes a role", "CREATE USER app WITH PASSWORD 'x'"],
  ["a statement that makes a user", "create user app identified by 'x'"],
  ["a body of a request", '{"password": "x"}'],
  ["a file of settings", '{ "client_secret":"x" }'],
];
const HARMLESS_TEXTS = [
  ...["postgresql://db:5432/api", "https://user@example.org/", "https://example.org/a:b@c", "-----BEGIN CERTIFICATE-----", "key=value", ""],
  ...[
    "--password-file=/run/secrets/a",
    "Bearer authentication",
    "Basic authentication",
    "info",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI",
    "s.b",
  ],
  ...[`sha256:${hex(64)}`, hex(40), hex(64), "0 3 * * *", "/var/lib/data", "application/json; charset=utf-8", "sk-based", "eu-central-1"],
  ...["2026-11-26T22:00:00Z", "7c9e6679-7425-40de-944b-e07fc1f90ae7", "default-src 'self'", "us_east,eu_west", "SGML", "npm_config_cache"],
  ...[
    '{"password": "${PASSWORD}"}',
    '{"passwordPolicy": "strict"}',
    '{"token_type": "bearer"}',
    "WITH PASSWORD '$1'",
    "PASSWORD is required",
  ],
  ...["hf_home", "the secret_manager", "v1.0-rc1", "dp.example.org", "10:AA", "ops_team", "r8_g8_b8", "cio", "glc_", "EAAA", "a1B8Q~"],
];

describe("names", () => {
  it("of secrets are recognised, all of them", () => {
    expect(SECRET_NAMES.filter((name) => secretWord(name) === undefined)).toEqual([]);
  });

  it("of what is none are let pass, all of them", () => {
    expect(HARMLESS_NAMES.filter((name) => secretWord(name) !== undefined)).toEqual([]);
  });
});

describe("texts", () => {
  it("of every form that is listed are recognised, and nothing of them is repeated", () => {
    expect(SECRET_TEXTS.filter(([, text]) => looksSecret(text) === undefined)).toEqual([]);
    for (const [, text] of SECRET_TEXTS)
      for (const word of text.split(/\W/).filter((part) => part.length > 8)) expect(looksSecret(text)).not.toContain(word);
  });

  it("that are no secrets are let pass", () => {
    expect(HARMLESS_TEXTS.filter((text) => looksSecret(text) !== undefined)).toEqual([]);
  });

  it("of hundreds of thousands of characters take no longer than their length", () => {
    const parts = [
      "a",
      "eyJ",
      "://",
      "--a-",
      "Bearer ",
      "a://b:",
      "SG.",
      "-----BEGIN ",
      "A1",
      "hvs.",
      "PASSWORD=",
      ":x@",
      "glpat-",
      "eyJaaaaaaaaaaa.",
      "Password ",
      "a1B8Q~",
      '"a_password" : ',
      "PASSWORD ",
      "dp.pt.",
      "MaaaaaaaaaaaaaaaaaaaaaaaA.",
      "1234567890:AA",
      "secret_",
    ];
    const milliseconds = (length: number): number => {
      const texts = parts.map((part) => part.repeat(Math.ceil(length / part.length)));
      const began = processorTime();
      for (const text of texts) {
        looksSecret(text);
        secretWord(text);
        secretAssignment(text);
        secretArgument([text, text]);
      }
      return processorTime() - began;
    };
    milliseconds(20_000);
    // Ten times the text; quadratic would be a hundred times.
    expect(milliseconds(400_000)).toBeLessThan(40 * milliseconds(40_000) + 200);
  });
});
