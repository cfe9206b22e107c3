-- What the owner of a database can set for every session in it.
ALTER DATABASE api SET search_path = evil, public, pg_catalog;
ALTER DATABASE api SET statement_timeout = '1ms';
ALTER DATABASE api SET lock_timeout = '1ms';
ALTER DATABASE api SET idle_in_transaction_session_timeout = '1ms';
ALTER DATABASE api SET transaction_timeout = '1ms';
ALTER DATABASE api SET default_transaction_read_only = on;
ALTER DATABASE api SET default_transaction_isolation = 'serializable';
ALTER DATABASE api SET default_transaction_deferrable = on;
ALTER DATABASE api SET row_security = off;
ALTER DATABASE api SET role = 'api';
ALTER DATABASE api SET local_preload_libraries = 'missing';
ALTER DATABASE api SET client_encoding = 'LATIN1';
ALTER DATABASE api SET quote_all_identifiers = on;
ALTER DATABASE api SET extra_float_digits = -5;
ALTER DATABASE api SET "DateStyle" = 'German';
ALTER DATABASE api SET standard_conforming_strings = off;
ALTER DATABASE api SET exit_on_error = on;
