//! What PostgreSQL's programs ask and a copy asks otherwise.
//!
//! pg_dump reads where each sequence stands, also where only definitions are asked for. A copy sets
//! its sequences by its own rows, so production's are not read, and no right to read them is needed.
//!
//! Some minor releases note a number of their own for each column among its options (`pg_attver` in
//! 15.20). Their own pg_dump leaves it out; one that is older takes it for the user's, and a server
//! that does not know it refuses the table.

/// Begins the name of an option that is a server's own, as `pg_` begins every name that is.
const OWN: &str = "pg_";

/// How pg_dump asks where a sequence stands.
const POSITION: &str = "SELECT last_value, is_called FROM ";

/// How pg_dump 18 asks a server 18 where all of them stand.
const POSITIONS: [(&str, &str); 2] = [
    ("last_value, is_called ", "1::pg_catalog.int8, false "),
    (", pg_get_sequence_data(seqrelid)", ""),
];

/// Positions that are nobody's in place of those of sequences; `None` for every other statement.
pub(super) fn without_positions(sql: &str) -> Option<String> {
    if sql.starts_with(POSITION) {
        let nobody = "SELECT 1::pg_catalog.int8 AS last_value, false AS is_called";
        return Some(nobody.to_owned());
    }
    if !POSITIONS.iter().all(|(asked, _)| sql.contains(asked)) {
        return None;
    }
    let mut edited = sql.to_owned();
    for (asked, nobody) in POSITIONS {
        edited = edited.replace(asked, nobody);
    }
    Some(edited)
}

/// A statement without options that a server keeps for itself; `None` where it has none.
pub(super) fn without_kept(sql: &str) -> Option<String> {
    if !sql.contains(OWN) {
        return None;
    }
    let mut edited = String::with_capacity(sql.len());
    let mut found = false;
    for line in sql.split_inclusive('\n') {
        match without_kept_in(line) {
            Some(without) => {
                found = true;
                edited.push_str(&without);
            }
            None => edited.push_str(line),
        }
    }
    found.then_some(edited)
}

/// `ALTER TABLE ONLY t ALTER COLUMN c SET (pg_attver=7, n_distinct=5);`, as pg_dump writes it.
fn without_kept_in(line: &str) -> Option<String> {
    let (before, rest) = line
        .starts_with("ALTER ")
        .then(|| line.rsplit_once(" SET ("))??;
    let (options, after) = rest.rsplit_once(");")?;
    let is_own = |option: &&str| option.starts_with(OWN) && option.contains('=');
    let options: Vec<&str> = options.split(", ").collect();
    let others: Vec<&str> = options.iter().filter(|o| !is_own(o)).copied().collect();
    if !before.contains(" ALTER COLUMN ") || others.len() == options.len() {
        return None;
    }
    if others.is_empty() {
        return Some(after.to_owned());
    }
    Some(format!("{before} SET ({});{after}", others.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_sequences_stand_is_not_asked() {
        let one = without_positions("SELECT last_value, is_called FROM public.\"odd; seq\"");
        assert_eq!(
            one.as_deref(),
            Some("SELECT 1::pg_catalog.int8 AS last_value, false AS is_called")
        );
        let all = "SELECT seqrelid, format_type(seqtypid, NULL), seqcache, seqcycle, last_value, \
                   is_called FROM pg_catalog.pg_sequence, pg_get_sequence_data(seqrelid) ORDER BY seqrelid;";
        assert_eq!(
            without_positions(all).as_deref(),
            Some(
                "SELECT seqrelid, format_type(seqtypid, NULL), seqcache, seqcycle, \
                 1::pg_catalog.int8, false FROM pg_catalog.pg_sequence ORDER BY seqrelid;"
            )
        );
        assert_eq!(
            without_positions("SELECT c.oid FROM pg_catalog.pg_class c"),
            None
        );
    }

    #[test]
    fn only_what_a_server_keeps_for_itself_is_left_out() {
        let check = |sql: &str, expected: Option<&str>| {
            assert_eq!(without_kept(sql).as_deref(), expected, "{sql}");
        };
        check(
            "CREATE TABLE t (a int);\n\
             ALTER TABLE ONLY public.t ALTER COLUMN a SET (pg_attver=22275624);\n\
             ALTER TABLE ONLY public.t ALTER COLUMN b SET (n_distinct=5, pg_attver=7);\n\
             ALTER TABLE ONLY public.t ALTER COLUMN c SET (pg_attver=7, n_distinct=5);\n",
            Some(
                "CREATE TABLE t (a int);\n\n\
                 ALTER TABLE ONLY public.t ALTER COLUMN b SET (n_distinct=5);\n\
                 ALTER TABLE ONLY public.t ALTER COLUMN c SET (n_distinct=5);\n",
            ),
        );
        check("ALTER TABLE t ALTER COLUMN c SET (n_distinct=5);", None);
        check(
            "ALTER TABLE t ALTER COLUMN c SET DEFAULT pg_catalog.now();",
            None,
        );
        check("ALTER TABLE t SET (pg_attver=7);", None);
        check("CREATE FUNCTION f() AS ' SET (pg_attver=7);'", None);
        check(
            "SELECT pg_catalog.set_config('search_path', '', false);",
            None,
        );
    }
}
