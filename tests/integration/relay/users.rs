//! What a reload tells a stranger about who exists: nothing.

use std::io::{Read, Write};
use std::net::TcpStream;

use anyhow::{Context, bail};
use wire::{ClientExchange, MECHANISM, Reply, parse_reply, sasl_initial_response, startup_message};

use crate::shop::{QA, Shop};

fn receive(socket: &mut TcpStream) -> anyhow::Result<(u8, Vec<u8>)> {
    let mut header = [0; 5];
    socket.read_exact(&mut header)?;
    let [tag, length @ ..] = header;
    let mut body = vec![0; u32::from_be_bytes(length) as usize - 4];
    socket.read_exact(&mut body)?;
    Ok((tag, body))
}

/// The salt and the iterations that a login of `user` is asked to use.
fn salt(shop: &mut Shop, user: &str) -> anyhow::Result<String> {
    let mut socket = TcpStream::connect(shop.daemon().endpoint()?)?;
    socket.write_all(&startup_message([("user", user), ("database", "shop@qa")]))?;
    receive(&mut socket)?;
    let exchange = ClientExchange::new(&[MECHANISM], "", None).context("a mechanism")?;
    socket.write_all(&sasl_initial_response(MECHANISM, &exchange.first()))?;
    let (tag, body) = receive(&mut socket)?;
    let Reply::SaslContinue(text) = parse_reply(tag, &body)? else {
        bail!("{:?}", parse_reply(tag, &body))
    };
    let (_, salt) = text.split_once(",s=").context("a salt")?;
    Ok(salt.to_owned())
}

#[test]
fn a_reload_does_not_tell_which_users_exist() -> anyhow::Result<()> {
    let mut shop = Shop::open(QA)?;
    let users = ["app", "nobody", "App"];
    let before = users.map(|user| salt(&mut shop, user).expect("a salt"));
    assert_eq!(
        users.map(|user| salt(&mut shop, user).expect("a salt")),
        before
    );
    shop.json("reload")?;
    assert_eq!(
        users.map(|user| salt(&mut shop, user).expect("a salt")),
        before
    );
    // Each user's is another, and each asks for as many iterations.
    let (mut salts, counts): (Vec<_>, Vec<_>) = before
        .iter()
        .map(|salt| salt.split_once(",i=").expect("iterations"))
        .unzip();
    assert!(counts.iter().all(|count| *count == "4096"), "{counts:?}");
    salts.sort_unstable();
    salts.dedup();
    assert_eq!(salts.len(), users.len());
    Ok(())
}
