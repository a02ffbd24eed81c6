//! What a row's columns have to do with each other: by rules, and by what they are called.

use seeder::run;

use super::Shop;

/// Columns that rules let depend on each other.
const PEOPLE: &str = "\
CREATE TABLE people (
    id bigserial PRIMARY KEY,
    age int NOT NULL CHECK (age BETWEEN 18 AND 90),
    income numeric(12,2) NOT NULL,
    plan text NOT NULL CHECK (plan IN ('free', 'pro', 'team')),
    seats int NOT NULL,
    fee numeric(10,2) NOT NULL,
    created_at timestamptz NOT NULL,
    nickname text
);
";

/// How many rows there are for which this does not hold.
async fn except(shop: &Shop, table: &str, holds: &str) -> anyhow::Result<f64> {
    let sql = format!("SELECT count(*) FROM {table} WHERE ({holds}) IS NOT TRUE");
    shop.number(&sql).await
}

#[tokio::test(flavor = "multi_thread")]
async fn values_beside_others_are_those_that_rules_give() -> anyhow::Result<()> {
    let rules = "\
[seed.tables.people]
rows = 9000
[seed.tables.people.columns]
plan = { values = { free = 6, pro = 3, team = 1 } }
seats = { given = \"plan\", between = { free = [1, 1], team = [5, 40], \"*\" = [2, 4] } }
nickname = { given = \"plan\", values = { team = { ace = 3, boss = 1 } }, nulls = 0 }
fee = { is = \"seats * 9.995\" }
";
    let shop = Shop::new(PEOPLE, rules).await?;
    shop.fill().await?;
    for holds in [
        "plan <> 'free' OR seats = 1",
        "plan <> 'pro' OR seats BETWEEN 2 AND 4",
        "plan <> 'team' OR seats BETWEEN 5 AND 40",
        "plan <> 'team' OR nickname IN ('ace', 'boss')",
        "fee = round(seats * 9.995, 2)",
    ] {
        assert!(except(&shop, "people", holds).await? == 0.0, "{holds}");
    }
    let seats = "SELECT count(DISTINCT seats) FROM people WHERE plan = 'team'";
    assert!((shop.number(seats).await? - 36.0).abs() < f64::EPSILON);
    let aces = "SELECT avg((nickname = 'ace')::int) FROM people WHERE plan = 'team'";
    let aces = shop.number(aces).await?;
    assert!((aces - 0.75).abs() < 0.06, "{aces}");
    Ok(())
}

/// Spearman's coefficient of two columns: both have many values.
const RANKS: &str = "SELECT corr(a, b) FROM (SELECT rank() OVER (ORDER BY age) a, \
                     rank() OVER (ORDER BY income) b FROM people) ranks";

#[tokio::test(flavor = "multi_thread")]
async fn ranks_go_together_as_declared_and_neither_column_changes() -> anyhow::Result<()> {
    let rows = "[seed.tables.people]\nrows = 20000\n";
    let alone = Shop::new(PEOPLE, rows).await?;
    alone.fill().await?;
    let apart = alone.number(RANKS).await?;
    assert!(apart.abs() < 0.05, "{apart}");
    for declared in [0.7, -0.4] {
        let rules = format!(
            "{rows}columns.income = {{ correlate = {{ with = \"age\", coefficient = {declared} }} }}\n"
        );
        let shop = Shop::new(PEOPLE, &rules).await?;
        shop.fill().await?;
        let found = shop.number(RANKS).await?;
        assert!((found - declared).abs() < 0.04, "{declared}: {found}");
        let ages = "SELECT sum(age * id) FROM people";
        let same = [shop.number(ages).await?, alone.number(ages).await?];
        assert!((same[0] - same[1]).abs() < f64::EPSILON, "{same:?}");
        for share in [0.1, 0.5, 0.9] {
            let sql = format!(
                "SELECT percentile_cont({share}) WITHIN GROUP (ORDER BY income) FROM people"
            );
            let ratio = shop.number(&sql).await? / alone.number(&sql).await?;
            assert!((ratio - 1.0).abs() < 0.1, "{share}: {ratio}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relation_that_cannot_be_is_refused_by_name() -> anyhow::Result<()> {
    for (rules, reason) in [
        (
            "seats = { given = \"plam\", values = { free = { 1 = 1 } } }",
            "column \"seats\": there is no column \"plam\"; did you mean \"plan\"?",
        ),
        (
            "seats = { given = \"plan\", values = { gold = { 1 = 1 } } }",
            "column \"seats\": column \"plan\" never holds \"gold\"",
        ),
        (
            "plan = { given = \"seats\", values = { \"*\" = { gold = 1 } } }",
            "column \"plan\": its CHECKs do not allow \"gold\"",
        ),
        (
            "age = { given = \"plan\", between = { free = [10, 30] } }",
            "column \"age\": its CHECKs do not allow \"10\"",
        ),
        (
            "id = { correlate = { with = \"age\", coefficient = 1 } }",
            "column \"id\": its values are decided by a key or a foreign key",
        ),
        (
            "created_at = { correlate = { with = \"age\", coefficient = 1 } }",
            "column \"created_at\": it holds when the row came to be",
        ),
        (
            "income = { correlate = { with = \"nickname\", coefficient = 1 } }",
            "column \"income\": column \"nickname\" holds no numbers and no moments",
        ),
        (
            "seats = { given = \"fee\", values = { \"*\" = { 1 = 1 } } }\n\
             fee = { given = \"seats\", values = { \"*\" = { 1 = 1 } } }",
            "column \"fee\" depends on itself by what others are given",
        ),
        (
            "income = { correlate = { with = \"fee\", coefficient = 1 } }\n\
             fee = { correlate = { with = \"income\", coefficient = 1 } }",
            "column \"income\": column \"fee\" depends on it already",
        ),
        (
            "fee = { is = \"seats * prise\" }",
            "is of fee: not solved: there is no column \"prise\"",
        ),
    ] {
        let rules = format!("[seed.tables.people.columns]\n{rules}\n");
        let refused = Shop::new(PEOPLE, &rules).await?.refused().await;
        assert!(refused.contains(reason), "{reason}\n{refused}");
    }
    Ok(())
}

/// Columns that names relate.
const NAMED: &str = "\
CREATE TABLE customers (
    id bigserial PRIMARY KEY,
    first_name text NOT NULL,
    country_code char(2) NOT NULL CHECK (country_code IN ('DE', 'FR', 'US')),
    time_zone text NOT NULL,
    currency char(3) NOT NULL
);
CREATE TABLE deliveries (
    id bigserial PRIMARY KEY,
    sender_country text NOT NULL CHECK (sender_country IN ('DE', 'US')),
    sender_time_zone text NOT NULL,
    receiver_country text NOT NULL CHECK (receiver_country IN ('JP', 'GB')),
    receiver_time_zone text NOT NULL
);
CREATE TABLE articles (
    id bigserial PRIMARY KEY,
    title text NOT NULL,
    slug varchar(40) NOT NULL UNIQUE
);
CREATE TABLE order_lines (
    id bigserial PRIMARY KEY,
    quantity int NOT NULL CHECK (quantity > 0),
    unit_price numeric(10,2) NOT NULL,
    discount numeric(10,2) NOT NULL CHECK (discount >= 0),
    line_total numeric(12,2) NOT NULL CHECK (line_total >= 0)
);
CREATE TABLE invoices (
    id bigserial PRIMARY KEY,
    subtotal numeric(12,2) NOT NULL,
    tax numeric(12,2),
    total numeric(12,2) NOT NULL
);
";

#[tokio::test(flavor = "multi_thread")]
async fn places_money_slugs_and_totals_fit_what_they_are_called_after() -> anyhow::Result<()> {
    let shop = Shop::new(NAMED, "").await?;
    shop.fill().await?;
    for (table, holds) in [
        (
            "customers",
            "currency = CASE country_code WHEN 'US' THEN 'USD' ELSE 'EUR' END",
        ),
        (
            "customers",
            "time_zone LIKE CASE country_code WHEN 'DE' THEN 'Europe/Berlin' \
             WHEN 'FR' THEN 'Europe/Paris' ELSE 'America/%' END",
        ),
        (
            "deliveries",
            "sender_time_zone LIKE CASE sender_country WHEN 'DE' THEN 'Europe/Berlin' \
             ELSE 'America/%' END",
        ),
        (
            "deliveries",
            "receiver_time_zone = CASE receiver_country WHEN 'JP' THEN 'Asia/Tokyo' \
             ELSE 'Europe/London' END",
        ),
        (
            "articles",
            "left(slug, 4) = left(regexp_replace(lower(title), '[^a-z0-9]+', '-', 'g'), 4)",
        ),
        (
            "order_lines",
            "line_total = quantity * unit_price - discount",
        ),
        ("invoices", "total = subtotal + coalesce(tax, 0)"),
    ] {
        let found = except(&shop, table, holds).await?;
        assert!(found == 0.0, "{found} of {table} are not so: {holds}");
    }
    let countries = "SELECT count(DISTINCT country_code) FROM customers";
    assert!((shop.number(countries).await? - 3.0).abs() < f64::EPSILON);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_says_what_each_column_follows() -> anyhow::Result<()> {
    let shop = Shop::new(NAMED, "").await?;
    let (_, plan) = run::plan(&shop.client, &shop.job).await?;
    let shown = plan.shown();
    for (table, column, reason) in [
        (
            "customers",
            "country_code",
            "the country of the row's person",
        ),
        (
            "deliveries",
            "sender_time_zone",
            "in the country of \"sender_country\"",
        ),
        ("articles", "slug", "the slug of \"title\""),
        (
            "order_lines",
            "line_total",
            "by its name round(\"quantity\" * \"unit_price\" - \"discount\", 2)",
        ),
    ] {
        let name = format!("public.{table}");
        let own = shown.tables.iter().find(|own| own.name == name);
        let own = own.expect("the table is planned").columns.iter();
        let own = own.clone().find(|own| own.name == column);
        let found = &own.expect("the column is planned").because;
        assert!(found.contains(reason), "{table}.{column}: {found}");
    }
    Ok(())
}
