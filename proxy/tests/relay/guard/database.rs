//! A database of one test's own: it belongs to the user whom the relay logs in as.

use crate::client::{Client, Message};
use crate::cluster::cluster;

/// The large object that every database has.
pub(super) const OBJECT: &str = "4242";

/// What the client may find.
const SETUP: [&str; 7] = [
    "create table items (id int primary key, name text)",
    "insert into items select n, 'item ' || n from generate_series(1, 1000) n",
    "create table journal (n int)",
    "create table scraps (n int)",
    "create sequence counter",
    "select lo_from_bytea(4242, 'a large object')",
    "create function escape(sql text) returns int language plpgsql \
     as $$ begin execute sql; return 1; end $$",
];

/// All that a client could have changed, as one row.
const STATE: &str = "select \
    (select count(*) from items), (select sum(hashtext(i::text)::bigint) from items i), \
    (select count(*) from journal), (select sum(n) from journal), (select count(*) from scraps), \
    (select sum(n) from scraps), \
    (select last_value::text || is_called from counter), \
    (select count(*) from pg_class), (select count(*) from pg_proc), \
    (select count(*) from pg_namespace), (select count(*) from pg_attribute), \
    (select count(*) from pg_type), (select count(*) from pg_trigger), \
    (select count(*) from pg_description), (select count(*) from pg_default_acl), \
    (select string_agg(relacl::text, '' order by oid) from pg_class where relkind in ('r', 'S')), \
    (select sum(hashtext(o::text)::bigint) from pg_largeobject o), \
    (select count(*) from pg_largeobject_metadata), \
    (select count(*) from pg_db_role_setting s join pg_database d on d.oid = setdatabase \
     where datname = current_database()), \
    (select count(*) from pg_roles where rolname like 'guarded%')";

pub(super) struct Database {
    pub(super) name: String,
    admin: Client,
}

impl Database {
    /// Makes it; every test has a name of its own.
    pub(super) fn new(test: &str) -> Self {
        let name = format!("guarded_{test}");
        cluster().run(&format!(
            "create database {name} owner app template template0"
        ));
        let mut owner = direct(&name, "app", &[]).0;
        for sql in SETUP {
            let answer = owner.ask(sql);
            assert!(
                answer.iter().all(|message| message.tag != b'E'),
                "{answer:?}"
            );
        }
        let admin = direct(&name, "postgres", &[]).0;
        Self { name, admin }
    }

    /// A session without a relay, and its greeting.
    pub(super) fn direct(&self, settings: &[(&str, &str)]) -> (Client, Vec<Message>) {
        direct(&self.name, "app", settings)
    }

    /// Runs SQL as the superuser.
    pub(super) fn run(&mut self, sql: &str) -> Vec<Message> {
        let answer = self.admin.ask(sql);
        let errors = answer.iter().filter(|message| message.tag == b'E').count();
        assert_eq!(errors, 0, "{answer:?}");
        answer
    }

    /// What is there to be changed.
    pub(super) fn state(&mut self) -> Message {
        let answer = self.run(STATE);
        answer
            .into_iter()
            .find(|message| message.tag == b'D')
            .unwrap()
    }
}

fn direct(database: &str, user: &str, settings: &[(&str, &str)]) -> (Client, Vec<Message>) {
    let mut client = Client::unix(&cluster().socket());
    let mut pairs = vec![("user", user), ("database", database)];
    pairs.extend(settings);
    let greeting = client.start(&pairs, "");
    assert_eq!(greeting.last().unwrap().tag, b'Z', "{greeting:?}");
    (client, greeting)
}
