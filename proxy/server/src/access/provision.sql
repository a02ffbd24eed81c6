-- Run by our superuser in every database, in one transaction. {owner}, {readers}, {appenders} and
-- {database} are identifiers. Everything is looked up in the catalogue, because names and signatures
-- differ between major versions. Source: PostgreSQL documentation, "Privileges".
DO $provision$
DECLARE
  own constant regrole := '{owner_literal}'::regrole;
  f record;
  system constant oid[] := ARRAY(
    SELECT oid FROM pg_namespace
    WHERE nspname IN ('pg_catalog', 'information_schema') OR nspname LIKE 'pg\_toast%'
       OR nspname LIKE 'pg\_temp\_%');
BEGIN
  -- Functions of the server that PUBLIC may run and that write or reach others.
  FOR f IN
    SELECT p.oid::regprocedure AS sig, p.proname FROM pg_proc p
    WHERE p.pronamespace = 'pg_catalog'::regnamespace
      AND p.proname IN ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_put', 'lowrite', 'lo_unlink',
                        'lo_truncate', 'lo_truncate64', 'pg_logical_emit_message', 'pg_notify')
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO {owner}', f.sig);
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f.sig);
    IF f.proname = 'pg_notify' THEN
      EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO {appenders}', f.sig);
    END IF;
  END LOOP;
  -- Routines with the rights of their owner, aggregates built on one, code in languages that may do
  -- anything, and ways to other servers. The owner keeps what it had and gets nothing new.
  FOR f IN
    SELECT p.oid, p.oid::regprocedure AS sig,
           has_function_privilege(own, p.oid, 'EXECUTE') AS had
    FROM pg_proc p
    JOIN pg_language l ON l.oid = p.prolang
    LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid
    WHERE p.oid >= 16384
      AND (p.prosecdef
        OR NOT (l.lanpltrusted OR l.lanname IN ('internal', 'c', 'sql'))
        OR p.proname LIKE 'dblink%'
        OR EXISTS (
          SELECT FROM pg_proc c WHERE c.prosecdef AND c.oid IN
            (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
             a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn)))
  LOOP
    IF f.had THEN
      EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO {owner}', f.sig);
    END IF;
    EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC, {readers}, {appenders}', f.sig);
  END LOOP;
  -- Code that runs inline: DO. Functions that exist keep running.
  FOR f IN SELECT lanname FROM pg_language WHERE lanpltrusted AND oid >= 12000 LOOP
    EXECUTE format('GRANT USAGE ON LANGUAGE %I TO {owner}', f.lanname);
    EXECUTE format('REVOKE USAGE ON LANGUAGE %I FROM PUBLIC', f.lanname);
  END LOOP;
  -- Schemas: everybody of ours may look in, only those who could before may create.
  FOR f IN SELECT nspname, oid FROM pg_namespace WHERE oid <> ALL (system) LOOP
    IF has_schema_privilege(own, f.oid, 'CREATE') THEN
      EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO {owner}', f.nspname);
    END IF;
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC, {readers}, {appenders}', f.nspname);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO {readers}, {appenders}', f.nspname);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO {readers}, {appenders}', f.nspname);
    EXECUTE format('GRANT INSERT ON ALL TABLES IN SCHEMA %I TO {appenders}', f.nspname);
    EXECUTE format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO {readers}, {appenders}', f.nspname);
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO {appenders}', f.nspname);
  END LOOP;
  -- What PUBLIC was given by name, or on a column.
  FOR f IN
    SELECT DISTINCT c.oid::regclass AS rel, c.relkind,
           has_table_privilege(own, c.oid, 'SELECT') AS had
    FROM pg_class c
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attacl IS NOT NULL
    CROSS JOIN LATERAL (
      SELECT grantee, privilege_type FROM aclexplode(c.relacl)
      UNION ALL SELECT grantee, privilege_type FROM aclexplode(a.attacl)) granted
    WHERE c.relnamespace <> ALL (system) AND granted.grantee = 0
      AND granted.privilege_type <> 'SELECT'
  LOOP
    IF f.relkind = 'S' THEN
      EXECUTE format('GRANT ALL ON SEQUENCE %s TO {owner}', f.rel);
      EXECUTE format('REVOKE ALL ON SEQUENCE %s FROM PUBLIC', f.rel);
    ELSE
      EXECUTE format('GRANT ALL ON TABLE %s TO {owner}', f.rel);
      EXECUTE format('REVOKE ALL ON TABLE %s FROM PUBLIC', f.rel);
    END IF;
  END LOOP;
  -- Foreign tables are other servers' data.
  FOR f IN SELECT oid::regclass AS rel FROM pg_class WHERE relkind = 'f' LOOP
    EXECUTE format('REVOKE ALL ON TABLE %s FROM {readers}, {appenders}', f.rel);
  END LOOP;
  -- No INSERT where a rule, or a trigger with its owner's rights, would make something else of it.
  FOR f IN
    SELECT c.oid::regclass AS rel FROM pg_class c
    WHERE c.relnamespace <> ALL (system)
      AND (EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_type <> '1')
        OR EXISTS (SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
                   WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND p.prosecdef))
  LOOP
    EXECUTE format('REVOKE INSERT ON TABLE %s FROM {appenders}', f.rel);
  END LOOP;
  FOR f IN SELECT oid FROM pg_largeobject_metadata LOOP
    EXECUTE format('GRANT SELECT ON LARGE OBJECT %s TO {readers}, {appenders}', f.oid);
  END LOOP;
  FOR f IN SELECT srvname FROM pg_foreign_server LOOP
    EXECUTE format('REVOKE USAGE ON FOREIGN SERVER %I FROM PUBLIC', f.srvname);
  END LOOP;
END $provision$;
GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {owner};
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT ON DATABASE {database} TO {readers}, {appenders};
-- What the owner makes later. A default cannot tell a routine with its owner's rights from a harmless
-- one, so new ones wait until this is run again.
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE ON SCHEMAS TO {readers}, {appenders};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT ON TABLES TO {readers}, {appenders};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT INSERT ON TABLES TO {appenders};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT ON SEQUENCES TO {readers}, {appenders};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE ON SEQUENCES TO {appenders};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON ROUTINES FROM PUBLIC;
