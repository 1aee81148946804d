//! No secret is shown, wherever it stands and however it gets there.

use super::*;
use crate::config::{Severity, testing::reference};

/// Everything that is ever shown of a configuration.
fn shown(loaded: &Loaded) -> [String; 4] {
    let json = serde_json::to_string(&loaded.to_json()).unwrap();
    [loaded.render(false), loaded.render(true), json, format!("{loaded:?}")]
}

#[test]
fn a_password_from_a_definition_is_not_shown() {
    // Each gives a diagnostic on the line of the secret, or would.
    for (before, password) in [
        ("$X=secret1234", "$X"),
        ("$X=secret1234", "${X}"),
        ("$X=sec\n$Y=ret1234\n$Z=${X}$Y", "$Z"),
        ("$X= \\\nsecret1234 \\\nsecret!secret", "$X"),
        ("$X=secret#secret1234", "$X"),
        ("$X =secret1234", "$X"),
        ("@other $X=secret1234", "${X}"),
        ("@ $X=secret1234\n$X=secret1234 \\", "${X}"),
        ("$A=auth_pass\n", "x\n$A secret1234"),
        ("$A=auth_pass secret1234\n$A", "x\n$A"),
        ("", "~LST(X, secret1234) $X"),
        ("", "x\n~LST(X, secret1234, secret1234} auth_pass $X"),
        ("", "x\n~LST({X, {secret1234) auth_pass $X"),
        ("", "x\n~LST(X, secret1234, secret5678) auth_pass ${X}${Y}"),
        ("$PASSWORD = secret1234", "x"),
        ("", "secret${secret}secret1234"),
        ("$X=${secret1234}", "$X"),
        ("", "\n$X=secret1234"),
        ("", "\n@other secret1234"),
        ("", "\ninclude secret1234"),
    ] {
        let text =
            format!("{before}\n{}", reference("MASTER", 100).replace("mypassword", password));
        let loaded = crate::config::parse("test", text.as_bytes());
        for shown in shown(&loaded) {
            assert!(!shown.contains("secret"), "{before} / {password}: {shown}");
        }
    }
}

#[test]
fn a_password_from_an_included_file_is_not_shown() {
    for (main, included) in [
        ("auth_pass x\ninclude part", "auth_pass secret1234"),
        ("include part\nauth_pass $X", "$X=secret1234"),
        ("include part\nauth_pass $X", "$X=secret!secret1234"),
        ("auth_pass\ninclude part", "secret1234 secret1234"),
        ("}\nauth_hmac {\ninclude part", "secret1234"),
        ("}\nauth_hmac {\ninclude part", "key 1 secret1234"),
        ("include part\n", "auth_pass secret1234 \\"),
    ] {
        let scratch = Scratch::new("secrecy");
        let path =
            scratch.write("main", &reference("MASTER", 100).replace("auth_pass mypassword", main));
        scratch.write("part", included);
        let loaded = load(&path, &ConfigId::default()).unwrap();
        assert!(!loaded.diagnostics.is_empty(), "{main} / {included}");
        for shown in shown(&loaded) {
            assert!(!shown.contains("secret"), "{main} / {included}: {shown}");
        }
    }
}

#[test]
fn what_is_no_secret_is_shown() {
    let text = reference("MASTER", 100).replace("eth0", "$IF").replace("priority 100", "prioriy 9");
    let loaded =
        crate::config::parse("test", format!("$IF=eth00000000000000000\n{text}").as_bytes());
    let shown = loaded.render(false);
    for part in ["$IF=eth00000000000000000", "interface $IF", "prioriy 9"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(loaded.diagnostics.iter().any(|one| one.severity == Severity::Error));
}
