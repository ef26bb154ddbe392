//! Secrets out of texts: what people, logs and files get to read of addresses and of what GDAL and servers say.

/// Names that stand before a secret in headers, connection strings and queries; in small letters.
const NAMES: [&str; 14] = [
    "authorization",
    "sig",
    "token",
    "access_token",
    "api_key",
    "apikey",
    "subscription-key",
    "ocp-apim-subscription-key",
    "x-amz-signature",
    "x-amz-credential",
    "x-amz-security-token",
    "x-goog-signature",
    "accountkey",
    "sharedaccesssignature",
];
/// Variables of the environment that hold secrets.
const VARIABLES: [&str; 10] = [
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_ACCESS_KEY_ID",
    "AZURE_STORAGE_ACCESS_KEY",
    "AZURE_STORAGE_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_STORAGE_CONNECTION_STRING",
    "GS_SECRET_ACCESS_KEY",
    "GS_ACCESS_KEY_ID",
    "PC_SDK_SUBSCRIPTION_KEY",
];
/// What stands for what was taken out.
const GONE: &str = "…";

/// A text without secrets: addresses lose their query and the user's name and password, values after the names of secrets
/// go, and so does whatever a variable of the environment holds as a secret.
pub fn redacted(text: &str) -> String {
    let held = VARIABLES.iter().filter_map(|name| std::env::var(name).ok());
    let mut text = text.to_owned();
    // Shorter ones may be words.
    for secret in held.filter(|secret| secret.len() >= 8) {
        text = text.replace(&secret, GONE);
    }
    without_values(&without_queries(&text))
}

/// Addresses without queries and users.
fn without_queries(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | ')');
        let end = after.find(ends).unwrap_or(after.len());
        let (address, behind) = after.split_at(end);
        let (place, query) = match address.find(['?', '#']) {
            Some(at) => (&address[..at], Some(&address[at..=at])),
            None => (address, None),
        };
        let host_end = place.find('/').unwrap_or(place.len());
        let host_start = place[..host_end].rfind('@').map_or(0, |at| at + 1);
        out.push_str(&place[host_start..]);
        if let Some(mark) = query {
            out.push_str(mark);
            out.push_str(GONE);
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Values of secrets after their names: `sig=…`, `Authorization: Bearer …`, `"token": "…"`.
fn without_values(text: &str) -> String {
    let small = text.to_ascii_lowercase();
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut cuts: Vec<(usize, usize)> = Vec::new();
    for name in NAMES {
        for (at, _) in small.match_indices(name) {
            let after = &small[at + name.len()..];
            if small[..at].chars().next_back().is_some_and(is_word) {
                continue;
            }
            let gap = after.len() - after.trim_start_matches(['"', '\'', ' ']).len();
            let Some(sign @ (':' | '=')) = after[gap..].chars().next() else { continue };
            let value = &after[gap + 1..];
            let space = value.len() - value.trim_start_matches(['"', '\'', ' ']).len();
            let from = at + name.len() + gap + 1 + space;
            let value = &small[from..];
            // A header's value goes to the end of its line: "Bearer" is no secret, what follows is.
            let ends = |c: char| match sign {
                ':' => matches!(c, '\n' | '\r' | '"' | '\'' | ','),
                _ => c.is_whitespace() || matches!(c, '"' | '\'' | '&' | ';' | ','),
            };
            let to = from + value.find(ends).unwrap_or(value.len());
            if to > from {
                cuts.push((from, to));
            }
        }
    }
    cuts.sort_unstable();
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for (from, to) in cuts {
        if from < at {
            continue;
        }
        out.push_str(&text[at..from]);
        out.push_str(GONE);
        at = to;
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_lose_their_query_and_their_user() {
        let text = "'/vsicurl/https://me:pass@acc.blob.core.windows.net/c/a.tif?sv=1&sig=abc%3D' and s3://bucket/a.tif";
        let told = "'/vsicurl/https://acc.blob.core.windows.net/c/a.tif?…' and s3://bucket/a.tif";
        assert_eq!(redacted(text), told);
    }

    #[test]
    fn values_after_names_of_secrets_go() {
        for (text, told) in [
            ("Authorization: Bearer abc.def\nnext", "Authorization: …\nnext"),
            ("{\"token\": \"st=1&sig=xyz\", \"a\": 1}", "{\"token\": \"…\", \"a\": 1}"),
            ("a&sig=xyz&b=1", "a&sig=…&b=1"),
            ("AccountName=x;AccountKey=secret==;End", "AccountName=x;AccountKey=…;End"),
            ("X-Amz-Signature=00ff", "X-Amz-Signature=…"),
            ("the token is wrong: ask for another", "the token is wrong: ask for another"),
            ("design=large", "design=large"),
        ] {
            assert_eq!(redacted(text), told);
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,80}") {
            let _ = redacted(&text);
        }

        #[test]
        fn no_signature_survives(host in "[a-z]{1,8}", key in "[A-Z]{12}") {
            let told = redacted(&format!("HTTP 403 at https://{host}.net/a.tif?st=2022&sig={key} (sig={key})"));
            prop_assert!(!told.contains(&key), "{}", told);
        }
    }
}
