//! States of rows and the moments that go with them.

use seeder::run;

use super::Shop;

/// States of three kinds of column, without a CHECK that ties a moment to them.
const PLAIN: &str = "\
CREATE TYPE order_state AS ENUM ('pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded');
CREATE TABLE orders (
    id bigserial PRIMARY KEY,
    state order_state NOT NULL,
    delivered_at timestamptz,
    shipped_at timestamptz,
    paid_at timestamptz,
    cancelled_at timestamptz,
    cancellation_reason text,
    refund_date date,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE TABLE tickets (
    id bigserial PRIMARY KEY,
    opened_on date NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'in_progress', 'resolved', 'closed', 'rejected')),
    ticket_started_on date,
    resolution_date date,
    closed_on date,
    rejected_on date,
    due_on date
);
CREATE TABLE articles (
    id bigserial PRIMARY KEY,
    status varchar(20) NOT NULL,
    \"publishedAt\" timestamp,
    archived_at timestamp,
    is_archived boolean NOT NULL
);
";

/// How many rows there are for which this does not hold.
async fn except(shop: &Shop, table: &str, holds: &str) -> anyhow::Result<f64> {
    shop.number(&format!(
        "SELECT count(*) FROM {table} WHERE ({holds}) IS NOT TRUE"
    ))
    .await
}

/// What holds for every row of a table.
const ORDERED: &[(&str, &str)] = &[
    (
        "orders",
        "state <> 'pending' OR num_nonnulls(paid_at, shipped_at, delivered_at, cancelled_at, refund_date) = 0",
    ),
    (
        "orders",
        "(delivered_at IS NOT NULL) = (state = 'delivered') OR state = 'refunded'",
    ),
    (
        "orders",
        "(shipped_at IS NOT NULL) = (state IN ('shipped', 'delivered')) OR state = 'refunded'",
    ),
    (
        "orders",
        "state NOT IN ('paid', 'shipped', 'delivered', 'refunded') OR paid_at IS NOT NULL",
    ),
    (
        "orders",
        "(cancelled_at IS NOT NULL) = (state = 'cancelled')",
    ),
    (
        "orders",
        "(cancellation_reason IS NOT NULL) = (state = 'cancelled')",
    ),
    ("orders", "(refund_date IS NOT NULL) = (state = 'refunded')"),
    (
        "orders",
        "coalesce(created_at < paid_at, true) AND coalesce(paid_at < shipped_at, true) AND coalesce(shipped_at < delivered_at, true)",
    ),
    (
        "orders",
        "coalesce(greatest(created_at, paid_at) < cancelled_at, true)",
    ),
    ("orders", "coalesce(paid_at::date <= refund_date, true)"),
    (
        "orders",
        "updated_at >= greatest(created_at, paid_at, shipped_at, delivered_at, cancelled_at)",
    ),
    ("orders", "greatest(updated_at, refund_date) < '2026-01-01'"),
    (
        "tickets",
        "(ticket_started_on IS NOT NULL) = (status IN ('in_progress', 'resolved', 'closed')) OR status = 'rejected'",
    ),
    (
        "tickets",
        "(resolution_date IS NOT NULL) = (status IN ('resolved', 'closed'))",
    ),
    (
        "tickets",
        "(closed_on IS NOT NULL) = (status = 'closed') AND (rejected_on IS NOT NULL) = (status = 'rejected')",
    ),
    (
        "tickets",
        // Three steps of a day to eleven each; where the present is nearer than that, two days may
        // be one.
        "coalesce(opened_on < resolution_date AND resolution_date < closed_on, true)
             OR opened_on > date '2026-01-01' - 34
                AND opened_on <= resolution_date AND coalesce(resolution_date <= closed_on, true)",
    ),
    (
        "articles",
        "(\"publishedAt\" IS NOT NULL) = (status = 'published') OR status = 'archived'",
    ),
    (
        "articles",
        "(archived_at IS NOT NULL) = (status = 'archived')",
    ),
    ("articles", "is_archived = (archived_at IS NOT NULL)"),
];

#[tokio::test(flavor = "multi_thread")]
async fn moments_are_set_where_the_state_has_come_so_far_and_in_order() -> anyhow::Result<()> {
    let shop = Shop::new(PLAIN, "").await?;
    shop.fill().await?;
    for (table, holds) in ORDERED {
        let found = except(&shop, table, holds).await?;
        assert!(found <= 0.0, "{found} of {table} are not so: {holds}");
    }
    let shares = "SELECT string_agg(state::text, ' ' ORDER BY n DESC) FROM (SELECT state, count(*) n FROM orders GROUP BY 1) x";
    let row = shop.client.query_one(shares, &[]).await?;
    let order: String = row.get(0);
    // Most orders have come to the end of their way; every state occurs.
    assert!(
        order.starts_with("delivered") && order.split(' ').count() == 6,
        "{order}"
    );
    Ok(())
}

/// The same said by CHECKs, one of them stricter than names are.
const CHECKED: &str = "\
CREATE TABLE orders (
    id bigserial PRIMARY KEY,
    status text NOT NULL,
    total numeric(10, 2) NOT NULL,
    created_at timestamptz NOT NULL,
    paid_at timestamptz,
    shipped_at timestamptz,
    delivered_at timestamptz,
    cancelled_at timestamptz,
    refunded_at timestamptz,
    CHECK (status = ANY (ARRAY['pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded'])),
    CHECK (status NOT IN ('paid', 'shipped', 'delivered', 'refunded') OR paid_at IS NOT NULL),
    CHECK (paid_at >= created_at AND shipped_at > paid_at AND delivered_at > shipped_at),
    CHECK ((status = 'delivered') = (delivered_at IS NOT NULL)),
    CHECK (shipped_at IS NULL OR status IN ('shipped', 'delivered')),
    CHECK (CASE WHEN status = 'cancelled' THEN cancelled_at IS NOT NULL AND paid_at IS NULL ELSE cancelled_at IS NULL END),
    CHECK (total > 0 AND (total >= 10 OR status <> 'refunded'))
);
CREATE TABLE users (
    id bigserial PRIMARY KEY,
    email text NOT NULL UNIQUE,
    email_verified boolean NOT NULL,
    email_verified_at timestamptz,
    is_active boolean NOT NULL,
    is_deleted boolean NOT NULL,
    deleted_at timestamptz,
    deleted_reason varchar(80),
    created_at timestamptz NOT NULL,
    CHECK (NOT is_deleted OR NOT is_active),
    CHECK (email_verified = (email_verified_at IS NOT NULL)),
    CHECK (deleted_at IS NULL OR deleted_at >= created_at)
);
";

#[tokio::test(flavor = "multi_thread")]
async fn checks_that_say_the_same_or_more_are_met_by_the_story_that_is_told() -> anyhow::Result<()>
{
    let shop = Shop::new(CHECKED, "").await?;
    let explained = run::explain(&shop.client, &shop.job, "orders.paid_at", 5).await?;
    let because = "set once \"status\" has come so far: paid, shipped, delivered, refunded; within";
    assert!(
        explained.because.starts_with(because),
        "{}",
        explained.because
    );
    assert_eq!(explained.from, "a moment");
    shop.fill().await?;
    for (table, holds) in [
        (
            "orders",
            "(paid_at IS NOT NULL) = (status IN ('paid', 'shipped', 'delivered', 'refunded'))",
        ),
        (
            "orders",
            "(shipped_at IS NOT NULL) = (status IN ('shipped', 'delivered'))",
        ),
        (
            "orders",
            "(refunded_at IS NOT NULL) = (status = 'refunded')",
        ),
        ("orders", "coalesce(refunded_at > paid_at, true)"),
        ("users", "is_deleted = (deleted_at IS NOT NULL)"),
        ("users", "deleted_at IS NULL OR NOT is_active"),
        (
            "users",
            "(deleted_reason IS NOT NULL) = (deleted_at IS NOT NULL)",
        ),
        ("users", "coalesce(email_verified_at >= created_at, true)"),
    ] {
        assert_eq!(except(&shop, table, holds).await?, 0.0, "{holds}");
    }
    let deleted = shop
        .number("SELECT avg(is_deleted::int) FROM users")
        .await?;
    assert!((0.03..0.15).contains(&deleted), "{deleted}");
    let delivered = shop
        .number("SELECT avg((status = 'delivered')::int) FROM orders")
        .await?;
    // 40 of 80 in weight.
    assert!((0.4..0.6).contains(&delivered), "{delivered}");
    Ok(())
}

const PATH: &str = "\
[seed.tables.jobs.columns.stage]
path = [\"alpha\", \"beta\", \"gamma\"]
leave = { omega = [\"beta\"] }
at = { beta = \"second\", gamma = \"third\", omega = \"last\" }
values = { alpha = 1, beta = 1, gamma = 1, omega = 2 }
";

const JOBS: &str = "\
CREATE TABLE jobs (id int PRIMARY KEY, stage text NOT NULL, last date, third timestamptz, second timestamptz, other timestamptz);
";

#[tokio::test(flavor = "multi_thread")]
async fn a_path_of_the_configuration_is_followed() -> anyhow::Result<()> {
    let shop = Shop::new(JOBS, PATH).await?;
    shop.fill().await?;
    for holds in [
        "(second IS NOT NULL) = (stage <> 'alpha')",
        "(third IS NOT NULL) = (stage = 'gamma')",
        "(last IS NOT NULL) = (stage = 'omega')",
        "coalesce(second < third, true) AND coalesce(second < last + 1, true)",
    ] {
        assert_eq!(except(&shop, "jobs", holds).await?, 0.0, "{holds}");
    }
    let left = shop
        .number("SELECT avg((stage = 'omega')::int) FROM jobs")
        .await?;
    assert!((0.34..0.46).contains(&left), "weights are kept: {left}");

    // Without weights the path itself says what states there are.
    let told = PATH.replace("values = { alpha = 1, beta = 1, gamma = 1, omega = 2 }", "");
    let shop = Shop::new(JOBS, &told).await?;
    shop.fill().await?;
    let other = except(
        &shop,
        "jobs",
        "stage IN ('alpha', 'beta', 'gamma', 'omega') AND (second IS NULL) = (stage = 'alpha')",
    );
    assert_eq!(other.await?, 0.0);

    // An empty path takes the story away: moments are as if they had nothing to do with the state.
    let off = "[seed.tables.orders.columns.state]\npath = []\n";
    let shop = Shop::new(PLAIN, off).await?;
    shop.fill().await?;
    let apart = except(
        &shop,
        "orders",
        "(delivered_at IS NOT NULL) = (state = 'delivered')",
    )
    .await?;
    assert!(apart > 200.0, "{apart}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_cannot_be_is_named() -> anyhow::Result<()> {
    for (from, to, expected) in [
        (
            "\"alpha\", \"beta\"",
            "\"alpha\", \"betta\", \"beta\"",
            "column \"stage\": it never holds \"betta\", only alpha, beta, gamma, omega",
        ),
        ("\"second\"", "\"secnd\"", "there is no column \"secnd\""),
        (
            "\"second\"",
            "\"id\"",
            "column \"id\" cannot be empty until \"beta\" is reached",
        ),
    ] {
        let said = Shop::new(JOBS, &PATH.replacen(from, to, 1))
            .await?
            .refused()
            .await;
        assert!(said.contains(expected), "{said}");
    }
    Ok(())
}
