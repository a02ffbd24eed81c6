//! No cell of seed data reaches anybody: rows as they were loaded, by what is set apart.

use seeder::natural::reserved::{Reach, reaches};
use tests::postgres::Scratch;
use tokio_postgres::Client;

use super::fill::{chain, job, schemas};
use seeder::run::{fill, plan};

/// What a column's name says of its texts.
fn told(column: &str) -> Option<Reach> {
    let has = |words: &[&str]| words.iter().any(|word| column.contains(word));
    if has(&["phone", "mobile", "fax", "msisdn"]) {
        Some(Reach::Phone)
    } else if has(&["domain", "hostname"]) {
        Some(Reach::Host)
    } else {
        None
    }
}

/// Columns that hold texts or addresses, with each a query for its values.
async fn columns(client: &Client) -> anyhow::Result<Vec<(String, String, bool)>> {
    let sql = "
        SELECT format('%I.%I.%I', n.nspname, c.relname, a.attname), a.attname::text,
            format(CASE WHEN typcategory = 'A'
                THEN 'SELECT DISTINCT e::text FROM %I.%I, unnest(%I) e WHERE e IS NOT NULL'
                ELSE 'SELECT DISTINCT %3$I::text FROM %1$I.%2$I WHERE %3$I IS NOT NULL' END,
                n.nspname, c.relname, a.attname),
            format_type(coalesce(nullif(b.typelem, 0), nullif(b.typbasetype, 0), b.oid), NULL)
                ~ '^(text|char|bpchar|citext|inet|cidr|json)'
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type b ON b.oid = a.atttypid
        WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
            AND n.nspname !~ '^pg_|^information_schema' ORDER BY 1";
    let mut found = Vec::new();
    for row in client.query(sql, &[]).await? {
        if row.get(3) {
            let name: String = row.get(1);
            found.push((row.get(0), row.get(2), told(&name) == Some(Reach::Phone)));
        }
    }
    Ok(found)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_cell_of_any_schema_reaches_anybody() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let (mut found, mut phones, mut cells) = (Vec::new(), 0, 0);
    for (name, sql) in schemas()? {
        let client = server.database(&name).await?;
        client.batch_execute(&sql).await?;
        let filled = fill(&server.config(&name), &job(2), &|_| {}).await;
        filled.map_err(|error| anyhow::anyhow!("{name}: {}", chain(&error)))?;
        for (column, query, phone) in columns(&client).await? {
            let last = column.rsplit('.').next().unwrap_or_default();
            let rows = client.query(&query, &[]).await?;
            cells += rows.len();
            phones += if phone { rows.len() } else { 0 };
            let reaching = rows.iter().find_map(|row| {
                let text: String = row.get(0);
                // Codes of digits may pass the check of a card, and are none.
                let reach = reaches(&text, told(last))?;
                (reach != Reach::Card || last.contains("card")).then_some((reach, text))
            });
            found
                .extend(reaching.map(|(reach, text)| format!("{name} {column} {reach:?}: {text}")));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(phones > 200 && cells > 50_000, "{phones} of {cells}");
    Ok(())
}

/// CHECKs that the usual form of a value does not satisfy.
const NARROW: &str = r"
CREATE TABLE people (
    id int PRIMARY KEY,
    phone text NOT NULL CHECK (phone ~ '^[0-9]{10}$'),
    mobile text NOT NULL CHECK (mobile ~ '^0[1-9][0-9]{8}$'),
    fax text CHECK (fax ~ '^\+[0-9]{1,3}\.[0-9]{4,14}$'),
    home_phone text NOT NULL CHECK (home_phone ~ '^\([0-9]{3}\) [0-9]{3}-[0-9]{4}$'),
    email text NOT NULL CHECK (email ~ '^[a-z]+@[a-z]+\.(com|net|org)$'),
    login text NOT NULL CHECK (login ~ '^[a-z0-9]+@[a-z.]+$'),
    website text NOT NULL CHECK (website ~ '^http://[a-z0-9.]+$'),
    picture_url text NOT NULL CHECK (picture_url ~ '^https://.+\.webp$'),
    domain text NOT NULL UNIQUE CHECK (domain ~ '^[a-z0-9-]+\.[a-z]+\.[a-z]{2,3}$'),
    work_phone varchar(15) NOT NULL UNIQUE CHECK (work_phone ~ '^[1-9][0-9]{6,13}$'),
    contact text NOT NULL UNIQUE CHECK (contact ~ '^[a-z0-9-]+@[a-z]+\.[a-z]{3}$')
);";

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_the_form_gets_another_form_of_what_is_set_apart() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let client = server.database("app").await?;
    client.batch_execute(NARROW).await?;
    let filled = fill(&server.config("app"), &job(2), &|_| {}).await;
    filled.map_err(|error| anyhow::anyhow!(chain(&error)))?;
    let mut found = Vec::new();
    for (column, query, _) in columns(&client).await? {
        let last = column.rsplit('.').next().unwrap_or_default();
        let rows = client.query(&query, &[]).await?;
        assert!(rows.len() > 10, "{column}: {} values", rows.len());
        let texts = rows.iter().map(|row| row.get::<_, String>(0));
        let reaching = texts.filter(|text| reaches(text, told(last)).is_some());
        found.extend(reaching.map(|text| format!("{column}: {text}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

/// No text that is set apart satisfies these: each is named by the plan.
#[tokio::test]
async fn a_column_that_only_real_addresses_fit_is_named_by_the_plan() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    for (number, (column, ddl)) in [
        (
            "email",
            r"email text NOT NULL CHECK (email LIKE '%@acme.com')",
        ),
        (
            "phone",
            r"phone text NOT NULL CHECK (phone ~ '^\+4930555[0-9]{4}$')",
        ),
        (
            "phone",
            r"phone text NOT NULL UNIQUE CHECK (phone ~ '^\+4930555[0-9]{4}$')",
        ),
        (
            "site",
            r"site text NOT NULL CHECK (site ~ '^https://[a-z]+\.github\.io$')",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("app{number}");
        let client = server.database(&name).await?;
        let ddl = format!("CREATE TABLE people (id int PRIMARY KEY, {ddl})");
        client.batch_execute(&ddl).await?;
        let error = plan(&client, &job(1)).await.err();
        let text = error.map(|error| chain(&error)).unwrap_or_default();
        let told = format!("values of \"{column}\" that reach nobody");
        assert!(text.contains(&told), "{ddl}: {text:?}");
    }
    Ok(())
}
