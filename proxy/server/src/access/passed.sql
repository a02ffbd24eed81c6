-- One statement, run by our superuser in every database before the rights of access modes are put in
-- place. What a role with a grant option passed on to PUBLIC or to roles of ours is no grant of the
-- owner's, so that the owner's REVOKE does not reach it: here the owner gives the same itself, and the
-- grant options, with all that was passed on by them, are taken back. Nobody has less than before.
-- Source: PostgreSQL documentation, "GRANT", "REVOKE", on grantors other than the owner.
DO $passed$
DECLARE
  f record;
  round int;
BEGIN
  FOR round IN 1..2 LOOP
    FOR f IN
      WITH held (kind, name, col, own, acl) AS (
        SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, oid::regclass::text, '',
               relowner, relacl
        FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        UNION ALL
        SELECT 'TABLE', c.oid::regclass::text, format(' (%I)', a.attname), c.relowner, a.attacl
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        UNION ALL
        SELECT 'ROUTINE', oid::regprocedure::text, '', proowner, proacl FROM pg_proc
        UNION ALL SELECT 'SCHEMA', quote_ident(nspname), '', nspowner, nspacl FROM pg_namespace
        UNION ALL SELECT 'LANGUAGE', quote_ident(lanname), '', lanowner, lanacl FROM pg_language
        UNION ALL
        SELECT 'LARGE OBJECT', oid::text, '', lomowner, lomacl FROM pg_largeobject_metadata
        UNION ALL
        SELECT 'FOREIGN DATA WRAPPER', quote_ident(fdwname), '', fdwowner, fdwacl
        FROM pg_foreign_data_wrapper
        UNION ALL
        SELECT 'FOREIGN SERVER', quote_ident(srvname), '', srvowner, srvacl FROM pg_foreign_server
        UNION ALL
        SELECT 'DATABASE', quote_ident(datname), '', datdba, datacl
        FROM pg_database WHERE datname = current_database())
      SELECT h.kind, h.name, e.privilege_type || h.col AS what, quote_ident(g.rolname) AS passer,
             CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(t.rolname) END AS taker
      FROM held h
      CROSS JOIN LATERAL aclexplode(h.acl) e
      JOIN pg_roles g ON g.oid = e.grantor
      LEFT JOIN pg_roles t ON t.oid = e.grantee
      WHERE e.grantor <> h.own AND (e.grantee = 0 OR t.rolname IS NOT NULL)
        AND EXISTS (SELECT FROM aclexplode(h.acl) o LEFT JOIN pg_roles r ON r.oid = o.grantee
                    WHERE o.grantor <> h.own
                      AND (o.grantee = 0 OR r.rolname LIKE 'standin\_%'))
    LOOP
      IF round = 1 THEN
        EXECUTE format('GRANT %s ON %s %s TO %s', f.what, f.kind, f.name, f.taker);
        -- A grant option of the table reaches its columns without being noted there.
        EXECUTE format('GRANT %s ON %s %s TO %s WITH GRANT OPTION', f.what, f.kind, f.name, f.passer);
      ELSE
        EXECUTE format('REVOKE GRANT OPTION FOR %s ON %s %s FROM %s CASCADE', f.what, f.kind, f.name,
          f.passer);
      END IF;
    END LOOP;
  END LOOP;
END $passed$
