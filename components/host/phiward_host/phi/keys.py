"""Keys, and what they encrypt: nobody may call these but who owns them."""

from phiward_host.phi.function import CALLED, CRYPTO, KEY_FILES, KEY_READER, PADDING, Function

FILE = (
    Function(
        "keep_line",
        "line text",
        "text",
        "boolean",
        # What is kept ends with the function that asked for the file, and no row is ever written.
        "BEGIN PERFORM set_config('phi_key.line', line, true); RETURN false; END",
        owner=KEY_READER,
    ),
    Function(
        "master_key",
        "epoch integer",
        "integer",
        "bytea",
        f"""
DECLARE
  line text;
  secret bytea;
BEGIN
  BEGIN
    EXECUTE format('COPY phi.key_file FROM %L WHERE phi.keep_line(line)', '{KEY_FILES}' || epoch::text);
  EXCEPTION WHEN OTHERS THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = format('phi: master key %s cannot be read: this server has no file of it', epoch),
      HINT = 'it is put there by a deploy: npx phiward up';
  END;
  line := current_setting('phi_key.line', true);
  IF line IS NULL OR length(line) < {PADDING} + 32 THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = format('phi: master key %s cannot be read: its file is not what a deploy wrote', epoch);
  END IF;
  secret := convert_to(substr(line, {PADDING} + 1), 'UTF8');
  RETURN {CRYPTO}.hmac('encrypt'::bytea, secret, 'sha256') || {CRYPTO}.hmac('authenticate'::bytea, secret, 'sha256');
END""",
        owner=KEY_READER,
        rights="owner",
        definer=True,
        settings=(*CALLED, "phi_key.line=none"),
    ),
)

# AES-256 in CBC, encrypted first and authenticated then (HMAC-SHA256 over all that comes before it).
BOXES = (
    Function(
        "close_box",
        "head bytea, plain bytea, key bytea",
        "bytea,bytea,bytea",
        "bytea",
        f"""
DECLARE
  iv bytea := {CRYPTO}.gen_random_bytes(16);
  box bytea;
BEGIN
  box := head || iv || {CRYPTO}.encrypt_iv(plain, substr(key, 1, 32), iv, 'aes-cbc/pad:pkcs');
  RETURN box || {CRYPTO}.hmac(box, substr(key, 33, 32), 'sha256');
END""",
    ),
    Function(
        "open_box",
        "head integer, box bytea, key bytea",
        "integer,bytea,bytea",
        "bytea",
        f"""
DECLARE
  size integer := octet_length(box) - 32;
BEGIN
  -- One block at least, and whole ones; hashes are compared, of which nobody learns by how long it takes.
  IF size < head + 32 OR (size - head) % 16 <> 0
    OR sha256({CRYPTO}.hmac(substr(box, 1, size), substr(key, 33, 32), 'sha256')) <> sha256(substr(box, size + 1))
  THEN
    RETURN NULL;
  END IF;
  RETURN {CRYPTO}.decrypt_iv(substr(box, head + 17, size - head - 16), substr(key, 1, 32), substr(box, head + 1, 16),
    'aes-cbc/pad:pkcs');
END""",
    ),
)

KEYS = (
    Function(
        "data_key",
        "number integer, make boolean",
        "integer,boolean",
        "bytea",
        f"""
DECLARE
  found_key phi.encryption_keys;
  opened bytea;
BEGIN
  IF current_setting('transaction_read_only') = 'on' THEN
    RAISE EXCEPTION USING ERRCODE = 'read_only_sql_transaction',
      MESSAGE = 'phi: found a transaction that only reads, allowed: one that may write, since each access is recorded';
  END IF;
  SELECT k.* INTO found_key FROM phi.encryption_keys k WHERE k.id = number;
  IF found_key.id IS NULL AND make THEN
    INSERT INTO phi.encryption_keys (id, master, wrapped) VALUES (number, phi.current_epoch(), phi.close_box(
      int4send(number), {CRYPTO}.gen_random_bytes(64), phi.master_key(phi.current_epoch()))) ON CONFLICT DO NOTHING;
    SELECT k.* INTO found_key FROM phi.encryption_keys k WHERE k.id = number;
  END IF;
  IF found_key.id IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'no_data_found',
      MESSAGE = format('phi: found nothing of key %s in phi.encryption_keys, which this value needs', number);
  END IF;
  opened := phi.open_box(4, found_key.wrapped, phi.master_key(found_key.master));
  IF opened IS NULL OR substr(found_key.wrapped, 1, 4) <> int4send(number) THEN
    RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = format('phi: wrong key: key %s is not opened by master key %s of this host', number, found_key.master),
      HINT = 'put the master key back from its escrow: see docs/data-protection.md';
  END IF;
  RETURN opened;
END""",
    ),
    Function(
        "rewrap",
        "",
        "",
        "integer",
        # What look-ups are made with stays the same key: hashes that applications keep are of it.
        """
DECLARE
  epoch integer := phi.current_epoch();
  changed integer;
BEGIN
  UPDATE phi.encryption_keys k SET master = epoch,
    wrapped = phi.close_box(int4send(k.id), phi.data_key(k.id, false), phi.master_key(epoch))
    WHERE k.id = 0 AND k.master <> epoch;
  GET DIAGNOSTICS changed = ROW_COUNT;
  RETURN changed;
END""",
    ),
    Function(
        "box",
        "plain bytea",
        "bytea",
        "bytea",
        # A version, and the number of the key.
        """
DECLARE
  epoch integer := phi.current_epoch();
BEGIN
  RETURN phi.close_box('\\x01'::bytea || int4send(epoch), plain, phi.data_key(epoch, true));
END""",
    ),
    Function(
        "key_number",
        "value bytea",
        "bytea",
        "integer",
        """
BEGIN
  IF octet_length(value) < 69 OR get_byte(value, 0) <> 1 OR get_byte(value, 1) > 0 THEN
    RAISE EXCEPTION USING ERRCODE = 'data_exception',
      MESSAGE = 'phi: found what phi.encrypt_phi did not make, allowed: what it made';
  END IF;
  RETURN get_byte(value, 2) * 65536 + get_byte(value, 3) * 256 + get_byte(value, 4);
END""",
    ),
    Function(
        "unbox",
        "value bytea",
        "bytea",
        "bytea",
        """
DECLARE
  opened bytea := phi.open_box(5, value, phi.data_key(phi.key_number(value), false));
BEGIN
  IF opened IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'data_corrupted',
      MESSAGE = 'phi: found a value that was changed since it was encrypted, or that was cut';
  END IF;
  RETURN opened;
END""",
    ),
)
