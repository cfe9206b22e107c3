"""What records accesses, and what services may call."""

from phiward_host.phi.function import CALLED, CRYPTO, LONGEST, Function

# Accesses that one call shows.
LATEST = 100

RECORD = (
    Function(
        "sealed_text",
        "line phi.phi_access_log",
        "phi.phi_access_log",
        "text",
        """
    BEGIN
      RETURN jsonb_build_array(line.seal, line.id, to_char(line.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        line.login, line.accessor, line.subject, line.reason, line.key)::text;
    END""",
    ),
    Function(
        "say",
        "line text",
        "text",
        "void",
        "BEGIN RAISE LOG 'phi-access %', line; END",
        # Sessions log nothing otherwise, so that no error repeats data.
        settings=(*CALLED, "log_min_messages=log"),
    ),
    Function(
        "said",
        "name text, given text",
        "text,text",
        "text",
        f"""
DECLARE
  found_text text := coalesce(given, current_setting('phi.' || name, true), '');
BEGIN
  IF length(found_text) NOT BETWEEN 1 AND {LONGEST} OR found_text ~ '[[:cntrl:]]' THEN
    RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
      MESSAGE = format('phi.%s: found none, or one that cannot be recorded, allowed: 1 to {LONGEST} printable', name),
      HINT = format('set it in the transaction: set_config(''phi.%s'', ..., true)', name);
  END IF;
  RETURN found_text;
END""",
    ),
    Function(
        "record_access",
        "about text, key integer",
        "text,integer",
        "void",
        """
DECLARE
  moment timestamptz := clock_timestamp();
  who text := phi.said('accessor', NULL);
  whose text := phi.said('subject', about);
  why text := phi.said('reason', NULL);
BEGIN
  INSERT INTO phi.phi_access_log (at, login, accessor, subject, reason, key)
    VALUES (moment, session_user, who, whose, why, key);
  -- Stays on record where the transaction does not.
  PERFORM phi.say(jsonb_build_object('at', moment, 'database', current_database(), 'login', session_user,
    'accessor', who, 'subject', whose, 'reason', why, 'key', key)::text);
END""",
    ),
    Function(
        "record_renewal",
        "place text, rows integer",
        "text,integer",
        "integer",
        f"""
DECLARE
  moment timestamptz := clock_timestamp();
  whose text := left(regexp_replace(place, '[[:cntrl:]]', '?', 'g'), {LONGEST});
  why text := format('%s rows were encrypted or brought to another key, and read by nobody', rows);
BEGIN
  INSERT INTO phi.phi_access_log (at, login, accessor, subject, reason, key)
    VALUES (moment, session_user, 'phiward', whose, why, phi.current_epoch());
  PERFORM phi.say(jsonb_build_object('at', moment, 'database', current_database(), 'login', session_user,
    'accessor', 'phiward', 'subject', whose, 'reason', why, 'key', phi.current_epoch())::text);
  RETURN 1;
END""",
        "maintenance",
        definer=True,
        settings=CALLED,
    ),
    Function(
        "matches",
        "value bytea, plain text",
        "bytea,text",
        "boolean",
        # Of a column that is taken over: whoever may call it has both, so that nothing is shown by it.
        """
BEGIN
  RETURN coalesce(phi.unbox(value) = convert_to(plain, 'UTF8'), false);
EXCEPTION WHEN data_corrupted OR data_exception OR no_data_found THEN
  RETURN false;
END""",
        "maintenance",
        definer=True,
        settings=CALLED,
    ),
    Function(
        "seal",
        "most integer",
        "integer",
        "integer",
        """
DECLARE
  last_seal bigint;
  last_chain bytea;
  line phi.phi_access_log;
  done integer := 0;
BEGIN
  SELECT l.seal, l.chain INTO last_seal, last_chain FROM phi.phi_access_log l
    WHERE l.seal IS NOT NULL ORDER BY l.seal DESC LIMIT 1;
  last_seal := coalesce(last_seal, 0);
  last_chain := coalesce(last_chain, ''::bytea);
  FOR line IN SELECT l.* FROM phi.phi_access_log l WHERE l.seal IS NULL ORDER BY l.id LIMIT most LOOP
    last_seal := last_seal + 1;
    line.seal := last_seal;
    last_chain := sha256(last_chain || convert_to(phi.sealed_text(line), 'UTF8'));
    UPDATE phi.phi_access_log l SET seal = last_seal, chain = last_chain WHERE l.id = line.id;
    done := done + 1;
  END LOOP;
  RETURN done;
END""",
    ),
)


FOR_SERVICES = (
    Function(
        "encrypt_phi",
        "plain text",
        "text",
        "bytea",
        "BEGIN IF plain IS NULL THEN RETURN NULL; END IF; RETURN phi.box(convert_to(plain, 'UTF8')); END",
        "writers",
        definer=True,
        settings=CALLED,
    ),
    Function(
        "encrypt_phi",
        "plain bytea",
        "bytea",
        "bytea",
        "BEGIN IF plain IS NULL THEN RETURN NULL; END IF; RETURN phi.box(plain); END",
        "writers",
        definer=True,
        settings=CALLED,
    ),
    Function(
        "decrypt_phi",
        "value bytea, about text DEFAULT NULL",
        "bytea,text",
        "text",
        """
BEGIN
  IF value IS NULL THEN RETURN NULL; END IF;
  PERFORM phi.record_access(about, phi.key_number(value));
  RETURN convert_from(phi.unbox(value), 'UTF8');
END""",
        "readers",
        definer=True,
        settings=CALLED,
    ),
    Function(
        "decrypt_phi_bytes",
        "value bytea, about text DEFAULT NULL",
        "bytea,text",
        "bytea",
        """
BEGIN
  IF value IS NULL THEN RETURN NULL; END IF;
  PERFORM phi.record_access(about, phi.key_number(value));
  RETURN phi.unbox(value);
END""",
        "readers",
        definer=True,
        settings=CALLED,
    ),
    Function(
        "accesses",
        "about text",
        "text",
        "jsonb",
        # Whoever may read somebody's data may know who else did, as an application has to show it (164.528).
        f"""
BEGIN
  RETURN coalesce((SELECT jsonb_agg(jsonb_build_object('at', to_char(l.at AT TIME ZONE 'UTC',
      'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'login', l.login, 'accessor', l.accessor, 'reason', l.reason)
      ORDER BY l.id DESC)
    FROM (SELECT r.* FROM phi.phi_access_log r WHERE r.subject = about ORDER BY r.id DESC LIMIT {LATEST}) l),
    '[]'::jsonb);
END""",
        "readers",
        definer=True,
        settings=CALLED,
    ),
    Function(
        "lookup",
        "plain text",
        "text",
        "bytea",
        f"""
BEGIN
  IF plain IS NULL THEN RETURN NULL; END IF;
  RETURN {CRYPTO}.hmac(convert_to(plain, 'UTF8'), phi.data_key(0, true), 'sha256');
END""",
        "both",
        definer=True,
        settings=CALLED,
    ),
    Function(
        "reencrypt",
        "value bytea",
        "bytea",
        "bytea",
        """
BEGIN
  IF value IS NULL OR phi.key_number(value) = phi.current_epoch() THEN RETURN value; END IF;
  RETURN phi.box(phi.unbox(value));
END""",
        "writers",
        definer=True,
        settings=CALLED,
    ),
    Function(
        "renew",
        "value bytea",
        "bytea",
        "bytea",
        # Of many rows, one that no key opens stops none of the others.
        """
BEGIN
  RETURN phi.reencrypt(value);
EXCEPTION WHEN data_corrupted OR data_exception OR no_data_found THEN
  RETURN NULL;
END""",
        "writers",
        definer=True,
        settings=CALLED,
    ),
)
