//! Tests of both ends against each other and of every refusal.

use super::*;

const PASSWORD: &str = "correct horse";

fn plus() -> ServerBinding {
    ServerBinding::EndPoint(vec![7; 32])
}

fn login(verifier: Verifier, password: &str, binding: ServerBinding) -> Result<(), ScramError> {
    let end_point = match &binding {
        ServerBinding::None => None,
        ServerBinding::EndPoint(hash) => Some(hash.clone()),
    };
    let mut client =
        ClientExchange::new(binding.mechanisms(), password, end_point).expect("a common mechanism");
    let server =
        ServerExchange::new(verifier, binding).client_first(client.mechanism, &client.first())?;
    let proof = client.prove(&server.message)?;
    match server.client_final(&proof)? {
        Outcome::Proven(message) => client.finish(&message),
        Outcome::Wrong => Err(ScramError::Refused),
    }
}

#[test]
fn the_right_password_logs_in_with_and_without_binding() {
    let verifier = Verifier::of_password(PASSWORD, "ada", &[1; 32]);
    assert_eq!(
        login(verifier.clone(), PASSWORD, ServerBinding::None),
        Ok(())
    );
    assert_eq!(login(verifier, PASSWORD, plus()), Ok(()));
}

#[test]
fn a_wrong_password_and_an_unknown_user_fail_alike() {
    let verifier = Verifier::of_password(PASSWORD, "ada", &[1; 32]);
    assert_eq!(login(verifier, "wrong", plus()), Err(ScramError::Refused));
    let mock = Verifier::mock("nobody", &[1; 32]);
    assert_eq!(login(mock, PASSWORD, plus()), Err(ScramError::Refused));
    let salt = |secret| Verifier::mock("nobody", &secret).salt;
    assert_eq!(salt([1; 32]), salt([1; 32]));
    assert_ne!(salt([1; 32]), salt([2; 32]));
    // A password says nothing of whether the user exists.
    let known = Verifier::of_password(PASSWORD, "nobody", &[1; 32]);
    assert_eq!(known.salt, salt([1; 32]));
}

#[test]
fn a_verifier_of_postgres_is_read() {
    // RFC 7677 §3: user "user", password "pencil".
    let text = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$\
                WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:\
                wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
    let verifier: Verifier = text.parse().expect("a verifier");
    assert_eq!(login(verifier, "pencil", ServerBinding::None), Ok(()));
    for bad in [
        "",
        "md5abc",
        "SCRAM-SHA-256$0:W22ZaJ0SNY7soEsUEjb6gQ==$a:b",
        "SCRAM-SHA-256$4096:$a:b",
    ] {
        assert!(bad.parse::<Verifier>().is_err(), "{bad}");
    }
    let greedy = text.replace("4096", "4000000000");
    assert_eq!(
        greedy.parse::<Verifier>(),
        Err(VerifierError::Iterations(4_000_000_000))
    );
}

#[test]
fn first_messages_that_break_the_rules_are_refused() {
    let first = |binding, mechanism, message| {
        ServerExchange::new(Verifier::mock("u", &[0; 32]), binding)
            .client_first(mechanism, message)
            .err()
    };
    let malformed = |error: Option<ScramError>| matches!(error, Some(ScramError::Malformed(_)));
    assert_eq!(
        first(plus(), MECHANISM, "y,,n=,r=abc"),
        Some(ScramError::Downgrade)
    );
    assert_eq!(first(ServerBinding::None, MECHANISM, "y,,n=,r=abc"), None);
    assert_eq!(
        first(plus(), MECHANISM, "n,a=root,n=,r=abc"),
        Some(ScramError::Identity)
    );
    for (binding, mechanism, message) in [
        (
            ServerBinding::None,
            MECHANISM_PLUS,
            "p=tls-server-end-point,,n=,r=abc",
        ),
        (plus(), MECHANISM_PLUS, "n,,n=,r=abc"),
        (plus(), MECHANISM_PLUS, "p=tls-unique,,n=,r=abc"),
        (plus(), MECHANISM, "p=tls-server-end-point,,n=,r=abc"),
        (plus(), "SCRAM-SHA-1", "n,,n=,r=abc"),
        (plus(), MECHANISM, "n,,m=x,n=,r=abc"),
        (plus(), MECHANISM, "n,,n=,r="),
        (plus(), MECHANISM, "n,,n=,r=a\u{1}"),
        (plus(), MECHANISM, "n,,r=abc"),
        (plus(), MECHANISM, "n"),
        (plus(), MECHANISM, ""),
    ] {
        assert!(malformed(first(binding, mechanism, message)), "{message:?}");
    }
}

#[test]
fn final_messages_that_break_the_rules_are_refused() {
    let verifier = Verifier::of_password(PASSWORD, "ada", &[1; 32]);
    let mut client = ClientExchange::new(&[MECHANISM_PLUS], PASSWORD, Some(vec![7; 32]))
        .expect("a common mechanism");
    let server = ServerExchange::new(verifier, plus())
        .client_first(client.mechanism, &client.first())
        .expect("a legal first message");
    let right = client.prove(&server.message).expect("a proof");
    let (head, proof) = right.rsplit_once(",p=").expect("a proof");
    let (binding, nonce) = head.split_once(",r=").expect("a nonce");
    let check = |message: String| server.client_final(&message);
    let malformed = |message| matches!(check(message), Err(ScramError::Malformed(_)));
    assert!(matches!(check(right.clone()), Ok(Outcome::Proven(_))));
    assert!(malformed(format!("{right}AAAA")));
    assert!(malformed(format!("{right},x=1")));
    assert!(malformed(head.to_owned()));
    assert!(malformed(format!("{binding},r={nonce}x,p={proof}")));
    assert!(malformed(format!("{binding},p={proof}")));
    let other = STANDARD.encode([b"p=tls-server-end-point,,".as_slice(), &[8; 32]].concat());
    assert_eq!(
        check(format!("c={other},r={nonce},p={proof}")),
        Err(ScramError::Binding)
    );
    assert_eq!(
        check(format!("c=biws,r={nonce},p={proof}")),
        Err(ScramError::Binding)
    );
    let wrong = STANDARD.encode([0; 32]);
    assert_eq!(check(format!("{head},p={wrong}")), Ok(Outcome::Wrong));
}

#[test]
fn a_server_that_lies_is_refused() {
    let mut client = ClientExchange::new(&[MECHANISM], PASSWORD, None).expect("a mechanism");
    let nonce = client.nonce.clone();
    for (message, iterations) in [
        ("r=other,s=AAAA,i=4096".to_owned(), None),
        (format!("r={nonce},s=AAAA,i=4096"), None),
        (format!("r={nonce}x,s=AAAA,i=0"), None),
        (format!("r={nonce}x,s=AAAA,i=4294967295"), Some(u32::MAX)),
    ] {
        let refused = client.prove(&message);
        match iterations {
            Some(count) => assert_eq!(refused, Err(ScramError::Iterations(count))),
            None => assert!(
                matches!(refused, Err(ScramError::Malformed(_))),
                "{message}"
            ),
        }
    }
    client
        .prove(&format!("r={nonce}x,s=AAAA,i=1"))
        .expect("a proof");
    let zero = format!("v={}", STANDARD.encode([0; 32]));
    assert_eq!(client.finish(&zero), Err(ScramError::Signature));
    assert_eq!(client.finish("e=other-error"), Err(ScramError::Refused));
    assert!(ClientExchange::new(&["SCRAM-SHA-1"], PASSWORD, None).is_none());
}

#[test]
fn md5_is_what_postgres_computes() {
    // select 'md5' || md5(md5('secretada') || E'\\x01\\x02\\x03\\x04') of PostgreSQL 15.
    let inner = md5_password("ada", "secret", [1, 2, 3, 4]);
    assert_eq!(inner.len(), 35);
    assert!(inner.starts_with("md5"));
    assert_ne!(inner, md5_password("ada", "secret", [1, 2, 3, 5]));
}
