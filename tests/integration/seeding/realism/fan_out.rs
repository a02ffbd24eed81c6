//! How many children each parent has.

use std::sync::Arc;

use seeder::engine::{CHUNK_ROWS, Engine};
use seeder::plan::Plan;
use seeder::run;

use super::Shop;

const SCHEMA: &str = "\
CREATE TABLE countries (code char(2) PRIMARY KEY);
INSERT INTO countries VALUES ('DE'), ('FR');
CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    country char(2) NOT NULL REFERENCES countries,
    created_at timestamptz NOT NULL
);
CREATE TABLE products (id bigserial PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (
    id bigserial PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers ON DELETE CASCADE,
    billed_to bigint REFERENCES customers,
    created_at timestamptz NOT NULL
);
CREATE TABLE order_items (
    order_id bigint NOT NULL REFERENCES orders,
    line smallint NOT NULL CHECK (line BETWEEN 1 AND 40),
    product_id bigint NOT NULL REFERENCES products,
    PRIMARY KEY (order_id, line),
    UNIQUE (order_id, product_id)
);
CREATE TABLE profiles (customer_id bigint PRIMARY KEY REFERENCES customers, bio text);
";

const ORDERS: &str = "[seed.tables.customers]\nrows = 4000\n[seed.tables.orders]\n";

/// How many of a thousand customers have each number of orders.
async fn shares(shop: &Shop) -> anyhow::Result<Vec<(i64, f64)>> {
    let sql = "SELECT n, count(*) * 1000.0::float8 / (SELECT count(*) FROM customers) FROM (
        SELECT count(o.id) AS n FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id
    ) x GROUP BY n ORDER BY n";
    let rows = shop.client.query(sql, &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn children_are_spread_as_the_configuration_says() -> anyhow::Result<()> {
    let per = |text: &str| {
        format!("{ORDERS}per = {{ parent = \"customers\", column = \"customer_id\", {text} }}\n")
    };
    for (text, expected) in [
        ("count = 3", vec![(3, 1000.0)]),
        (
            "min = 1, max = 4, distribution = \"uniform\"",
            vec![(1, 250.0), (2, 250.0), (3, 250.0), (4, 250.0)],
        ),
        // k^-1.5 for k = 1..5, in thousandths of their sum.
        (
            "max = 4, distribution = \"zipf\"",
            vec![(0, 568.1), (1, 200.8), (2, 109.3), (3, 71.0), (4, 50.8)],
        ),
        (
            "counts = { 0 = 50, 2 = 30, \"7..8\" = 20 }",
            vec![(0, 500.0), (2, 300.0), (7, 100.0), (8, 100.0)],
        ),
    ] {
        let shop = Shop::new(SCHEMA, &per(text)).await?;
        shop.fill().await?;
        let found = shares(&shop).await?;
        let numbers: Vec<i64> = found.iter().map(|(number, _)| *number).collect();
        assert_eq!(
            numbers,
            expected.iter().map(|(n, _)| *n).collect::<Vec<_>>(),
            "{text}"
        );
        for ((_, share), (number, declared)) in found.iter().zip(&expected) {
            // Four deviations of a share of 4,000 draws are 32 thousandths at most.
            assert!(
                (share - declared).abs() < 32.0,
                "{text}: {number} is {share}"
            );
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_obvious_parent_has_few_children_mostly_and_many_at_times() -> anyhow::Result<()> {
    let shop = Shop::new(SCHEMA, "").await?;
    let filled = shop.fill().await?;
    let shares = shares(&shop).await?;
    let of = |number: i64| {
        shares
            .iter()
            .find(|(n, _)| *n == number)
            .map_or(0.0, |(_, share)| *share)
    };
    assert!(
        of(0) > 300.0 && of(0) > 2.0 * of(1) && of(1) > of(3),
        "{shares:?}"
    );
    assert!(
        shares.last().is_some_and(|(most, _)| *most > 15),
        "{shares:?}"
    );
    // What is a part of something has one at least, and unique keys still hold.
    let without = "SELECT count(*) FROM orders o WHERE NOT EXISTS (SELECT FROM order_items i WHERE i.order_id = o.id)";
    assert_eq!(shop.number(without).await?, 0.0);
    let most = shop
        .number("SELECT max(n) FROM (SELECT count(*) n FROM order_items GROUP BY order_id) x")
        .await?;
    assert!((5.0..=40.0).contains(&most), "{most}");
    // Nothing is older than what it belongs to.
    let before = "SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.created_at < c.created_at";
    assert_eq!(shop.number(before).await?, 0.0);
    let shown = filled.plan.shown();
    let orders = shown
        .tables
        .iter()
        .find(|table| table.name == "public.orders");
    let because = orders
        .map(|table| table.because.as_str())
        .unwrap_or_default();
    assert!(
        because.contains("for each row of public.customers, 3."),
        "{because}"
    );
    let items = shown
        .tables
        .iter()
        .find(|table| table.name == "public.order_items");
    let from = items
        .map(|table| table.columns[0].from.as_str())
        .unwrap_or_default();
    assert!(from.contains("in their order, each 1 to"), "{from}");
    // A list of two countries does not decide how many customers there are.
    assert_eq!(shop.number("SELECT count(*) FROM customers").await?, 1000.0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_children_have_no_room_for_is_named() -> anyhow::Result<()> {
    for (table, per, expected) in [
        (
            "orders",
            "parent = \"custmers\", max = 2",
            "no foreign key to public.custmers; did you mean public.customers?",
        ),
        (
            "orders",
            "parent = \"products\", max = 2",
            "it refers to public.customers",
        ),
        (
            "orders",
            "parent = \"customers\", max = 2",
            "several foreign keys refer to public.customers: name a column of one",
        ),
        (
            "orders",
            "column = \"created_at\", max = 2",
            "no foreign key with column \"created_at\"",
        ),
        (
            "profiles",
            "max = 2",
            "2 rows for one parent are asked for, and unique key \"profiles_pkey\" has room for 1",
        ),
        (
            "order_items",
            "parent = \"orders\", max = 41",
            "unique key \"order_items_pkey\" has room for 40",
        ),
        (
            "customers",
            "count = 4000000000",
            "no table has room for so many rows for each row of public.countries",
        ),
        ("countries", "max = 3", "it refers to nothing"),
    ] {
        let shop = Shop::new(
            SCHEMA,
            &format!("[seed.tables.{table}]\nper = {{ {per} }}\n"),
        )
        .await?;
        if table == "countries" {
            shop.client.batch_execute("DELETE FROM countries").await?;
        }
        if table == "customers" {
            shop.client.batch_execute("INSERT INTO countries SELECT chr(65 + n / 26) || chr(65 + n % 26) FROM generate_series(200, 520) n").await?;
        }
        let said = shop.refused().await;
        assert!(said.contains(expected), "{per}: {said}");
        assert!(said.contains(&format!("public.{table}: per: ")), "{said}");
        assert_eq!(shop.number("SELECT count(*) FROM orders").await?, 0.0);
    }
    let shop = Shop::new(
        SCHEMA,
        "[seed.tables.profiles]\nper = { min = 0, max = 1, distribution = \"uniform\" }\n",
    )
    .await?;
    shop.fill().await?;
    let share = shop.number("SELECT count(*) FROM profiles").await?;
    assert!(
        (400.0..600.0).contains(&share),
        "{share} of 1000 have a profile"
    );
    Ok(())
}

/// Children of tenants that refer to each other: blocks of each tenant are of any size, none empty.
const TENANTS: &str = "\
CREATE TABLE tenants (id int PRIMARY KEY);
CREATE TABLE people (tenant_id int NOT NULL REFERENCES tenants, id int NOT NULL, PRIMARY KEY (tenant_id, id));
CREATE TABLE tickets (
    tenant_id int NOT NULL REFERENCES tenants,
    id int NOT NULL,
    person_id int NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES people
);
";

#[tokio::test(flavor = "multi_thread")]
async fn parents_of_one_tenant_are_found_in_blocks_of_any_size() -> anyhow::Result<()> {
    let shop = Shop::new(TENANTS, "").await?;
    shop.fill().await?;
    let sizes =
        "SELECT count(DISTINCT n) FROM (SELECT count(*) n FROM tickets GROUP BY tenant_id) x";
    assert!(shop.number(sizes).await? > 5.0);
    let least = "SELECT min(n) FROM (SELECT count(p.id) n FROM tenants t LEFT JOIN people p ON p.tenant_id = t.id GROUP BY t.id) x";
    assert_eq!(shop.number(least).await?, 1.0);

    let rules = "[seed.tables.people]\nper = { parent = \"tenants\", min = 0, max = 9 }\n";
    let said = Shop::new(TENANTS, rules).await?.refused().await;
    assert!(
        said.contains("rows of public.tickets need one for each parent at least: min = 1"),
        "{said}"
    );
    Ok(())
}

/// The bytes of a table's chunks, in any order of making them.
fn bytes(plan: &Arc<Plan>, table: &str, backwards: bool) -> anyhow::Result<Vec<Vec<u8>>> {
    let engine = Engine::new(Arc::clone(plan));
    let position = plan.table(&table.parse()?).expect("a table");
    let mut chunks: Vec<u64> = (0..plan.tables[position].rows.div_ceil(CHUNK_ROWS)).collect();
    if backwards {
        chunks.reverse();
    }
    let mut made = Vec::new();
    for chunk in chunks {
        let mut out = Vec::new();
        engine.write_chunk(position, chunk, &mut out)?;
        made.push((chunk, out));
    }
    made.sort();
    Ok(made.into_iter().map(|(_, out)| out).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn any_chunk_is_made_alone_and_more_parents_change_no_child() -> anyhow::Result<()> {
    let of = |customers: u64| {
        format!(
            "[seed.tables.customers]\nrows = {customers}\n[seed.tables.orders]\nper = {{ column = \"customer_id\", max = 30 }}\n"
        )
    };
    let mut plans = Vec::new();
    for customers in [20_000, 40_000] {
        let shop = Shop::new(SCHEMA, &of(customers)).await?;
        let (_, plan) = run::plan(&shop.client, &shop.job).await?;
        plans.push(Arc::new(plan));
    }
    let few = bytes(&plans[0], "public.order_items", false)?;
    assert!(few.len() > 4 && few == bytes(&plans[0], "public.order_items", true)?);
    // Customers of a child do not change; nor does when it came to be, which follows from theirs.
    let column = |plan: &Arc<Plan>, row: u64| {
        let engine = Engine::new(Arc::clone(plan));
        let orders = plan
            .table(&"public.orders".parse().expect("a name"))
            .expect("a table");
        (
            engine.child(orders, row),
            engine.row(orders, row).expect("a row")[1].clone(),
        )
    };
    let rows = plans[0].tables[plans[0].table(&"public.orders".parse()?).expect("a table")].rows;
    for row in (0..rows).step_by(97) {
        assert_eq!(column(&plans[0], row), column(&plans[1], row));
    }
    Ok(())
}

#[tokio::test]
async fn a_cell_is_explained_with_its_place_below_its_parent() -> anyhow::Result<()> {
    let rules = "[seed.tables.orders]\nper = { column = \"customer_id\", count = 4 }\n";
    let shop = Shop::new(SCHEMA, rules).await?;
    let explained = run::explain(&shop.client, &shop.job, "orders.customer_id", 9).await?;
    assert_eq!(
        explained.place.as_deref(),
        Some("2 of the 4 rows of row 2 of public.customers")
    );
    assert_eq!(explained.value.as_deref(), Some("3"));
    assert_eq!(
        explained.from,
        "a row of public.customers, in their order, each 4 to 4 times"
    );
    Ok(())
}
