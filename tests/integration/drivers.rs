//! Sessions of real drivers.

use tests::drivers::Driver;
use tests::postgres::Scratch;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_direct_session_of_every_driver_sees_the_same_twice() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    // A database's name as targets are written: all drivers take the second at sign as it is.
    server.database("shop@qa").await?;
    let url = server.url("shop@qa");
    for driver in Driver::ALL {
        let first = driver.session(&url).await?;
        let second = driver.session(&url).await?;
        assert_eq!(first, second, "{driver:?}");
        assert!(first.contains("division by zero"), "{driver:?}:\n{first}");
    }
    Ok(())
}

#[tokio::test]
async fn a_session_that_breaks_off_is_an_error() -> anyhow::Result<()> {
    let server = Scratch::start()?;
    let url = server.url("postgres");
    drop(server);
    for driver in Driver::ALL {
        assert!(driver.session(&url).await.is_err(), "{driver:?}");
    }
    Ok(())
}
