//! The certificate of HTTPS: whether it opens, whom it names, and how long it lasts.

use super::Finding;
use crate::config::Config;
use crate::http::Tls;
use accolade_core::time::Timestamp;
use rustls::client::verify_server_name;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;
use std::path::Path;
use std::time::Duration;
use x509_parser::parse_x509_certificate;

/// Renewals are due before this much is left.
const SOON: Duration = Duration::from_secs(14 * 24 * 3600);

/// Nothing where the node doesn't speak TLS itself.
pub(super) fn certificate(config: &Config, now: Timestamp) -> Vec<Finding> {
    let (Some(cert), Some(key)) = (&config.tls_cert, &config.tls_key) else { return Vec::new() };
    if let Err(error) = Tls::open(cert, key) {
        let hint = "Give `tls_cert` and `tls_key` the files of one certificate, readable by the node's user.";
        return vec![Finding::problem("tls", format!("{error}."), hint)];
    }
    let host = config.public_url.as_ref().map(|url| host_of(url.as_str()));
    let Ok(der) = CertificateDer::from_pem_file(cert) else { return Vec::new() };
    let mut findings = vec![lifetime(&der, cert, now)];
    findings.extend(host.map(|host| name(&der, host)));
    findings
}

fn lifetime(der: &CertificateDer<'_>, path: &Path, now: Timestamp) -> Finding {
    let hint = "Renew it, then send the node SIGHUP: it reads the certificate again.";
    let Ok((_, parsed)) = parse_x509_certificate(der) else {
        return Finding::warning("tls", format!("{} can't be read as X.509.", path.display()), hint);
    };
    let validity = parsed.validity();
    let at =
        |time: x509_parser::time::ASN1Time| Timestamp::from_millis(time.timestamp().saturating_mul(1000));
    let (from, until) = (at(validity.not_before), at(validity.not_after));
    if now < from {
        let hint = "Wait, or look at this machine's clock.";
        return Finding::problem("tls", format!("The certificate is good from {from} only."), hint);
    }
    let message = format!("The certificate is good until {until}.");
    if until <= now {
        return Finding::problem("tls", format!("The certificate ended at {until}."), hint);
    }
    if until.since(now) < SOON { Finding::warning("tls", message, hint) } else { Finding::ok("tls", message) }
}

fn name(der: &CertificateDer<'_>, host: &str) -> Finding {
    let fits = ParsedCertificate::try_from(der)
        .ok()
        .zip(ServerName::try_from(host).ok())
        .is_some_and(|(certificate, name)| verify_server_name(&certificate, &name).is_ok());
    if fits {
        return Finding::ok("tls", format!("The certificate names {host}."));
    }
    let hint = "Get a certificate for the host of `public_url`.";
    Finding::problem("tls", format!("The certificate doesn't name {host}, the host of `public_url`."), hint)
}

fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', ':']).next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_a_url_is_found() {
        for (url, host) in [
            ("https://lake.example", "lake.example"),
            ("https://lake.example:8443/a", "lake.example"),
            ("https://lake.example/a:b", "lake.example"),
        ] {
            assert_eq!(host_of(url), host);
        }
    }
}
