//! Truststores of what a definition says.

use std::{fs, io::Read, sync::Arc};

use gateway_core::{CertificateCheck, Problem, config::MutualTlsConfig};

use super::Truststore;

/// The largest bundle, in bytes.
const MAX_BUNDLE: u64 = 1024 * 1024;

const URI: &str = "/truststoreUri";

impl Truststore {
    /// Makes one of what a definition says (`mutualTlsAuthentication`): `Registry::new().truststores(Truststore::define)`.
    ///
    /// # Errors
    /// When the file cannot be read, or holds no bundle; the pointer starts at `mutualTlsAuthentication`.
    pub fn define(config: &MutualTlsConfig) -> Result<Arc<dyn CertificateCheck>, Problem> {
        let bundle = bundle(&config.truststore_uri)?;
        Ok(Arc::new(Self::from_pem(&bundle).map_err(|error| Problem::new(URI, error))?))
    }
}

/// The bundle in this file, or itself.
fn bundle(uri: &str) -> Result<Vec<u8>, Problem> {
    if uri.trim_start().starts_with("-----BEGIN") {
        return Ok(uri.as_bytes().to_vec());
    }
    if let Some((scheme, _)) = uri.split_once("://").filter(|(scheme, _)| *scheme != "file") {
        let message = format!("nothing is fetched by `{scheme}:` here; name a file with the bundle, or write its PEM");
        return Err(Problem::new(URI, message));
    }
    let path = uri.strip_prefix("file://").unwrap_or(uri);
    let wrong = |error: std::io::Error| Problem::new(URI, format!("`{path}` cannot be read: {error}"));
    let mut bundle = Vec::new();
    fs::File::open(path).map_err(wrong)?.take(MAX_BUNDLE + 1).read_to_end(&mut bundle).map_err(wrong)?;
    if bundle.len() as u64 > MAX_BUNDLE {
        return Err(Problem::new(URI, format!("`{path}` is longer than {MAX_BUNDLE} bytes")));
    }
    Ok(bundle)
}
