-- One statement, run by our superuser in every database, with the name of the owner in the setting
-- standin.owner. Everything is looked up in the catalogue, because names and signatures differ between
-- major versions, and every name is quoted by the server.
-- Source: PostgreSQL documentation, "Privileges", "GRANT", "ALTER DEFAULT PRIVILEGES".
DO $provision$
DECLARE
  owner constant text := current_setting('standin.owner');
  own constant oid := (SELECT oid FROM pg_roles WHERE rolname = owner);
  groups constant text := 'standin_readers, standin_appenders';
  f record;
  system constant oid[] := ARRAY(
    SELECT oid FROM pg_namespace
    WHERE nspname IN ('pg_catalog', 'information_schema') OR nspname LIKE 'pg\_toast%'
       OR nspname LIKE 'pg\_temp\_%');
BEGIN
  -- Whatever somebody gave to roles of ours, and whatever is theirs by mistake: it is given anew below.
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'standin_users') THEN
    EXECUTE format('REASSIGN OWNED BY standin_users TO %I', owner);
    EXECUTE 'DROP OWNED BY standin_users';
  END IF;
  FOR f IN SELECT rolname FROM pg_roles
    WHERE rolname IN ('standin_readers', 'standin_appenders', 'standin_deputy')
       OR rolname LIKE 'standin\_reader\_%' OR rolname LIKE 'standin\_readerhash\_%'
       OR rolname LIKE 'standin\_appender\_%' OR rolname LIKE 'standin\_appenderhash\_%'
  LOOP
    EXECUTE format('REASSIGN OWNED BY %I TO %I', f.rolname, owner);
    EXECUTE format('DROP OWNED BY %I', f.rolname);
  END LOOP;
  -- Functions of the server that PUBLIC may run and that write or reach others.
  FOR f IN
    SELECT p.oid::regprocedure AS sig, p.proname FROM pg_proc p
    WHERE p.pronamespace = 'pg_catalog'::regnamespace
      AND p.proname IN ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_put', 'lowrite', 'lo_unlink',
                        'lo_truncate', 'lo_truncate64', 'pg_logical_emit_message', 'pg_notify')
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', f.sig, owner);
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f.sig);
    IF f.proname = 'pg_notify' THEN
      EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO standin_appenders', f.sig);
    END IF;
  END LOOP;
  -- Routines with the rights of their owner, aggregates built on one, code in languages that may do
  -- anything, and ways to other servers. The owner keeps what it had and gets nothing new.
  FOR f IN
    SELECT p.oid::regprocedure AS sig, has_function_privilege(own, p.oid, 'EXECUTE') AS had
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
      EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %I', f.sig, owner);
    END IF;
    EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', f.sig);
  END LOOP;
  -- Code that runs inline: DO. Functions that exist keep running.
  FOR f IN SELECT lanname FROM pg_language WHERE lanpltrusted AND oid >= 12000 LOOP
    EXECUTE format('GRANT USAGE ON LANGUAGE %I TO %I', f.lanname, owner);
    EXECUTE format('REVOKE USAGE ON LANGUAGE %I FROM PUBLIC', f.lanname);
  END LOOP;
  -- Schemas: everybody of ours may look in, only those who could before may create.
  FOR f IN SELECT nspname, oid FROM pg_namespace WHERE oid <> ALL (system) LOOP
    IF has_schema_privilege(own, f.oid, 'CREATE') THEN
      EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO %I', f.nspname, owner);
    END IF;
    EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', f.nspname);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %s', f.nspname, groups);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO %s', f.nspname, groups);
    EXECUTE format('GRANT INSERT ON ALL TABLES IN SCHEMA %I TO standin_appenders', f.nspname);
    EXECUTE format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO %s', f.nspname, groups);
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO standin_appenders', f.nspname);
  END LOOP;
  -- What PUBLIC was given beyond reading, of a table or a column: the owner has it instead.
  FOR f IN
    SELECT c.oid::regclass AS rel, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
           granted.privilege_type AS what, granted.col
    FROM pg_class c
    CROSS JOIN LATERAL (
      SELECT grantee, privilege_type, '' AS col FROM aclexplode(c.relacl)
      UNION ALL
      SELECT e.grantee, e.privilege_type, format(' (%I)', a.attname)
      FROM pg_attribute a, aclexplode(a.attacl) e WHERE a.attrelid = c.oid) granted
    WHERE c.relnamespace <> ALL (system) AND granted.grantee = 0
      AND granted.privilege_type <> 'SELECT'
  LOOP
    EXECUTE format('GRANT %s%s ON %s %s TO %I', f.what, f.col, f.kind, f.rel, owner);
    EXECUTE format('REVOKE %s%s ON %s %s FROM PUBLIC', f.what, f.col, f.kind, f.rel);
  END LOOP;
  -- What even the owner may not do, and tables whose rows are kept from the owner itself.
  FOR f IN
    SELECT c.oid::regclass AS rel,
           c.relforcerowsecurity OR NOT has_table_privilege(own, c.oid, 'SELECT') AS unread
    FROM pg_class c
    WHERE c.relnamespace <> ALL (system) AND c.relkind IN ('r', 'p', 'v', 'm')
      AND (c.relforcerowsecurity OR NOT has_table_privilege(own, c.oid, 'SELECT')
        OR NOT has_table_privilege(own, c.oid, 'INSERT'))
  LOOP
    IF f.unread THEN
      EXECUTE format('REVOKE ALL ON TABLE %s FROM %s', f.rel, groups);
    ELSE
      EXECUTE format('REVOKE INSERT ON TABLE %s FROM standin_appenders', f.rel);
    END IF;
  END LOOP;
  -- Foreign tables are other servers' data. No INSERT where a rule, or a trigger with its owner's rights,
  -- would make something else of it. Neither is reached through a view or a parent.
  FOR f IN
    WITH RECURSIVE reached (oid, what) AS (
      SELECT oid, 'ALL' FROM pg_class WHERE relkind = 'f'
      UNION
      SELECT c.oid, 'INSERT' FROM pg_class c
      WHERE c.relnamespace <> ALL (system)
        AND (EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_type <> '1')
          OR EXISTS (SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
                     WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND p.prosecdef))
      UNION
      SELECT up.oid, r.what FROM reached r CROSS JOIN LATERAL (
        SELECT w.ev_class AS oid FROM pg_depend d JOIN pg_rewrite w ON w.oid = d.objid
        WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
          AND d.refobjid = r.oid
        UNION ALL SELECT inhparent FROM pg_inherits WHERE inhrelid = r.oid) up)
    SELECT oid::regclass AS rel, what FROM reached
  LOOP
    EXECUTE format('REVOKE %s ON TABLE %s FROM %s', f.what, f.rel, groups);
  END LOOP;
  FOR f IN SELECT oid FROM pg_largeobject_metadata LOOP
    EXECUTE format('REVOKE UPDATE ON LARGE OBJECT %s FROM PUBLIC', f.oid);
    EXECUTE format('GRANT SELECT ON LARGE OBJECT %s TO %s', f.oid, groups);
  END LOOP;
  FOR f IN SELECT srvname FROM pg_foreign_server LOOP
    EXECUTE format('REVOKE USAGE ON FOREIGN SERVER %I FROM PUBLIC', f.srvname);
  END LOOP;
  EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO %I', current_database(), owner);
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  -- What PUBLIC would get of objects that are made later.
  FOR f IN
    SELECT DISTINCT pg_get_userbyid(d.defaclrole) AS role, n.nspname,
           CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES'
             WHEN 'n' THEN 'SCHEMAS' END AS objects
    FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace,
      aclexplode(d.defaclacl) e
    WHERE d.defaclobjtype IN ('r', 'S', 'n') AND e.grantee = 0
  LOOP
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s REVOKE ALL ON %s FROM PUBLIC', f.role,
      CASE WHEN f.nspname IS NULL THEN '' ELSE format(' IN SCHEMA %I', f.nspname) END, f.objects);
  END LOOP;
  -- What the owner makes later. A default cannot tell a routine with its owner's rights from a harmless
  -- one, so new ones wait until this is run again.
  FOR f IN SELECT unnest(ARRAY[
    'GRANT USAGE ON SCHEMAS TO standin_readers, standin_appenders',
    'GRANT SELECT ON TABLES TO standin_readers, standin_appenders',
    'GRANT INSERT ON TABLES TO standin_appenders',
    'GRANT SELECT ON SEQUENCES TO standin_readers, standin_appenders',
    'GRANT USAGE ON SEQUENCES TO standin_appenders',
    'REVOKE EXECUTE ON ROUTINES FROM PUBLIC']) AS what
  LOOP
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I %s', owner, f.what);
  END LOOP;
END $provision$
