//! What GDAL is told of stores and servers: how long to wait, and where endpoints and credentials are that go by other names
//! with GDAL than with the tools of their makers.

use super::gdal_errors::quiet;
use std::path::Path;
use std::sync::Once;

/// Tells GDAL once how to treat servers. What the environment says in GDAL's own words goes before.
pub(super) fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        quiet();
        let said = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        for (key, value) in options(&said, &std::env::home_dir().unwrap_or_default()) {
            let _ = gdal::config::set_config_option(key, &value);
        }
    });
}

/// The options that the environment leaves open: key, value.
fn options(said: &dyn Fn(&str) -> Option<String>, home: &Path) -> Vec<(&'static str, String)> {
    const USUAL: [(&str, &str); 8] = [
        // Bounded, and short: longer waits are ours, where they can be told and stopped.
        ("GDAL_HTTP_MAX_RETRY", "2"),
        ("GDAL_HTTP_RETRY_DELAY", "0.5"),
        ("GDAL_HTTP_CONNECTTIMEOUT", "10"),
        // A server that hangs is given up after half a minute, a slow line is not.
        ("GDAL_HTTP_LOW_SPEED_TIME", "30"),
        ("GDAL_HTTP_LOW_SPEED_LIMIT", "100"),
        ("GDAL_HTTP_USERAGENT", concat!("Ritmo/", env!("CARGO_PKG_VERSION"))),
        // One connection a thread.
        ("GDAL_HTTP_MULTIRANGE", "SERIAL"),
        // What failed once is asked for again, and a signature that ran out is not remembered.
        ("CPL_VSIL_CURL_NON_CACHED", "/vsicurl/:/vsis3/:/vsiaz/:/vsigs/"),
    ];
    let mut options: Vec<(&str, String)> =
        USUAL.into_iter().map(|(key, value)| (key, value.to_owned())).collect();
    let any = |names: &[&str]| names.iter().any(|name| said(name).is_some());
    let first = |names: &[&str]| names.iter().find_map(|name| said(name));

    options.extend(first(&["AWS_SHARED_CREDENTIALS_FILE"]).map(|file| ("CPL_AWS_CREDENTIALS_FILE", file)));
    let config = said("AWS_CONFIG_FILE").map_or_else(|| home.join(".aws/config"), Into::into);
    let profile = first(&["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]).unwrap_or_else(|| "default".into());
    let of_profile =
        || std::fs::read_to_string(&config).ok().and_then(|text| of_profile(&text, &profile, "endpoint_url"));
    if let Some(url) = first(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]).or_else(of_profile) {
        let (scheme, rest) = url.split_once("://").unwrap_or(("https", &url));
        let host = rest.trim_end_matches('/');
        options.push(("AWS_S3_ENDPOINT", host.to_owned()));
        options.push(("AWS_HTTPS", if scheme.eq_ignore_ascii_case("http") { "NO" } else { "YES" }.into()));
        // Buckets are names of hosts with Amazon alone for sure.
        let is_amazon = host.ends_with(".amazonaws.com");
        options.push(("AWS_VIRTUAL_HOSTING", if is_amazon { "TRUE" } else { "FALSE" }.into()));
    }
    let has_keys = any(&[
        "AWS_ACCESS_KEY_ID",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "CPL_AWS_CREDENTIALS_FILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    ]);
    let in_config = || {
        let text = std::fs::read_to_string(&config).unwrap_or_default();
        // A file that only says the region or an endpoint gives no keys.
        ["aws_access_key_id", "role_arn", "sso_", "credential_process", "source_profile"]
            .iter()
            .any(|word| text.contains(word))
    };
    if !has_keys && !home.join(".aws/credentials").exists() && !in_config() {
        options.push(("AWS_NO_SIGN_REQUEST", "YES".into()));
    }

    options.extend(first(&["AZURE_STORAGE_KEY"]).map(|key| ("AZURE_STORAGE_ACCESS_KEY", key)));
    if !any(&[
        "AZURE_STORAGE_CONNECTION_STRING",
        "AZURE_STORAGE_ACCESS_KEY",
        "AZURE_STORAGE_KEY",
        "AZURE_STORAGE_SAS_TOKEN",
        "AZURE_STORAGE_ACCESS_TOKEN",
    ]) {
        options.push(("AZURE_NO_SIGN_REQUEST", "YES".into()));
    }
    let gs = any(&["GS_SECRET_ACCESS_KEY", "GOOGLE_APPLICATION_CREDENTIALS", "GS_OAUTH2_REFRESH_TOKEN"]);
    if !gs && !home.join(".boto").exists() {
        options.push(("GS_NO_SIGN_REQUEST", "YES".into()));
    }
    options.extend(first(&["STORAGE_EMULATOR_HOST"]).map(|url| {
        let scheme = if url.contains("://") { "" } else { "http://" };
        ("CPL_GS_ENDPOINT", format!("{scheme}{}/", url.trim_end_matches('/')))
    }));
    options.retain(|(key, _)| said(key).is_none());
    options
}

/// What a profile of AWS's settings says of a key: `[profile name]`, or `[default]`.
fn of_profile(text: &str, profile: &str, key: &str) -> Option<String> {
    let mut is_ours = false;
    text.lines().map(str::trim).find_map(|line| {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let name = name.trim();
            is_ours = name == profile || name.strip_prefix("profile ").map(str::trim) == Some(profile);
            return None;
        }
        let (name, value) = line.split_once('=').filter(|_| is_ours)?;
        (name.trim() == key).then(|| value.trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn told(said: &[(&str, &str)], home: &Path) -> HashMap<&'static str, String> {
        let said: HashMap<_, _> = said.iter().copied().collect();
        options(&|name| said.get(name).map(|value| (*value).to_owned()), home).into_iter().collect()
    }

    #[test]
    fn an_endpoint_goes_by_the_name_that_amazons_tools_know() {
        let home = tempfile::tempdir().unwrap();
        let options = told(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:8014/")], home.path());
        let of = |key: &str| options.get(key).map(String::as_str);
        assert_eq!(
            (of("AWS_S3_ENDPOINT"), of("AWS_HTTPS"), of("AWS_VIRTUAL_HOSTING")),
            (Some("127.0.0.1:8014"), Some("NO"), Some("FALSE"))
        );
        assert_eq!(of("AWS_NO_SIGN_REQUEST"), Some("YES"), "there are no keys");
        let options = told(
            &[("AWS_ENDPOINT_URL_S3", "https://s3.eu-west-1.amazonaws.com"), ("AWS_HTTPS", "NO")],
            home.path(),
        );
        assert_eq!(options["AWS_VIRTUAL_HOSTING"], "TRUE");
        assert!(!options.contains_key("AWS_HTTPS"), "what the environment says in GDAL's words goes before");
    }

    #[test]
    fn profiles_say_where_their_store_is_and_a_region_alone_is_no_key() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        let config = home.path().join(".aws/config");
        let text = "[default]\nregion = x\n[profile lab]\nendpoint_url = https://minio.lab:9000\n";
        std::fs::write(&config, text).unwrap();
        let options = told(&[("AWS_PROFILE", "lab")], home.path());
        assert_eq!(options["AWS_S3_ENDPOINT"], "minio.lab:9000");
        assert!(!options.contains_key("AWS_NO_SIGN_REQUEST"));
        let options = told(&[], home.path());
        assert!(!options.contains_key("AWS_S3_ENDPOINT"));
        assert_eq!(options["AWS_NO_SIGN_REQUEST"], "YES");
        std::fs::write(home.path().join(".aws/credentials"), "[default]").unwrap();
        assert!(!told(&[], home.path()).contains_key("AWS_NO_SIGN_REQUEST"));
    }

    #[test]
    fn keys_and_emulators_of_the_other_stores_go_by_their_makers_names() {
        let home = tempfile::tempdir().unwrap();
        let options =
            told(&[("AZURE_STORAGE_KEY", "k"), ("STORAGE_EMULATOR_HOST", "127.0.0.1:4443")], home.path());
        assert_eq!(options["AZURE_STORAGE_ACCESS_KEY"], "k");
        assert!(!options.contains_key("AZURE_NO_SIGN_REQUEST"));
        assert_eq!(options["CPL_GS_ENDPOINT"], "http://127.0.0.1:4443/");
        assert_eq!(options["GS_NO_SIGN_REQUEST"], "YES");
    }
}
